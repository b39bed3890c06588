//! `/api/v1/reports`: the views, as JSON or CSV.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::events::Nothing;
use super::parameters::{Asked, Day, Query};
use super::problem::{NotFound, Problem, Unavailable, Wrong};
use super::{answer, ask, csv, page};
use crate::app::AppState;
use crate::db::catalogue::Column;
use crate::db::cell::Cell;
use crate::export::Line;
use crate::reports::{self, Report, Selection};

/// Rows in an answer of JSON, where nothing else is asked for, and at most.
const ROWS: i64 = 1_000;
const MOST: i64 = 10_000;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Reports {
    data: Vec<Described>,
}

/// A report.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Described {
    name: &'static str,
    /// In Markdown.
    about: &'static str,
    /// The column that `from` and `to` are of.
    day: Option<&'static str>,
    columns: Vec<DescribedColumn>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DescribedColumn {
    name: &'static str,
    #[serde(rename = "type")]
    type_name: &'static str,
    /// In Markdown.
    about: &'static str,
}

/// Which rows; besides, any column is a parameter too: `basis=created`. An empty value stands for NULL.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "what is read, since names of columns are parameters too")]
pub(super) struct Parameters {
    /// The host of an account; all where it is left out.
    account: Option<String>,
    /// From this day on, by the report's `day`.
    from: Option<Day>,
    /// Up to this day, and with it.
    to: Option<Day>,
    /// `json`, or `csv`: all rows, whatever `limit` says. `Accept: text/csv` says the same.
    #[param(inline)]
    format: Option<Format>,
    /// Rows of JSON at most: 1000 where it is left out, and up to 10000.
    #[param(minimum = 1, maximum = 10_000)]
    limit: Option<i64>,
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "lowercase")]
#[allow(dead_code, reason = "what is read, since names of columns are parameters too")]
enum Format {
    Json,
    Csv,
}

/// Rows of a report.
#[derive(Debug, Serialize, ToSchema)]
struct Rows<'r> {
    report: &'static str,
    /// Each with the columns of the report.
    #[schema(value_type = Vec<std::collections::BTreeMap<String, serde_json::Value>>)]
    data: Vec<Line<'r>>,
    /// Whether there are more rows than these: ask for fewer days, or for CSV.
    more: bool,
}

/// Reports
///
/// What there is, and what it means.
#[utoipa::path(
    get,
    operation_id = "list_reports",
    path = "/reports",
    tag = "reports",
    responses((status = 200, description = "As of now", body = Reports), (status = 304, description = "As you have it"), Wrong)
)]
pub(super) async fn list(headers: HeaderMap, Query(Nothing {}): Query<Nothing>) -> Result<Response, Problem> {
    let column = |column: &reports::Described| DescribedColumn {
        name: column.name,
        type_name: column.type_name,
        about: column.about,
    };
    let described = |report: &Report| Described {
        name: report.name,
        about: report.about,
        day: report.day,
        columns: report.columns.iter().map(column).collect(),
    };
    Ok(answer::json(&headers, &Reports { data: reports::all().iter().map(described).collect() }))
}

/// A report
///
/// Its rows within a range of days. Any column but amounts, times and documents is a parameter too: `basis=created`; an
/// empty value stands for NULL.
#[utoipa::path(
    get,
    operation_id = "get_report",
    path = "/reports/{view}",
    tag = "reports",
    params(("view" = String, Path, description = "Its name"), Parameters),
    responses(
        (status = 200, description = "As of now", content(
            (Rows = "application/json"),
            (String = "text/csv")
        )),
        (status = 304, description = "As you have it"),
        Wrong,
        NotFound,
        Unavailable
    )
)]
pub(super) async fn one(
    State(app): State<AppState>,
    headers: HeaderMap,
    view: Result<Path<String>, PathRejection>,
    asked: Asked,
) -> Result<Response, Problem> {
    let view = page::named(view)?;
    let names = || reports::all().iter().map(|report| report.name).collect::<Vec<_>>().join(", ");
    let report = reports::find(&view);
    let report =
        report.ok_or_else(|| Problem::not_found(format!("there is no report {view}; there are {}", names())))?;
    let Request { host, mut selection, is_csv } = request(report, &asked, &headers)?;
    if is_csv {
        return csv::stream(app, report, host, selection).await;
    }
    let limit = selection.limit.unwrap_or(ROWS);
    selection.limit = Some(limit + 1);
    let (columns, mut rows) = ask::at_once(&app, move |tx| {
        selection.account_id = account_id(tx, host.as_deref())?;
        let (columns, mut rows) = (report.selected(tx)?, Vec::new());
        report.each_row::<Problem>(tx, &selection, &columns, |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok((columns, rows))
    })
    .await?;
    let more = i64::try_from(rows.len()).is_ok_and(|found| found > limit);
    rows.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(answer::json(&headers, &Rows { report: report.name, data: lines(&columns, &rows), more }))
}

pub(super) fn account_id(tx: &mut crate::db::Tx<'_>, host: Option<&str>) -> Result<Option<i32>, Problem> {
    let account = host.map(|host| ask::account(tx, Some(host))).transpose()?.flatten();
    Ok(account.map(|account| account.account_id))
}

fn lines<'r>(columns: &'r [Column], rows: &'r [Vec<Cell>]) -> Vec<Line<'r>> {
    rows.iter().map(|cells| Line { columns, cells }).collect()
}

struct Request {
    host: Option<String>,
    selection: Selection,
    is_csv: bool,
}

/// Reads the parameters, each of them once.
fn request(report: &Report, asked: &Asked, headers: &HeaderMap) -> Result<Request, Problem> {
    let mut request = Request { host: None, selection: Selection::default(), is_csv: csv::is_wanted(headers) };
    let pairs = asked.pairs()?;
    let is_of_a_day = pairs.iter().any(|(name, value)| Some(name.as_str()) == report.day && !value.is_empty());
    for (index, (name, value)) in pairs.iter().enumerate() {
        if pairs[..index].iter().any(|(known, _)| known == name) {
            return Err(Problem::wrong(name, "is given twice"));
        }
        let selection = &mut request.selection;
        match name.as_str() {
            "account" => request.host = Some(value.clone()),
            "from" | "to" if report.day.is_none() => {
                return Err(Problem::wrong(name, format!("{} has no days; leave it out", report.name)));
            }
            "from" => selection.from = Some(day(name, value)?),
            "to" => selection.to = Some(day(name, value)?),
            "format" => {
                request.is_csv = match value.as_str() {
                    "csv" => true,
                    "json" => false,
                    _ => return Err(Problem::wrong(name, "write json or csv")),
                }
            }
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
                let reason = || format!("write a whole number from 1 to {MOST}");
                selection.limit = Some(limit.ok_or_else(|| Problem::wrong(name, reason()))?);
            }
            column => {
                let wrong = |reports::Wrong { name, reason }| Problem::wrong(&name, reason);
                selection.equal(report, column, value).map_err(wrong)?;
            }
        }
    }
    if let Some(days) = report.longest()
        && !is_of_a_day
        && !request.selection.is_within(days)
    {
        let reason = format!("say which days of {}, {days} at most, as in from=2026-07-01&to=2026-07-31", report.name);
        return Err(Problem::wrong("from", reason));
    }
    Ok(request)
}

fn day(name: &str, value: &str) -> Result<NaiveDate, Problem> {
    let day = value.parse().ok().filter(|_| value.len() == 10);
    day.ok_or_else(|| Problem::wrong(name, "write a day such as 2026-07-01"))
}
