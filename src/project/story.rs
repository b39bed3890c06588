//! A booking told from all its deliveries in the log, for who asks why its rows are so. Writes nothing.

use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::bookings::{PAGE, fold, load};
use super::origin::Origin;
use super::reading::read;
use super::{changes, zones};
use crate::checkfront::{Body, Content};
use crate::db::events::{is_pruned, told_of_booking};
use crate::db::rows::{Account, BookingHistory, ForgottenBooking};
use crate::db::types::EventState;
use crate::db::{Result, Tx};

/// What the log says of a booking.
pub(crate) struct Story {
    /// The steps of its life, oldest first.
    pub steps: Vec<BookingHistory>,
    /// Where the stored rows say something else: `column -> [stored, told]`.
    pub differs: Map<String, Value>,
}

/// Tells a booking anew; `None` where it has no row, or the log no longer holds all that it was made of.
pub(crate) fn tell(tx: &mut Tx<'_>, account: &Account, code: &str) -> Result<Option<Story>> {
    let codes = [code.to_owned()];
    let Some(stored) = load(tx, account.account_id, &codes)?.pop() else { return Ok(None) };
    if is_pruned(tx, account.account_id, code)? {
        return Ok(None);
    }
    let forgotten = ForgottenBooking::load(tx, account.account_id, &codes)?.pop().map(|row| row.customer_key);
    let zone = zones::parse(&account.timezone).unwrap_or(Tz::UTC);
    let (mut whole, mut steps, mut after) = (None, Vec::new(), 0);
    loop {
        let page = told_of_booking(tx, account.account_id, code, after, PAGE)?;
        let Some((last, _)) = page.last() else { break };
        if after == 0 && page[0].0.id != stored.booking.first_event_id {
            return Ok(None);
        }
        after = last.id;
        for reading in page.into_iter().map(read) {
            let (id, at) = (reading.event.id, reading.event.received_at);
            let delete = reading.body.as_ref().is_some_and(Body::is_delete);
            let content = reading.body.filter(|_| reading.decision.is_none()).map(|body| body.content);
            let Some(Ok(Content::Booking(mut body))) = content else { continue };
            if body.code != code {
                continue;
            }
            body.contact.forgotten.clone_from(&forgotten);
            let origin = Origin { id, at, account_id: account.account_id, zone, delete };
            let (state, next) = fold(whole.as_ref(), &body, &origin);
            if let Some(next) = next {
                if state == EventState::Applied {
                    steps.extend(changes::step(whole.as_ref(), &next, &origin));
                }
                whole = Some(next);
            }
        }
    }
    Ok(whole.map(|told| Story { steps, differs: changes::compare(&stored, &told) }))
}
