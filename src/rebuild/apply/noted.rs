//! Lists what a difference changes, for those who follow the changes.

use crate::db::changes::{CHANNEL, drop_old};
use crate::db::statement::{execute, number};
use crate::db::{Result, Tx};
use crate::rebuild::tables::Names;

/// Which object a row of each table belongs to, and the last column of its key; whether it is the object itself.
const OBJECTS: [(&str, &str, &str, bool); 9] = [
    ("customers", "customer", "customer_key", true),
    ("bookings", "booking", "code", true),
    ("booking_items", "booking", "booking_code", false),
    ("booking_taxes", "booking", "booking_code", false),
    ("booking_history", "booking", "booking_code", false),
    ("transactions", "transaction", "transaction_id", true),
    ("items", "item", "item_id", true),
    ("rate_items", "rate", "rate_id", false),
    ("rate_categories", "rate", "rate_id", false),
];

/// Numbers and stores it. The live projector is paused.
pub(super) fn append(tx: &mut Tx<'_>, names: &Names) -> Result<()> {
    let changes = names.live("changes");
    let last = format!("SELECT COALESCE(max(seq), 0) AS v FROM {changes}");
    let before = number(tx, &last)?;
    let rates = ("rates", "rate", "rate_id", true);
    let parts: Vec<_> = OBJECTS.into_iter().chain([rates]).map(|object| part(names, object)).collect();
    // Of the words of an action the first one in the alphabet says most.
    let inserted = execute(
        tx,
        &format!(
            "INSERT INTO {changes} (seq, account_id, kind, key, action) \
             SELECT {before} + row_number() OVER (ORDER BY kind, account_id, key), account_id, kind, key, min(action) \
             FROM ({}) q GROUP BY account_id, kind, key",
            parts.join(" UNION ALL ")
        ),
    )?;
    if inserted == 0 {
        return Ok(());
    }
    let after = number(tx, &last)?;
    drop_old(tx, before, after)?;
    if let Tx::Postgres(_) = tx {
        number(tx, &format!("SELECT CAST(1 AS BIGINT) AS v FROM pg_notify('{CHANNEL}', '{after}')"))?;
    }
    Ok(())
}

fn part(names: &Names, (table, kind, key, is_object): (&str, &str, &str, bool)) -> String {
    let diff = names.diff(table);
    let action = match (is_object, table) {
        (false, _) => "'update'",
        (true, "customers") => "op",
        (true, _) => "CASE WHEN op <> 'delete' AND n_deleted_at IS NOT NULL THEN 'delete' ELSE op END",
    };
    format!(
        "SELECT k_account_id AS account_id, '{kind}' AS kind, CAST(k_{key} AS TEXT) AS key, {action} AS action FROM {diff}"
    )
}
