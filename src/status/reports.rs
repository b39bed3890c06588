//! `/reports`: the views as tables and charts, for a range of days.

mod draw;
mod span;
mod table;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, Days, NaiveDate, Utc};
use maud::{Markup, html};
use serde::Deserialize;

use super::fault::Fault;
use super::layout::{Page, missing, page};
use super::viewer::{Viewer, is_personal};
use crate::app::AppState;
use crate::db::cell::Cell;
use crate::reports::{self, Report, Selection};

/// Rows that are shown.
const ROWS: usize = 500;

/// What a view tells by several dates, of which one has to be chosen.
const BASES: [(&str, &[&str]); 4] = [
    ("sales_by_day", &["created", "start", "end"]),
    ("sales_by_item", &["created", "start", "end"]),
    ("sales_by_category", &["created", "start", "end"]),
    ("tax_by_day", &["accrual", "cash"]),
];

/// Days before and after today that are shown where nothing else is asked for; other views: the last 30.
const RANGES: [(&str, u64, u64); 8] = [
    ("arrivals", 0, 7),
    ("add_on_sales", 30, 30),
    ("balances_due", 365, 365),
    ("booking_fields", 0, 7),
    ("lead_times", 365, 0),
    ("sales_by_category", 365, 0),
    ("sales_by_item", 365, 0),
    ("unearned_revenue", 30, 30),
];

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    from: Option<String>,
    to: Option<String>,
    basis: Option<String>,
}

/// What is shown of a report.
struct Shown {
    from: NaiveDate,
    to: NaiveDate,
    basis: Option<&'static str>,
    rows: Vec<Vec<Cell>>,
    is_cut: bool,
    /// The day, or month, of the first row that is not shown.
    goes_on: Option<NaiveDate>,
}

pub(super) async fn list(viewer: Viewer) -> Page {
    let content = html! {
        h1 { "Reports" }
        p { "Each is a view of the database, exact at any time; sales are bookings whose status counts as one." }
        dl.reports {
            @for report in reports::all() {
                div { dt { a href=(format!("/reports/{}", report.name)) { (title(report.name)) } } dd { (plain(report.about)) } }
            }
        }
    };
    page(&viewer, "Reports", &content)
}

pub(super) async fn show(
    State(app): State<AppState>,
    viewer: Viewer,
    name: Result<Path<String>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Fault> {
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let Some(report) = reports::find(&name) else {
        let content = html! { p { "There is no report " (name) ". " a href="/reports" { "All reports" } } };
        return Ok(missing(&viewer, &content));
    };
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let (from, to) = range(report, &asked);
    let choices = BASES.iter().find(|(known, _)| *known == report.name).map_or(&[][..], |(_, bases)| bases);
    let basis = choices.iter().find(|basis| asked.basis.as_deref() == Some(**basis)).or(choices.first()).copied();
    let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let mut selection = Selection::default();
    selection.limit = Some(limit);
    selection.highest = report.highest();
    if report.day.is_some() {
        (selection.from, selection.to) = (Some(from), Some(to));
    }
    if let Some(basis) = basis {
        // It is one of the view's own.
        let _ = selection.equal(report, "basis", basis);
    }
    let mut rows = app
        .read(move |tx| {
            let columns = report.selected(tx)?;
            report.first_rows(tx, &selection, &columns)
        })
        .await?;
    let day = report.day.and_then(|day| report.columns.iter().position(|column| column.name == day));
    let rest = rows.split_off(rows.len().min(ROWS));
    let goes_on = rest.first().zip(day).and_then(|(row, day)| match row.get(day) {
        Some(Cell::Date(day)) => Some(*day),
        _ => None,
    });
    let shown = Shown { from, to, basis, rows, is_cut: !rest.is_empty(), goes_on };
    let content = html! {
        p { a href="/reports" { "Reports" } }
        h1 { (title(report.name)) }
        p { (plain(report.about)) }
        (form(report, choices, &shown))
        (csv(report, &shown, &viewer))
        @if shown.rows.is_empty() { p role="status" { "Nothing in these days." } } @else {
            (draw::charts(report, &shown))
            @if shown.is_cut { p.note {
                "The first " (ROWS) " rows" @if let Some(column) = report.highest() { " by " code { (column) } ", the highest first" } "; the CSV file has all."
            } }
            (table::table(report, &shown.rows, &viewer))
        }
    };
    Ok(page(&viewer, &title(report.name), &content).into_response())
}

fn range(report: &Report, asked: &Asked) -> (NaiveDate, NaiveDate) {
    let today = Utc::now().date_naive();
    let known = RANGES.iter().find(|(name, ..)| *name == report.name);
    let (before, after) = known.map_or((30, 1), |(_, before, after)| (*before, *after));
    // PostgreSQL knows no year 0, and reads no year of five digits that has a sign.
    let is_usual = |day: &NaiveDate| (1..=9999).contains(&day.year());
    let day = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok()).filter(is_usual);
    let from = day(&asked.from).unwrap_or(today.checked_sub_days(Days::new(before)).unwrap_or(today));
    let to = day(&asked.to).unwrap_or(today.checked_add_days(Days::new(after)).unwrap_or(today));
    // The first day is one of them.
    let last = report.longest().and_then(|days| from.checked_add_days(Days::new(days.saturating_sub(1))));
    (from, last.map_or(to, |last| to.min(last)))
}

fn form(report: &Report, bases: &[&str], shown: &Shown) -> Markup {
    html! {
        @if report.day.is_some() || !bases.is_empty() {
            form.range {
                @if let Some(days) = report.longest() {
                    span.hint { "at most " (days) " days" }
                }
                @if let Some(day) = report.day {
                    label { "From " input type="date" name="from" value=(shown.from) required; }
                    label { "to " input type="date" name="to" value=(shown.to) required; }
                    @if day != "day" { span.hint { "by " code { (day) } } }
                }
                @if !bases.is_empty() {
                    label { "By " select name="basis" {
                        @for basis in bases { option value=(basis) selected[shown.basis == Some(basis)] { (basis) } }
                    } }
                }
                button type="submit" { "Show" }
            }
        }
    }
}

/// What is hidden here is not in a file either.
fn csv(report: &Report, shown: &Shown, viewer: &Viewer) -> Markup {
    let mut query = form_urlencoded::Serializer::new("format=csv".to_owned());
    if report.day.is_some() {
        query.append_pair("from", &shown.from.to_string()).append_pair("to", &shown.to.to_string());
    }
    if let Some(basis) = shown.basis {
        query.append_pair("basis", basis);
    }
    let path = format!("/api/v1/reports/{}?{}", report.name, query.finish());
    html! {
        @if viewer.hides && report.columns.iter().any(|column| is_personal(column.name)) {
            p { "The CSV file has personal data; show it to have the link." }
        } @else { p { a href=(path) download=(format!("{}.csv", report.name)) { "CSV" } } }
    }
}

/// `sales_by_day` as a heading.
fn title(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// Markdown without its marks.
fn plain(markdown: &str) -> String {
    let mut text = String::new();
    for part in markdown.replace('`', "").split('[') {
        match part.split_once("](") {
            Some((link, rest)) => text.extend([link, rest.split_once(')').map_or("", |(_, rest)| rest)]),
            None => text.push_str(part),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_and_texts_are_plain() {
        assert_eq!(title("sales_by_day"), "Sales by day");
        assert_eq!(plain("As `x` in [DOC](a.md#b), or so."), "As x in DOC, or so.");
    }
}
