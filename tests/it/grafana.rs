//! `dashboards/grafana`: every query of every panel and variable runs on the database that it is for, with what Grafana
//! puts in its place, and gives the columns that the panel shows.

use std::fs;
use std::path::PathBuf;

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use tokio::task::block_in_place;

use crate::rebuild_command::{run, said};
use crate::reports;
use crate::support::{Backend, TestApp, read_sql};

const DASHBOARDS: [&str; 2] = ["business", "operations"];
const SQLITE: &str = "frser-sqlite-datasource";

/// From the 1st to the 12th of June 2026, and the choices at the top of the page.
const CHOSEN: [(&str, &str); 7] = [
    ("${__from:date:YYYY-MM-DD}", "2026-06-01"),
    ("${__to:date:YYYY-MM-DD}", "2026-06-12"),
    ("${__from:date:YYYY-MM}", "2026-06"),
    ("$__from", "1780297200000"),
    ("$__to", "1781333999999"),
    ("${account:singlequote}", "'harbour-tours.checkfront.example'"),
    ("${currency:singlequote}", "'CAD'"),
];

fn path(backend: Backend, name: &str) -> PathBuf {
    let folder = if backend == Backend::Sqlite { "sqlite/" } else { "" };
    format!("{}/dashboards/grafana/{folder}{name}.json", env!("CARGO_MANIFEST_DIR")).into()
}

fn dashboard(backend: Backend, name: &str) -> Value {
    let path = path(backend, name);
    serde_json::from_str(&fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .unwrap()
}

/// The same dashboard for the plugin that reads SQLite files.
fn for_sqlite(value: &Value) -> Value {
    match value {
        Value::Object(fields) if fields.contains_key("rawSql") => json!({
            "refId": fields["refId"], "datasource": for_sqlite(&fields["datasource"]), "queryType": "table",
            "queryText": fields["rawSql"], "rawQueryText": fields["rawSql"], "timeColumns": []
        }),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), for_sqlite(value))).collect(),
        Value::Array(values) => values.iter().map(for_sqlite).collect(),
        Value::String(text) if text == "PostgreSQL" => "SQLite".into(),
        Value::String(text) if text == "grafana-postgresql-datasource" => SQLITE.into(),
        other => other.clone(),
    }
}

#[test]
fn the_dashboards_for_sqlite_are_the_same() {
    for name in DASHBOARDS {
        let made = serde_json::to_string_pretty(&for_sqlite(&dashboard(Backend::Postgres, name))).unwrap() + "\n";
        let path = path(Backend::Sqlite, name);
        if std::env::var_os("UPDATE_DASHBOARDS").is_some() {
            fs::write(&path, &made).unwrap();
        }
        assert!(
            fs::read_to_string(&path).unwrap_or_default() == made,
            "{} is not made of the one beside it: UPDATE_DASHBOARDS=1 ./test the_dashboards_for_sqlite",
            path.display()
        );
    }
}

/// The rows of a query, each with its columns' names.
fn rows(app: &TestApp, sql: &str) -> Vec<Map<String, Value>> {
    if app.backend == Backend::Postgres {
        let rows = format!("SELECT CAST(row_to_json(q) AS TEXT) AS v FROM ({sql}) q");
        let rows = block_in_place(|| read_sql(&app.database, &rows));
        return rows.into_iter().map(|row| serde_json::from_str(&row.unwrap()).unwrap()).collect();
    }
    let connection = rusqlite::Connection::open(app.file()).unwrap();
    let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let names: Vec<_> = statement.column_names().into_iter().map(str::to_owned).collect();
    let cell = |value: rusqlite::types::Value| match value {
        rusqlite::types::Value::Null => Value::Null,
        rusqlite::types::Value::Integer(number) => number.into(),
        rusqlite::types::Value::Real(number) => number.into(),
        rusqlite::types::Value::Text(text) => text.into(),
        rusqlite::types::Value::Blob(_) => panic!("a panel shows no bytes"),
    };
    let row = |row: &rusqlite::Row<'_>| {
        names.iter().enumerate().map(|(index, name)| Ok((name.clone(), cell(row.get(index)?)))).collect()
    };
    statement.query_map([], row).unwrap().map(Result::unwrap).collect()
}

fn chosen(sql: &str, basis: &str) -> String {
    let sql = CHOSEN.iter().fold(sql.replace("$basis", basis), |sql, (variable, value)| sql.replace(variable, value));
    assert!(!sql.contains('$'), "nothing stands for a variable in {sql}");
    sql
}

/// Columns that a panel names: those it makes times of, those along an axis, those it formats.
fn named(panel: &Value) -> Vec<&str> {
    let mut names = Vec::new();
    for change in panel["transformations"].as_array().into_iter().flatten() {
        for conversion in change["options"]["conversions"].as_array().unwrap() {
            names.extend(conversion["targetField"].as_str());
        }
    }
    for change in panel["fieldConfig"]["overrides"].as_array().unwrap() {
        names.extend(change["matcher"]["options"].as_str());
    }
    names.extend(panel["options"]["xField"].as_str());
    names
}

async fn every_query_of_a_dashboard_gives_what_is_shown(backend: Backend) {
    let app = reports::mirror(backend).await;
    app.apply(["{"]).await;
    said(&run(&app, &["rebuild", "--yes"]));
    let text = if backend == Backend::Sqlite { "queryText" } else { "rawSql" };
    let mut figures = Map::new();
    for name in DASHBOARDS {
        let dashboard = dashboard(backend, name);
        for variable in dashboard["templating"]["list"].as_array().unwrap() {
            if variable["type"] == "query" {
                let found = rows(&app, variable["query"].as_str().unwrap());
                let found: Vec<_> = found.iter().flat_map(Map::values).collect();
                assert!(
                    found.contains(&&json!("CAD")) || found == [&json!("harbour-tours.checkfront.example")],
                    "{found:?}"
                );
            }
        }
        for panel in dashboard["panels"].as_array().unwrap() {
            let title = panel["title"].as_str().unwrap();
            assert!(!panel["description"].as_str().unwrap().is_empty(), "{title}");
            let sql = panel["targets"][0][text].as_str().unwrap_or_else(|| panic!("{title} asks nothing"));
            for basis in ["end", "start", "created"] {
                let found = rows(&app, &chosen(sql, basis));
                let first = found.first().unwrap_or_else(|| panic!("{title}, by {basis}: no rows"));
                for column in named(panel) {
                    assert!(first.contains_key(column), "{title} has no {column}: {first:?}");
                }
                if panel["type"] == "stat" {
                    assert_eq!((found.len(), first.len()), (1, 1), "{title}");
                    figures.insert(format!("{title}, {basis}"), first.values().next().unwrap().clone());
                }
            }
        }
    }
    let figure = |title: &str| figures[title].to_string().parse::<Decimal>().unwrap().normalize().to_string();
    for (title, value) in [
        // Three sales, of 252.00, 84.00 and 84.00; one of them ends within the range.
        ("Bookings, created", "3"),
        ("Bookings, end", "1"),
        ("Sales, created", "420"),
        ("Sales, start", "420"),
        ("Sales, end", "252"),
        ("Paid of it, start", "357"),
        ("Received, start", "357"),
        ("To be paid, end", "63"),
        ("Dead letters, end", "1"),
        ("Waiting, end", "0"),
        ("Deliveries in the range, end", "14"),
    ] {
        assert_eq!(figure(title), value, "{title}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_of_a_dashboard_gives_what_is_shown_sqlite() {
    every_query_of_a_dashboard_gives_what_is_shown(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_of_a_dashboard_gives_what_is_shown_postgres() {
    every_query_of_a_dashboard_gives_what_is_shown(Backend::Postgres).await;
}
