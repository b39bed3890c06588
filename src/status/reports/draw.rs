//! A report's rows as charts: their sums by day, or by longer spans where there are many days.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use maud::{Markup, html};
use rust_decimal::Decimal;

use super::span::Unit;
use super::table::shown;
use super::{ROWS, Shown};
use crate::db::catalogue::Kind;
use crate::db::cell::Cell;
use crate::reports::Report;
use crate::status::chart::{Bar, Chart};
use crate::status::text;

/// Columns that charts are drawn of, the first that a view has.
const MEASURES: [&str; 9] =
    ["balance", "total", "net", "tax", "unearned", "cancellations", "quantity", "bookings", "lines"];
/// What is so much on a day, and not so much more: of a longer span its last day tells.
const STANDING: [&str; 1] = ["unearned"];

/// Views of single steps, whose amounts add up to nothing: their rows are counted.
const COUNTED: [(&str, &str); 1] = [("status_changes", "changes")];

/// Sums by day, of each currency.
type Sums = BTreeMap<String, BTreeMap<NaiveDate, Decimal>>;

/// One for each currency: amounts of different ones are never added up.
pub(super) fn charts(report: &Report, shown: &Shown) -> Markup {
    let place = |name: &str| report.columns.iter().position(|column| column.name == name);
    let counted = COUNTED.iter().find(|(view, _)| *view == report.name).map(|(_, what)| (*what, None));
    let measure = counted.or_else(|| MEASURES.iter().find_map(|name| Some((*name, Some(place(name)?)))));
    let (Some((measure, value)), Some(day)) = (measure, report.day.and_then(place)) else { return html! {} };
    let rows = if report.day == Some("month") { Unit::Month } else { Unit::Day };
    let Some((from, to)) = whole(shown, rows) else {
        return html! { p.hint { "No chart: the first " (ROWS) " rows do not hold all of one " (rows.name()) "." } };
    };
    let sums = sums(&shown.rows, day, value, place("currency_id"), to);
    let unit = Unit::of(from, to, rows);
    let is_money = value.is_some_and(|value| report.columns[value].kind == Kind::Money);
    html! {
        div.charts {
            @for (index, (currency, days)) in sums.iter().enumerate() {
                @let bars = bars(days, (from, to), unit, STANDING.contains(&measure), is_money);
                @let of = super::title(measure);
                @let by = if STANDING.contains(&measure) && unit > rows { "at the end of each" } else { "by" };
                @let cut = if shown.is_cut { format!(": the {}s that are whole among the first {ROWS} rows", rows.name()) } else { String::new() };
                @let range = format!("{} to {}", rows.label(from), rows.label(to));
                @let title = format!("{} {by} {}, {range}{cut}", format!("{of} {currency}").trim(), unit.name());
                (Chart { id: &format!("report-{index}"), title: &title, axes: [unit.heading(), &of], bars: &bars }.draw())
            }
        }
    }
}

/// The days, or months, of which all rows are here; none where the first alone has more.
fn whole(shown: &Shown, rows: Unit) -> Option<(NaiveDate, NaiveDate)> {
    let from = rows.spans(shown.from, shown.to).find(|begin| *begin >= shown.from)?;
    let to = match shown.goes_on {
        Some(next) => rows.begin(next).pred_opt()?.min(shown.to),
        None => shown.to,
    };
    let to = rows.begin(to);
    (from <= to).then_some((from, to))
}

fn sums(rows: &[Vec<Cell>], day: usize, value: Option<usize>, currency: Option<usize>, to: NaiveDate) -> Sums {
    let mut sums = Sums::new();
    for row in rows {
        let Some(Cell::Date(day)) = row.get(day) else { continue };
        let currency = currency.and_then(|index| row.get(index)).map(shown).unwrap_or_default();
        let days = sums.entry(currency).or_default();
        let value = match value.map(|value| row.get(value)) {
            None => Decimal::ONE,
            Some(Some(Cell::Money(amount))) => *amount,
            Some(Some(Cell::Int(count))) => Decimal::from(*count),
            Some(_) => Decimal::ZERO,
        };
        if *day <= to {
            *days.entry(*day).or_default() += value;
        }
    }
    sums.retain(|_, days| !days.is_empty());
    sums
}

/// One for each span of the range, those without rows too.
fn bars(
    days: &BTreeMap<NaiveDate, Decimal>,
    (from, to): (NaiveDate, NaiveDate),
    unit: Unit,
    is_standing: bool,
    is_money: bool,
) -> Vec<Bar> {
    let mut spans: BTreeMap<_, _> = unit.spans(from, to).map(|begin| (begin, Decimal::ZERO)).collect();
    for (day, value) in days {
        let sum = spans.entry(unit.begin(*day)).or_default();
        *sum = if is_standing { *value } else { *sum + *value };
    }
    let bar = |(begin, sum): (NaiveDate, Decimal)| Bar {
        label: unit.label(begin.max(from)),
        value: f64::try_from(sum).unwrap_or_default(),
        shown: if is_money { text::amount(sum) } else { sum.normalize().to_string() },
    };
    spans.into_iter().map(bar).collect()
}
