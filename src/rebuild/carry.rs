//! Rows whose events are not all in the log: found, and given to the shadow as what its projector starts from.

use super::tables::{Names, Table, list, same};
use crate::db::statement::execute;
use crate::db::{Result, Tx};

/// A kind of object, its key, and where the events of its rows are named; `{live}` and `{shadow}` stand for schemas.
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
            "SELECT account_id, code, first_event_id AS id FROM {live}.bookings",
            "SELECT account_id, code, last_event_id FROM {live}.bookings",
            "SELECT account_id, booking_code, last_event_id FROM {live}.booking_items",
            "SELECT account_id, booking_code, last_event_id FROM {live}.booking_taxes",
            "SELECT account_id, booking_code, event_id FROM {live}.booking_history",
        ],
    },
    Source {
        table: "customers",
        key: &["account_id", "customer_key"],
        kind: None,
        events: &[
            "SELECT account_id, customer_key, first_event_id AS id FROM {live}.customers",
            "SELECT account_id, customer_key, last_event_id FROM {live}.customers",
            "SELECT account_id, customer_key, CAST(f.value AS BIGINT) FROM {live}.customers, {each}(field_events) f",
            // What bookings that are carried over have told of their customers is not told again.
            "SELECT k.account_id, k.customer_key, 0 FROM {live}.customers k WHERE EXISTS \
             (SELECT 1 FROM {shadow}.carried_bookings c WHERE c.account_id = k.account_id)",
        ],
    },
    Source {
        table: "transactions",
        key: &["account_id", "transaction_id", "gateway_id", "status_id"],
        kind: Some(("transaction", "transaction_id")),
        events: &[
            "SELECT account_id, transaction_id, gateway_id, status_id, first_event_id AS id FROM {live}.transactions",
            "SELECT account_id, transaction_id, gateway_id, status_id, last_event_id FROM {live}.transactions",
        ],
    },
    Source {
        table: "items",
        key: &["account_id", "item_id"],
        kind: Some(("item", "item_id")),
        events: &[
            "SELECT account_id, item_id, first_event_id AS id FROM {live}.items",
            "SELECT account_id, item_id, last_event_id FROM {live}.items",
        ],
    },
    Source {
        table: "rates",
        key: &["account_id", "rate_id"],
        kind: Some(("rate", "rate_id")),
        events: &[
            "SELECT account_id, rate_id, first_event_id AS id FROM {live}.rates",
            "SELECT account_id, rate_id, last_event_id FROM {live}.rates",
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
    list_events(tx, names, any)?;
    let kept = names.shadow("kept");
    for source in SOURCES {
        let Source { table, key, .. } = source;
        let (told, live) = (source.events(names), names.live(table));
        let (keys, own_keys, carried) = (list(key, ""), list(key, "o."), format!("carried_{table}"));
        // Its row says when it changed last: a delivery of that time has to be there too.
        let missing = format!(
            "SELECT {keys}, id FROM ({told}) r WHERE NOT EXISTS (SELECT 1 FROM {kept} k WHERE k.id = r.id) \
             UNION ALL SELECT {own_keys}, o.last_event_id FROM {live} o \
             WHERE NOT EXISTS (SELECT 1 FROM {kept} k WHERE k.received_at = o.updated_at)"
        );
        let into = names.shadow(&carried);
        let any = i32::from(any);
        let statement = format!(
            "{} AS SELECT {keys}, max(id) AS base FROM ({missing}) m WHERE 1 = {any} GROUP BY {keys}",
            names.create(&into)
        );
        execute(tx, &statement)?;
        execute(tx, &names.index(&carried, key))?;
        if names.is_postgres {
            // Of a new table its planner believes that it has many rows, and looks each row of others up in it.
            execute(tx, &format!("ANALYZE {into}"))?;
        }
    }
    Ok(())
}

/// Lists what the log has, `kept`, and of the events that said something what it lacks, `lost`: all are looked up often.
fn list_events(tx: &mut Tx<'_>, names: &Names, any: bool) -> Result<()> {
    let (events, bodies) = (names.live("webhook_events"), names.live("webhook_bodies"));
    let (kept, lost, any) = (names.shadow("kept"), names.shadow("lost"), i32::from(any));
    // Only so called is it SQLite's own key. On PostgreSQL it is cheaper made at once.
    let columns = if names.is_postgres {
        "id BIGINT NOT NULL, received_at TIMESTAMPTZ NOT NULL"
    } else {
        "id INTEGER PRIMARY KEY, received_at TEXT NOT NULL"
    };
    execute(tx, &format!("{} ({columns})", names.create(&kept)))?;
    execute(
        tx,
        &format!(
            "INSERT INTO {kept} (id, received_at) SELECT e.id, e.received_at FROM {events} e \
             JOIN {bodies} b ON b.event_id = e.id WHERE 1 = {any}"
        ),
    )?;
    if names.is_postgres {
        execute(tx, &format!("ALTER TABLE {kept} ADD PRIMARY KEY (id)"))?;
    }
    execute(tx, &names.index("kept", &["received_at"]))?;
    execute(
        tx,
        &format!(
            "{} AS SELECT e.account_id, e.kind, e.entity_key, e.id FROM {events} e \
             WHERE 1 = {any} AND COALESCE(e.prior_state, e.state) IN ('applied', 'unchanged') \
             AND NOT EXISTS (SELECT 1 FROM {kept} k WHERE k.id = e.id)",
            names.create(&lost)
        ),
    )?;
    execute(tx, &names.index("lost", &["entity_key", "kind", "account_id"])).map(drop)
}

impl Source {
    /// Every event that the rows name, and those that the log lacks and that name them, by key.
    fn events(&self, names: &Names) -> String {
        let mut queries: Vec<_> = self.events.iter().map(|query| (*query).to_owned()).collect();
        if let Some((kind, column)) = self.kind {
            queries.push(format!(
                "SELECT {}, e.id FROM {{shadow}}.lost e JOIN {{live}}.{} o ON o.account_id = e.account_id \
                 AND CAST(o.{column} AS TEXT) = e.entity_key WHERE e.kind = '{kind}'",
                list(self.key, "o."),
                self.table
            ));
        }
        let each = if names.is_postgres { "jsonb_each_text" } else { "json_each" };
        let (live, shadow) = (names.live(""), names.shadow(""));
        queries.join(" UNION ALL ").replace("{live}.", &live).replace("{shadow}.", &shadow).replace("{each}", each)
    }
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

/// What the code of a booking begins with that only stands for those of whom the log tells no more.
const HOLDER: char = '\u{1}';

/// Keeps customers known by an address alone who are carried over: a projector forgets one whose last booking leaves,
/// and in the shadow that may be before the delivery comes that the log lacks.
pub(super) fn hold(tx: &mut Tx<'_>, names: &Names) -> Result<()> {
    let statement = format!(
        "INSERT INTO {} (account_id, code, customer_key, content_hash, first_event_id, last_event_id, updated_at) \
         SELECT k.account_id, '{HOLDER}' || k.customer_key, k.customer_key, '', k.first_event_id, k.last_event_id, k.updated_at \
         FROM {} k JOIN {} c ON {} WHERE k.customer_key LIKE 'email:%'",
        names.shadow("bookings"),
        names.live("customers"),
        names.shadow("carried_customers"),
        same("k", key_of("customers"), "c", key_of("customers")),
    );
    execute(tx, &statement).map(drop)
}

/// Takes out again what [`hold`] put in.
pub(super) fn release(tx: &mut Tx<'_>, names: &Names) -> Result<()> {
    let statement = format!("DELETE FROM {} WHERE code LIKE '{HOLDER}%'", names.shadow("bookings"));
    execute(tx, &statement).map(drop)
}

/// Gives the shadow all rows of a table, as they stand.
pub(super) fn copy(tx: &mut Tx<'_>, names: &Names, table: &Table) -> Result<()> {
    let columns = list(table.columns, "");
    let (shadow, live) = (names.shadow(table.name), names.live(table.name));
    execute(tx, &format!("INSERT INTO {shadow} ({columns}) SELECT {columns} FROM {live}")).map(drop)
}
