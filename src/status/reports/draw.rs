//! A report's rows as a table, and their sums by day as charts.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use maud::{Markup, html};
use rust_decimal::Decimal;

use crate::db::catalogue::Kind;
use crate::db::cell::Cell;
use crate::reports::Report;
use crate::status::chart::{Bar, Chart};
use crate::status::deliveries::booking_path;
use crate::status::text;
use crate::status::viewer::Viewer;

/// Columns that charts are drawn of, the first that a view has.
const MEASURES: [&str; 9] =
    ["total", "net", "tax", "unearned", "balance", "cancellations", "quantity", "bookings", "lines"];
/// Bars that fit.
const BARS: usize = 120;
/// Columns that say nothing to people, or the same in each row.
const LEFT_OUT: [&str; 3] = ["account_id", "basis", "params"];

/// One for each currency: amounts of different ones are never added up.
pub(super) fn charts(report: &Report, rows: &[Vec<Cell>]) -> Markup {
    let place = |name: &str| report.columns.iter().position(|column| column.name == name);
    let measure = MEASURES.iter().find_map(|name| place(name).map(|index| (*name, index)));
    let (Some((measure, value)), Some(day)) = (measure, report.day.and_then(place)) else { return html! {} };
    let currency = place("currency_id");
    let mut sums = BTreeMap::<String, BTreeMap<NaiveDate, Decimal>>::new();
    for row in rows {
        let Some(Cell::Date(day)) = row.get(day) else { continue };
        let currency = currency.and_then(|index| row.get(index)).map(shown).unwrap_or_default();
        let sum = sums.entry(currency).or_default().entry(*day).or_default();
        *sum += match row.get(value) {
            Some(Cell::Money(amount)) => *amount,
            Some(Cell::Int(count)) => Decimal::from(*count),
            _ => Decimal::ZERO,
        };
    }
    let is_money = report.columns[value].kind == Kind::Money;
    html! {
        div.charts {
            @for (index, (currency, days)) in sums.iter().enumerate() {
                @let bars: Vec<_> = days.iter().rev().take(BARS).rev().map(|(day, sum)| Bar {
                    label: day.to_string(),
                    value: f64::try_from(*sum).unwrap_or_default(),
                    shown: if is_money { text::amount(*sum) } else { sum.normalize().to_string() },
                }).collect();
                @let title = format!("{} {currency}", measure.replace('_', " "));
                (Chart { id: &format!("report-{index}"), title: title.trim(), axes: ["Day", measure], bars: &bars }.draw())
            }
        }
    }
}

pub(super) fn table(report: &Report, rows: &[Vec<Cell>], viewer: &Viewer) -> Markup {
    let columns = || report.columns.iter().enumerate().filter(|(_, column)| !LEFT_OUT.contains(&column.name));
    let is_number = |kind: Kind| matches!(kind, Kind::Money | Kind::Int | Kind::BigInt);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Rows" {
            table {
                thead { tr { @for (_, column) in columns() {
                    th scope="col" class=[is_number(column.kind).then_some("number")] title=(column.about.replace('`', "")) { (column.name.replace('_', " ")) }
                } } }
                tbody { @for row in rows { tr {
                    @for (index, column) in columns() {
                        @let value = row.get(index).map(shown).unwrap_or_default();
                        td class=[is_number(column.kind).then_some("number")] {
                            @if column.name == "booking_code" { a href=(booking_path(&value)) { (value) } }
                            @else { (viewer.column(column.name, &value)) }
                        }
                    }
                } } }
            }
        }
    }
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
        Cell::Int(value) => value.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Date(day) => day.to_string(),
        Cell::Instant(at) => at.0.format("%F %T").to_string(),
        Cell::Money(amount) => text::amount(*amount),
        Cell::Json(value) => value.to_string(),
        Cell::Bytes(bytes) => format!("{} bytes", bytes.len()),
    }
}
