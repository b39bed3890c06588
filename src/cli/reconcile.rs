//! `reconcile`: holds a report that was exported from Checkfront against the mirror.

mod args;
mod chart;
mod noted;
mod page;
mod print;

use std::process::ExitCode;

use anyhow::Context;
use chrono::Utc;

use super::{output, run_projector};
use crate::config::{Config, is_same};
use crate::db::rows::{Account, SyncRun};
use crate::db::types::Timestamp;
use crate::db::{Database, events, migrate};
use crate::reconcile::{Error, Finding, Request, Summary, reconcile};
pub(super) use args::Args;
use noted::{counts, state};
use print::{Format, Printer};

/// Exit code of a comparison that found differences.
const DIFFERENT: u8 = 3;
/// Differences that a page lists; all of them are printed.
const LISTED: usize = 10_000;

pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    if args.from.zip(args.to).is_some_and(|(from, to)| from > to) {
        return Ok(wrong("--from is after --to; write the first day, then the last"));
    }
    if args.html.as_ref().is_some_and(|page| is_same(page, &args.report) || config.is_own(page)) {
        return Ok(wrong("--html names the report itself, or a file of the mirror's; name another file"));
    }
    let database = Database::open(&config.database_url)?;
    let mut session = database.session();
    migrate::run(&mut session).context("the database must be of this version")?;
    let account = match account(database.read(Account::all)?, args.account.as_deref()) {
        Ok(account) => account,
        Err(problem) => return Ok(wrong(&problem)),
    };
    let pending = database.read(events::count_pending)?;
    if pending > 0 {
        output::complain(&format!("{pending} deliveries wait to be projected, and are not compared yet"));
    }
    let request = args.request();
    let run = session.transaction(|tx| SyncRun::start_of(tx, "reconcile", account.account_id, now()))?;
    let done = compare(args, &database, &account, &request);
    let noted = session.transaction(|tx| match &done {
        Ok(summary) => SyncRun::finish(tx, run, now(), state(summary), &counts(summary, &request, pending)),
        Err(Error::Report(error)) => SyncRun::fail(tx, run, now(), &error.without_cell()),
        Err(error) => SyncRun::fail(tx, run, now(), &error.to_string()),
    });
    noted.context("the run could not be noted in sync_runs")?;
    let name = args.report.display();
    match done {
        Ok(summary) => Ok(ExitCode::from(if summary.counts.is_empty() { 0 } else { DIFFERENT })),
        Err(Error::Report(error)) => Ok(wrong(&format!("{name}: {error}"))),
        Err(Error::Output(error)) => Err(error.into()),
        Err(error) => Err(error.into()),
    }
}

fn compare(args: &Args, database: &Database, account: &Account, request: &Request) -> Result<Summary, Error> {
    let format = match (args.json, args.csv) {
        (true, _) => Format::Json,
        (_, true) => Format::Csv,
        _ => Format::Table,
    };
    let mut printer = Printer::new(format);
    let mut found: Vec<Finding> = Vec::new();
    let bar = run_projector::bar(0, "reading");
    let mut step = |what: &'static str, done: u64, total: u64| {
        bar.set_message(what);
        bar.set_length(total.max(done));
        bar.set_position(done);
    };
    let mut sink = |finding: &Finding| {
        if args.html.is_some() && found.len() < LISTED {
            found.push(finding.clone());
        }
        printer.print(finding)
    };
    let summary = reconcile(database, account, request, &mut sink, &mut step);
    bar.finish_and_clear();
    let summary = summary?;
    printer.finish(&summary, args.days)?;
    if let Some(path) = &args.html {
        let page = page::page(account, request, &summary, &found, Utc::now());
        let written = std::fs::write(path, page.into_string());
        written.map_err(|error| std::io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    }
    for line in print::words(&account.host, &summary) {
        output::complain(&line);
    }
    Ok(summary)
}

/// The one account, or the one that is named.
fn account(accounts: Vec<Account>, host: Option<&str>) -> Result<Account, String> {
    let hosts = accounts.iter().map(|account| account.host.as_str()).collect::<Vec<_>>().join(", ");
    let chosen = match host {
        Some(host) => accounts.into_iter().find(|account| account.host.eq_ignore_ascii_case(host.trim())),
        None if accounts.len() > 1 => {
            return Err(format!("the database holds several accounts; add --account HOST, one of {hosts}"));
        }
        None => accounts.into_iter().next(),
    };
    chosen.ok_or_else(|| match hosts.as_str() {
        "" => "the mirror is empty: no delivery has come yet, so there is nothing to compare with".to_owned(),
        hosts => format!("there is no such account; --account may be {hosts}"),
    })
}

fn wrong(problem: &str) -> ExitCode {
    output::complain(&format!("error: {problem}"));
    ExitCode::from(super::USAGE)
}

fn now() -> Timestamp {
    Timestamp(Utc::now())
}
