//! A distributed PostgreSQL (Citus): accounts and statuses on every node, all else in shards.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::{Error, Result, Session, Tx, projector_lock};

/// Where the rows of a table lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// On every node.
    Everywhere,
    /// In the shard that this column tells, beside the shards of that other table.
    Shard(&'static str, Option<&'static str>),
}
use Place::{Everywhere, Shard};

/// In this order: a table comes after the one it lies beside. What is not named stays on the coordinator.
const TABLES: [(&str, Place); 17] = [
    ("accounts", Everywhere),
    ("statuses", Everywhere),
    ("calendar", Everywhere),
    ("customers", Shard("account_id", None)),
    ("bookings", Shard("account_id", Some("customers"))),
    ("booking_items", Shard("account_id", Some("customers"))),
    ("booking_taxes", Shard("account_id", Some("customers"))),
    ("booking_history", Shard("account_id", Some("customers"))),
    ("transactions", Shard("account_id", Some("customers"))),
    ("items", Shard("account_id", Some("customers"))),
    ("rates", Shard("account_id", Some("customers"))),
    ("rate_items", Shard("account_id", Some("customers"))),
    ("rate_categories", Shard("account_id", Some("customers"))),
    ("categories", Shard("account_id", Some("customers"))),
    ("forgotten_bookings", Shard("account_id", Some("customers"))),
    ("webhook_events", Shard("id", None)),
    ("webhook_bodies", Shard("event_id", Some("webhook_events"))),
];

/// No trigger may watch a distributed table: what it would keep up to date goes, and the views that add it up.
const UNWATCH: [&str; 2] = [
    "DROP VIEW IF EXISTS customer_value, counting_customers, counting_sales, counted_sales, turned_statuses, lead_times, cancellations_by_day, tax_by_day, unearned_revenue, payments_by_day, \
     sales_by_category, sales_by_item, sales_by_day, current_figures, counting, counting_parts, counting_bookings",
    "DROP FUNCTION IF EXISTS uncount_new_bookings, uncount_changed_bookings, uncount_old_bookings, \
     uncount_new_booking_items, uncount_changed_booking_items, uncount_old_booking_items, uncount_new_booking_taxes, \
     uncount_changed_booking_taxes, uncount_old_booking_taxes, uncount_new_booking_history, \
     uncount_changed_booking_history, uncount_old_booking_history, uncount_new_transactions, \
     uncount_changed_transactions, uncount_old_transactions, uncount_statuses CASCADE",
];

/// What is to be done, as SQL, in the order of the tables: those that are distributed already are left out.
pub fn plan(session: &mut Session) -> Result<Vec<String>> {
    session.transaction(|tx| {
        let connection = coordinator(tx)?;
        let mut statements = Vec::new();
        if is_watched(connection)? {
            statements.extend(UNWATCH.map(str::to_owned));
        }
        for (table, place) in TABLES {
            if !is_distributed(connection, table)? {
                statements.extend(to_distribute(table, place));
            }
        }
        Ok(statements)
    })
}

/// Distributes a table after the other, each in a transaction of its own, and says which. May be repeated.
///
/// Nothing can be written to a table meanwhile: servers keep deliveries in their spools.
pub fn run(session: &mut Session, mut done: impl FnMut(&str)) -> Result<()> {
    session.transaction(|tx| {
        projector_lock::migrating(tx)?;
        let connection = coordinator(tx)?;
        if is_watched(connection)? {
            for statement in UNWATCH {
                diesel::sql_query(statement).execute(connection)?;
            }
        }
        Ok(())
    })?;
    for (table, place) in TABLES {
        let distributed = session.transaction(|tx| {
            projector_lock::migrating(tx)?;
            let connection = coordinator(tx)?;
            if is_distributed(connection, table)? {
                return Ok(false);
            }
            for statement in to_distribute(table, place) {
                diesel::sql_query(statement).execute(connection)?;
            }
            Ok(true)
        })?;
        if distributed {
            done(table);
        }
    }
    Ok(())
}

/// The second statement drops the rows that the first one has copied into shards.
fn to_distribute(table: &str, place: Place) -> [String; 2] {
    let distribute = match place {
        Everywhere => format!("SELECT create_reference_table('{table}')"),
        Shard(column, beside) => format!(
            "SELECT create_distributed_table('{table}', '{column}', colocate_with => '{}')",
            beside.unwrap_or("none")
        ),
    };
    [distribute, format!("SELECT truncate_local_data_after_distributing_table('{table}')")]
}

fn coordinator<'t>(tx: &'t mut Tx<'_>) -> Result<&'t mut PgConnection> {
    let Tx::Postgres(connection) = tx else {
        return Err(Error::Schema(
            "only a PostgreSQL mirror can be distributed; set DATABASE_URL to a Citus coordinator".to_owned(),
        ));
    };
    let exists = diesel::select(sql::<Bool>("to_regproc('create_distributed_table') IS NOT NULL"));
    if !exists.get_result(&mut **connection)? {
        return Err(Error::Schema(
            "this database lacks the extension citus; run `CREATE EXTENSION citus` on the coordinator and on every worker, \
             add the workers with `SELECT citus_add_node(..)`, then run this again"
                .to_owned(),
        ));
    }
    Ok(connection)
}

fn is_distributed(connection: &mut PgConnection, table: &str) -> Result<bool> {
    let exists = sql::<Bool>("EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass(")
        .bind::<Text, _>(table)
        .sql("))");
    Ok(diesel::select(exists).get_result(connection)?)
}

fn is_watched(connection: &mut PgConnection) -> Result<bool> {
    let exists = sql::<Bool>("to_regclass('current_figures') IS NOT NULL");
    Ok(diesel::select(exists).get_result(connection)?)
}
