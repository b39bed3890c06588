//! `rebuild`: projects the whole log anew beside the tables, and applies the difference.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::Utc;
use serde_json::json;

use super::{difference, output, run_projector};
use crate::config::Config;
use crate::db::rows::SyncRun;
use crate::db::types::{Json, Timestamp};
use crate::db::{Database, Session, migrate};
use crate::rebuild::Rebuild;

const EXAMPLE: &str = "Examples:
  checkfront-mirror rebuild --dry-run   print what would change
  checkfront-mirror rebuild --yes       change it

The server goes on receiving. The shadow needs room for the tables once more, and for the log's events without their
bodies: as checkfront.db.rebuild beside a SQLite file, as the schema checkfront_mirror_rebuild in a PostgreSQL
database, where the role needs the right to create it and DATABASE_URL has to name the server itself, no pooler.
While the tables are compared, deliveries are stored and wait. A rebuild that is cut off has changed nothing.";

/// Between two notes of how far it is.
const NOTE: Duration = Duration::from_secs(1);

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {
    /// Apply the difference: rows are inserted, updated and deleted
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Print the rows that would change, column by column, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    if !args.yes && !args.dry_run {
        output::complain("error: a rebuild may change and delete rows; look with --dry-run, then say --yes");
        return Ok(ExitCode::from(super::USAGE));
    }
    let database = Database::open(&config.database_url)?;
    let mut session = database.session();
    migrate::run(&mut session).context("the database must be of this version")?;
    let mut rebuild = Rebuild::begin(&config.database_url, &config.accounts).context("cannot make the shadow")?;
    let done = if args.dry_run {
        look(&mut rebuild, args.json)
    } else {
        let run = session.transaction(|tx| {
            SyncRun::abandon(tx, "rebuild", now())?;
            SyncRun::start(tx, "rebuild", now(), &Json(json!({ "events": 0 })))
        })?;
        let done = change(&mut rebuild, &mut session, run, args.json);
        if let Err(error) = &done {
            let error = format!("{error:#}");
            let noted = session.transaction(|tx| SyncRun::fail(tx, run, now(), &error));
            noted.unwrap_or_else(|error| tracing::warn!(%error, "the failure could not be noted in sync_runs"));
        }
        done
    };
    let removed = rebuild.end();
    done?;
    removed.context("the rebuild is done, but its shadow could not be removed; the next one removes it")?;
    Ok(ExitCode::SUCCESS)
}

fn look(rebuild: &mut Rebuild, json: bool) -> anyhow::Result<()> {
    let bar = run_projector::bar(0, "projecting");
    rebuild.project(&mut |done, total| difference::show(&bar, done, total))?;
    bar.set_message("comparing");
    let figures = rebuild.compare(false)?;
    bar.finish_and_clear();
    difference::print(rebuild, &figures, json)
}

fn change(rebuild: &mut Rebuild, session: &mut Session, run: i64, json: bool) -> anyhow::Result<()> {
    let mut note = |stage: &str, events: u64| {
        let cursor = Json(json!({ "stage": stage, "events": events }));
        session.transaction(|tx| SyncRun::set_cursor(tx, run, &cursor))
    };
    note("projecting", 0)?;
    let bar = run_projector::bar(0, "projecting");
    let mut noted = Instant::now();
    rebuild.project(&mut |done, total| {
        difference::show(&bar, done, total);
        if noted.elapsed() >= NOTE {
            noted = Instant::now();
            // How far it is, is of use to whoever looks; what cannot be noted now is noted later.
            let _ = note("projecting", done);
        }
    })?;
    bar.set_message("comparing");
    note("comparing", rebuild.projected())?;
    let figures = rebuild.compare(true)?;
    note("applying", rebuild.projected())?;
    let counts = rebuild.counts().to_vec();
    let counts = Json(json!({ "events": rebuild.projected(), "rows": counts }));
    rebuild.apply(|tx| SyncRun::finish(tx, run, now(), "ok", &counts))?;
    bar.finish_and_clear();
    difference::summarize(rebuild, &figures)?;
    for counts in rebuild.counts() {
        let line = format!(
            "{}: {} inserted, {} updated, {} deleted",
            counts.table, counts.inserted, counts.updated, counts.deleted
        );
        output::print(&if json { serde_json::to_string(counts)? } else { line })?;
    }
    Ok(())
}

fn now() -> Timestamp {
    Timestamp(Utc::now())
}
