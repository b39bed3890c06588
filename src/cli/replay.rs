//! `replay`: sets events again to pending, keeping their ids; the projector does the rest.

use std::process::ExitCode;

use anyhow::Context;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;

use super::{difference, output, run_projector};
use crate::config::Config;
use crate::db::events::{self, Selection};
use crate::db::rows::SyncRun;
use crate::db::types::{EventState, Json, Timestamp};
use crate::db::{Database, migrate};

const EXAMPLE: &str = "Examples:
  checkfront-mirror replay --booking KMVQ-060314
  checkfront-mirror replay --state ignored --kind item_calendar
  checkfront-mirror replay --since 2026-07-01 --until 2026-08-01T12:00:00Z
  checkfront-mirror replay --all --dry-run

A dry run copies the tables, and of the log what is replayed, to where `rebuild` keeps its shadow, which takes room.";

/// Events that are set again in one transaction.
const STEP: i64 = 1_000;

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
    let now = || Timestamp(Utc::now());
    let counts = |events: usize| Json(json!({ "events": events }));
    let total = database.read(|tx| selection.count(tx))?;
    let run = session.transaction(|tx| SyncRun::start(tx, "replay", now(), &counts(0)))?;
    let bar = run_projector::bar(u64::try_from(total)?, "setting to pending");
    let (mut after, mut count, mut gone) = (0, 0, 0);
    loop {
        let ids = database.read(|tx| selection.ids(tx, after, STEP))?;
        let Some(&last) = ids.last() else { break };
        let cursor = Json(json!({ "event_id": last }));
        count += session.transaction(|tx| {
            SyncRun::set_cursor(tx, run, &cursor)?;
            events::set_pending(tx, &ids)
        })?;
        gone += database.read(|tx| events::without_body(tx, &ids))?.len();
        bar.inc(ids.len() as u64);
        after = last;
    }
    bar.finish_and_clear();
    if gone > 0 {
        output::complain(&format!(
            "{gone} of {total} events have lost their bodies to `prune` or RETENTION_DAYS; they and their rows stay as they are"
        ));
    }
    let done = run_projector::until_done(&database, config);
    session.transaction(|tx| match &done {
        Ok(()) => SyncRun::finish(tx, run, now(), "ok", &counts(count)),
        Err(error) => SyncRun::fail(tx, run, now(), &format!("{error:#}")),
    })?;
    done.map(|()| count)
}

fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(Timestamp(at.to_utc()));
    }
    let day = text.parse::<NaiveDate>().ok().and_then(|day| day.and_hms_opt(0, 0, 0));
    day.map(|day| Timestamp(day.and_utc()))
        .ok_or_else(|| "write a day such as 2026-07-01, or a time such as 2026-07-01T09:30:00Z".to_owned())
}
