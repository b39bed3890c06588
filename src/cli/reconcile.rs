//! `reconcile`: holds a report that was exported from Checkfront against the mirror.

mod chart;
mod page;
mod print;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use chrono::{NaiveDate, Utc};
use serde_json::json;

use super::{output, run_projector};
use crate::config::Config;
use crate::db::rows::{Account, SyncRun};
use crate::db::types::{Json, Timestamp};
use crate::db::{Database, events, migrate};
use crate::reconcile::{Basis, DateOrder, DecimalMark, Error, Finding, Request, Selection, Summary, reconcile};
use print::{Format, Printer};

/// Exit code of a comparison that found differences.
const DIFFERENT: u8 = 3;
/// Differences that a page lists; all of them are printed.
const LISTED: usize = 10_000;

const EXAMPLE: &str = "Examples:
  checkfront-mirror reconcile --report bookings.csv
  checkfront-mirror reconcile --report bookings.csv --from 2026-07-01 --to 2026-07-31 --by start --html july.html
  checkfront-mirror reconcile --report buchungen.csv --columns \"Betrag=Amount,Buchungs-ID=Booking ID\" --json

The report is one of Checkfront's CSV exports: Booking Index, Transactions, Customers, or Sales by day; its headings tell
which. Exit code 0: equal; 3: different; 2: the file cannot be understood. See docs/RECONCILE.md.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {
    /// The exported report
    #[arg(long, value_name = "FILE")]
    report: PathBuf,
    /// Headings in another language: "Betrag=Amount,Buchungs-ID=Booking ID"; may be given several times
    #[arg(long, value_name = "OWN=KNOWN,..")]
    columns: Vec<String>,
    /// The order of day, month and year, where the file does not tell: DD/MM/YYYY, MM/DD/YY, %d.%m.%Y
    #[arg(long, value_name = "FORMAT")]
    date_format: Option<DateOrder>,
    /// How decimals are set off, where the file does not tell
    #[arg(long, value_enum)]
    decimal: Option<DecimalMark>,
    /// The account's host; needed where the database holds several
    #[arg(long, value_name = "HOST")]
    account: Option<String>,
    /// The first day in the account's time zone, such as 2026-07-01 [default: all]
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// The last day, itself included
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    /// By which date of a booking days are told [default: created]
    #[arg(long, value_enum)]
    by: Option<Basis>,
    /// Only bookings of these statuses on either side, by code or label
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    status: Vec<String>,
    /// One JSON object a line
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// CSV, with headings where anything differs
    #[arg(long)]
    csv: bool,
    /// Also list the days whose sums are equal
    #[arg(long, conflicts_with_all = ["json", "csv"])]
    days: bool,
    /// Write a page to hand on, with all days and a chart
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    if args.from.zip(args.to).is_some_and(|(from, to)| from > to) {
        return Ok(wrong("--from is after --to; write the first day, then the last"));
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
    let request = request(args);
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

fn request(args: &Args) -> Request {
    let selection = Selection { from: args.from, to: args.to, by: args.by, statuses: args.status.clone() };
    let (report, columns) = (args.report.clone(), args.columns.clone());
    Request { report, columns, date_order: args.date_format, decimal: args.decimal, selection }
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

/// What `sync_runs.state` says: `partial` where a part of the report could not be compared.
fn state(summary: &Summary) -> &'static str {
    if summary.not_compared.is_empty() { "ok" } else { "partial" }
}

/// What `sync_runs.counts` keeps.
fn counts(summary: &Summary, request: &Request, pending: i64) -> Json {
    let differences: Vec<_> = summary.counts.each().collect();
    let differences = differences
        .iter()
        .map(|(kind, difference, of_value, count)| json!({ "kind": kind, "difference": difference, "of_value": of_value, "count": count }));
    let Selection { from, to, statuses, .. } = &request.selection;
    Json(json!({
        "report": summary.kind.name(), "sha256": summary.sha256, "rows": summary.rows, "compared": summary.pairs,
        "differences": differences.collect::<Vec<_>>(), "from": from, "to": to, "by": request.selection.basis(),
        "status": statuses, "pending": pending, "not_compared": summary.not_compared,
    }))
}

fn wrong(problem: &str) -> ExitCode {
    output::complain(&format!("error: {problem}"));
    ExitCode::from(super::USAGE)
}

fn now() -> Timestamp {
    Timestamp(Utc::now())
}
