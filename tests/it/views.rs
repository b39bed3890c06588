//! Each view says what its raw rows do, at any time, whoever wrote them.

mod raw;
mod rows;
mod story;
mod truth;

use checkfront_mirror::config::Options;
use checkfront_mirror::db::Database;
use checkfront_mirror::db::figures;
use checkfront_mirror::forget::{Who, erase, mark, search};
use checkfront_mirror::rebuild::Rebuild;
use rust_decimal::Decimal;
use tokio::task::block_in_place;

use crate::order::record;
use crate::support::{Backend, TestApp, read_sql};
use raw::Raw;

type Truth = fn(&Raw) -> Vec<String>;

/// Each view, the columns that are compared, and what they have to say.
const VIEWS: [(&str, &str, Truth); 15] = [
    (
        "sales_by_day",
        "basis day currency_id bookings quantity sub_total tax_total total paid_total",
        truth::sales_by_day,
    ),
    (
        "sales_by_item",
        "basis month item_id sku item category_id currency_id lines quantity tax_total total",
        truth::sales_by_item,
    ),
    (
        "sales_by_category",
        "basis month category_id category currency_id lines quantity tax_total total",
        truth::sales_by_category,
    ),
    ("payments_by_day", "day currency_id payment_type payments refunds paid refunded net", truth::payments_by_day),
    (
        "balances_due",
        "booking_code status_id customer_key customer_name customer_email customer_phone created_on start_on end_on currency_id total paid_total balance",
        truth::balances_due,
    ),
    ("unearned_revenue", "day currency_id bookings paid_total unearned", truth::unearned_revenue),
    ("tax_by_day", "basis day currency_id tax_id name tax", truth::tax_by_day),
    ("cancellations_by_day", "day currency_id cancellations total paid_total", rows::cancellations_by_day),
    ("lead_times", "month lead_days bookings quantity", truth::lead_times),
    (
        "arrivals",
        "day booking_code line_id parent_line_id day_number days item_id item sku quantity status_id customer_key customer_name customer_email customer_phone",
        rows::arrivals,
    ),
    (
        "add_on_sales",
        "booking_code line_id parent_line_id item_id item sku parent_item_id parent_item parent_sku created_on start_on currency_id quantity tax_total total",
        rows::add_on_sales,
    ),
    (
        "customer_value",
        "customer_key code name email currency_id bookings quantity total paid_total",
        truth::customer_value,
    ),
    ("booking_fields", "booking_code created_on start_on field value", rows::booking_fields),
    (
        "status_changes",
        "booking_code event_id recorded_on from_status_id to_status_id to_label currency_id total paid_total",
        rows::status_changes,
    ),
    ("freshness", "pending failed timezone dates_follow", rows::freshness),
];

/// What a view says, in the words of the truth.
fn said(database: &Database, view: &str, columns: &str) -> Vec<String> {
    let cell = |column: &str| format!("COALESCE(CAST({column} AS TEXT), '-')");
    let columns: Vec<_> = ["account_id", "host"].into_iter().chain(columns.split(' ')).map(cell).collect();
    let rows = read_sql(database, &format!("SELECT {} AS v FROM {view}", columns.join(" || '|' || ")));
    let normal = |cell: &str| match cell {
        "true" => "1".to_owned(),
        "false" => "0".to_owned(),
        cell => cell.parse::<Decimal>().map_or_else(|_| cell.to_owned(), |number| number.normalize().to_string()),
    };
    rows.into_iter().map(|row| row.unwrap().split('|').map(normal).collect::<Vec<_>>().join("|")).collect()
}

fn assert_true(app: &TestApp, when: &str) {
    block_in_place(|| {
        let raw = Raw::load(&app.database);
        for (view, columns, truth) in VIEWS {
            let (mut told, mut expected) = (said(&app.database, view, columns), truth(&raw));
            told.sort();
            expected.sort();
            assert!(!told.is_empty(), "{view} says nothing {when}: the story is too short");
            let only = |one: &[String], other: &[String]| {
                one.iter().filter(|row| !other.contains(row)).take(5).cloned().collect::<Vec<_>>()
            };
            let (extra, missing) = (only(&told, &expected), only(&expected, &told));
            assert!(told == expected, "{view} {when}: says {extra:#?}, should say {missing:#?}");
        }
    });
}

/// The same before and after what changed is counted.
fn assert_true_counted_or_not(app: &TestApp, when: &str) {
    assert_true(app, &format!("{when}, not counted"));
    let count = || figures::count_all(&mut app.database.session(), |_| {}).unwrap();
    block_in_place(count);
    assert_eq!(app.text("SELECT CAST(count(*) AS TEXT) AS v FROM uncounted"), "0");
    assert_true(app, &format!("{when}, counted"));
}

fn deliver(app: &TestApp, seed: u64, deliveries: usize, first: i64) {
    let story = story::story(seed, deliveries, first);
    block_in_place(|| record(&app.database, story.iter().map(|(id, body)| (*id, body))));
    app.project();
}

async fn start(backend: Backend) -> TestApp {
    let zones = "a.example=Canada/Pacific,b.example=Asia/Tokyo".to_owned();
    TestApp::start_with(backend, Options { account_timezone: Some(zones), ..Options::default() }, &[]).await
}

async fn every_view_says_what_the_rows_say(backend: Backend) {
    let mut app = start(backend).await;
    for (seed, first) in (0..4).zip((0..).step_by(120)) {
        deliver(&app, seed, 120, first);
        assert_true_counted_or_not(&app, &format!("after part {seed}"));
    }
    app.execute("UPDATE statuses SET is_sale = NOT is_sale, is_cancelled = NOT is_cancelled WHERE status_id IN ('STOP', 'POSTP')");
    assert_true_counted_or_not(&app, "with other flags");
    app.config.accounts.zones = "Pacific/Auckland".parse().unwrap();
    app.project();
    assert_true_counted_or_not(&app, "in another time zone");
}

/// Whoever writes, and whatever: each of these statements is one that a trigger has to notice.
async fn a_change_by_hand_shows(backend: Backend) {
    let app = start(backend).await;
    deliver(&app, 7, 200, 0);
    for change in [
        "UPDATE bookings SET total = total + 1, currency_id = 'USD' WHERE code LIKE 'B1%'",
        "UPDATE bookings SET start_on = '2026-06-30', customer_key = 'C-9'",
        "UPDATE bookings SET deleted_at = updated_at WHERE code = 'B2-010626'",
        "UPDATE booking_items SET qty = 9, item_id = 8 WHERE line_id = '1'",
        "DELETE FROM booking_items WHERE line_id = '1.1' AND booking_code < 'B5'",
        "INSERT INTO booking_items (account_id, booking_code, line_id, qty, total, last_event_id) \
         SELECT account_id, code, '9', 3, 12.34, last_event_id FROM bookings",
        "UPDATE booking_taxes SET amount = 1.01 WHERE position = 1",
        "DELETE FROM booking_taxes WHERE booking_code < 'B3'",
        "INSERT INTO booking_taxes (account_id, booking_code, position, name, amount, last_event_id) \
         SELECT account_id, code, 9, 'Fee', 0.07, last_event_id FROM bookings",
        "UPDATE transactions SET amount = 1.99 WHERE status_id = 'PAID'",
        "UPDATE transactions SET booking_code = NULL WHERE transaction_id = 'T3'",
        "DELETE FROM transactions WHERE transaction_id = 'T4'",
        "INSERT INTO transactions (account_id, transaction_id, gateway_id, status_id, booking_code, amount, first_event_id, \
         last_event_id, updated_at) SELECT account_id, 'T99', code, 'REFUND', code, 5, first_event_id, last_event_id, updated_at FROM bookings",
        "UPDATE booking_history SET recorded_on = '2026-01-01', total = 1",
        "DELETE FROM booking_history WHERE booking_code = 'B3-010626'",
        "INSERT INTO booking_history (account_id, booking_code, event_id, recorded_at, status_id, total, changes) \
         SELECT account_id, code, 1, updated_at, 'VOID', 2, fields FROM bookings WHERE fields IS NOT NULL",
        "DELETE FROM bookings WHERE code = 'B4-010626'",
        "INSERT INTO bookings (account_id, code, status_id, total, content_hash, first_event_id, last_event_id, updated_at) \
         SELECT account_id, code || 'x', status_id, 3, '', 1, 1, updated_at FROM bookings",
        "UPDATE statuses SET is_sale = NOT is_sale",
        "DELETE FROM statuses WHERE status_id = 'PART'",
        "INSERT INTO statuses (account_id, status_id, label, is_sale, is_cancelled) \
         SELECT account_id, 'PART', 'Deposit', TRUE, FALSE FROM accounts",
    ] {
        app.execute(change);
        assert_true_counted_or_not(&app, change);
    }
}

/// Whatever a rebuild, or the erasure of a person, writes.
async fn a_rebuild_and_a_forgotten_person_show(backend: Backend) {
    let zones = Some("Canada/Pacific".to_owned());
    let keys = [("PRIVACY_KEY", "0123456789abcdef0123456789abcdef")];
    let app = TestApp::start_with(backend, Options { account_timezone: zones, ..Options::default() }, &keys).await;
    deliver(&app, 11, 150, 0);
    assert_true_counted_or_not(&app, "before");
    app.execute("UPDATE bookings SET total = 1, start_on = '2020-02-02' WHERE code LIKE 'B1%'");
    app.execute("DELETE FROM booking_items WHERE line_id = '1.1' AND booking_code < 'B4'");
    app.execute("DELETE FROM transactions WHERE transaction_id < 'T4'");
    assert_true_counted_or_not(&app, "spoilt");
    let settings = &app.config.accounts;
    block_in_place(|| {
        let mut rebuild = Rebuild::begin(&app.config.database_url, settings).unwrap();
        rebuild.project(&mut |_, _| {}).unwrap();
        rebuild.compare(true).unwrap();
        assert!(rebuild.counts().iter().any(|counts| counts.updated > 0));
        rebuild.apply(|_| Ok(())).unwrap();
        rebuild.end().unwrap();
    });
    assert_true_counted_or_not(&app, "rebuilt");

    let held = "SELECT CAST(count(*) AS TEXT) AS v FROM customer_sales WHERE customer_key = 'C-1'";
    assert_ne!(app.text(held), "0");
    block_in_place(|| {
        let keys = app.config.privacy.keys.as_ref().unwrap();
        for person in search(&app.database, &Who::Code("C-1".to_owned()), None, keys).unwrap() {
            mark(&app.database, &person, keys).unwrap();
            erase(&app.database, &person, keys, |_| {}).unwrap();
        }
    });
    assert_eq!(app.text(held), "0");
    assert_eq!(app.text("SELECT CAST(count(*) AS TEXT) AS v FROM counted_bookings WHERE customer_key = 'C-1'"), "0");
    app.project();
    assert_true_counted_or_not(&app, "forgotten");
}

macro_rules! both {
    ($($name:ident => $sqlite:ident, $postgres:ident;)+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $sqlite() {
            $name(Backend::Sqlite).await;
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn $postgres() {
            $name(Backend::Postgres).await;
        }
    )+};
}

both! {
    every_view_says_what_the_rows_say => views_say_what_rows_say_sqlite, views_say_what_rows_say_postgres;
    a_change_by_hand_shows => a_change_by_hand_shows_sqlite, a_change_by_hand_shows_postgres;
    a_rebuild_and_a_forgotten_person_show => rebuilt_and_forgotten_sqlite, rebuilt_and_forgotten_postgres;
}
