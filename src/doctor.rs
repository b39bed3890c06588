//! What is wrong with a mirror, or soon may be, and what mends it. Reads alone: it makes, migrates and changes nothing.

mod accounts;
mod configuration;
mod database;
mod files;
mod log;
mod spool;
mod upkeep;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::config::{Config, ConfigError};
use crate::db::{self, Database};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// To be known.
    Info,
    /// To be mended soon.
    Warning,
    /// Deliveries are, or may be, lost or left out.
    Error,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Settings and the files they name.
    Configuration,
    /// Whether senders have to prove who they are.
    Verification,
    /// Whether the database can be reached.
    Database,
    /// Whether its tables are of this version.
    Migrations,
    /// Whether clocks agree.
    Clock,
    /// Whether local dates are told in the account's time zone.
    TimeZone,
    /// Deliveries that failed.
    DeadLetters,
    /// Deliveries that wait to be projected.
    Lag,
    /// Deliveries that wait for the database.
    Spool,
    /// Whether deliveries still come.
    Silence,
    /// Whether old bodies are dropped.
    Retention,
    /// Room on disk.
    DiskSpace,
    /// Who may read the files.
    Permissions,
    /// Replays, rebuilds and the like that failed.
    Runs,
}

/// Something that is wrong, or soon may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// How bad it is.
    pub severity: Severity,
    /// Of which account, by host.
    pub account: Option<String>,
    /// What was seen.
    pub seen: String,
    /// The command or setting that mends it.
    pub mend: String,
}

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
    let database = match Database::open_read_only(&config.database_url) {
        Ok(database) => Some(database),
        Err(error) => {
            findings.push(database::unreachable(&config, &error));
            None
        }
    };
    // What waits in the spool is told even where the database is down.
    let mirror = database.as_ref().and_then(|database| database.read(db::rows::mirror_id).ok());
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

impl Finding {
    fn new(check: Check, severity: Severity, seen: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, severity, account: None, seen: seen.into(), mend: mend.into() }
    }

    fn of(self, account: &str) -> Self {
        Self { account: Some(account.to_owned()), ..self }
    }
}

/// `3 deliveries`, `1 delivery`.
fn deliveries(count: i64) -> String {
    if count == 1 { "1 delivery".to_owned() } else { format!("{count} deliveries") }
}

/// `2026-07-01 09:30:00`
fn time(at: DateTime<Utc>) -> String {
    format!("{} UTC", at.format("%F %T"))
}
