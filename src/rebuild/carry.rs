//! Rows whose events are not all in the log: found, and given to the shadow as what its projector starts from.

use super::tables::{Names, Table, list, same};
use crate::db::shadow::execute;
use crate::db::{Result, Tx};

/// A kind of object, its key, and where the events of its rows are named; `{}` stands for the live schema.
struct Source {
    table: &'static str,
    key: &'static [&'static str],
    /// What its events are called, and the column that holds their `entity_key`.
    kind: Option<(&'static str, &'static str)>,
    events: &'static [&'static str],
}

const SOURCES: [Source; 5] = [
    Source {
        table: "bookings",
        key: &["account_id", "code"],
        kind: Some(("booking", "code")),
        events: &[
            "SELECT account_id, code, first_event_id AS id FROM {}.bookings",
            "SELECT account_id, code, last_event_id FROM {}.bookings",
            "SELECT account_id, booking_code, last_event_id FROM {}.booking_items",
            "SELECT account_id, booking_code, last_event_id FROM {}.booking_taxes",
            "SELECT account_id, booking_code, event_id FROM {}.booking_history",
        ],
    },
    Source {
        table: "customers",
        key: &["account_id", "customer_key"],
        kind: None,
        events: &[
            "SELECT account_id, customer_key, first_event_id AS id FROM {}.customers",
            "SELECT account_id, customer_key, last_event_id FROM {}.customers",
            "SELECT account_id, customer_key, CAST(f.value AS BIGINT) FROM {}.customers, {each}(field_events) f",
            // What bookings that are carried over have told of their customers is not told again.
            "SELECT k.account_id, k.customer_key, 0 FROM {}.customers k WHERE EXISTS \
             (SELECT 1 FROM {carried}.carried_bookings c WHERE c.account_id = k.account_id)",
        ],
    },
    Source {
        table: "transactions",
        key: &["account_id", "transaction_id", "gateway_id", "status_id"],
        kind: Some(("transaction", "transaction_id")),
        events: &[
            "SELECT account_id, transaction_id, gateway_id, status_id, first_event_id AS id FROM {}.transactions",
            "SELECT account_id, transaction_id, gateway_id, status_id, last_event_id FROM {}.transactions",
        ],
    },
    Source {
        table: "items",
        key: &["account_id", "item_id"],
        kind: Some(("item", "item_id")),
        events: &[
            "SELECT account_id, item_id, first_event_id AS id FROM {}.items",
            "SELECT account_id, item_id, last_event_id FROM {}.items",
        ],
    },
    Source {
        table: "rates",
        key: &["account_id", "rate_id"],
        kind: Some(("rate", "rate_id")),
        events: &[
            "SELECT account_id, rate_id, first_event_id AS id FROM {}.rates",
            "SELECT account_id, rate_id, last_event_id FROM {}.rates",
        ],
    },
];

/// The key of an object's rows.
pub(super) fn key_of(owner: &str) -> &'static [&'static str] {
    SOURCES.iter().find(|source| source.table == owner).map_or(&[], |source| source.key)
}

/// Lists, for each object that is carried over, the newest of its events that the log lacks: `carried_bookings`, ..
///
/// With `any` false the lists stay empty: nothing is carried over where the shadow begins as a copy.
pub(super) fn find(tx: &mut Tx<'_>, names: &Names, any: bool) -> Result<()> {
    let schema = names.live("");
    let each = if names.is_postgres { "jsonb_each_text" } else { "json_each" };
    let (events, bodies) = (names.live("webhook_events"), names.live("webhook_bodies"));
    for Source { table, key, kind, events: sources } in SOURCES {
        let mut sources = sources.join(" UNION ALL ").replace("{}.", &schema).replace("{each}", each);
        sources = sources.replace("{carried}.", &names.shadow(""));
        let (live, keys, own_keys) = (names.live(table), list(key, ""), list(key, "o."));
        if let Some((kind, column)) = kind {
            sources += &format!(
                " UNION ALL SELECT {own_keys}, e.id FROM {events} e JOIN {live} o ON o.account_id = e.account_id AND \
                 CAST(o.{column} AS TEXT) = e.entity_key WHERE e.kind = '{kind}' AND COALESCE(e.prior_state, e.state) IN ('applied', 'unchanged')"
            );
        }
        let in_log =
            |on: &str| format!("EXISTS (SELECT 1 FROM {events} e JOIN {bodies} b ON b.event_id = e.id WHERE {on})");
        let (named, changed) = (in_log("e.id = r.id"), in_log("e.received_at = o.updated_at"));
        let list_name = format!("carried_{table}");
        execute(
            tx,
            &format!(
                "CREATE TABLE {} AS SELECT {keys}, max(id) AS base FROM (SELECT {keys}, id FROM ({sources}) r \
                 WHERE NOT {named} UNION ALL SELECT {own_keys}, o.last_event_id FROM {live} o WHERE NOT {changed}) m \
                 WHERE 1 = {} GROUP BY {keys}",
                names.shadow(&list_name),
                i32::from(any)
            ),
        )?;
        execute(tx, &names.index(&list_name, key))?;
    }
    Ok(())
}

/// Gives the shadow the rows that are carried over, as they stand, but last described by the newest event that is missing.
///
/// What came before it is superseded then, as it has to be; what the log has after it is folded over the row again.
/// The history is not given: it is not told again.
pub(super) fn seed(tx: &mut Tx<'_>, names: &Names, table: &Table) -> Result<()> {
    let Some(owner) = table.owner() else { return Ok(()) };
    if matches!(table.rule, super::tables::Rule::Told(_)) {
        return Ok(());
    }
    // A customer knows of each field which event it comes from: nothing has to be put back.
    let put_back = owner == table.name && owner != "customers";
    let values: Vec<_> = table
        .columns
        .iter()
        .map(
            |column| {
                if put_back && *column == "last_event_id" { "c.base".to_owned() } else { format!("l.\"{column}\"") }
            },
        )
        .collect();
    let statement = format!(
        "INSERT INTO {} ({}) SELECT {} FROM {} l JOIN {} c ON {}",
        names.shadow(table.name),
        list(table.columns, ""),
        values.join(", "),
        names.live(table.name),
        names.shadow(&format!("carried_{owner}")),
        same("l", table.key, "c", key_of(owner)),
    );
    execute(tx, &statement).map(drop)
}

/// Gives the shadow all rows of a table, as they stand.
pub(super) fn copy(tx: &mut Tx<'_>, names: &Names, table: &Table) -> Result<()> {
    let columns = list(table.columns, "");
    let (shadow, live) = (names.shadow(table.name), names.live(table.name));
    execute(tx, &format!("INSERT INTO {shadow} ({columns}) SELECT {columns} FROM {live}")).map(drop)
}
