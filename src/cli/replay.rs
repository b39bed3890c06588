//! `replay`: sets events again to pending, keeping their ids; the projector does the rest.

use std::process::ExitCode;

use anyhow::Context;
use chrono::{DateTime, NaiveDate};

use super::{difference, output, run_projector};
use crate::config::Config;
use crate::db::events::Selection;
use crate::db::types::{EventState, Timestamp};
use crate::db::{Database, migrate};
use crate::retry::{self, STEP};

const EXAMPLE: &str = "Examples:
  checkfront-mirror replay --booking KMVQ-060314
  checkfront-mirror replay --state ignored --kind item_calendar
  checkfront-mirror replay --since 2026-07-01 --until 2026-08-01T12:00:00Z
  checkfront-mirror replay --all --dry-run

A dry run copies the tables, and of the log what is replayed, to where `rebuild` keeps its shadow, which takes room.";

/// Which events: shared by `replay` and `events list`.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Which {
    /// Lowest event id
    #[arg(long, value_name = "ID")]
    from_id: Option<i64>,
    /// Highest event id
    #[arg(long, value_name = "ID")]
    to_id: Option<i64>,
    /// Received at or after: 2026-07-01 or 2026-07-01T09:30:00Z
    #[arg(long, value_name = "TIME", value_parser = instant)]
    since: Option<Timestamp>,
    /// Received before
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<Timestamp>,
    /// In this state; may be given several times
    #[arg(long)]
    state: Vec<EventState>,
    /// Of this kind: booking, transaction, item, rate, unknown, or as the body names it
    #[arg(long)]
    kind: Option<String>,
    /// Of the booking with this code
    #[arg(long, value_name = "CODE")]
    booking: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    /// All events
    #[arg(long)]
    all: bool,
    /// Print the rows that would change, column by column, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: one JSON object a line
    #[arg(long, requires = "dry_run")]
    json: bool,
}

impl Which {
    pub(super) fn selection(&self) -> Selection {
        Selection {
            from_id: self.from_id,
            to_id: self.to_id,
            since: self.since,
            until: self.until,
            states: self.state.clone(),
            kind: self.kind.clone(),
            booking: self.booking.clone(),
        }
    }
}

pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let selection = args.which.selection();
    if selection == Selection::default() && !args.all {
        output::complain(
            "error: say which events: --booking CODE, --from-id ID, --since TIME, --state STATE, --kind KIND, or --all",
        );
        return Ok(ExitCode::from(super::USAGE));
    }
    if args.dry_run {
        return difference::rehearse(&selection, config, args.json);
    }
    let count = again(&selection, config)?;
    output::print(&format!("{count} events were projected again"))?;
    Ok(ExitCode::SUCCESS)
}

/// Sets the selected events again to pending, and sees them projected.
pub(super) fn again(selection: &Selection, config: &Config) -> anyhow::Result<usize> {
    let database = Database::open(&config.database_url)?;
    let mut session = database.session();
    migrate::run(&mut session).context("the database must be of this version")?;
    let total = database.read(|tx| selection.count(tx))?;
    let bar = run_projector::bar(u64::try_from(total)?, "setting to pending");
    let begun =
        retry::begin(&mut session, |tx, after| selection.ids(tx, after, STEP), |events| bar.inc(events as u64))?;
    bar.finish_and_clear();
    if begun.gone > 0 {
        output::complain(&format!(
            "{} of {total} events have lost their bodies to `prune` or RETENTION_DAYS; they and their rows stay as they are",
            begun.gone
        ));
    }
    let done = run_projector::until_done(&database, config);
    begun.end(&mut session, done.as_ref().err().map(|error| format!("{error:#}")).as_deref())?;
    done.map(|()| begun.count)
}

fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(Timestamp(at.to_utc()));
    }
    let day = text.parse::<NaiveDate>().ok().and_then(|day| day.and_hms_opt(0, 0, 0));
    day.map(|day| Timestamp(day.and_utc()))
        .ok_or_else(|| "write a day such as 2026-07-01, or a time such as 2026-07-01T09:30:00Z".to_owned())
}
