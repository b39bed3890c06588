//! What is a person's: their customers' keys, their bookings, and the deliveries that name them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::pages::{each_booking, each_customer};
use super::{Who, normal};
use crate::checkfront::Contact;
use crate::db::rows::{Account, Booking, BookingHistory, ForgottenBooking};
use crate::db::{Database, Result};
use crate::privacy::{Keys, Traces};

/// A booking that is to be forgotten, as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoundBooking {
    /// The account's host.
    pub account: String,
    /// `bookings.code`
    pub code: String,
    /// `bookings.customer_key`
    pub customer_key: Option<String>,
    /// `bookings.status_id`
    pub status_id: Option<String>,
    /// `bookings.start_on`
    pub start_on: Option<chrono::NaiveDate>,
    /// `bookings.total`
    pub total: Option<crate::db::types::Amount>,
}

/// A person in one account.
pub struct Person {
    pub(super) account_id: i32,
    pub(super) host: String,
    who: Who,
    /// Customer codes.
    pub(super) codes: BTreeSet<String>,
    /// Mail addresses, in lower case.
    emails: BTreeSet<String>,
    /// Keys of `customers` rows.
    pub(super) keys: BTreeSet<String>,
    /// How many of these rows there are.
    pub(super) customers: usize,
    /// The bookings, by code; `None` for one that has no row.
    pub bookings: BTreeMap<String, Option<FoundBooking>>,
    /// Bookings forgotten before: what is left of them goes, too.
    pub(super) forgotten: BTreeSet<String>,
    /// What names this person and nobody else.
    pub(super) traces: Traces,
    /// The same, and names and telephone numbers: for what cannot be read.
    pub(super) all_traces: Traces,
    /// Deliveries of these bookings.
    pub events: BTreeSet<i64>,
    /// Other deliveries that name the person, and whether they could be read and are about something else.
    pub mentions: BTreeMap<i64, bool>,
    /// Other bookings whose rows name the person.
    pub(super) mentioning: BTreeSet<String>,
}

impl Person {
    pub(super) fn new(account: &Account, who: &Who, keys: &Keys) -> Self {
        let (mut codes, mut emails) = (BTreeSet::new(), BTreeSet::new());
        match who {
            Who::Email(email) => emails.extend([normal(email), keys.hash(email)]),
            Who::Code(code) => codes.extend([code.trim().to_owned(), keys.hash(code)]),
        }
        Self {
            account_id: account.account_id,
            host: account.host.clone(),
            who: who.clone(),
            codes,
            emails,
            keys: BTreeSet::new(),
            customers: 0,
            bookings: BTreeMap::new(),
            forgotten: BTreeSet::new(),
            traces: Traces::default(),
            all_traces: Traces::default(),
            events: BTreeSet::new(),
            mentions: BTreeMap::new(),
            mentioning: BTreeSet::new(),
        }
    }

    /// From an address to the codes that have it; from codes to their addresses; from these to bookings without a code.
    pub(super) fn meet(&mut self, database: &Database) -> Result<()> {
        let id = self.account_id;
        let given = self.emails.clone();
        let is_given = |email: &Option<String>| email.as_deref().is_some_and(|email| given.contains(&normal(email)));
        let mut codes = Vec::new();
        each_customer(database, id, |row| codes.extend(row.code.clone().filter(|_| is_given(&row.email))))?;
        each_booking(database, id, |row| {
            codes.extend(row.customer_key.clone().filter(|key| is_code(key) && is_given(&row.customer_email)));
        })?;
        self.codes.extend(codes.iter().map(|code| code.trim().to_owned()));

        let (codes, emails) = (&self.codes, &mut self.emails);
        let has = |key: &str| codes.contains(key);
        each_customer(database, id, |row| {
            emails.extend(row.email.as_deref().filter(|_| has(&row.customer_key)).map(normal));
        })?;
        each_booking(database, id, |row| {
            let email = row.customer_email.as_deref().map(normal);
            emails.extend(email.filter(|_| row.customer_key.as_deref().is_some_and(has)));
        })?;
        let of_addresses = self.emails.iter().map(|email| format!("email:{email}"));
        self.keys = self.codes.iter().cloned().chain(of_addresses).collect();

        let (mut names, mut shared) = (BTreeSet::new(), BTreeSet::new());
        each_customer(database, id, |row| {
            if self.keys.contains(&row.customer_key) {
                self.customers += 1;
                names.extend([row.name.clone(), row.phone.clone()].into_iter().flatten());
            }
        })?;
        each_booking(database, id, |row| {
            let is_theirs = row.customer_key.as_ref().is_some_and(|key| self.keys.contains(key));
            if is_theirs || is_given(&row.customer_email) {
                names.extend([row.customer_name.clone(), row.customer_phone.clone()].into_iter().flatten());
                self.bookings.insert(row.code.clone(), Some(found(&self.host, row)));
            } else {
                shared.extend(row.customer_email.as_deref().map(normal).filter(|email| self.emails.contains(email)));
            }
        })?;
        // An address that other customers have too, such as an agency's, does not tell this one.
        for value in self.emails.difference(&shared).chain(&self.codes) {
            self.traces.add(value);
        }
        self.all_traces = self.traces.clone();
        for name in names {
            self.all_traces.add(&name);
        }
        each_booking(database, id, |row| {
            let mut texts = [&row.fields, &row.meta, &row.extra].into_iter().flatten();
            if !self.bookings.contains_key(&row.code) && texts.any(|json| self.traces.are_in(&json.0.to_string())) {
                self.mentioning.insert(row.code.clone());
            }
        })
    }

    /// Bookings that were theirs once, as histories tell; and those forgotten before.
    pub(super) fn look_back(&mut self, database: &Database) -> Result<()> {
        for trace in self.traces.iter().map(str::to_owned).collect::<Vec<_>>() {
            for step in database.read(|tx| BookingHistory::holding(tx, self.account_id, &trace))? {
                let texts = |column: &str| {
                    let pair = step.changes.0.get(column).and_then(|pair| pair.as_array()).into_iter().flatten();
                    pair.filter_map(|value| value.as_str()).map(str::to_owned).collect::<Vec<_>>()
                };
                let was_theirs = texts("customer_key").iter().any(|key| self.keys.contains(key))
                    || texts("customer_email").iter().any(|email| self.emails.contains(&normal(email)));
                if was_theirs {
                    self.add(database, &step.booking_code)?;
                } else {
                    self.mentioning.insert(step.booking_code);
                }
            }
        }
        let forgotten = database.read(|tx| ForgottenBooking::of(tx, self.account_id))?;
        self.forgotten = forgotten.into_iter().map(|row| row.code).collect();
        Ok(())
    }

    /// Adds a booking that is told of elsewhere than in its row.
    pub(super) fn add(&mut self, database: &Database, code: &str) -> Result<()> {
        if !self.bookings.contains_key(code) {
            let rows = database.read(|tx| Booking::load(tx, self.account_id, &[code.to_owned()]))?;
            self.bookings.insert(code.to_owned(), rows.first().map(|row| found(&self.host, row)));
        }
        Ok(())
    }

    /// Whether a delivery names this person as its customer.
    pub(super) fn is(&self, contact: &Contact) -> bool {
        match contact.code.as_deref().map(str::trim) {
            Some(code) if self.codes.contains(code) => true,
            Some(_) => {
                matches!(self.who, Who::Email(ref email) if Some(normal(email)) == contact.email.as_deref().map(normal))
            }
            None => self.has_email(contact.email.as_deref()),
        }
    }

    /// What stands for the person in this booking: a customer's bookings stay those of one customer.
    pub(super) fn pseudonym(&self, code: &str, keys: &Keys) -> String {
        let booking = self.bookings.get(code).and_then(Option::as_ref);
        let key = booking.and_then(|booking| booking.customer_key.clone()).filter(|key| self.keys.contains(key));
        format!("forgotten:{}", keys.hash(&format!("{}\n{}", self.host, key.unwrap_or_else(|| self.who.key()))))
    }

    fn has_email(&self, email: Option<&str>) -> bool {
        email.is_some_and(|email| self.emails.contains(&normal(email)))
    }
}

/// Whether a customer's key is a code.
fn is_code(key: &str) -> bool {
    !key.starts_with("email:") && !key.starts_with("forgotten:")
}

fn found(host: &str, row: &Booking) -> FoundBooking {
    FoundBooking {
        account: host.to_owned(),
        code: row.code.clone(),
        customer_key: row.customer_key.clone(),
        status_id: row.status_id.clone(),
        start_on: row.start_on,
        total: row.total,
    }
}
