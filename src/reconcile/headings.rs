//! Finds the row of headings and what separates cells, in the first rows of a file.

use std::fmt::Write;

use super::columns::{Column, ReportKind, kind, plain};
use super::rows::Rows;
use super::source::Source;
use super::{Error, Unreadable};

/// What may separate cells.
const SEPARATORS: [u8; 4] = *b",;\t|";
/// Rows in front of the headings, such as a title, or Excel's `sep=;`.
const SEARCHED: u64 = 10;
/// Headings that an error lists.
const LISTED: usize = 12;

/// Where everything stands.
#[derive(Debug, Clone)]
pub(super) struct Headings {
    pub(super) kind: ReportKind,
    pub(super) separator: u8,
    /// The row of headings, from 1.
    pub(super) row: u64,
    /// All of them, as they are written.
    pub(super) names: Vec<String>,
    /// Which columns are known, and where.
    pub(super) columns: Vec<(Column, usize)>,
    /// Headings that `--columns` names, and the file has not.
    pub(super) missing: Vec<String>,
}

/// Headings of the file by their names in Checkfront's English, as `--columns` gives them.
pub(super) type Translations = Vec<(String, Column)>;

/// Reads `"Betrag=Amount,Buchungs-ID=Booking ID"`; a heading with a comma stands in quotes.
pub(super) fn translations(options: &[String]) -> Result<Translations, Unreadable> {
    let mut found = Vec::new();
    for option in options {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(option.as_bytes());
        let parts: Vec<String> =
            reader.records().flatten().flat_map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>()).collect();
        for part in parts.iter().filter(|part| !part.trim().is_empty()) {
            let pair = part.rsplit_once('=').filter(|(own, _)| !own.trim().is_empty());
            let (own, known) = pair.ok_or_else(|| {
                Unreadable::new(format!(
                    "--columns: `{part}` is no pair; write \"Betrag=Amount,Buchungs-ID=Booking ID\""
                ))
            })?;
            let column = Column::named(known).ok_or_else(|| {
                let all = Column::ALL.iter().map(|column| column.heading()).collect::<Vec<_>>().join(", ");
                Unreadable::new(format!("--columns: `{}` is no heading that is known; known are {all}", known.trim()))
            })?;
            found.push((own.trim().to_owned(), column));
        }
    }
    Ok(found)
}

impl Headings {
    /// Tries each separator on the first rows.
    pub(super) fn find(source: &Source, translations: &Translations) -> Result<Self, Error> {
        let mut candidates: Vec<Self> = Vec::new();
        let mut failure: Option<(usize, u64, Vec<String>, Unreadable)> = None;
        for separator in SEPARATORS {
            let mut rows = Rows::open(source, separator)?;
            while rows.number() < SEARCHED {
                let cells = match rows.record() {
                    Ok(Some(cells)) => cells.iter().map(str::to_owned).collect::<Vec<_>>(),
                    Err(error) if separator == SEPARATORS[3] && candidates.is_empty() && failure.is_none() => {
                        return Err(error);
                    }
                    Ok(None) | Err(_) => break,
                };
                let columns = known(&cells, translations);
                let names: Vec<_> = columns.iter().map(|(column, _)| *column).collect();
                match kind(&names) {
                    Ok(kind) => candidates.push(Self {
                        kind,
                        separator,
                        row: rows.number(),
                        names: cells,
                        columns,
                        missing: Vec::new(),
                    }),
                    Err(error) => {
                        let width = (columns.len(), cells.len());
                        if failure.as_ref().is_none_or(|(known, _, cells, _)| width > (*known, cells.len())) {
                            failure = Some((columns.len(), rows.number(), cells, error));
                        }
                    }
                }
            }
        }
        // The first of those that tell most.
        let most = candidates.iter().map(|found| found.columns.len()).max();
        let best = candidates.into_iter().find(|found| Some(found.columns.len()) == most);
        let mut found = best.ok_or_else(|| unknown(failure))?;
        found.missing = found.missing(translations)?;
        Ok(found)
    }

    /// Headings that `--columns` names, and the file has not: one list may serve several reports, but not none.
    fn missing(&self, translations: &Translations) -> Result<Vec<String>, Unreadable> {
        let is_there = |own: &str| self.names.iter().any(|name| plain_or_same(name, own));
        let missing: Vec<_> =
            translations.iter().filter(|(own, _)| !is_there(own)).map(|(own, _)| own.clone()).collect();
        if translations.is_empty() || missing.len() < translations.len() {
            return Ok(missing);
        }
        let problem = format!("--columns: the file has no heading `{}`; it has {}", missing[0], listed(&self.names));
        Err(Unreadable::new(problem).in_row(self.row))
    }

    /// Whether there is such a column.
    pub(super) fn has(&self, column: Column) -> bool {
        self.columns.iter().any(|(known, _)| *known == column)
    }

    /// Whether a column is one of this report's own dates and amounts: a form field may be called alike, and hold anything.
    pub(super) fn is_compared(&self, column: Column) -> bool {
        use Column::{Amount, Bookings, Created, Date, Due, End, Paid, Quantity, Start, SubTotal, Taxes, Total};
        match (self.kind, column) {
            (ReportKind::BookingIndex, Created | Start | End | Amount | Paid | Due | SubTotal | Taxes)
            | (ReportKind::Transactions, Date | Amount)
            | (ReportKind::Customers, Bookings | Total)
            | (ReportKind::SalesByDay, Date | Bookings | Total | SubTotal | Taxes | Paid | Quantity) => true,
            (ReportKind::BookingIndex, Total) => !self.has(Amount),
            (ReportKind::SalesByDay, Amount) => !self.has(Total),
            _ => false,
        }
    }

    /// A column's heading as the file has it.
    pub(super) fn own(&self, column: Column) -> &str {
        let place = self.columns.iter().find(|(known, _)| *known == column).map(|(_, place)| *place);
        place.and_then(|place| self.names.get(place)).map_or(column.heading(), |name| name.trim())
    }
}

/// The known columns and their places: what `--columns` says first, then the first of equal headings.
fn known(cells: &[String], translations: &Translations) -> Vec<(Column, usize)> {
    let mut columns: Vec<(Column, usize)> = Vec::new();
    let mut add = |column: Column, place: usize| {
        if !columns.iter().any(|(known, at)| *known == column || *at == place) {
            columns.push((column, place));
        }
    };
    for (own, column) in translations {
        if let Some(place) = cells.iter().position(|cell| plain_or_same(cell, own)) {
            add(*column, place);
        }
    }
    for (place, cell) in cells.iter().enumerate() {
        if let Some(column) = Column::named(cell) {
            add(column, place);
        }
    }
    columns
}

/// Signs alone, such as `#` or `№`, are compared as they stand.
fn plain_or_same(one: &str, other: &str) -> bool {
    let plain_one = plain(one);
    if plain_one.is_empty() { one.trim() == other.trim() } else { plain_one == plain(other) }
}

fn listed(names: &[String]) -> String {
    let mut text = String::new();
    for name in names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).take(LISTED) {
        let short: String = name.chars().take(40).collect();
        let _ = write!(text, "{}`{}`", if text.is_empty() { "" } else { ", " }, short.escape_debug());
    }
    if names.len() > LISTED { text + " .." } else { text }
}

fn unknown(failure: Option<(usize, u64, Vec<String>, Unreadable)>) -> Unreadable {
    let Some((_, row, names, problem)) = failure else {
        return Unreadable::new("it has no row of headings; export the report from Checkfront as CSV");
    };
    Unreadable::new(format!(
        "{problem}: {}. A Booking Index has `Booking ID` and `Amount`; Transactions have `Transaction ID`, `Event` and \
         `Amount`; Customers have `Customer ID` or `Email`; Sales by day have `Date` and `Total`. Name headings in \
         another language: --columns \"Betrag=Amount,Buchungs-ID=Booking ID\"",
        listed(&names)
    ))
    .in_row(row)
}
