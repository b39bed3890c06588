//! The bookings a batch touches: loaded once, folded in the order of receipt, written once.

mod noted;
mod write;

use std::collections::{BTreeMap, HashSet};

use super::booking::Whole;
use super::changes;
use super::customers::Customers;
use super::forgotten::Forgotten;
use super::fresh::Fresh;
use super::origin::Origin;
use super::reading::{Decision, Reading, read};
use super::rows::{Rows, by_account};
use crate::checkfront;
use crate::db::events::{is_pruned, told_of_booking};
use crate::db::rows::{Booking, BookingHistory, BookingItem, BookingTax};
use crate::db::types::EventState;
use crate::db::{Result, Tx};

/// Account and code.
type Key = (i32, String);

/// Deliveries of one booking that are read at once when it is told anew.
pub(super) const PAGE: i64 = 20;

pub(super) struct Bookings {
    rows: Rows<Key, Whole>,
    history: Vec<BookingHistory>,
    /// Told anew in this batch, from their first delivery on.
    retold: HashSet<Key>,
    customers: Customers,
}

impl Bookings {
    pub(super) fn load(tx: &mut Tx<'_>, readings: &[(&Reading, Origin)]) -> Result<Self> {
        let bookings: Vec<_> =
            readings.iter().filter_map(|(reading, origin)| Some((reading.booking()?, origin.account_id))).collect();
        let codes = bookings.iter().map(|(booking, account_id)| (*account_id, booking.code.clone()));
        let mut stored = Vec::new();
        for (account_id, mut codes) in by_account(codes) {
            codes.sort_unstable();
            codes.dedup();
            stored.extend(load(tx, account_id, &codes)?);
        }
        let keys =
            stored.iter().filter_map(|whole| Some((whole.booking.account_id, whole.booking.customer_key.clone()?)));
        let named =
            bookings.iter().filter_map(|(booking, account_id)| Some((*account_id, booking.contact.key().ok()??)));
        let mut customers = Customers::default();
        customers.load(tx, keys.chain(named))?;
        let rows = Rows::new(stored.into_iter().map(|whole| (key(&whole.booking), whole)));
        Ok(Self { rows, history: Vec::new(), retold: HashSet::new(), customers })
    }

    /// Folds one delivery over its booking.
    pub(super) fn apply(
        &mut self,
        body: &checkfront::Booking,
        origin: &Origin,
        fresh: Option<Box<Fresh>>,
    ) -> EventState {
        let key = (origin.account_id, body.code.clone());
        let (state, whole) = match (self.rows.get(&key), fresh.and_then(|fresh| fresh.from(origin))) {
            (None, Some(whole)) => (EventState::Applied, Some(whole)),
            (before, _) => fold(before, body, origin),
        };
        let Some(whole) = whole else {
            // Too late for the booking, it may still be the only one that had some field of its customer.
            self.customers.saw(body.contact.key().ok().flatten().as_deref(), &body.contact, origin);
            self.customers.drop_unused();
            return state;
        };
        let before = self.rows.get(&key);
        if state == EventState::Applied {
            self.history.extend(changes::step(before, &whole, origin));
        }
        let left = before.and_then(|before| before.booking.customer_key.clone());
        let joined = whole.booking.customer_key.clone();
        self.customers.saw(joined.as_deref(), &body.contact, origin);
        self.customers.moved(origin.account_id, left.as_deref(), joined.as_deref());
        if state == EventState::Applied {
            self.rows.was_applied(key.clone(), origin.id);
        }
        self.rows.put(key, whole);
        state
    }

    /// Tells a booking anew from all its deliveries, where this one has been projected before.
    ///
    /// Returns the decision of each delivery that was set again to pending; `None` where the log no longer holds the
    /// booking's first delivery, so that it can only be mended, not told.
    pub(super) fn retell(
        &mut self,
        tx: &mut Tx<'_>,
        reading: &Reading,
        body: &checkfront::Booking,
        origin: &Origin,
        forgotten: &Forgotten,
    ) -> Result<Option<Vec<(Reading, Decision)>>> {
        let key = (origin.account_id, body.code.clone());
        if !reading.event.prior_state.is_some_and(EventState::is_told) || self.retold.contains(&key) {
            return Ok(None);
        }
        if is_pruned(tx, key.0, &key.1)? {
            return Ok(None);
        }
        let stored =
            self.rows.get(&key).map(|whole| (whole.booking.first_event_id, whole.booking.customer_key.clone()));
        let mut decided = Vec::new();
        let mut whole: Option<Whole> = None;
        let mut history = Vec::new();
        let mut after = 0;
        loop {
            let page = told_of_booking(tx, key.0, &key.1, after, PAGE)?;
            let Some((last, _)) = page.last() else { break };
            if after == 0 && stored.as_ref().is_some_and(|(first, _)| *first != page[0].0.id) {
                return Ok(None);
            }
            after = last.id;
            for mut reading in page.into_iter().map(read) {
                forgotten.strip(tx, &mut reading, key.0)?;
                let again = reading.event.state == EventState::Pending;
                let Some(body) = reading.booking().filter(|body| body.code == key.1) else {
                    decided.extend(reading.decision.clone().filter(|_| again).map(|decision| (reading, decision)));
                    continue;
                };
                let delete = reading.body.as_ref().is_some_and(checkfront::Body::is_delete);
                let origin = Origin { id: reading.event.id, at: reading.event.received_at, delete, ..*origin };
                let (state, next) = fold(whole.as_ref(), body, &origin);
                if let Some(next) = next {
                    if state == EventState::Applied {
                        history.extend(changes::step(whole.as_ref(), &next, &origin));
                    }
                    let joined = next.booking.customer_key.clone();
                    self.customers.load(tx, joined.iter().map(|joined| (origin.account_id, joined.clone())))?;
                    self.customers.saw(joined.as_deref(), &body.contact, &origin);
                    whole = Some(next);
                }
                if again {
                    decided.push((reading, Decision::plain(state)));
                }
            }
        }
        let joined = whole.as_ref().and_then(|whole| whole.booking.customer_key.clone());
        let left = stored.and_then(|(_, customer_key)| customer_key);
        self.customers.moved(key.0, left.as_deref(), joined.as_deref());
        self.customers.drop_unused();
        if let Some(whole) = whole {
            self.rows.put(key.clone(), whole);
        }
        self.history.retain(|step| (step.account_id, &step.booking_code) != (key.0, &key.1));
        self.history.append(&mut history);
        self.retold.insert(key);
        Ok(Some(decided))
    }
}

/// The decision on one delivery, and the booking after it.
pub(super) fn fold(before: Option<&Whole>, body: &checkfront::Booking, origin: &Origin) -> (EventState, Option<Whole>) {
    if before.is_some_and(|before| before.booking.last_event_id > origin.id) {
        return (EventState::Superseded, None);
    }
    let after = Whole::after(before, body, origin);
    match before {
        Some(before) if before.booking.content_hash == after.booking.content_hash => {
            let mut same = before.clone();
            same.booking.last_event_id = origin.id;
            (EventState::Unchanged, Some(same))
        }
        _ => (EventState::Applied, Some(after)),
    }
}

pub(super) fn load(tx: &mut Tx<'_>, account_id: i32, codes: &[String]) -> Result<Vec<Whole>> {
    let bookings = Booking::load(tx, account_id, codes)?;
    if bookings.is_empty() {
        return Ok(Vec::new());
    }
    let mut wholes: BTreeMap<String, Whole> = bookings
        .into_iter()
        .map(|booking| (booking.code.clone(), Whole { booking, lines: BTreeMap::new(), taxes: Vec::new() }))
        .collect();
    for line in BookingItem::load(tx, account_id, codes)? {
        if let Some(whole) = wholes.get_mut(&line.booking_code) {
            whole.lines.insert(line.line_id.clone(), line);
        }
    }
    for tax in BookingTax::load(tx, account_id, codes)? {
        if let Some(whole) = wholes.get_mut(&tax.booking_code) {
            whole.taxes.push(tax);
        }
    }
    for whole in wholes.values_mut() {
        whole.taxes.sort_unstable_by_key(|tax| tax.position);
    }
    Ok(wholes.into_values().collect())
}

fn key(booking: &Booking) -> Key {
    (booking.account_id, booking.code.clone())
}
