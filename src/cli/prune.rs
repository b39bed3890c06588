//! `prune`: drops raw bodies that are old.

use std::process::ExitCode;

use anyhow::Context;
use chrono::Utc;
use serde_json::json;

use super::{output, run_projector};
use crate::config::Config;
use crate::db::{Database, migrate};
use crate::retention;

const EXAMPLE: &str = "Examples:
  checkfront-mirror prune --older-than 90 --dry-run
  checkfront-mirror prune --older-than 90 --yes

The events stay, with what was decided on each; so do all other tables. Bodies not projected yet and dead letters are
never dropped. An event without its body cannot be projected again, and a booking is told anew from the deliveries
that are left. `serve` does the same each hour where RETENTION_DAYS is set.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {
    /// Drop bodies received more than so many days ago [default: `RETENTION_DAYS`]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=365_000))]
    older_than: Option<u32>,
    /// Only say how many would go
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Drop them: there is no way back
    #[arg(long)]
    yes: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let Some(days) = args.older_than.or(config.retention_days) else {
        output::complain("error: say how old: --older-than DAYS, or set RETENTION_DAYS");
        return Ok(ExitCode::from(super::USAGE));
    };
    if !args.yes && !args.dry_run {
        output::complain("error: bodies are dropped for good; add --yes, or --dry-run to see how many");
        return Ok(ExitCode::from(super::USAGE));
    }
    let database = Database::open(&config.database_url)?;
    let horizon = retention::horizon(Utc::now(), days);
    if args.yes {
        migrate::run(&mut database.session()).context("the database must be of this version")?;
    }
    let total = retention::count(&database, horizon)?;
    let dropped = if args.dry_run {
        0
    } else {
        let bar = run_projector::bar(u64::try_from(total)?, "dropping bodies");
        let dropped = retention::prune(&database, horizon, |count| {
            bar.set_position(count as u64);
            true
        })?;
        bar.finish_and_clear();
        dropped
    };
    let before = horizon.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    output::print(&match (args.json, args.dry_run) {
        (true, _) => json!({ "received_before": before, "found": total, "dropped": dropped }).to_string(),
        (false, true) => format!("{total} bodies received before {before} would be dropped"),
        (false, false) => format!("{dropped} bodies received before {before} were dropped"),
    })?;
    Ok(ExitCode::SUCCESS)
}
