//! Time zones of accounts: which calendar day an instant falls on.

use std::collections::BTreeMap;
use std::str::FromStr;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::Settings;
use crate::db::rows::Account;
use crate::db::types::Timestamp;
use crate::db::{Result, Tx};

/// `ACCOUNT_TIMEZONE`: one zone for all accounts, or `host=zone,host=zone`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zones {
    all: Option<Tz>,
    by_host: BTreeMap<String, Tz>,
}

impl Zones {
    /// The zone that was configured for this account.
    pub fn of(&self, host: &str) -> Option<Tz> {
        self.by_host.get(host).copied().or(self.all)
    }
}

impl FromStr for Zones {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let zone = |name: &str| {
            let unknown = || format!("`{name}` is no time zone; write one such as America/Vancouver or Europe/Paris");
            parse(name.trim()).ok_or_else(unknown)
        };
        let mut zones = Self::default();
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            match part.split_once('=') {
                Some((host, _)) if host.trim().is_empty() => {
                    return Err(format!("`{}` names no account; write host=zone", part.trim()));
                }
                Some((host, name)) => {
                    if zones.by_host.insert(host.trim().to_lowercase(), zone(name)?).is_some() {
                        return Err(format!("`{}` has two zones; name each account once", host.trim()));
                    }
                }
                None if zones.all.is_some() => {
                    return Err(format!("`{}` is a second zone for all; write host=zone,host=zone", part.trim()));
                }
                None => zones.all = Some(zone(part)?),
            }
        }
        Ok(zones)
    }
}

/// A zone by its name in the tz database, old names such as `Canada/Pacific` too, in any case.
pub fn parse(name: &str) -> Option<Tz> {
    Tz::from_str_insensitive(name).ok()
}

/// The calendar day of an instant.
pub(super) fn day(at: Timestamp, zone: Tz) -> NaiveDate {
    at.0.with_timezone(&zone).date_naive()
}

/// Gives the accounts the zones that are configured now; `dates` then follows.
pub(super) fn configure(tx: &mut Tx<'_>, settings: &Settings) -> Result<()> {
    for mut account in Account::all(tx)? {
        let Some(zone) = settings.zones.of(&account.host) else { continue };
        if account.timezone != zone.name() {
            // Some dates are told in the zone that is left now: not even a return to the one before tells where.
            if account.timezone != account.dates_timezone || account.dates_cursor.is_some() {
                account.dates_timezone.clear();
            }
            zone.name().clone_into(&mut account.timezone);
            account.dates_cursor = None;
            account.set_timezone(tx)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legacy_names_count() {
        for name in ["Canada/Pacific", "US/Eastern", "canada/pacific", "GB", "Asia/Calcutta", "UTC"] {
            assert!(parse(name).is_some(), "{name}");
        }
    }

    #[test]
    fn zones_by_host() {
        let zones: Zones = "A.example=Europe/Paris, UTC".parse().expect("valid");
        assert_eq!(zones.of("a.example"), Some(Tz::Europe__Paris));
        assert_eq!(zones.of("b.example"), Some(Tz::UTC));
        for wrong in ["Mars/Olympus", "a=UTC,A=Europe/Paris", "UTC,Europe/Paris", "=UTC"] {
            assert!(wrong.parse::<Zones>().is_err(), "{wrong}");
        }
    }
}
