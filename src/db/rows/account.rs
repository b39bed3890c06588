//! Accounts and their statuses.

use diesel::prelude::*;

use crate::db::row::row;
use crate::db::schema::{accounts, statuses};
use crate::db::types::Timestamp;
use crate::db::upsert::upsert;
use crate::db::{Result, Tx, on};

row! {
    /// A Checkfront account, told by its host.
    Account in accounts, key (account_id), on conflict Keep {
        account_id: i32,
        host: String,
        name: Option<String>,
        timezone: String,
        currency_id: Option<String>,
        first_seen_at: Timestamp,
        dates_timezone: String,
        dates_cursor: Option<String>,
    }
}

row! {
    /// A booking status of an account. Users edit label and flags; nothing overwrites them.
    Status in statuses, key (account_id, status_id), on conflict Keep {
        account_id: i32,
        status_id: String,
        label: String,
        is_sale: bool,
        is_cancelled: bool,
    }
}

impl Account {
    /// All accounts: a handful.
    pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Self>> {
        Ok(on!(tx, |connection| accounts::table.order(accounts::account_id).load(connection))?)
    }

    /// Adds an account that was not there.
    pub fn insert(&self, tx: &mut Tx<'_>) -> Result<()> {
        upsert!(tx, Self, std::slice::from_ref(self))?;
        Ok(())
    }

    /// Sets the time zone in which dates are to be told, and how far the rows have followed.
    pub fn set_timezone(&self, tx: &mut Tx<'_>) -> Result<()> {
        let columns = (
            accounts::timezone.eq(&self.timezone),
            accounts::dates_timezone.eq(&self.dates_timezone),
            accounts::dates_cursor.eq(&self.dates_cursor),
        );
        on!(tx, |connection| diesel::update(accounts::table.find(self.account_id)).set(columns).execute(connection))?;
        Ok(())
    }
}

impl Status {
    /// The statuses that Checkfront has from the start: code, label, and whether it cancels the booking.
    const BUILT_IN: [(&str, &str, bool); 7] = [
        ("PEND", "Pending", false),
        ("HOLD", "Reserved", false),
        ("PART", "Deposit", false),
        ("PAID", "Paid", false),
        ("WAIT", "Waiting", false),
        ("STOP", "Cancelled", true),
        ("VOID", "Void", true),
    ];

    /// The statuses of a new account.
    pub fn built_in(account_id: i32) -> impl Iterator<Item = Self> {
        Self::BUILT_IN.into_iter().map(move |(code, label, is_cancelled)| Self {
            label: label.to_owned(),
            is_sale: !is_cancelled,
            is_cancelled,
            ..Self::first_seen(account_id, code)
        })
    }

    /// An account's own status, when it is first seen: a sale until a user says otherwise.
    pub fn first_seen(account_id: i32, status_id: &str) -> Self {
        Self {
            account_id,
            status_id: status_id.to_owned(),
            label: status_id.to_owned(),
            is_sale: true,
            is_cancelled: false,
        }
    }

    /// The statuses of an account.
    pub fn of_account(tx: &mut Tx<'_>, account_id: i32) -> Result<Vec<Self>> {
        let query = || statuses::table.filter(statuses::account_id.eq(account_id)).order(statuses::status_id);
        Ok(on!(tx, |connection| query().load(connection))?)
    }

    /// The codes known of all accounts.
    pub fn keys(tx: &mut Tx<'_>) -> Result<Vec<(i32, String)>> {
        let query = statuses::table.select((statuses::account_id, statuses::status_id));
        Ok(on!(tx, |connection| query.load(connection))?)
    }

    /// Adds those that are new.
    pub fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<()> {
        upsert!(tx, Self, rows)?;
        Ok(())
    }
}
