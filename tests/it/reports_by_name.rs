//! Reports by name: all views of `docs/REPORTS.md`, with the columns that the database has, and the rows that SQL gives.

use std::collections::BTreeSet;

use checkfront_mirror::db::Error;
use checkfront_mirror::db::catalogue::{Kind, columns};
use checkfront_mirror::reports::{self, Selection};
use reqwest::header::{ACCEPT, CONTENT_TYPE, ETAG};
use tokio::task::block_in_place;

use crate::read_api::{get, one_account};
use crate::reports::mirror;
use crate::schema::tables;
use crate::support::{Backend, TestApp, on_both};

async fn columns_are_those_of_the_views(backend: Backend) {
    let app = mirror(backend).await;
    let stored = tables(&app);
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/REPORTS.md")).unwrap();
    assert!(reports::all().len() >= 14, "{:?}", reports::all().len());
    for report in reports::all() {
        assert!(text.contains(report.name), "{} is not in docs/REPORTS.md", report.name);
        let described: BTreeSet<_> = report.columns.iter().map(|column| column.name.to_owned()).collect();
        let has: BTreeSet<_> = stored[report.name].iter().map(|(column, _)| column.clone()).collect();
        assert_eq!(described, has, "{}", report.name);
        // The types that the dictionary names are those of the database, which tells no view's whole numbers apart.
        let known = block_in_place(|| app.database.read(|tx| columns(tx, report.name))).unwrap();
        for column in &report.columns {
            let found = known.iter().find(|found| found.name == column.name).unwrap().kind;
            let whole = |kind: Kind| if kind == Kind::Int { Kind::BigInt } else { kind };
            assert_eq!(whole(column.kind), whole(found), "{}.{}", report.name, column.name);
        }
        let name = report.day.unwrap_or("account_id");
        assert!(described.contains(name), "{}", report.name);
    }
    for text in ["sales_by_day", "arrivals", "tax_by_day", "customer_value"] {
        assert!(reports::find(text).is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_those_of_the_views_sqlite() {
    columns_are_those_of_the_views(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_those_of_the_views_postgres() {
    columns_are_those_of_the_views(Backend::Postgres).await;
}

/// However few are asked for, and however many days are looked through for them.
async fn the_first_rows_are_the_first_of_all(backend: Backend) {
    let app = mirror(backend).await;
    let day = |text: &str| text.parse().unwrap();
    for report in reports::all() {
        for (from, to) in [("2026-01-01", "2026-12-31"), ("2026-06-03", "2026-06-03"), ("1990-01-01", "1990-12-31")] {
            let mut selection = Selection::default();
            (selection.from, selection.to) = (Some(day(from)), Some(day(to)));
            let found = |limit: Option<i64>| {
                let selection = {
                    let mut selection = selection.clone();
                    selection.limit = limit;
                    selection
                };
                block_in_place(|| {
                    app.database.snapshot(|tx| {
                        let columns = report.selected(tx)?;
                        let rows = report.first_rows(tx, &selection, &columns)?;
                        Ok::<_, Error>(rows.iter().map(|cells| format!("{cells:?}")).collect::<Vec<_>>())
                    })
                })
                .unwrap()
            };
            let all = found(None);
            assert!(from != "2026-01-01" || report.longest().is_some() || !all.is_empty(), "{}", report.name);
            for limit in [1, 2, 500] {
                let few: Vec<_> = all.iter().take(limit).cloned().collect();
                assert_eq!(found(i64::try_from(limit).ok()), few, "{} from {from}, {limit}", report.name);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_rows_are_the_first_of_all_sqlite() {
    the_first_rows_are_the_first_of_all(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_rows_are_the_first_of_all_postgres() {
    the_first_rows_are_the_first_of_all(Backend::Postgres).await;
}

async fn rows_are_those_of_sql(backend: Backend) {
    let app = mirror(backend).await;
    let ask = async |path: &str| {
        let answer = app
            .client
            .get(format!("{}/api/v1/reports/{path}", app.url))
            .header(ACCEPT, "text/csv")
            .send()
            .await
            .unwrap();
        assert!(answer.headers()[CONTENT_TYPE].to_str().unwrap().starts_with("text/csv"));
        answer.text().await.unwrap().lines().count() - 1
    };
    for report in reports::all() {
        let rows = |condition: &str| {
            app.text(&format!("SELECT CAST(count(*) AS text) AS v FROM {} WHERE {condition}", report.name))
                .parse::<usize>()
                .unwrap()
        };
        // All its rows, where that is allowed; the story is told in June.
        let (condition, month) = match report.longest() {
            Some(_) => ("day BETWEEN '2026-06-01' AND '2026-06-30'", "?from=2026-06-01&to=2026-06-30"),
            None => ("1 = 1", ""),
        };
        let all = get(&app, &format!("/api/v1/reports/{}{month}", report.name)).await;
        assert_eq!(all["data"].as_array().unwrap().len(), rows(condition), "{}", report.name);
        assert_eq!(ask(&format!("{}{month}", report.name)).await, rows(condition), "{}", report.name);
        if let Some(day) = report.day {
            let range = "from=2026-06-01&to=2026-06-05";
            let within = rows(&format!("{day} BETWEEN '2026-06-01' AND '2026-06-05'"));
            assert_eq!(ask(&format!("{}?{range}", report.name)).await, within, "{}", report.name);
        }
    }
    let first = get(&app, "/api/v1/reports/sales_by_day?basis=start&limit=1").await;
    assert_eq!((first["data"].as_array().unwrap().len(), &first["more"]), (1, &true.into()));
    assert_eq!(first["data"][0]["basis"], "start");
    assert!(first["data"][0]["total"].is_string());
    // What might be SQL is text, and what is empty is NULL.
    for (value, rows) in [("O'Hara'%20OR%201=1--", 0), ("%5C%27", 0), ("", 0)] {
        let found = get(&app, &format!("/api/v1/reports/sales_by_day?basis={value}")).await;
        assert_eq!(found["data"].as_array().unwrap().len(), rows, "{value}");
    }
    let answer = app.client.get(format!("{}/api/v1/reports/sales_by_day", app.url)).send().await.unwrap();
    let again = app
        .client
        .get(format!("{}/api/v1/reports/sales_by_day", app.url))
        .header("if-none-match", &answer.headers()[ETAG]);
    assert_eq!(again.send().await.unwrap().status(), 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_those_of_sql_sqlite() {
    rows_are_those_of_sql(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_those_of_sql_postgres() {
    rows_are_those_of_sql(Backend::Postgres).await;
}

#[test]
fn a_selection_names_what_is_wrong() {
    let report = reports::find("sales_by_day").unwrap();
    let mut selection = Selection::default();
    for (name, value, hint) in [
        ("colour", "red", "basis"),
        ("bookings", "many", "whole number"),
        ("day", "May", "2026-07-01"),
        ("total", "1", "not selected"),
    ] {
        let wrong = selection.equal(report, name, value).unwrap_err();
        assert!(wrong.name == name && wrong.reason.contains(hint), "{wrong}");
    }
}

on_both! {
    async fn the_daily_manifest_is_of_a_year_at_most(app: TestApp) {
        one_account(&app).await;
        let day = app.text("SELECT CAST(min(start_on) AS TEXT) AS v FROM booking_items");
        for (query, status) in [
            ("", 400),
            ("?from=2026-07-01", 400),
            ("?from=2026-07-01&to=2027-07-02", 400),
            ("?from=2000-01-01&to=2100-01-01&format=csv", 400),
            ("?from=2026-07-01&to=2027-07-01", 200),
        ] {
            let answer = app.client.get(format!("{}/api/v1/reports/arrivals{query}", app.url)).send().await.unwrap();
            assert_eq!(answer.status(), status, "{query}");
            assert_eq!(answer.text().await.unwrap().contains("366 at most, as in from="), status == 400, "{query}");
        }
        assert!(!get(&app, &format!("/api/v1/reports/arrivals?day={day}")).await["data"].as_array().unwrap().is_empty());
    }

    async fn the_daily_manifest_has_lines_of_any_length(app: TestApp) {
        one_account(&app).await;
        let number = |query: &str| app.text(query).parse::<i64>().unwrap();
        let lines = number("SELECT CAST(count(*) AS TEXT) AS v FROM booking_items");
        let one = app.text("SELECT min(booking_code || '/' || line_id) AS v FROM booking_items WHERE start_on IS NOT NULL");
        let (code, line) = one.split_once('/').unwrap();
        let of_line = format!("booking_code = '{code}' AND line_id = '{line}'");
        app.execute(&format!("UPDATE booking_items SET start_on = '2026-01-01' WHERE {of_line}"));
        assert!(lines > 1, "others are short");
        for (last, days) in [("2026-01-01", 1), ("2026-01-31", 31), ("2026-02-01", 32), ("2026-02-02", 33), ("2027-03-01", 425)] {
            app.execute(&format!("UPDATE booking_items SET end_on = '{last}' WHERE {of_line}"));
            let all = number(&format!("SELECT CAST(count(*) AS TEXT) AS v FROM arrivals WHERE {of_line}"));
            let in_range = number(&format!("SELECT CAST(count(*) AS TEXT) AS v FROM arrivals WHERE {of_line} AND day BETWEEN '2026-01-01' AND '{last}'"));
            let on_last = number(&format!("SELECT CAST(max(day_number) AS TEXT) AS v FROM arrivals WHERE {of_line} AND day = '{last}'"));
            assert_eq!((all, in_range, on_last), (days, days, days), "{last}");
        }
    }
}
