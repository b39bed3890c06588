//! Writes what became of a batch's bookings, each row once.

use super::super::booking::Whole;
use super::super::parts::Parts;
use super::{Bookings, Key};
use crate::db::figures;
use crate::db::rows::{Booking, BookingHistory, BookingItem, BookingTax};
use crate::db::{Result, Tx};

/// Rows of one table each.
#[derive(Default)]
struct Written<'b> {
    bookings: Vec<&'b Booking>,
    lines: Vec<&'b BookingItem>,
    taxes: Vec<&'b BookingTax>,
    history: Vec<&'b BookingHistory>,
}

impl Bookings {
    /// In a batch of `many`, what is new goes without a look for what may be stored: this transaction has looked. Should
    /// somebody have put a row there all the same, the batch fails, and its events come again one by one.
    pub(in crate::project) fn write(&self, tx: &mut Tx<'_>, many: bool, parts: Option<&mut Parts>) -> Result<()> {
        for (account_id, code) in &self.retold {
            BookingItem::delete_all(tx, *account_id, code)?;
            BookingTax::truncate(tx, *account_id, code, 0)?;
            BookingHistory::delete(tx, *account_id, code)?;
            Booking::delete(tx, *account_id, code)?;
        }
        let (mut new, mut known) = (Written::default(), Written::default());
        let is_new = |key: &Key| many && self.rows.stored(key).is_none() && !self.retold.contains(key);
        for (key, whole) in self.rows.changed() {
            if is_new(key) {
                new.all_of(whole);
                continue;
            }
            // A booking told anew is written anew: what it was last changed by may lie further back than before.
            let stored = self.rows.stored(key).filter(|_| !self.retold.contains(key));
            known.what_changed(stored, whole);
            if let Some(stored) = stored {
                remove_stale(tx, key, stored, whole)?;
            }
        }
        for step in &self.history {
            let of = if is_new(&(step.account_id, step.booking_code.clone())) { &mut new } else { &mut known };
            of.history.push(step);
        }
        known.write(tx)?;
        if let Some(parts) = parts.filter(|_| !new.bookings.is_empty()) {
            return parts.beside(
                |tx| new.add_parts(tx),
                || Booking::add(tx, &new.bookings).and_then(|()| self.customers.write(tx, many)),
            );
        }
        new.add(tx)?;
        self.customers.write(tx, many)
    }
}

impl<'b> Written<'b> {
    fn all_of(&mut self, whole: &'b Whole) {
        self.bookings.push(&whole.booking);
        self.lines.extend(whole.lines.values());
        self.taxes.extend(&whole.taxes);
    }

    fn what_changed(&mut self, stored: Option<&Whole>, whole: &'b Whole) {
        if stored.is_none_or(|stored| stored.booking != whole.booking) {
            self.bookings.push(&whole.booking);
        }
        let old = |line: &&BookingItem| stored.and_then(|stored| stored.lines.get(&line.line_id)) != Some(line);
        self.lines.extend(whole.lines.values().filter(old));
        let fresh = whole.taxes.iter().enumerate();
        let fresh = fresh.filter(|(index, tax)| stored.and_then(|stored| stored.taxes.get(*index)) != Some(tax));
        self.taxes.extend(fresh.map(|(_, tax)| tax));
    }

    fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        Booking::upsert(tx, &self.bookings)?;
        BookingItem::upsert(tx, &self.lines)?;
        BookingTax::upsert(tx, &self.taxes)?;
        BookingHistory::insert(tx, &self.history)
    }

    fn add(&self, tx: &mut Tx<'_>) -> Result<()> {
        if self.bookings.is_empty() {
            return Ok(());
        }
        Booking::add(tx, &self.bookings)?;
        figures::are_listed(tx)?;
        self.add_parts(tx)
    }

    fn add_parts(&self, tx: &mut Tx<'_>) -> Result<()> {
        BookingItem::add(tx, &self.lines)?;
        BookingTax::add(tx, &self.taxes)?;
        BookingHistory::add(tx, &self.history)
    }
}

fn remove_stale(tx: &mut Tx<'_>, (account_id, code): &Key, stored: &Whole, whole: &Whole) -> Result<()> {
    let gone: Vec<_> = stored.lines.keys().filter(|id| !whole.lines.contains_key(*id)).cloned().collect();
    if !gone.is_empty() {
        BookingItem::delete(tx, *account_id, code, &gone)?;
    }
    if whole.taxes.len() < stored.taxes.len() {
        BookingTax::truncate(tx, *account_id, code, i32::try_from(whole.taxes.len()).unwrap_or(i32::MAX))?;
    }
    Ok(())
}
