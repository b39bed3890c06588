//! The log: which deliveries are of a person's bookings, and which others name the person.

use super::person::Person;
use crate::checkfront::Content;
use crate::db::events::{self, Delivery};
use crate::db::rows::EventBody;
use crate::db::{Database, Result};
use crate::privacy::Keys;
use crate::project::{Reading, read};

/// Deliveries read at once: each may have several MiB.
const PAGE: i64 = 50;

/// What is remembered of the log while it is read.
#[derive(Default)]
struct Log {
    /// Events about a booking: id, account, and the booking's code.
    of_bookings: Vec<(i64, Option<i32>, String)>,
    /// Events that could not be read, or that nobody knows: dead letters.
    unread: Vec<i64>,
}

/// Reads every delivery there is: nothing else tells where a person is named.
pub(super) fn look_through(database: &Database, people: &mut [Person], keys: &Keys) -> Result<()> {
    let mut log = Log::default();
    let mut after = 0;
    loop {
        let page = database.read(|tx| events::page(tx, after, PAGE))?;
        let Some((last, _)) = page.last() else { break };
        after = last.id;
        for delivery in page {
            log.look_at(database, people, opened(delivery, keys))?;
        }
    }
    for person in &mut *people {
        for (id, account_id, code) in &log.of_bookings {
            let theirs = person.bookings.contains_key(code) || person.forgotten.contains(code);
            if theirs && *account_id == Some(person.account_id) {
                person.events.insert(*id);
                person.mentions.remove(id);
            }
        }
    }
    // By now all their names are known.
    for id in log.unread {
        let found = database.read(|tx| Ok(events::find(tx, id)?.zip(EventBody::find(tx, id)?)))?;
        let Some((event, body)) = found.map(|delivery| opened(delivery, keys)) else { continue };
        for person in people.iter_mut().filter(|person| person.may_be_in(event.account_id)) {
            if person.all_traces.out_of_body(&body.body, event.content_type.as_deref()).is_some() {
                person.mentions.insert(id, false);
            }
        }
    }
    Ok(())
}

/// A delivery as it was before it was encrypted.
fn opened((event, body): Delivery, keys: &Keys) -> Delivery {
    let opened = keys.open(&body.body).and_then(std::result::Result::ok);
    (event, EventBody { body: opened.unwrap_or(body.body), ..body })
}

impl Log {
    fn look_at(&mut self, database: &Database, people: &mut [Person], (event, body): Delivery) -> Result<()> {
        let (id, account_id, content_type) = (event.id, event.account_id, event.content_type.clone());
        let bytes = body.body.clone();
        let reading = read((event, body));
        let Some(content) = reading.content() else {
            self.unread.push(id);
            return Ok(());
        };
        if matches!(content, Content::Item(_) | Content::Rate(_)) {
            return Ok(());
        }
        for person in people.iter_mut().filter(|person| person.may_be_in(account_id)) {
            if let Content::Booking(booking) = content
                && person.is(&booking.contact)
            {
                person.add(database, &booking.code)?;
            }
            person.learn(&reading);
            if person.traces.out_of_body(&bytes, content_type.as_deref()).is_some() {
                person.mentions.insert(id, true);
            }
        }
        // Its account may be a configured default: what was decided on the event tells it.
        self.of_bookings.extend(reading.booking_code().map(|code| (id, account_id, code.to_owned())));
        Ok(())
    }
}

impl Person {
    fn may_be_in(&self, account_id: Option<i32>) -> bool {
        account_id.is_none_or(|id| id == self.account_id)
    }

    /// Names that a delivery of one of their bookings gives them, and that their rows no longer have.
    fn learn(&mut self, reading: &Reading) {
        if !reading.booking_code().is_some_and(|code| self.bookings.contains_key(code)) {
            return;
        }
        let names = match reading.content() {
            Some(Content::Booking(booking)) => [&booking.contact.name, &booking.contact.phone],
            Some(Content::Transaction(transaction)) => [&transaction.payer, &None],
            _ => [&None, &None],
        };
        names.into_iter().flatten().for_each(|name| self.all_traces.add(name));
    }
}
