//! What is found, how bad it is, and what mends it.

use serde::Serialize;

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

impl Finding {
    pub(super) fn new(check: Check, severity: Severity, seen: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, severity, account: None, seen: seen.into(), mend: mend.into() }
    }

    pub(super) fn of(self, account: &str) -> Self {
        Self { account: Some(account.to_owned()), ..self }
    }
}
