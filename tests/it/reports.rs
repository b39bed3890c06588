//! `docs/REPORTS.md`: every query in it runs on both databases, and says what is printed below it.

use checkfront_mirror::config::Options;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tokio::task::block_in_place;

use crate::order::record;
use crate::support::{Backend, TestApp, read_sql};

const HOST: &str = "harbour-tours.checkfront.example";

/// Noon in Victoria on a day of June 2026, in seconds since 1970.
fn june(day: i64) -> i64 {
    1_780_340_400 + (day - 1) * 86_400
}

/// A line: id, item, quantity, cents with tax.
type Line = (&'static str, &'static str, u32, u32);

fn money(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn booking(code: &str, who: &str, status: &str, created: i64, start: i64, paid: u32, lines: &[Line]) -> Value {
    let total: u32 = lines.iter().map(|line| line.3).sum();
    let tax = total / 21;
    let items: Vec<_> = lines
        .iter()
        .map(|(line_id, item, qty, total)| {
            json!({"@attributes": {"line_id": line_id, "item_id": item}, "sku": format!("tour-{item}"),
                "qty": qty.to_string(), "total": money(*total), "tax_total": money(total / 21), "status": status,
                "start_date": june(start).to_string(), "end_date": june(start + i64::from(*item == "2")).to_string()})
        })
        .collect();
    json!({"@attributes": {"host": HOST}, "booking": {
        "code": code, "status": status, "created_date": june(created).to_string(), "start_date": june(start).to_string(),
        "end_date": june(start + 1).to_string(),
        "customer": {"code": who, "name": format!("Guest {who}"), "email": format!("{}@example.com", who.to_lowercase())},
        "fields": {"hotel": if total > 20_000 { "Empress" } else { "Quay Inn" }},
        "order": {"@attributes": {"currency_id": "CAD"}, "sub_total": money(total - tax), "tax_total": money(tax),
            "paid_total": money(paid), "total": money(total),
            "taxes": {"tax": {"@attributes": {"tax_id": "6"}, "name": "GST", "amount": money(tax)}}, "items": {"item": items}},
    }})
}

fn payment(id: &str, code: &str, status: &str, day: i64, cents: u32) -> Value {
    json!({"host": HOST, "type": "transaction", "action": "insert", "transaction": {"transaction_id": id, "status": status,
        "gateway_id": "QuayPay", "booking_id": code, "date": june(day), "amount": money(cents), "payment_type": "Visa"}})
}

fn item(id: &str, name: &str, category: &str) -> Value {
    json!({"host": HOST, "type": "item", "action": "insert", "item": {"item_id": id, "name": name, "category_id": id, "category": category}})
}

/// What the harbour tours were told in June: the day and the body.
fn story() -> Vec<(i64, Value)> {
    let whales = ("1", "1", 2, 21_000);
    let kayak = ("1", "2", 1, 8_400);
    let lunch = ("1.1", "3", 2, 4_200);
    vec![
        (1, item("1", "Whale watching", "Boats")),
        (1, item("2", "Kayak", "Rentals")),
        (1, item("3", "Lunch", "Extras")),
        (1, booking("KMVQ-010626", "BT5-1", "HOLD", 1, 10, 0, &[whales, lunch])),
        (2, booking("KMVQ-010626", "BT5-1", "PAID", 1, 10, 25_200, &[whales, lunch])),
        (2, payment("T1", "KMVQ-010626", "PAID", 2, 25_200)),
        (3, booking("QZRT-030626", "BT5-2", "PART", 3, 12, 2_100, &[kayak])),
        (3, payment("T2", "QZRT-030626", "PAID", 3, 2_100)),
        (4, booking("LWXA-040626", "BT5-1", "PAID", 4, 20, 21_000, &[whales])),
        (4, payment("T3", "LWXA-040626", "PAID", 4, 21_000)),
        (6, booking("LWXA-040626", "BT5-1", "STOP", 4, 20, 0, &[whales])),
        (6, payment("T4", "LWXA-040626", "REFUND", 6, 21_000)),
        (7, booking("PDNB-070626", "BT5-1", "PAID", 7, 12, 8_400, &[kayak])),
        (7, payment("T5", "PDNB-070626", "PAID", 7, 8_400)),
    ]
}

pub(crate) async fn mirror(backend: Backend) -> TestApp {
    let zone = Some("America/Vancouver".to_owned());
    let app = TestApp::start_with(backend, Options { account_timezone: zone, ..Options::default() }, &[]).await;
    let bodies: Vec<_> =
        (0..).zip(story()).map(|(number, (day, body))| (june(day) * 1_000_000 + number, body.to_string())).collect();
    block_in_place(|| record(&app.database, bodies.iter().map(|(id, body)| (*id, body))));
    app.project();
    assert_eq!(app.states(), format!("applied {}", bodies.len()));
    app
}

/// The document's queries, each with what is printed below it.
fn queries() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/REPORTS.md")).unwrap();
    let blocks = text.split("```sql\n").skip(1).map(|block| {
        let (query, rest) = block.split_once(";\n```").unwrap();
        let output = rest.strip_prefix("\n\n```text\n").unwrap_or_else(|| panic!("no output follows {query}"));
        (query.to_owned(), output.split_once("```").unwrap().0.to_owned())
    });
    blocks.collect()
}

/// The rows of a query: values between bars, `-` for NULL, numbers without trailing zeros.
fn run(app: &TestApp, query: &str) -> Vec<Vec<String>> {
    let rows = match app.backend {
        Backend::Postgres => {
            let row = "SELECT CAST(json_agg(COALESCE(e.value, '-')) AS TEXT) FROM json_each_text(row_to_json(q)) e";
            block_in_place(|| read_sql(&app.database, &format!("SELECT ({row}) AS v FROM ({query}) q")))
                .into_iter()
                .map(|row| serde_json::from_str(&row.unwrap()).unwrap())
                .collect()
        }
        Backend::Sqlite => of_sqlite(app, query),
    };
    let normal = |cell: &String| match cell.as_str() {
        "true" => "1".to_owned(),
        "false" => "0".to_owned(),
        cell => cell.parse::<Decimal>().map_or_else(|_| cell.to_owned(), |number| number.normalize().to_string()),
    };
    rows.iter().map(|row: &Vec<String>| row.iter().map(normal).collect()).collect()
}

fn of_sqlite(app: &TestApp, query: &str) -> Vec<Vec<String>> {
    let connection = rusqlite::Connection::open(app.file()).unwrap();
    let mut statement = connection.prepare(query).unwrap();
    let columns = statement.column_count();
    let cell = |value: rusqlite::types::Value| match value {
        rusqlite::types::Value::Null => "-".to_owned(),
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Real(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        rusqlite::types::Value::Blob(_) => panic!("no view has bytes"),
    };
    let row = |row: &rusqlite::Row<'_>| (0..columns).map(|index| Ok(cell(row.get(index)?))).collect();
    statement.query_map([], row).unwrap().map(Result::unwrap).collect()
}

fn printed(rows: &[Vec<String>]) -> String {
    rows.iter().map(|row| row.join(" | ") + "\n").collect()
}

async fn every_query_says_what_is_printed(backend: Backend) {
    let app = mirror(backend).await;
    let queries = queries();
    assert!(queries.len() > 15, "{queries:?}");
    for (query, output) in queries {
        let (columns, expected) = output.split_once('\n').unwrap();
        let said = run(&app, &query);
        assert_eq!(printed(&said), expected, "{query}");
        assert!(said.iter().all(|row| row.len() == columns.split(" | ").count()), "{columns}");
    }
}

/// As of today, balances are those of the view: also of what was deleted.
async fn as_of_now_is_now(backend: Backend) {
    let app = mirror(backend).await;
    app.apply([booking("PDNB-070626", "BT5-1", "PART", 7, 12, 0, &[("1", "2", 1, 8_400)]).to_string()]).await;
    let as_of = queries().into_iter().find(|(query, _)| query.contains("o.recorded_on <=")).unwrap().0;
    let as_of = as_of.replace("2026-06-03", "2100-01-01").replace("2026-06-04", "2100-01-02");
    let now = "SELECT booking_code, status_id, balance FROM balances_due ORDER BY booking_code";
    assert_eq!(run(&app, now).len(), 2);
    assert_eq!(run(&app, &as_of), run(&app, now));
    app.execute("UPDATE bookings SET deleted_at = '2026-06-09 00:00:00.000000+00:00' WHERE code = 'PDNB-070626'");
    assert_eq!(run(&app, now).len(), 1);
    assert_eq!(run(&app, &as_of), run(&app, now));
    let before = as_of.replace("2100-01-01", "2026-06-08").replace("2100-01-02", "2026-06-09");
    assert_eq!(run(&app, &before).len(), 1, "what was told later was not known then");
}

#[tokio::test(flavor = "multi_thread")]
async fn as_of_now_is_now_sqlite() {
    as_of_now_is_now(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_of_now_is_now_postgres() {
    as_of_now_is_now(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_says_what_is_printed_sqlite() {
    every_query_says_what_is_printed(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_says_what_is_printed_postgres() {
    every_query_says_what_is_printed(Backend::Postgres).await;
}
