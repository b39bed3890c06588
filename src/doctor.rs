//! What is wrong with a mirror, or soon may be, and what mends it. Reads alone: it makes, migrates and changes nothing.

mod accounts;
mod configuration;
mod database;
mod files;
mod finding;
mod log;
mod spool;
mod upkeep;

use chrono::{DateTime, Utc};

pub use finding::{Check, Finding, Severity};

use crate::config::{Config, ConfigError};
use crate::db::{self, Database};

/// What is still well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowances {
    /// Hours without a delivery.
    pub silent_hours: u32,
    /// Seconds that a delivery may wait.
    pub lag_seconds: u32,
    /// Free MiB on a disk.
    pub free_mib: u64,
}

/// Looks at everything that can be looked at; the worst first.
pub fn examine(config: Result<Config, ConfigError>, allowances: &Allowances, now: DateTime<Utc>) -> Vec<Finding> {
    let config = match config {
        Ok(config) => config,
        Err(error) => return vec![configuration::wrong(&error)],
    };
    let mut findings = configuration::examine(&config);
    findings.extend(files::examine(&config, allowances));
    // A connection of its own tells at once that there is no server; a pool would try for seconds.
    let reached = Database::open_read_only(&config.database_url).and_then(|database| {
        match database.session().read(db::rows::mirror_id) {
            Err(error) if error.class() == "connection" => Err(error),
            mirror => Ok((database, mirror.ok())),
        }
    });
    let (database, mirror) = match reached {
        Ok((database, mirror)) => (Some(database), mirror),
        Err(error) => {
            findings.push(database::unreachable(&config, &error));
            (None, None)
        }
    };
    // What waits in the spool is told even where the database is down.
    findings.extend(spool::examine(&config, mirror.as_deref(), now));
    if let Some(database) = database {
        findings.extend(within(&database, &config, allowances, now));
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// What the database tells. A look that fails is a finding, too.
fn within(database: &Database, config: &Config, allowances: &Allowances, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match database.read(database::migrations) {
        Ok(found) if found.is_empty() => {}
        // Tables that are not of this version cannot be looked at.
        Ok(found) => return found,
        Err(error) => return vec![database::unreachable(config, &error)],
    }
    let looks: [&dyn Fn() -> db::Result<Vec<Finding>>; 8] = [
        &|| database::clock(database),
        &|| database.read(|tx| accounts::zones(tx, config)),
        &|| database.read(|tx| accounts::silence(tx, allowances, now)),
        &|| database.read(log::dead_letters),
        &|| database.read(|tx| log::lag(tx, allowances, now)),
        &|| database.read(|tx| log::unverified(tx, config, now)),
        &|| database.read(|tx| upkeep::retention(tx, config, now)),
        &|| database.read(|tx| upkeep::runs(tx, now)),
    ];
    for look in looks {
        match look() {
            Ok(found) => findings.extend(found),
            Err(error) => {
                findings.push(database::unreachable(config, &error));
                break;
            }
        }
    }
    findings
}

/// `3 deliveries`, `1 delivery`.
fn deliveries(count: i64) -> String {
    if count == 1 { "1 delivery".to_owned() } else { format!("{count} deliveries") }
}

/// `2026-07-01 09:30:00`
fn time(at: DateTime<Utc>) -> String {
    format!("{} UTC", at.format("%F %T"))
}
