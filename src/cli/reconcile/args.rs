//! What `reconcile` is asked for.

use std::path::PathBuf;

use chrono::NaiveDate;

use crate::reconcile::{Basis, DateOrder, DecimalMark, Request, Selection};

const EXAMPLE: &str = "Examples:
  checkfront-mirror reconcile --report bookings.csv
  checkfront-mirror reconcile --report bookings.csv --from 2026-07-01 --to 2026-07-31 --by start --html july.html
  checkfront-mirror reconcile --report buchungen.csv --columns \"Betrag=Amount,Buchungs-ID=Booking ID\" --json

The report is one of Checkfront's CSV exports: Booking Index, Transactions, Customers, or Sales by day; its headings tell
which. Exit code 0: equal; 3: different; 2: the file cannot be understood. See docs/RECONCILE.md.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(in crate::cli) struct Args {
    /// The exported report
    #[arg(long, value_name = "FILE")]
    pub(super) report: PathBuf,
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
    pub(super) account: Option<String>,
    /// The first day in the account's time zone, such as 2026-07-01 [default: all]
    #[arg(long, value_name = "DAY")]
    pub(super) from: Option<NaiveDate>,
    /// The last day, itself included
    #[arg(long, value_name = "DAY")]
    pub(super) to: Option<NaiveDate>,
    /// By which date of a booking days are told [default: created]
    #[arg(long, value_enum)]
    by: Option<Basis>,
    /// Only bookings of these statuses on either side, by code or label
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    status: Vec<String>,
    /// One JSON object a line
    #[arg(long, conflicts_with = "csv")]
    pub(super) json: bool,
    /// CSV, with headings where anything differs
    #[arg(long)]
    pub(super) csv: bool,
    /// Also list the days whose sums are equal
    #[arg(long, conflicts_with_all = ["json", "csv"])]
    pub(super) days: bool,
    /// Write a page to hand on, with all days and a chart
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
}

impl Args {
    /// What is to be compared.
    pub(super) fn request(&self) -> Request {
        let selection = Selection { from: self.from, to: self.to, by: self.by, statuses: self.status.clone() };
        let (report, columns) = (self.report.clone(), self.columns.clone());
        Request { report, columns, date_order: self.date_format, decimal: self.decimal, selection }
    }
}
