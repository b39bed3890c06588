//! The raw rows of a mirror, and small tools to add them up.

use std::collections::BTreeMap;

use checkfront_mirror::db::rows::{
    Account, Booking, BookingHistory, BookingItem, BookingTax, Customer, Event, Item, Status, Transaction,
};
use checkfront_mirror::db::types::Amount;
use checkfront_mirror::db::{Database, Tx, schema};
use diesel::prelude::*;
use rust_decimal::Decimal;

/// All rows that views are made of.
pub(crate) struct Raw {
    pub(crate) accounts: Vec<Account>,
    pub(crate) statuses: Vec<Status>,
    pub(crate) items: Vec<Item>,
    pub(crate) customers: Vec<Customer>,
    pub(crate) bookings: Vec<Booking>,
    pub(crate) lines: Vec<BookingItem>,
    pub(crate) taxes: Vec<BookingTax>,
    pub(crate) history: Vec<BookingHistory>,
    pub(crate) payments: Vec<Transaction>,
    pub(crate) events: Vec<Event>,
}

macro_rules! load {
    ($tx:expr, $table:ident) => {
        match &mut *$tx {
            Tx::Postgres(connection) => schema::$table::table.load(&mut **connection)?,
            Tx::Sqlite(connection) => schema::$table::table.load(&mut **connection)?,
        }
    };
}

impl Raw {
    pub(crate) fn load(database: &Database) -> Self {
        let read = |tx: &mut Tx<'_>| {
            Ok(Self {
                accounts: load!(tx, accounts),
                statuses: load!(tx, statuses),
                items: load!(tx, items),
                customers: load!(tx, customers),
                bookings: load!(tx, bookings),
                lines: load!(tx, booking_items),
                taxes: load!(tx, booking_taxes),
                history: load!(tx, booking_history),
                payments: load!(tx, transactions),
                events: load!(tx, webhook_events),
            })
        };
        database.read(read).unwrap()
    }

    pub(crate) fn host(&self, account_id: i32) -> String {
        let account = self.accounts.iter().find(|account| account.account_id == account_id).unwrap();
        format!("{account_id}|{}", account.host)
    }

    pub(crate) fn status(&self, account_id: i32, status_id: Option<&String>) -> Option<&Status> {
        self.statuses.iter().find(|row| row.account_id == account_id && Some(&row.status_id) == status_id)
    }

    /// The bookings that are sales.
    pub(crate) fn sales(&self) -> impl Iterator<Item = &Booking> {
        self.bookings.iter().filter(|row| {
            row.deleted_at.is_none()
                && self.status(row.account_id, row.status_id.as_ref()).is_some_and(|status| status.is_sale)
        })
    }

    pub(crate) fn booking(&self, account_id: i32, code: Option<&String>) -> Option<&Booking> {
        self.bookings.iter().find(|row| row.account_id == account_id && Some(&row.code) == code)
    }

    pub(crate) fn lines_of(&self, booking: &Booking) -> impl Iterator<Item = &BookingItem> {
        self.lines
            .iter()
            .filter(move |line| (line.account_id, &line.booking_code) == (booking.account_id, &booking.code))
    }

    pub(crate) fn item(&self, account_id: i32, item_id: Option<i64>) -> Option<&Item> {
        self.items.iter().find(|row| row.account_id == account_id && Some(row.item_id) == item_id)
    }

    /// Payments and refunds that count.
    pub(crate) fn payments(&self) -> impl Iterator<Item = &Transaction> {
        let counts =
            |row: &&Transaction| row.deleted_at.is_none() && ["PAID", "REFUND"].contains(&row.status_id.as_str());
        self.payments.iter().filter(counts)
    }

    /// The status before a step.
    pub(crate) fn before(&self, step: &BookingHistory) -> Option<String> {
        let same = |row: &&BookingHistory| {
            (row.account_id, &row.booking_code) == (step.account_id, &step.booking_code) && row.event_id < step.event_id
        };
        self.history.iter().filter(same).max_by_key(|row| row.event_id)?.status_id.clone()
    }
}

/// A refund is negative, whatever sign was sent.
pub(crate) fn signed(payment: &Transaction) -> Decimal {
    let amount = of(payment.amount);
    if payment.status_id == "REFUND" { -amount.abs() } else { amount }
}

pub(crate) fn of(amount: Option<Amount>) -> Decimal {
    amount.map_or(Decimal::ZERO, |amount| amount.0)
}

/// As the tests write what is unknown.
pub(crate) fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// Sums by key.
#[derive(Default)]
pub(crate) struct Sums(BTreeMap<String, Vec<Decimal>>);

impl Sums {
    pub(crate) fn add(&mut self, key: &[String], values: &[Decimal]) {
        let sums = self.0.entry(key.join("|")).or_insert_with(|| vec![Decimal::ZERO; values.len()]);
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }

    /// Key and sums, as a view's row.
    pub(crate) fn rows(self) -> Vec<String> {
        let row = |(key, sums): (String, Vec<Decimal>)| {
            sums.iter().fold(key, |row, sum| format!("{row}|{}", sum.normalize()))
        };
        self.0.into_iter().map(row).collect()
    }
}
