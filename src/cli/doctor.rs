//! `doctor`: looks for what is wrong, or soon may be, and says what mends it.

use std::process::ExitCode;

use chrono::Utc;

use super::output;
use crate::config::{Config, ConfigError};
use crate::doctor::{Allowances, Finding, Severity, examine};

const EXAMPLE: &str = "Examples:
  checkfront-mirror doctor
  checkfront-mirror doctor --json --severity warning --silent-hours 12

Run it with the server's own settings, beside it or while it is stopped; it changes nothing. Exit code 0 where nothing
was found, 3 where something was.";

/// Exit code where something was found.
const FOUND: u8 = 3;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {
    /// Hours without a delivery that are usual, while less than two weeks tell what is
    #[arg(long, value_name = "HOURS", default_value_t = 48)]
    silent_hours: u32,
    /// Seconds that deliveries may wait to be in the tables
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    lag_seconds: u32,
    /// MiB that have to be free where files are written
    #[arg(long, value_name = "MIB", default_value_t = 1_024)]
    free_mib: u64,
    /// Leave out what is less
    #[arg(long, default_value = "info")]
    severity: Severity,
    /// One JSON object a line, for each finding
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, config: Result<Config, ConfigError>) -> anyhow::Result<ExitCode> {
    let allowances =
        Allowances { silent_hours: args.silent_hours, lag_seconds: args.lag_seconds, free_mib: args.free_mib };
    let mut findings = examine(config, &allowances, Utc::now());
    findings.retain(|finding| finding.severity >= args.severity);
    for finding in &findings {
        output::print(&if args.json { serde_json::to_string(finding)? } else { text(finding)? })?;
    }
    if findings.is_empty() {
        output::complain("nothing was found");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::from(FOUND))
}

/// What was seen, and below it what mends it.
fn text(finding: &Finding) -> anyhow::Result<String> {
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().replace('_', " ");
    let severity = word(serde_json::to_value(finding.severity)?);
    let check = word(serde_json::to_value(finding.check)?);
    let account = finding.account.as_ref().map(|host| format!("{host}: ")).unwrap_or_default();
    let seen = output::plain(&finding.seen);
    Ok(format!("{severity:<8} {check}: {account}{seen}\n         -> {}", output::plain(&finding.mend)))
}
