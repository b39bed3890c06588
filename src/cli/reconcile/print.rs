//! Findings on stdout, as they are found; what they come to, in words.

use std::io;

use crate::cli::output;
use crate::reconcile::{Difference, Finding, ReportKind, Subject, Summary, money};

/// Rows of a table that are laid out together: so that memory does not grow with what is found.
const PAGE: usize = 500;
const HEADER: [&str; 6] = ["DIFFERENCE", "KIND", "CODE", "FIELD", "MIRROR", "REPORT"];

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Table,
    Json,
    Csv,
}

/// Prints findings.
pub(super) struct Printer {
    format: Format,
    waiting: Vec<Vec<String>>,
    days: Vec<Vec<String>>,
    is_begun: bool,
}

impl Printer {
    pub(super) fn new(format: Format) -> Self {
        Self { format, waiting: Vec::new(), days: Vec::new(), is_begun: false }
    }

    pub(super) fn print(&mut self, finding: &Finding) -> io::Result<()> {
        match self.format {
            Format::Json => output::print(&serde_json::to_string(finding)?),
            Format::Csv => {
                if !std::mem::replace(&mut self.is_begun, true) {
                    output::print(&HEADER.map(str::to_lowercase).join(","))?;
                }
                output::print(&line(&cells(finding).map(|cell| harmless(&cell)))?)
            }
            Format::Table => {
                // Days follow, in a table of their own where they are no more than sums of what differs.
                let cells = cells(finding).map(|cell| shown(&cell)).to_vec();
                let waiting = if finding.kind == Subject::Day { &mut self.days } else { &mut self.waiting };
                waiting.push(cells);
                if self.waiting.len() == PAGE { self.flush() } else { Ok(()) }
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        output::print(&output::table(&HEADER, std::mem::take(&mut self.waiting)).to_string())
    }

    /// Prints what waits, and the days whose sums differ, or all of them.
    pub(super) fn finish(&mut self, summary: &Summary, all_days: bool) -> io::Result<()> {
        if summary.kind == ReportKind::SalesByDay {
            self.waiting.append(&mut self.days);
        }
        self.flush()?;
        if self.format != Format::Table {
            return Ok(());
        }
        let days = summary.totals.days.iter().filter(|(_, sums)| all_days || !sums.difference().is_zero());
        let amount = |amount| money(amount, summary.decimals);
        let rows = days.map(|(day, sums)| {
            vec![day.to_string(), amount(sums.mirror), amount(sums.report), amount(sums.difference())]
        });
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            return Ok(());
        }
        output::print(&output::table(&["DAY", "MIRROR", "REPORT", "DIFFERENCE"], rows).to_string())
    }
}

fn cells(finding: &Finding) -> [String; 6] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let (difference, kind) = (finding.difference.name().to_owned(), finding.kind.name().to_owned());
    [difference, kind, finding.code.clone(), text(&finding.field), text(&finding.mirror), text(&finding.report)]
}

/// A line of CSV.
fn line(cells: &[String]) -> io::Result<String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    writer.write_record(cells).map_err(io::Error::other)?;
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned())
}

/// A spreadsheet must not take a person's text for a formula.
fn harmless(cell: &str) -> String {
    let is_number = cell.trim_start_matches('-').chars().all(|c| c.is_ascii_digit() || c == '.');
    let is_formula = cell.starts_with(['=', '+', '@', '-', '\t', '\r']) && !is_number;
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

/// A terminal must not take it for a command.
fn shown(cell: &str) -> String {
    cell.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// What was compared, what was assumed, and what differs.
pub(super) fn words(host: &str, summary: &Summary) -> Vec<String> {
    let mut words: Vec<_> = summary.assumed.iter().map(|assumed| shown(&format!("Note: {assumed}"))).collect();
    let all = summary.totals.all;
    let amount = |amount| money(amount, summary.decimals);
    words.push(format!(
        "{} of {host}: {}, {} on both sides; the mirror's sum is {}, the report's {}, the difference {}",
        summary.kind.name(),
        counted(summary.rows, "row", "rows"),
        things(summary),
        amount(all.mirror),
        amount(all.report),
        amount(all.difference())
    ));
    words.push(format!("{}.", verdict(summary)));
    words
}

/// Whether both sides are equal, in words.
pub(super) fn verdict(summary: &Summary) -> String {
    match (summary.counts.is_empty(), summary.not_compared.is_empty()) {
        (true, true) => "Equal".to_owned(),
        (true, false) => "Equal, as far as it could be compared".to_owned(),
        (false, _) => format!("Different: {}", found(summary)),
    }
}

/// `1 booking`: how many of what the report's rows tell of were compared.
pub(super) fn things(summary: &Summary) -> String {
    let (one, many) = match summary.kind {
        ReportKind::BookingIndex => ("booking", "bookings"),
        ReportKind::Transactions => ("transaction", "transactions"),
        ReportKind::Customers => ("customer", "customers"),
        ReportKind::SalesByDay => ("day", "days"),
    };
    counted(summary.pairs, one, many)
}

/// `1 row`, `2 rows`
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `2 bookings missing in the mirror, 1 amount of bookings`
fn found(summary: &Summary) -> String {
    let each = summary.counts.each().map(|(kind, difference, of_value, count)| {
        let many = format!("{}s", kind.name());
        let whole = counted(count, kind.name(), &many);
        let missing = if of_value { format!("{} of {many}", counted(count, "value", "values")) } else { whole.clone() };
        match difference {
            Difference::MissingInMirror => format!("{missing} missing in the mirror"),
            Difference::MissingInReport => format!("{missing} missing in the report"),
            Difference::Duplicate => format!("{whole} twice in the report"),
            Difference::Status => format!("{} of {many}", counted(count, "status", "statuses")),
            Difference::Amount => format!("{} of {many}", counted(count, "amount", "amounts")),
            Difference::Date => format!("{} of {many}", counted(count, "date", "dates")),
        }
    });
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_and_disarms() {
        let cells = ["a,b", "say \"x\"", "=1+1", "-12.50", "-x", ""].map(harmless);
        assert_eq!(line(&cells).expect("a line"), "\"a,b\",\"say \"\"x\"\"\",'=1+1,-12.50,'-x,");
        assert_eq!(shown("a\u{1b}[31mb"), "a\u{fffd}[31mb");
    }
}
