//! Erasing what was found, in short transactions. Each can be repeated: after a crash the command is run again.

use std::collections::BTreeMap;

use chrono::Utc;
use serde::Serialize;

use super::noted::Noted;
use super::{Person, rows};
use crate::db::rows::{
    Booking, BookingHistory, BookingItem, Customer, Event, EventBody, ForgottenBooking, Kind, Transaction, note_erasure,
};
use crate::db::types::{Json, Timestamp};
use crate::db::{Database, Result, Tx, changes, events, figures, projector_lock};
use crate::privacy::{self, Keys};

/// Bookings, or deliveries, in one transaction.
const STEP: usize = 100;

/// What was erased, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Bookings that are told without their person from now on.
    pub bookings: usize,
    /// Rows of `customers` that gave way.
    pub customers: usize,
    /// Raw bodies that were rewritten.
    pub bodies: usize,
}

impl std::ops::AddAssign for Erased {
    fn add_assign(&mut self, more: Self) {
        self.bookings += more.bookings;
        self.customers += more.customers;
        self.bodies += more.bodies;
    }
}

/// Marks the bookings: from now on the projector strips whatever comes of them.
pub fn mark(database: &Database, person: &Person, keys: &Keys) -> Result<()> {
    let now = Timestamp(Utc::now());
    let rows = person.bookings.keys().map(|code| ForgottenBooking {
        account_id: person.account_id,
        code: code.clone(),
        customer_key: person.pseudonym(code, keys),
        forgotten_at: now,
    });
    let rows: Vec<_> = rows.collect();
    database.session().transaction(|tx| {
        projector_lock::exclude(tx)?;
        ForgottenBooking::insert(tx, &rows)
    })
}

/// Strips rows and bodies. The deliveries that were rewritten are pending afterwards: what is left of them has to be
/// projected again.
pub fn erase(database: &Database, person: &Person, keys: &Keys, mut done: impl FnMut(usize)) -> Result<Erased> {
    let mut session = database.session();
    let mut erased = Erased { bookings: person.bookings.len(), ..Erased::default() };
    let codes: Vec<_> = person.bookings.keys().chain(&person.forgotten).cloned().collect();
    for codes in codes.chunks(STEP) {
        session.transaction(|tx| {
            projector_lock::exclude(tx)?;
            strip(tx, person, codes)
        })?;
    }
    erased.customers = session.transaction(|tx| {
        projector_lock::exclude(tx)?;
        let known: Vec<_> = person.keys.iter().cloned().collect();
        changes::forget_customers(tx, person.account_id, &known)?;
        let stored = Customer::load(tx, person.account_id, &known)?;
        let keys: Vec<_> = stored.into_iter().map(|row| row.customer_key).collect();
        Customer::delete(tx, person.account_id, &keys)?;
        Ok(keys.len())
    })?;
    let mentioning: Vec<_> =
        person.mentioning.iter().filter(|code| !person.bookings.contains_key(*code)).cloned().collect();
    session.transaction(|tx| {
        projector_lock::exclude(tx)?;
        clean(tx, person, &mentioning)
    })?;
    let ids: Vec<_> = person.events.iter().chain(person.mentions.keys()).copied().collect();
    for ids in ids.chunks(STEP) {
        erased.bodies += session.transaction(|tx| {
            projector_lock::exclude(tx)?;
            rewrite(tx, person, keys, ids)
        })?;
        done(ids.len());
    }
    // What views add up names customers too.
    figures::count_all(&mut session, |_| {})?;
    Ok(erased)
}

fn strip(tx: &mut Tx<'_>, person: &Person, codes: &[String]) -> Result<()> {
    note_erasure(tx)?;
    let (account_id, traces) = (person.account_id, &person.all_traces);
    let marked = ForgottenBooking::load(tx, account_id, codes)?;
    let keys: BTreeMap<_, _> = marked.into_iter().map(|row| (row.code, row.customer_key)).collect();
    let stored = Booking::load(tx, account_id, codes)?;
    let bookings: Vec<_> =
        stored.iter().filter_map(|row| Some(rows::booking(row, keys.get(&row.code)?, traces))).collect();
    let changed: Vec<_> =
        bookings.iter().zip(&stored).filter(|(new, old)| new != old).map(|(new, _)| new.clone()).collect();
    Booking::upsert(tx, &changed)?;
    let mut noted = Noted::new(account_id);
    noted.different(Kind::Booking, &stored, &bookings, |row| &row.code);
    nameless_customers(tx, account_id, &bookings, &mut noted)?;
    let stored = BookingItem::load(tx, account_id, codes)?;
    let lines: Vec<_> = stored.iter().map(|row| rows::line(row, traces)).collect();
    BookingItem::upsert(tx, &lines)?;
    noted.different(Kind::Booking, &stored, &lines, |row| &row.booking_code);
    let stored = Transaction::of_bookings(tx, account_id, codes)?;
    let payments: Vec<_> = stored.iter().map(rows::transaction).collect();
    Transaction::upsert(tx, &payments)?;
    noted.different(Kind::Transaction, &stored, &payments, |row| &row.transaction_id);
    for code in codes {
        let steps = BookingHistory::of(tx, account_id, code)?;
        let kept: Vec<_> = steps.iter().filter_map(|row| rows::step(row, traces)).collect();
        if replace(tx, account_id, code, &steps, &kept)? {
            noted.update(Kind::Booking, code);
        }
    }
    noted.store(tx)
}

/// Rows that stand for forgotten customers, so that their bookings still have one to be joined with.
fn nameless_customers(tx: &mut Tx<'_>, account_id: i32, bookings: &[Booking], noted: &mut Noted) -> Result<()> {
    let keys: Vec<_> = bookings.iter().filter_map(|row| row.customer_key.clone()).collect();
    let stored = Customer::load(tx, account_id, &keys)?;
    let mut rows: BTreeMap<_, _> = stored.into_iter().map(|row| (row.customer_key.clone(), row)).collect();
    for booking in bookings {
        let Some(key) = &booking.customer_key else { continue };
        let new = || {
            noted.insert(Kind::Customer, key);
            Customer::nameless(account_id, key, booking.first_event_id, booking.updated_at)
        };
        let row = rows.entry(key.clone()).or_insert_with(new);
        row.first_event_id = row.first_event_id.min(booking.first_event_id);
        row.last_event_id = row.last_event_id.max(booking.last_event_id);
    }
    Customer::upsert(tx, &rows.into_values().collect::<Vec<_>>())
}

/// Whether there was anything to replace.
fn replace(
    tx: &mut Tx<'_>,
    account_id: i32,
    code: &str,
    old: &[BookingHistory],
    new: &[BookingHistory],
) -> Result<bool> {
    if old != new {
        let ids: Vec<_> = old.iter().map(|step| step.event_id).collect();
        BookingHistory::remove(tx, account_id, code, &ids)?;
        BookingHistory::insert(tx, new)?;
    }
    Ok(old != new)
}

/// Other bookings that name the person in passing lose the values that do.
fn clean(tx: &mut Tx<'_>, person: &Person, codes: &[String]) -> Result<()> {
    note_erasure(tx)?;
    let traces = &person.traces;
    let stored = Booking::load(tx, person.account_id, codes)?;
    let rows: Vec<_> = stored.iter().map(|row| rows::mentioning(row, traces)).collect();
    Booking::upsert(tx, &rows)?;
    let mut noted = Noted::new(person.account_id);
    noted.different(Kind::Booking, &stored, &rows, |row| &row.code);
    for code in codes {
        let steps = BookingHistory::of(tx, person.account_id, code)?;
        let cleaned = steps.iter().map(|step| {
            let changes = Json(traces.out_of_json(step.changes.0.clone()));
            BookingHistory { changes, ..step.clone() }
        });
        let cleaned: Vec<_> = cleaned.collect();
        if replace(tx, person.account_id, code, &steps, &cleaned)? {
            noted.update(Kind::Booking, code);
        }
    }
    noted.store(tx)
}

/// Rewrites bodies, and sets their events again to pending.
fn rewrite(tx: &mut Tx<'_>, person: &Person, keys: &Keys, ids: &[i64]) -> Result<usize> {
    note_erasure(tx)?;
    let mut rewritten = Vec::new();
    for &id in ids {
        let Some(event) = events::find(tx, id)? else { continue };
        let Some(stored) = EventBody::find(tx, id)? else { continue };
        if let Some(body) = without(person, keys, &event, &stored.body) {
            EventBody::rewrite(tx, id, &body)?;
            rewritten.push(id);
        }
    }
    events::set_pending(tx, &rewritten)?;
    // What was said of the body may quote it; the projector says it anew.
    events::rewritten(tx, &rewritten)?;
    Ok(rewritten.len())
}

fn without(person: &Person, keys: &Keys, event: &Event, body: &[u8]) -> Option<Vec<u8>> {
    let content_type = event.content_type.as_deref();
    if person.events.contains(&event.id) {
        return privacy::without_person(body, content_type);
    }
    let traces = if person.mentions.get(&event.id) == Some(&true) { &person.traces } else { &person.all_traces };
    match keys.open(body) {
        // It could not be read, so nothing of it can be kept.
        Some(opened) => traces.out_of_body(&opened.ok()?, content_type).map(|_| Vec::new()),
        None => traces.out_of_body(body, content_type),
    }
}
