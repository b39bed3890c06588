//! Numbers what changed, in the transaction that changed it. Whoever writes rows holds the projector's lock, so numbers
//! are committed in their order, without gaps: a reader that has seen one has seen all below it.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text};

use super::rows::{Action, Change, Kind};
use super::schema::changes;
use super::upsert::{ROWS, upsert};
use super::{Error, Result, Tx, on};

/// So many are kept: what is older, nobody can follow any more.
pub const KEPT: i64 = 1_000_000;
/// How many numbers come between two times that older ones are dropped.
const ROUND: i64 = 1_000;

/// Where PostgreSQL tells of new changes; the payload is the last number.
pub const CHANNEL: &str = "checkfront_changes";

impl Change {
    /// A change that has no number yet.
    pub(crate) fn new(account_id: i32, kind: Kind, key: String, event_id: Option<i64>, action: Action) -> Self {
        Self { seq: 0, account_id, kind, key, event_id, action }
    }
}

/// Numbers changes and stores them. Call it with other writers kept out: under the projector's lock on PostgreSQL.
pub(crate) fn append(tx: &mut Tx<'_>, new: &mut [Change]) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let last = match &mut *tx {
        Tx::Postgres(connection) => {
            let mut last = 0;
            for rows in new.chunks(ROWS) {
                last = Append::new(rows).get_result(&mut **connection)?;
            }
            last
        }
        Tx::Sqlite(_) => {
            let before = Change::last(tx)?;
            for (change, seq) in new.iter_mut().zip(before + 1..) {
                change.seq = seq;
            }
            if upsert!(&mut *tx, Change, new)? != new.len() {
                return Err(Error::Schema("a number of `changes` was taken".to_owned()));
            }
            before + count(new.len())
        }
    };
    drop_old(tx, last - count(new.len()), last)
}

/// Drops what is too old, each time that the numbers have gone a round further.
pub(crate) fn drop_old(tx: &mut Tx<'_>, before: i64, last: i64) -> Result<()> {
    if before / ROUND != last / ROUND {
        let old = changes::table.filter(changes::seq.le(last - KEPT));
        on!(tx, |connection| diesel::delete(old).execute(connection))?;
    }
    Ok(())
}

/// Takes keys of an account's customers out of the list: what is left says that there was a change.
pub(crate) fn forget_customers(tx: &mut Tx<'_>, account_id: i32, keys: &[String]) -> Result<()> {
    let entries = || changes::table.filter(changes::account_id.eq(account_id));
    let entries = || entries().filter(changes::kind.eq(Kind::Customer)).filter(changes::key.eq_any(keys));
    let set = changes::key.eq("forgotten");
    on!(tx, |connection| diesel::update(entries()).set(set).execute(connection))?;
    Ok(())
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Numbers, stores and tells in one round trip; gives the last number.
struct Append<'c> {
    account_ids: Vec<i32>,
    kinds: Vec<Kind>,
    keys: Vec<&'c str>,
    event_ids: Vec<Option<i64>>,
    actions: Vec<Action>,
}

impl<'c> Append<'c> {
    fn new(rows: &'c [Change]) -> Self {
        Self {
            account_ids: rows.iter().map(|row| row.account_id).collect(),
            kinds: rows.iter().map(|row| row.kind).collect(),
            keys: rows.iter().map(|row| row.key.as_str()).collect(),
            event_ids: rows.iter().map(|row| row.event_id).collect(),
            actions: rows.iter().map(|row| row.action).collect(),
        }
    }
}

impl QueryId for Append<'_> {
    type QueryId = Append<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Append<'_> {
    type SqlType = BigInt;
}

impl<C> diesel::RunQueryDsl<C> for Append<'_> {}

impl QueryFragment<Pg> for Append<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // Not in FROM, where each array would be kept in a store of its own before it is read.
        out.push_sql(
            "WITH new AS (INSERT INTO changes (seq, account_id, kind, key, event_id, action) \
             SELECT (SELECT COALESCE(max(seq), 0) FROM changes) + generate_subscripts(",
        );
        out.push_bind_param::<Array<Integer>, _>(&self.account_ids)?;
        out.push_sql(", 1), unnest(");
        out.push_bind_param::<Array<Integer>, _>(&self.account_ids)?;
        out.push_sql("), unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.kinds)?;
        out.push_sql("), unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.keys)?;
        out.push_sql("), unnest(");
        out.push_bind_param::<Array<Nullable<BigInt>>, _>(&self.event_ids)?;
        out.push_sql("), unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.actions)?;
        out.push_sql(
            ") RETURNING seq) SELECT last FROM (SELECT max(seq) AS last FROM new) q \
             CROSS JOIN LATERAL pg_notify('checkfront_changes', CAST(last AS TEXT)) AS told",
        );
        Ok(())
    }
}
