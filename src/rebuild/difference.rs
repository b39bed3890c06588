//! The difference between the live tables and the shadow's: one table of it for each, kept in the shadow.
//!
//! `diff_bookings` and its like hold `n`, `op`, the key (`k_..`), the row as it stands (`o_..`) and as it should (`n_..`).

use super::carry::key_of;
use super::figures::Counts;
use super::tables::{DECIDED, Names, Rule, TOLD, Table, differ, list, same};
use crate::db::statement::execute;
use crate::db::{Result, Tx};

/// Makes room for the difference on PostgreSQL: each new table waits for the disk, and so would the live projector, which
/// is paused while tables are compared.
pub(super) fn prepare(tx: &mut Tx<'_>, names: &Names, table: &Table) -> Result<()> {
    if !names.is_postgres {
        return Ok(());
    }
    let diff = names.diff(table.name);
    execute(tx, &format!("{} AS {} WITH NO DATA", names.create(&diff), select(names, table))).map(drop)
}

/// Compares a table.
pub(super) fn find(tx: &mut Tx<'_>, names: &Names, table: &Table) -> Result<()> {
    let (diff, select) = (names.diff(table.name), select(names, table));
    if names.is_postgres {
        execute(tx, &format!("DELETE FROM {diff}"))?;
        return execute(tx, &format!("INSERT INTO {diff} {select}")).map(drop);
    }
    execute(tx, &format!("DROP TABLE IF EXISTS {diff}"))?;
    execute(tx, &format!("{} AS {select}", names.create(&diff))).map(drop)
}

/// The query of what differs.
fn select(names: &Names, table: &Table) -> String {
    let columns = |prefix: &str, of: &str| {
        let columns: Vec<_> =
            table.columns.iter().map(|name| format!("{of}.\"{name}\" AS \"{prefix}{name}\"")).collect();
        columns.join(", ")
    };
    let keys: Vec<_> =
        table.key.iter().map(|name| format!("COALESCE(l.\"{name}\", s.\"{name}\") AS \"k_{name}\"")).collect();
    let (keys, old, new) = (keys.join(", "), columns("o_", "l"), columns("n_", "s"));
    let (source, wanted) = if table.rule == Rule::Decisions { decisions(names, table) } else { rows(names, table) };
    let first = table.key[0];
    let by: Vec<_> = table.key.iter().map(|name| format!("COALESCE(l.\"{name}\", s.\"{name}\")")).collect();
    format!(
        "SELECT row_number() OVER (ORDER BY {}) AS n, CASE WHEN s.\"{first}\" IS NULL THEN \
         'delete' WHEN l.\"{first}\" IS NULL THEN 'insert' ELSE 'update' END AS op, {keys}, {old}, {new} \
         FROM {source} WHERE {wanted}",
        by.join(", ")
    )
}

/// Puts the difference, where it was found elsewhere, into the shadow.
pub(super) fn keep(tx: &mut Tx<'_>, found: &Names, names: &Names, table: &Table, counts: &Counts) -> Result<()> {
    let (from, diff) = (found.diff(table.name), names.diff(table.name));
    if from != diff {
        execute(tx, &format!("DROP TABLE IF EXISTS {diff}"))?;
        execute(tx, &format!("{} AS SELECT * FROM {from}", names.create(&diff)))?;
    }
    if counts.is_empty() {
        return Ok(());
    }
    execute(tx, &names.index(&format!("diff_{}", table.name), &["n"])).map(drop)
}

/// What is compared with what, and which pairs differ, by the table's rule.
fn rows(names: &Names, table: &Table) -> (String, String) {
    let (live, shadow) = (names.live(table.name), names.shadow(table.name));
    let mut source = vec![format!("{live} l FULL JOIN {shadow} s ON {}", same("l", table.key, "s", table.key))];
    if let Some(owner) = table.owner() {
        let on = key_of(owner).iter().zip(table.key);
        let on: Vec<_> = on.map(|(of, own)| format!("c.\"{of}\" = COALESCE(l.\"{own}\", s.\"{own}\")")).collect();
        source.push(format!("LEFT JOIN {} c ON {}", names.shadow(&format!("carried_{owner}")), on.join(" AND ")));
    }
    let first = table.key[0];
    let (missing, gone) = (format!("l.\"{first}\" IS NULL"), format!("s.\"{first}\" IS NULL"));
    let (content, marks) = table.content_and_marks();
    let (content, marks) = (differ("l", "s", &content), differ("l", "s", &marks));
    let both = format!("l.\"{first}\" IS NOT NULL AND s.\"{first}\" IS NOT NULL");
    let wanted = match table.rule {
        Rule::Added | Rule::Decisions => missing,
        Rule::Own | Rule::PartOf(_) => {
            format!("{missing} OR {gone} OR ({both} AND ({content} OR (c.base IS NULL AND {marks})))")
        }
        Rule::Stays => {
            format!(
                "{missing} OR ({gone} AND c.base IS NULL) OR ({both} AND ({content} OR (c.base IS NULL AND {marks})))"
            )
        }
        // Steps that were told before stand; those of events that say something only now are added.
        Rule::Told(_) => format!(
            "({missing} AND (c.base IS NULL OR EXISTS (SELECT 1 FROM {} e WHERE e.id = s.event_id \
             AND COALESCE(e.prior_state, e.state) NOT IN {TOLD}))) OR (c.base IS NULL AND ({gone} OR ({both} AND {content})))",
            names.live("webhook_events")
        ),
    };
    (source.join(" "), wanted)
}

/// Events as they stand, and with the new decision; what the shadow has not projected is left alone.
fn decisions(names: &Names, table: &Table) -> (String, String) {
    let carried = |owner: &str, on: &str| {
        let list = names.shadow(&format!("carried_{owner}"));
        format!("EXISTS (SELECT 1 FROM {list} c WHERE c.account_id = d.account_id AND {on})")
    };
    // An item's event may tell of its children too, whose keys it does not name.
    let of_carried = format!(
        "CASE d.kind WHEN 'booking' THEN {} WHEN 'transaction' THEN {} WHEN 'item' THEN {} WHEN 'rate' THEN {} \
         ELSE 1 = 0 END",
        carried("bookings", "c.code = d.entity_key"),
        carried("transactions", "c.transaction_id = d.entity_key"),
        carried("items", "1 = 1"),
        carried("rates", "CAST(c.rate_id AS TEXT) = d.entity_key"),
    );
    let before = "COALESCE(e.prior_state, e.state)";
    let stands = format!("d.state <> {before} AND d.state IN {TOLD} AND {before} IN {TOLD} AND {of_carried}");
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|column| match *column {
            "state" => format!("CASE WHEN {stands} THEN {before} ELSE d.state END AS state"),
            "prior_state" => "CAST(NULL AS TEXT) AS prior_state".to_owned(),
            name if DECIDED.contains(&name) || name == "processed_at" => format!("d.\"{name}\""),
            name => format!("e.\"{name}\""),
        })
        .collect();
    let (live, shadow) = (names.live(table.name), names.shadow(table.name));
    let decided = format!("SELECT {} FROM {live} e JOIN {shadow} d ON d.id = e.id", columns.join(", "));
    let source = format!("{live} l JOIN ({decided}) s ON s.id = l.id");
    let others: Vec<_> = DECIDED.into_iter().filter(|column| *column != "state").collect();
    let wanted = format!("COALESCE(l.prior_state, l.state) <> s.state OR {}", differ("l", "s", &others));
    (source, wanted)
}

/// The live rows of the difference as they are now, joined to it.
pub(super) fn joined(names: &Names, table: &Table) -> String {
    let keys: Vec<_> = table.key.iter().map(|name| format!("k_{name}")).collect();
    let keys: Vec<_> = keys.iter().map(String::as_str).collect();
    let on = same("l", table.key, "d", &keys);
    format!("{} d LEFT JOIN {} l ON {on}", names.diff(table.name), names.live(table.name))
}

/// The columns of the rows as they stand (`o_`) or should (`n_`), under their own names.
pub(super) fn columns_of(table: &Table, prefix: &str) -> String {
    let columns: Vec<_> = table.columns.iter().map(|name| format!("\"{prefix}{name}\" AS \"{name}\"")).collect();
    columns.join(", ")
}

/// The columns of a key in the difference.
pub(super) fn keys_of(table: &Table) -> String {
    let keys: Vec<_> = table.key.iter().map(|name| format!("k_{name}")).collect();
    list(&keys.iter().map(String::as_str).collect::<Vec<_>>(), "")
}
