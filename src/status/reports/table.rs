//! A report's rows as a table.

use maud::{Markup, html};

use crate::db::catalogue::Kind;
use crate::db::cell::Cell;
use crate::reports::Report;
use crate::status::deliveries::booking_path;
use crate::status::text;
use crate::status::viewer::Viewer;

/// Columns that say nothing to people, or the same in each row.
const LEFT_OUT: [&str; 3] = ["account_id", "basis", "params"];

pub(super) fn table(report: &Report, rows: &[Vec<Cell>], viewer: &Viewer) -> Markup {
    // Of one account alone, its name in each row would only take room.
    let is_same = |index: usize| rows.iter().all(|row| row.get(index) == rows[0].get(index));
    let is_left_out = |index: usize, name: &str| LEFT_OUT.contains(&name) || (name == "host" && is_same(index));
    let columns = || report.columns.iter().enumerate().filter(|(index, column)| !is_left_out(*index, column.name));
    let class = |kind: Kind| match kind {
        Kind::Money | Kind::Int | Kind::BigInt => Some("number"),
        Kind::Date | Kind::Instant => Some("time"),
        _ => None,
    };
    let host = report.columns.iter().position(|column| column.name == "host").filter(|index| is_same(*index));
    html! {
        @if let Some(Cell::Text(host)) = host.and_then(|index| rows[0].get(index)) { p.hint { "All rows are of " (host) "." } }
        div.scroll tabindex="0" role="region" aria-label="Rows" {
            table {
                thead { tr { @for (_, column) in columns() {
                    th scope="col" class=[class(column.kind)] title=(column.about.replace('`', "")) { (column.name.replace('_', " ")) }
                } } }
                tbody { @for row in rows { tr {
                    @for (index, column) in columns() {
                        @let value = row.get(index).map(shown).unwrap_or_default();
                        td class=[class(column.kind)] {
                            @if column.name == "booking_code" { a href=(booking_path(&value)) { (value) } }
                            @else { (viewer.column(column.name, &value)) }
                        }
                    }
                } } }
            }
        }
    }
}

pub(super) fn shown(cell: &Cell) -> String {
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
