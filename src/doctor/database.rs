//! The database: can it be reached, is it of this version, and does its clock agree?

use chrono::{DateTime, Duration, Utc};

use super::{Check, Finding, Severity, time};
use crate::config::Config;
use crate::db::rows::Event;
use crate::db::statement::number;
use crate::db::{Database, DatabaseUrl, Error, Result, Tx, migrate};

/// By so much clocks may differ.
const SKEW: Duration = Duration::seconds(2);

const SYNCHRONISE: &str =
    "keep the clocks of all receivers, and of the database, together with NTP: timedatectl set-ntp true";

pub(super) fn unreachable(config: &Config, error: &Error) -> Finding {
    let (seen, mend) = match &config.database_url {
        DatabaseUrl::Sqlite(path) if !path.exists() => {
            let place = config.database_url.place();
            (format!("there is no file {place}"), "set DATABASE_URL, or make it: checkfront-mirror migrate".to_owned())
        }
        sqlite @ DatabaseUrl::Sqlite(_) => (
            format!("{error}"),
            format!(
                "see that {} is a SQLite file; run this as the server's user, who may write beside it",
                sqlite.place()
            ),
        ),
        postgres @ DatabaseUrl::Postgres(_) => {
            // What the server says may hold a user's name, and no password.
            (format!("{error}"), format!("start the server at {postgres}, or set DATABASE_URL"))
        }
    };
    Finding::new(Check::Database, Severity::Error, seen, mend)
}

pub(super) fn migrations(tx: &mut Tx<'_>) -> Result<Vec<Finding>> {
    let standing = migrate::standing(tx)?;
    let mut findings = Vec::new();
    if !standing.newer.is_empty() {
        let seen = format!("the database is newer than this program: it has migration {}", standing.newer.join(", "));
        let mend = "install the newer checkfront-mirror";
        findings.push(Finding::new(Check::Migrations, Severity::Error, seen, mend));
    } else if !standing.missing.is_empty() {
        let seen = format!("the database lacks {}; nothing else in it was looked at", standing.missing.join(", "));
        findings.push(Finding::new(Check::Migrations, Severity::Error, seen, "checkfront-mirror migrate"));
    }
    Ok(findings)
}

/// The order of receipt is the receivers' clocks' order.
pub(super) fn clock(database: &Database) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    if let Database::Postgres(_) = database {
        let asked = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) AS v";
        let before = Utc::now();
        let theirs = database.read(|tx| number(tx, asked))?;
        let theirs = DateTime::from_timestamp_micros(theirs).unwrap_or_default();
        findings.extend(skew(before, theirs, Utc::now()));
    }
    let newest = DateTime::from_timestamp_micros(database.read(Event::highest_id)?).unwrap_or_default();
    if newest > Utc::now() + SKEW {
        let seen =
            format!("the newest delivery is of {}, which is yet to come: a clock was, or is, wrong", time(newest));
        findings.push(Finding::new(Check::Clock, Severity::Error, seen, SYNCHRONISE));
    }
    Ok(findings)
}

/// The time that the database told lies between our two looks at our own clock, or the clocks differ.
fn skew(before: DateTime<Utc>, theirs: DateTime<Utc>, after: DateTime<Utc>) -> Option<Finding> {
    let off = (before - theirs).max(theirs - after);
    let seen = || format!("the database's clock and this machine's differ by {} seconds", off.num_seconds());
    (off > SKEW).then(|| Finding::new(Check::Clock, Severity::Error, seen(), SYNCHRONISE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_answer_is_no_skew() {
        let at = |seconds: i64| DateTime::from_timestamp(1_780_000_000 + seconds, 0).expect("in range");
        for (before, theirs, after, wrong) in [
            (0, 0, 0, false),
            (0, 2, 0, false),
            (0, 30, 60, false),
            (0, 3, 0, true),
            (3, 0, 3, true),
            (0, 70, 60, true),
        ] {
            assert_eq!(skew(at(before), at(theirs), at(after)).is_some(), wrong, "{before} {theirs} {after}");
        }
        let says = skew(at(0), at(90), at(0)).map(|finding| finding.seen).unwrap_or_default();
        assert!(says.contains("by 90 seconds"), "{says}");
    }
}
