//! Accounts: in which zone their days are told, and whether deliveries still come.

use chrono::{DateTime, Duration, Utc};

use super::{Allowances, Check, Finding, Severity, time};
use crate::config::Config;
use crate::db::rows::{Account, Event};
use crate::db::{Result, Tx};
use crate::project::parse_zone;
use crate::silence;

pub(super) fn zones(tx: &mut Tx<'_>, config: &Config) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for account in Account::all(tx)? {
        let set = format!("set ACCOUNT_TIMEZONE={}=Area/City, and start `serve` again", account.host);
        let wanted = config.accounts.zones.of(&account.host);
        let found = match wanted {
            _ if parse_zone(&account.timezone).is_none() => Some((
                Severity::Error,
                format!("`{}` is no time zone; its days are told in UTC", account.timezone),
                set,
            )),
            None if account.timezone == "UTC" => {
                Some((Severity::Warning, "its time zone is not known; its days are told in UTC".to_owned(), set))
            }
            Some(zone) if zone.name() != account.timezone => Some((
                Severity::Warning,
                format!("its days are told in {}, not in {} as ACCOUNT_TIMEZONE says", account.timezone, zone.name()),
                "start `serve` again: checkfront-mirror serve".to_owned(),
            )),
            _ if account.timezone != account.dates_timezone => Some((
                Severity::Info,
                format!("its days are still told in {}, and follow to {}", account.dates_timezone, account.timezone),
                "leave the server running: checkfront-mirror serve".to_owned(),
            )),
            _ => None,
        };
        let finding = |(severity, seen, mend)| Finding::new(Check::TimeZone, severity, seen, mend).of(&account.host);
        findings.extend(found.map(finding));
    }
    Ok(findings)
}

pub(super) fn silence(tx: &mut Tx<'_>, allowances: &Allowances, now: DateTime<Utc>) -> Result<Vec<Finding>> {
    const LOOK: &str = "see whether Checkfront has switched the webhook off (Manage > Developer > Webhooks), and whether \
                        it reaches the server: checkfront-mirror healthcheck";
    if Event::highest_id(tx)? == 0 {
        let mend = "paste the URL that `checkfront-mirror serve --show-url` prints into Checkfront";
        return Ok(vec![Finding::new(Check::Silence, Severity::Warning, "nothing was received yet", mend)]);
    }
    let usual = silence::learn(tx)?;
    let mut findings = Vec::new();
    for silence in silence::silences(tx, &usual, now)? {
        let last = time(silence.last);
        let seen = match silence.expected {
            Some(expected) if silence.is_improbable() => format!(
                "no delivery since {last}, where {:.0} are usual by now; chance alone has that once in {:.0} times",
                expected.deliveries,
                (1.0 / expected.probability_of_none()).min(1e9),
            ),
            None if silence.silent > Duration::hours(allowances.silent_hours.into()) => {
                format!("no delivery for {} hours; the last one: {last}", allowances.silent_hours)
            }
            _ => continue,
        };
        findings.push(Finding::new(Check::Silence, Severity::Warning, seen, LOOK).of(&silence.host));
    }
    Ok(findings)
}
