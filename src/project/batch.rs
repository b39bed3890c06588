//! A batch: load what is stored, fold in the order of receipt, write each row once.

use std::collections::HashMap;

use chrono::Utc;

use super::accounts::Accounts;
use super::bookings::Bookings;
use super::forgotten::Forgotten;
use super::items::Items;
use super::parts::Parts;
use super::rates::Rates;
use super::reading::{Decision, Reading};
use super::transactions::Transactions;
use super::{Settings, changes, sealed};
use crate::checkfront::Content;
use crate::db::events::Settlement;
use crate::db::rows::Change;
use crate::db::types::{EventState, Timestamp};
use crate::db::{Result, Tx};

/// From so many events on a statement more costs less than a look for each row.
const MANY: usize = 64;

/// What became of a batch.
pub(super) struct Projected {
    /// How each event is to be settled.
    pub settlements: Vec<Settlement>,
    /// What says something else now, in the order of the last event that made it so, where that is listed.
    pub changes: Option<Vec<Change>>,
}

/// Turns readings into rows.
pub(super) fn project(
    tx: &mut Tx<'_>,
    mut readings: Vec<Reading>,
    settings: &Settings,
    is_listed: bool,
    parts: Option<&mut Parts>,
) -> Result<Projected> {
    let now = Timestamp(Utc::now());
    for reading in &mut readings {
        sealed::open(tx, reading, &settings.privacy)?;
    }
    let mut accounts = Accounts::load(tx, &settings.default_host, &settings.zones)?;
    let origins = readings.iter().map(|reading| accounts.origin(tx, reading)).collect::<Result<Vec<_>>>()?;
    let forgotten = Forgotten::load(tx, &readings, &origins)?;
    for (reading, origin) in readings.iter_mut().zip(&origins) {
        if let Some(origin) = origin {
            forgotten.strip(tx, reading, origin.account_id)?;
        }
    }
    let fresh: Vec<_> = readings.iter_mut().map(|reading| reading.fresh.take()).collect();
    let known: Vec<_> =
        readings.iter().zip(&origins).filter_map(|(reading, origin)| Some((reading, (*origin)?))).collect();

    let mut bookings = Bookings::load(tx, &known)?;
    let mut transactions = Transactions::load(tx, &known)?;
    let mut items = Items::load(tx, &known)?;
    let mut rates = Rates::load(tx, &known)?;

    let mut settlements = HashMap::new();
    for ((reading, origin), fresh) in readings.iter().zip(&origins).zip(fresh) {
        if settlements.contains_key(&reading.event.id) {
            continue;
        }
        let decision = match (reading.content(), origin) {
            (Some(Content::Booking(booking)), Some(origin)) => {
                accounts.saw(origin.account_id, booking);
                if let Some(retold) = bookings.retell(tx, reading, booking, origin, &forgotten)? {
                    let retold = retold.into_iter().map(|(reading, decision)| {
                        (reading.event.id, reading.settle(Some(origin.account_id), decision, now))
                    });
                    settlements.extend(retold);
                }
                if settlements.contains_key(&reading.event.id) {
                    continue;
                }
                Decision::plain(bookings.apply(booking, origin, fresh))
            }
            (Some(Content::Transaction(transaction)), Some(origin)) => {
                let action = reading.body.as_ref().and_then(|body| body.action.as_deref());
                Decision::plain(transactions.apply(transaction, action, origin))
            }
            (Some(Content::Item(item)), Some(origin)) => Decision::plain(items.apply(item, origin)),
            (Some(Content::Rate(rate)), Some(origin)) => Decision::plain(rates.apply(rate, origin)),
            _ => reading.decision.clone().unwrap_or_else(|| Decision::plain(EventState::Ignored)),
        };
        let account_id = origin.map(|origin| origin.account_id);
        settlements.insert(reading.event.id, reading.settle(account_id, decision, now));
    }

    let mut changes = is_listed.then(|| bookings.changes(tx)).transpose()?;
    if let Some(changes) = &mut changes {
        changes.extend(transactions.changes().chain(items.changes()).chain(rates.changes()));
        changes.sort_unstable_by_key(|change| (change.event_id, change.kind));
    }
    accounts.write(tx)?;
    bookings.write(tx, readings.len() >= MANY, parts)?;
    transactions.write(tx)?;
    items.write(tx)?;
    rates.write(tx)?;
    let mut settlements: Vec<_> = settlements.into_values().collect();
    settlements.sort_unstable_by_key(|settlement| settlement.id);
    changes::log_failures(&settlements);
    Ok(Projected { settlements, changes })
}
