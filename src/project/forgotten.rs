//! Bookings whose person was forgotten: what is told of them, now or again, is told without the person.

use std::collections::HashMap;

use super::origin::Origin;
use super::reading::{Reading, read};
use super::rows::by_account;
use crate::checkfront::Content;
use crate::db::rows::{EventBody, ForgottenBooking};
use crate::db::{Result, Tx};
use crate::privacy;

/// Account and code to what stands for the person.
#[derive(Default)]
pub(super) struct Forgotten(HashMap<(i32, String), String>);

impl Forgotten {
    /// Those that a batch's events are about.
    pub(super) fn load(tx: &mut Tx<'_>, readings: &[Reading], origins: &[Option<Origin>]) -> Result<Self> {
        let named = readings.iter().zip(origins);
        let named = named.filter_map(|(reading, origin)| Some((origin.as_ref()?.account_id, reading.booking_code()?)));
        let mut forgotten = HashMap::new();
        for (account_id, codes) in by_account(named.map(|(account_id, code)| (account_id, code.to_owned()))) {
            let rows = ForgottenBooking::load(tx, account_id, &codes)?;
            forgotten.extend(rows.into_iter().map(|row| ((account_id, row.code), row.customer_key)));
        }
        Ok(Self(forgotten))
    }

    /// Takes the person out of an event of such a booking, and out of its stored body.
    pub(super) fn strip(&self, tx: &mut Tx<'_>, reading: &mut Reading, account_id: i32) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let Some(code) = reading.booking_code() else { return Ok(()) };
        let Some(customer_key) = self.0.get(&(account_id, code.to_owned())) else { return Ok(()) };
        if let Some(mut stored) = EventBody::find(tx, reading.event.id)? {
            if let Some(body) = privacy::without_person(&stored.body, reading.event.content_type.as_deref()) {
                EventBody::rewrite(tx, reading.event.id, &body)?;
                stored.body = body;
            }
            // Always as it is stored now: it may have been rewritten since it was read.
            *reading = read((reading.event.clone(), stored));
        }
        if let Some(Ok(Content::Booking(booking))) = reading.body.as_mut().map(|body| body.content.as_mut()) {
            booking.contact.forgotten = Some(customer_key.clone());
            reading.fresh = None;
        }
        Ok(())
    }
}
