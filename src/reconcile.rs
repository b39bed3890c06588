//! Holds a report that was exported from Checkfront against the mirror, to the cent: what either side lacks, and what
//! differs.
//!
//! The file is read once, into a temporary file that sorts its rows; the mirror is read in one snapshot, in the same
//! order. So memory does not grow with either. How dates and amounts are written is inferred from all rows, and refused
//! where they leave it open.

mod amounts;
mod bookings;
mod columns;
mod comparing;
mod customers;
mod dates;
mod days;
mod difference;
mod error;
mod headings;
mod inference;
mod load;
mod rows;
mod selection;
mod sorter;
mod source;
mod statuses;
mod totals;
mod transactions;

use std::io;
use std::path::PathBuf;

use chrono::NaiveDate;
use chrono_tz::Tz;

pub use amounts::DecimalMark;
pub use columns::ReportKind;
pub use dates::DateOrder;
pub use difference::{Counts, Difference, Finding, Subject};
pub use error::{Error, Unreadable};
pub use selection::{Basis, Selection};
pub use totals::{Sums, Totals, money};

use crate::db::rows::{Account, Status};
use crate::db::{Database, Tx};
use columns::Column;
use comparing::Comparing;
use load::Report;
use statuses::Statuses;

/// What is to be compared.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The file.
    pub report: PathBuf,
    /// `--columns`: headings in another language.
    pub columns: Vec<String>,
    /// In which order dates are written, where the file does not tell.
    pub date_order: Option<DateOrder>,
    /// How decimals are set off, where the file does not tell.
    pub decimal: Option<DecimalMark>,
    /// Which bookings.
    pub selection: Selection,
}

/// How it went.
#[derive(Debug)]
pub struct Summary {
    /// Which report it is.
    pub kind: ReportKind,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Rows of the report.
    pub rows: u64,
    /// What both sides have, and was compared.
    pub pairs: u64,
    /// Differences.
    pub counts: Counts,
    /// Sums by day.
    pub totals: Totals,
    /// Decimals that amounts are written with.
    pub decimals: u32,
    /// Headings that could not be compared for every booking: nothing tells how they are to be read.
    pub not_compared: Vec<String>,
    /// What was assumed, for whoever reads the result.
    pub assumed: Vec<String>,
}

/// Takes what is found.
pub type Sink<'s> = &'s mut dyn FnMut(&Finding) -> io::Result<()>;
/// Is told what is under way, how much of it is done, and of how much; 0 where nobody knows.
pub type Step<'s> = &'s mut dyn FnMut(&'static str, u64, u64);

/// Compares a report with an account's mirror.
pub fn reconcile(
    database: &Database,
    account: &Account,
    request: &Request,
    sink: Sink<'_>,
    step: Step<'_>,
) -> Result<Summary, Error> {
    let zone = Tz::from_str_insensitive(&account.timezone).unwrap_or(Tz::UTC);
    let mut report = Report::load(request, zone, step)?;
    check(request, &report)?;
    database.snapshot(|tx| compare(tx, account, zone, request, &mut report, sink, step))
}

fn compare(
    tx: &mut Tx<'_>,
    account: &Account,
    zone: Tz,
    request: &Request,
    report: &mut Report,
    sink: Sink<'_>,
    step: Step<'_>,
) -> Result<Summary, Error> {
    let statuses = Statuses::new(Status::of_account(tx, account.account_id)?);
    let chosen = statuses.chosen(&request.selection.statuses)?;
    let mut comparing = Comparing {
        zone,
        decimals: report.decimals,
        statuses: &statuses,
        selection: &request.selection,
        chosen,
        columns: report.headings.columns.iter().map(|(column, _)| *column).collect(),
        sink,
        counts: Counts::default(),
        totals: Totals::default(),
        pairs: 0,
        unknown_labels: std::collections::BTreeSet::new(),
        not_compared: Vec::new(),
    };
    let id = account.account_id;
    let mut assumed = match report.headings.kind {
        ReportKind::BookingIndex => bookings::compare(tx, id, report, &mut comparing, step)?,
        ReportKind::Transactions => transactions::compare(tx, id, report, &mut comparing, step).map(|()| Vec::new())?,
        ReportKind::Customers => customers::compare(tx, id, report, &mut comparing, step)?,
        ReportKind::SalesByDay => days::compare(tx, id, report, &mut comparing, step)?,
    };
    // What differs in a report of days are its days.
    if matches!(report.headings.kind, ReportKind::BookingIndex | ReportKind::Transactions) {
        comparing.days(comparing::summed(report.headings.kind))?;
    }
    assumed.extend(notes(&comparing, report, account));
    let Comparing { counts, totals, pairs, decimals, not_compared, .. } = comparing;
    let (kind, sha256, rows) = (report.headings.kind, report.sha256.clone(), report.rows);
    if pairs == 0 && counts.is_empty() && request.selection != Selection::default() {
        let problem = format!(
            "nothing was compared: none of its {rows} rows, and nothing in the mirror, is of what --from, --to, --by and \
             --status ask for; write other ones"
        );
        return Err(Unreadable::new(problem).into());
    }
    Ok(Summary { kind, sha256, rows, pairs, counts, totals, decimals, not_compared, assumed })
}

/// What the report lacks for what was asked.
fn check(request: &Request, report: &Report) -> Result<(), Unreadable> {
    let Selection { by, statuses, .. } = &request.selection;
    let headings = &report.headings;
    let is_range = request.selection.is_range();
    let needed = match (headings.kind, request.selection.basis()) {
        (ReportKind::Customers, _) if is_range || by.is_some() || !statuses.is_empty() => {
            return Err(Unreadable::new(
                "a report of customers is compared as a whole; leave out --from, --to, --by and --status",
            ));
        }
        (ReportKind::Transactions, _) if by.is_some() || !statuses.is_empty() => {
            return Err(Unreadable::new("transactions are compared by their own dates; leave out --by and --status"));
        }
        (ReportKind::Transactions, _) if is_range => Column::Date,
        (ReportKind::BookingIndex, Basis::Created) if is_range || by.is_some() => Column::Created,
        (ReportKind::BookingIndex, Basis::Start) => Column::Start,
        (ReportKind::BookingIndex, Basis::End) => Column::End,
        (ReportKind::BookingIndex, _) if !statuses.is_empty() => Column::Status,
        _ => return Ok(()),
    };
    if headings.has(needed) {
        return Ok(());
    }
    let problem = format!(
        "the report has no `{}`, which --from, --to, --by or --status need; export it, or leave them out",
        needed.heading()
    );
    Err(Unreadable::new(problem).in_row(headings.row))
}

/// What whoever reads the result has to know.
fn notes(comparing: &Comparing<'_>, report: &Report, account: &Account) -> Vec<String> {
    let mut notes = vec![format!("read as {}, in the time zone {}", report.encoding, account.timezone)];
    if report.left_out > 0 {
        notes.push(format!("{} rows are sums, or tell of nobody, and were left out", report.left_out));
    }
    for own in &report.headings.missing {
        notes.push(format!("--columns: the file has no heading `{own}`"));
    }
    for label in &comparing.unknown_labels {
        notes.push(format!(
            "`{label}` is the label of no status; set it: UPDATE statuses SET label = .. WHERE status_id = .."
        ));
    }
    if comparing.totals.currencies.len() > 1 {
        let currencies = comparing.totals.currencies.iter().cloned().collect::<Vec<_>>().join(", ");
        notes.push(format!("sums add amounts of several currencies: {currencies}"));
    }
    notes.extend(shorter(comparing));
    notes
}

/// Whether the report's days end before the mirror's do, though no range was asked for.
fn shorter(comparing: &Comparing<'_>) -> Option<String> {
    let days = &comparing.totals.days;
    let of = |side: fn(&Sums) -> bool| {
        let mut days = days.iter().filter(|(_, sums)| side(sums)).map(|(day, _)| *day);
        let first: NaiveDate = days.next()?;
        Some((first, days.next_back().unwrap_or(first)))
    };
    let (mirror, report) = (of(|sums| !sums.mirror.is_zero())?, of(|sums| !sums.report.is_zero())?);
    let is_shorter = mirror.0 < report.0 || mirror.1 > report.1;
    (is_shorter && !comparing.selection.is_range()).then(|| {
        let (first, last) = report;
        format!("the report covers {first} to {last}, the mirror {} to {}; --from {first} --to {last} compares those days alone", mirror.0, mirror.1)
    })
}
