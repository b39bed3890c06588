//! The accounts that bodies name, and the statuses their bookings have.

use std::collections::HashSet;

use chrono_tz::Tz;

use super::origin::Origin;
use super::reading::Reading;
use super::zones::{self, Zones};
use crate::checkfront::{Body, Booking};
use crate::db::rows::{Account, Status};
use crate::db::types::Timestamp;
use crate::db::{Result, Tx};

pub(super) struct Accounts<'s> {
    default_host: &'s str,
    zones: &'s Zones,
    known: Vec<Account>,
    statuses: HashSet<(i32, String)>,
    new_statuses: Vec<Status>,
}

impl<'s> Accounts<'s> {
    pub(super) fn load(tx: &mut Tx<'_>, default_host: &'s str, zones: &'s Zones) -> Result<Self> {
        let known = Account::all(tx)?;
        let statuses = Status::keys(tx)?.into_iter().collect();
        Ok(Self { default_host, zones, known, statuses, new_statuses: Vec::new() })
    }

    /// Whose event this is; an account is added when first seen. `None` for what cannot be read.
    pub(super) fn origin(&mut self, tx: &mut Tx<'_>, reading: &Reading) -> Result<Option<Origin>> {
        let (Some(body), Some(_)) = (&reading.body, reading.content()) else { return Ok(None) };
        if let Some(origin) = self.known_origin(reading) {
            return Ok(Some(origin));
        }
        let host = body.host.as_deref().unwrap_or(self.default_host);
        let account = self.add(tx, host, reading.event.received_at)?;
        Ok(Some(origin(reading, body, account)))
    }

    /// The same where the account has been seen.
    pub(super) fn known_origin(&self, reading: &Reading) -> Option<Origin> {
        let body = reading.body.as_ref().filter(|_| reading.content().is_some())?;
        let host = body.host.as_deref().unwrap_or(self.default_host);
        let account = self.known.iter().find(|account| account.host == host)?;
        Some(origin(reading, body, account))
    }

    /// Notes the statuses of a booking and its lines.
    pub(super) fn saw(&mut self, account_id: i32, booking: &Booking) {
        let lines = booking.lines.iter().flatten().filter_map(|line| line.status.as_ref());
        for status in booking.status.iter().chain(lines) {
            if self.statuses.insert((account_id, status.clone())) {
                self.new_statuses.push(Status::first_seen(account_id, status));
            }
        }
    }

    pub(super) fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        Status::insert(tx, &self.new_statuses)
    }

    fn add(&mut self, tx: &mut Tx<'_>, host: &str, at: Timestamp) -> Result<&Account> {
        let account_id = self.known.iter().map(|account| account.account_id).max().unwrap_or(0) + 1;
        let timezone = self.zones.of(host).unwrap_or(Tz::UTC).name().to_owned();
        let account = Account {
            account_id,
            host: host.to_owned(),
            name: None,
            dates_timezone: timezone.clone(),
            timezone,
            currency_id: None,
            first_seen_at: at,
            dates_cursor: None,
        };
        account.insert(tx)?;
        let built_in: Vec<_> = Status::built_in(account_id).collect();
        Status::insert(tx, &built_in)?;
        self.statuses.extend(built_in.into_iter().map(|status| (account_id, status.status_id)));
        let index = self.known.len();
        self.known.push(account);
        Ok(&self.known[index])
    }
}

fn origin(reading: &Reading, body: &Body, account: &Account) -> Origin {
    Origin {
        id: reading.event.id,
        at: reading.event.received_at,
        account_id: account.account_id,
        zone: zones::parse(&account.timezone).unwrap_or(Tz::UTC),
        delete: body.is_delete(),
    }
}
