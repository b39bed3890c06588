//! What the log has about one booking, decided or not, and which bookings there are with a code like it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool};

use super::Delivery;
use crate::db::rows::Event;
use crate::db::schema::{bookings, transactions, webhook_bodies, webhook_events};
use crate::db::{Result, Tx, on};

/// Ids that are bound in one statement.
const KEYS: usize = 1_000;
/// Bodies that are read at once.
const PAGE: i64 = 100;

/// The decided events about these objects of an account, in the order of receipt.
pub fn of_entities(tx: &mut Tx<'_>, account_id: i32, kind: &str, keys: &[String]) -> Result<Vec<Event>> {
    let mut found: Vec<Event> = Vec::new();
    for keys in keys.chunks(KEYS) {
        let query = || webhook_events::table.filter(webhook_events::account_id.eq(account_id));
        let query = || query().filter(webhook_events::kind.eq(kind)).filter(webhook_events::entity_key.eq_any(keys));
        found.extend(on!(&mut *tx, |connection| query().load::<Event>(connection))?);
    }
    found.sort_unstable_by_key(|event| event.id);
    Ok(found)
}

/// Pending and failed events whose bodies hold one of these texts, byte for byte; `keep` says which of them to keep, since
/// a short text is found in many.
pub fn undecided_naming<T>(
    tx: &mut Tx<'_>,
    texts: &[Vec<u8>],
    mut keep: impl FnMut(Delivery) -> Option<T>,
) -> Result<BTreeMap<i64, T>> {
    let mut kept = BTreeMap::new();
    // Each state by a literal, so that its partial index serves.
    for state in ["webhook_events.state = 'pending'", "webhook_events.state = 'failed'"] {
        for text in texts {
            let mut after = i64::MIN;
            loop {
                let page = page(tx, state, text, after)?;
                let Some((last, _)) = page.last() else { break };
                after = last.id;
                for delivery in page {
                    let id = delivery.0.id;
                    if !kept.contains_key(&id)
                        && let Some(found) = keep(delivery)
                    {
                        kept.insert(id, found);
                    }
                }
            }
        }
    }
    Ok(kept)
}

fn page(tx: &mut Tx<'_>, state: &str, text: &[u8], after: i64) -> Result<Vec<Delivery>> {
    let (before, between, behind) = match tx {
        Tx::Postgres(_) => ("position(", " IN ", "webhook_bodies.body) > 0"),
        Tx::Sqlite(_) => ("instr(webhook_bodies.body, ", "", ") > 0"),
    };
    let holds = || sql::<Bool>(before).bind::<Binary, _>(text).sql(between).sql(behind);
    let query = || {
        webhook_events::table
            .inner_join(webhook_bodies::table.on(webhook_bodies::event_id.eq(webhook_events::id)))
            .filter(sql::<Bool>(state))
            .filter(webhook_events::id.gt(after))
            .filter(holds())
            .order(webhook_events::id)
            .limit(PAGE)
    };
    Ok(on!(tx, |connection| query().load(connection))?)
}

/// Those of these accounts that know this booking, by its row, its deliveries or its payments.
pub fn accounts_of(tx: &mut Tx<'_>, accounts: &[i32], code: &str) -> Result<BTreeSet<i32>> {
    // By the key, which begins with the account.
    let rows = || bookings::table.filter(bookings::account_id.eq_any(accounts)).filter(bookings::code.eq(code));
    let rows = || rows().select(bookings::account_id);
    let mut found: BTreeSet<i32> = on!(&mut *tx, |connection| rows().load(connection))?.into_iter().collect();
    let told = || webhook_events::table.filter(webhook_events::kind.eq("booking"));
    let told = || told().filter(webhook_events::entity_key.eq(code)).select(webhook_events::account_id).distinct();
    let told: Vec<Option<i32>> = on!(&mut *tx, |connection| told().load(connection))?;
    found.extend(told.into_iter().flatten());
    let paid = || transactions::table.filter(transactions::booking_code.eq(code)).select(transactions::account_id);
    let paid: Vec<i32> = on!(tx, |connection| paid().distinct().load(connection))?;
    found.extend(paid);
    Ok(found)
}

/// Which of these codes bookings of these accounts have.
pub fn booked(tx: &mut Tx<'_>, accounts: &[i32], codes: &[String]) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for codes in codes.chunks(KEYS) {
        let rows =
            || bookings::table.filter(bookings::account_id.eq_any(accounts)).filter(bookings::code.eq_any(codes));
        let codes: Vec<String> = on!(&mut *tx, |connection| rows().select(bookings::code).load(connection))?;
        found.extend(codes);
    }
    Ok(found)
}
