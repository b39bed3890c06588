//! Accounts: in which zone their days are told, and whether deliveries still come.

use chrono::{DateTime, Duration, Utc};
use diesel::dsl::max;
use diesel::prelude::*;

use super::{Allowances, Check, Finding, Severity, time};
use crate::config::Config;
use crate::db::rows::{Account, Event};
use crate::db::schema::webhook_events;
use crate::db::{Result, Tx, on};
use crate::project::parse_zone;

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
    // Ids are times, so that only what is recent is read.
    let since = (now - Duration::hours(allowances.silent_hours.into())).timestamp_micros();
    let heard = || webhook_events::table.filter(webhook_events::source.eq("webhook"));
    let recent = || heard().filter(webhook_events::id.gt(since)).select(webhook_events::account_id).distinct();
    let recent: Vec<Option<i32>> = on!(&mut *tx, |connection| recent().load(connection))?;
    let mut findings = Vec::new();
    for account in Account::all(tx)? {
        if recent.contains(&Some(account.account_id)) {
            continue;
        }
        let last = || heard().filter(webhook_events::account_id.eq(account.account_id));
        let last: Option<i64> = on!(&mut *tx, |connection| last().select(max(webhook_events::id)).first(connection))?;
        let last = last.and_then(DateTime::from_timestamp_micros).map_or_else(|| "never".to_owned(), time);
        let seen = format!("no delivery for {} hours; the last one: {last}", allowances.silent_hours);
        findings.push(Finding::new(Check::Silence, Severity::Warning, seen, LOOK).of(&account.host));
    }
    Ok(findings)
}
