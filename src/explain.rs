//! Why a booking is as it is: its deliveries, where each value comes from, its payments, and what is doubtful about it.
//!
//! Reads alone, all of one moment. What it gives is data; how it is shown is another's concern.

mod deliveries;
mod doubt;
mod doubts;
mod payments;
mod slips;
mod sources;
mod states;
mod sums;
mod undecided;

use std::collections::BTreeSet;

use serde::Serialize;

pub use deliveries::Delivery;
pub use doubt::{Doubt, DoubtKind};
pub use payments::Payment;
pub use sources::{Customer, How, Part, Source};

use crate::db::rows::{Account, Booking, BookingHistory, BookingItem, BookingTax, ForgottenBooking};
use crate::db::types::Timestamp;
use crate::db::{Database, Result, Tx, events, migrate};
use crate::privacy::Keys;
use crate::project;

/// Codes that are suggested where one is unknown.
const SUGGESTED: usize = 5;

/// A booking, explained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The account's host; `None` where only bodies that cannot be read name the booking.
    pub account: Option<String>,
    /// `bookings.code`
    pub code: String,
    /// Whether there is a row of it.
    pub has_row: bool,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// When its person was forgotten.
    pub forgotten_at: Option<Timestamp>,
    /// Each of its deliveries, and of its payments', in the order of receipt.
    pub deliveries: Vec<Delivery>,
    /// Where each column's value comes from.
    pub columns: Vec<Source>,
    /// The same for each line.
    pub lines: Vec<Part>,
    /// The same for each tax or fee.
    pub taxes: Vec<Part>,
    /// Its customer's fields, each with the delivery it comes from.
    pub customer: Option<Customer>,
    /// Its payments and refunds, deleted ones too.
    pub transactions: Vec<Payment>,
    /// What somebody should look at.
    pub doubts: Vec<Doubt>,
}

/// What was found under a code.
#[derive(Debug)]
pub enum Found {
    /// The booking.
    One(Box<Explanation>),
    /// Several accounts, by host, have a booking of this code.
    Several(Vec<String>),
    /// None has; these codes are like it.
    Nothing(Vec<String>),
    /// There is no such account; these there are.
    NoAccount(Vec<String>),
}

/// What is stored of a booking.
struct Stored {
    booking: Option<Booking>,
    lines: Vec<BookingItem>,
    taxes: Vec<BookingTax>,
    history: Vec<BookingHistory>,
}

/// Explains the booking of this code. The account has to be named only where several have one.
///
/// `default_host` is the account of bodies that name none; `keys` open bodies that were encrypted.
pub fn explain(
    database: &Database,
    code: &str,
    account: Option<&str>,
    default_host: &str,
    keys: Option<&Keys>,
) -> Result<Found> {
    database.snapshot(|tx| {
        migrate::check(tx)?;
        let accounts = Account::all(tx)?;
        let wanted = account.map(str::to_lowercase);
        let undecided = undecided::undecided(tx, code, default_host, keys)?;
        let ids: Vec<_> = accounts.iter().map(|row| row.account_id).collect();
        let known = events::accounts_of(tx, &ids, code)?;
        let named = undecided.values().filter_map(|found| found.host.clone());
        let mut hosts: BTreeSet<String> = named.collect();
        hosts.extend(accounts.iter().filter(|row| known.contains(&row.account_id)).map(|row| row.host.clone()));
        if let Some(wanted) = wanted {
            if accounts.iter().all(|row| row.host != wanted) && !hosts.contains(&wanted) {
                return Ok(Found::NoAccount(accounts.into_iter().map(|row| row.host).collect()));
            }
            hosts.retain(|host| *host == wanted);
        }
        let host = match hosts.len() {
            0 if undecided.values().all(|found| found.host.is_some()) => {
                return Ok(Found::Nothing(alike(tx, &ids, code)?));
            }
            0 | 1 => hosts.pop_first(),
            _ => return Ok(Found::Several(hosts.into_iter().collect())),
        };
        let account = accounts.into_iter().find(|row| Some(&row.host) == host.as_ref());
        let undecided = undecided.into_iter().filter(|(_, found)| found.host.is_none() || found.host == host);
        Ok(Found::One(Box::new(of(tx, code, host.clone(), account.as_ref(), undecided.collect())?)))
    })
}

fn of(
    tx: &mut Tx<'_>,
    code: &str,
    host: Option<String>,
    account: Option<&Account>,
    undecided: undecided::Undecided,
) -> Result<Explanation> {
    let codes = [code.to_owned()];
    let stored = match account {
        Some(account) => Stored::load(tx, account.account_id, code)?,
        None => Stored { booking: None, lines: Vec::new(), taxes: Vec::new(), history: Vec::new() },
    };
    let (mut transactions, mut forgotten) = (Vec::new(), None);
    if let Some(account) = account {
        transactions = payments::load(tx, account.account_id, code)?;
        forgotten = ForgottenBooking::load(tx, account.account_id, &codes)?.pop();
    }
    let mut deliveries = deliveries::list(tx, account, code, &stored, &mut transactions, undecided)?;
    payments::compare(tx, &mut deliveries)?;
    let story = match account {
        Some(account) => project::tell(tx, account, code)?,
        None => None,
    };
    let rewound = states::rewind(&stored);
    let sources = sources::Sources::new(&stored, &rewound, story.as_ref(), &deliveries);
    let explained = Explanation {
        account: host,
        code: code.to_owned(),
        has_row: stored.booking.is_some(),
        deleted_at: stored.booking.as_ref().and_then(|booking| booking.deleted_at),
        forgotten_at: forgotten.map(|row| row.forgotten_at),
        columns: sources.columns(),
        lines: sources.lines(),
        taxes: sources.taxes(),
        customer: sources::customer(tx, stored.booking.as_ref(), &deliveries)?,
        doubts: doubts::find(&stored, &rewound, story.as_ref(), &deliveries, &transactions),
        deliveries,
        transactions,
    };
    Ok(explained)
}

impl Stored {
    fn load(tx: &mut Tx<'_>, account_id: i32, code: &str) -> Result<Self> {
        let codes = [code.to_owned()];
        let mut taxes = BookingTax::load(tx, account_id, &codes)?;
        taxes.sort_unstable_by_key(|tax| tax.position);
        let mut lines = BookingItem::load(tx, account_id, &codes)?;
        lines.sort_unstable_by(|one, other| one.line_id.cmp(&other.line_id));
        Ok(Self {
            booking: Booking::load(tx, account_id, &codes)?.pop(),
            lines,
            taxes,
            history: BookingHistory::of(tx, account_id, code)?,
        })
    }
}

/// Codes of these accounts' bookings that a slip of the pen might have turned into this one. Only such codes are looked
/// up, so that it takes as long however many bookings there are.
fn alike(tx: &mut Tx<'_>, accounts: &[i32], code: &str) -> Result<Vec<String>> {
    let mut near: Vec<_> = events::booked(tx, accounts, &slips::of(code))?.into_iter().collect();
    // That in capitals is likelier than any other.
    near.sort_by_key(|near| *near != code.to_uppercase());
    near.truncate(SUGGESTED);
    Ok(near)
}
