//! Reads a report once: keeps its rows sorted by what they are about, and finds out how dates and amounts are written.

use std::hash::{DefaultHasher, Hash, Hasher};

use chrono_tz::Tz;
use csv::StringRecord;
use rust_decimal::Decimal;

use super::amounts::{self, DecimalMark};
use super::columns::{Cells, Column, ReportKind, plain};
use super::dates::{self, DateOrder, Moment};
use super::headings::{Headings, translations};
use super::inference::Inference;
use super::rows;
use super::sorter::{Kept, Sorted, Sorter};
use super::source::Source;
use super::{Error, Request, Step, Unreadable, transactions};

/// Rows between two signs of progress.
const STEP: u64 = 1_000;

/// What a row of sums begins with, however many cells it has.
const TOTALS: [&str; 4] = ["total", "totals", "grandtotal", "sum"];

/// A report, understood.
pub(super) struct Report {
    pub(super) headings: Headings,
    pub(super) sha256: String,
    pub(super) encoding: &'static str,
    /// Rows without headings, blank rows and totals.
    pub(super) rows: u64,
    /// Rows that begin with a word such as `Total`, and rows that nothing tells apart.
    pub(super) left_out: u64,
    /// Decimals that amounts are written with.
    pub(super) decimals: u32,
    order: DateOrder,
    mark: DecimalMark,
    zone: Tz,
    sorted: Sorted,
}

/// A row of the report: the cells of known columns, in the order of [`Headings::columns`].
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// As the file counts, from 1.
    pub(super) number: u64,
    /// Equal for rows whose cells are all equal, unknown columns too.
    pub(super) hash: String,
    cells: Vec<String>,
}

impl Report {
    /// Reads the file.
    pub(super) fn load(request: &Request, zone: Tz, step: Step<'_>) -> Result<Self, Error> {
        let translations = translations(&request.columns)?;
        let source = Source::look(&request.report)?;
        let headings = Headings::find(&source, &translations)?;
        let mut reading = Reading::new(&headings, request, zone)?;
        let mut rows = rows::Rows::open(&source, headings.separator)?;
        while let Some(record) = rows.record()? {
            let record = record.clone();
            reading.take(rows.number(), &record)?;
            if rows.number() % STEP == 0 {
                step("reading", rows.taken().min(source.bytes), source.bytes);
            }
        }
        if reading.rows == 0 {
            return Err(Unreadable::new("it has headings and no rows; export a period that has bookings").into());
        }
        let (order, mark) = (reading.dates.decide()?, reading.amounts.decide()?);
        let decimals = reading.decimals[usize::from(mark == DecimalMark::Comma)];
        let (rows, left_out, sorter) = (reading.rows, reading.left_out, reading.sorter);
        let (sha256, encoding) = (source.sha256.clone(), source.encoding());
        Ok(Self { headings, sha256, encoding, rows, left_out, decimals, order, mark, zone, sorted: sorter.sort()? })
    }

    /// All rows, by key.
    pub(super) fn rows(&mut self) -> Result<(Reader<'_>, Rows<'_>), Error> {
        let reader = Reader { headings: &self.headings, order: self.order, mark: self.mark, zone: self.zone };
        Ok((reader, Box::new(self.sorted.rows()?.map(|kept| Ok(row(kept?))))))
    }
}

/// Rows with what they are about.
pub(super) type Rows<'r> = Box<dyn Iterator<Item = Result<(String, Row), Error>> + 'r>;

fn row((key, number, data): Kept) -> (String, Row) {
    let mut cells: Vec<String> = serde_json::from_str(&data).unwrap_or_default();
    let hash = if cells.is_empty() { String::new() } else { cells.remove(0) };
    (key, Row { number: number.unsigned_abs(), hash, cells })
}

/// Reads the cells of a row in the way the whole file is written.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r> {
    pub(super) headings: &'r Headings,
    order: DateOrder,
    mark: DecimalMark,
    zone: Tz,
}

impl Reader<'_> {
    /// What a cell says; empty where the report has no such column.
    pub(super) fn text<'row>(&self, row: &'row Row, column: Column) -> &'row str {
        let place = self.headings.columns.iter().position(|(known, _)| *known == column);
        place.and_then(|place| row.cells.get(place)).map_or("", |cell| cell.as_str())
    }

    /// None for a blank cell; all others were read before.
    pub(super) fn amount(&self, row: &Row, column: Column) -> Option<Decimal> {
        amounts::read(self.text(row, column), self.mark)
    }

    /// None for a blank cell; all others were read before.
    pub(super) fn moment(&self, row: &Row, column: Column) -> Option<Moment> {
        dates::read(self.text(row, column), self.order, self.zone)
    }
}

/// A file being read.
struct Reading<'r> {
    headings: &'r Headings,
    given: Option<DateOrder>,
    zone: Tz,
    sorter: Sorter,
    dates: Inference<DateOrder>,
    amounts: Inference<DecimalMark>,
    /// The most, by decimal mark.
    decimals: [u32; 2],
    rows: u64,
    left_out: u64,
}

impl<'r> Reading<'r> {
    fn new(headings: &'r Headings, request: &Request, zone: Tz) -> Result<Self, Error> {
        let (dates, amounts) = (Inference::new(request.date_order), Inference::new(request.decimal));
        let (given, sorter) = (request.date_order, Sorter::new()?);
        Ok(Self { headings, given, zone, sorter, dates, amounts, decimals: [0; 2], rows: 0, left_out: 0 })
    }

    fn take(&mut self, number: u64, record: &StringRecord) -> Result<(), Error> {
        let names = &self.headings.names;
        let is_blank = record.iter().all(|cell| cell.trim().is_empty());
        // Exports that were put together have their headings again.
        if number <= self.headings.row || is_blank || record.iter().eq(names.iter().map(String::as_str)) {
            return Ok(());
        }
        let first = plain(record.iter().find(|cell| !cell.trim().is_empty()).unwrap_or_default());
        let key = self.key(number, record);
        let is_about = matches!(&key, Ok(Some(key)) if plain(key) != first);
        if !is_about && TOTALS.contains(&first.as_str()) {
            self.left_out += 1;
            return Ok(());
        }
        let is_surplus = record.iter().skip(names.len()).any(|cell| !cell.trim().is_empty());
        if record.len() < names.len() || is_surplus {
            let problem = format!(
                "has {} cells, the headings are {}; a cell with a separator or a line break needs quotation marks",
                record.len(),
                names.len()
            );
            return Err(Unreadable::new(problem).in_row(number).into());
        }
        let Some(key) = key? else {
            self.left_out += 1;
            return Ok(());
        };
        self.rows += 1;
        let mut hash = DefaultHasher::new();
        record.iter().take(names.len()).for_each(|cell| cell.hash(&mut hash));
        let mut cells = vec![format!("{:x}", hash.finish())];
        for (column, place) in &self.headings.columns {
            let cell = record.get(*place).unwrap_or_default().trim();
            self.see(number, *column, cell)?;
            cells.push(cell.to_owned());
        }
        let data = serde_json::to_string(&cells).unwrap_or_default();
        self.sorter.keep(&key, i64::try_from(number).unwrap_or(i64::MAX), &data)
    }

    /// Learns from a cell how the file is written.
    fn see(&mut self, number: u64, column: Column, cell: &str) -> Result<(), Unreadable> {
        if cell.is_empty() {
            return Ok(());
        }
        let heading = self.headings.names[self.place(column)].trim();
        match column.cells() {
            _ if !self.headings.is_compared(column) => Ok(()),
            Cells::Text => Ok(()),
            Cells::Dates => self.dates.see((number, heading, cell), |order| match self.given {
                Some(_) => dates::read(cell, order, self.zone),
                None => dates::guess(cell, order, self.zone),
            }),
            Cells::Amounts => {
                for (most, mark) in self.decimals.iter_mut().zip([DecimalMark::Point, DecimalMark::Comma]) {
                    *most = (*most).max(amounts::read(cell, mark).map_or(0, |amount| amount.scale()));
                }
                self.amounts.see((number, heading, cell), |mark| amounts::read(cell, mark))
            }
        }
    }

    fn place(&self, column: Column) -> usize {
        self.headings.columns.iter().find(|(known, _)| *known == column).map_or(0, |(_, place)| *place)
    }

    /// What the row is about; none where nothing tells a customer.
    fn key(&self, number: u64, record: &StringRecord) -> Result<Option<String>, Unreadable> {
        let cell = |column| {
            let is_there = self.headings.has(column);
            if is_there { record.get(self.place(column)).unwrap_or_default().trim() } else { "" }
        };
        let (column, key) = match self.headings.kind {
            ReportKind::BookingIndex => (Column::BookingId, cell(Column::BookingId).to_owned()),
            ReportKind::Transactions => {
                (Column::TransactionId, transactions::booking_code(cell(Column::TransactionId)).to_owned())
            }
            ReportKind::SalesByDay => {
                let day = cell(Column::Date);
                (Column::Date, if plain(day).starts_with("total") { String::new() } else { day.to_owned() })
            }
            ReportKind::Customers => {
                let (code, email) = (cell(Column::CustomerId), cell(Column::Email).to_lowercase());
                let by_email = (!email.is_empty()).then(|| format!("email:{email}"));
                return Ok(if code.is_empty() { by_email } else { Some(code.to_owned()) });
            }
        };
        if key.is_empty() {
            let heading = self.headings.own(column);
            return Err(Unreadable::new("is empty, and nothing else tells what the row is about")
                .in_row(number)
                .under(heading));
        }
        Ok(Some(key))
    }
}
