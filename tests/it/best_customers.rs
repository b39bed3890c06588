//! Who bought for most comes first, whatever was counted since, and whoever changed what counts as a sale.

use std::collections::BTreeMap;

use checkfront_mirror::db::cell::Cell;
use checkfront_mirror::db::{figures, migrate};
use checkfront_mirror::reports::{self, Selection};
use rust_decimal::Decimal;
use tokio::task::block_in_place;

use crate::support::{Backend, TestApp, on_both};

const AT: &str = "'2026-06-01 00:00:00+00:00'";

/// Bookings of two accounts whose customers have the same keys.
fn fill(app: &TestApp) {
    for (account, host) in [(1, "a.example"), (2, "b.example")] {
        app.execute(&format!(
            "INSERT INTO accounts (account_id, host, timezone, first_seen_at, dates_timezone) VALUES ({account}, '{host}', 'UTC', {AT}, 'UTC')"
        ));
        app.execute(&format!(
            "INSERT INTO statuses (account_id, status_id, label, is_sale, is_cancelled) VALUES ({account}, 'PAID', 'Paid', TRUE, FALSE), \
             ({account}, 'PEND', 'Pending', TRUE, FALSE), ({account}, 'STOP', 'Cancelled', FALSE, TRUE)"
        ));
    }
    app.execute(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600) \
         INSERT INTO bookings (account_id, code, customer_key, currency_id, status_id, total, paid_total, content_hash, first_event_id, \
         last_event_id, updated_at) SELECT 1 + i % 2, 'B' || (1000 + i), 'C-' || (100 + i % 150), \
         CASE i % 3 WHEN 0 THEN 'CAD' WHEN 1 THEN 'USD' ELSE 'KWD' END, \
         CASE i % 7 WHEN 0 THEN 'STOP' WHEN 1 THEN 'PEND' WHEN 2 THEN 'LATE' ELSE 'PAID' END, \
         (i * 37) % 211 + 0.125, 1, '', i, i, {AT} FROM n"
    ));
}

/// Account, customer, currency, bookings and total, the highest first: added up from the rows.
fn truth(app: &TestApp) -> Vec<String> {
    let rows = "SELECT b.account_id || '|' || b.customer_key || '|' || b.currency_id || '|' || b.total AS v FROM bookings b \
                JOIN statuses s ON s.account_id = b.account_id AND s.status_id = b.status_id WHERE s.is_sale AND b.deleted_at IS NULL";
    let mut sums = BTreeMap::<String, (i64, Decimal)>::new();
    for row in app.texts(rows).into_iter().flatten() {
        let (who, total) = row.rsplit_once('|').unwrap();
        let sum = sums.entry(who.to_owned()).or_default();
        *sum = (sum.0 + 1, sum.1 + total.parse::<Decimal>().unwrap());
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, (_, total))| std::cmp::Reverse(*total));
    sums.into_iter().map(|(who, (bookings, total))| format!("{who}|{bookings}|{}", total.normalize())).collect()
}

/// What a page of so many rows shows.
fn shown(app: &TestApp, limit: i64) -> Vec<String> {
    let report = reports::find("customer_value").unwrap();
    let mut selection = Selection::default();
    (selection.limit, selection.highest) = (Some(limit), report.highest());
    let rows = block_in_place(|| {
        app.database.snapshot(|tx| {
            let columns = report.selected(tx)?;
            report.first_rows(tx, &selection, &columns)
        })
    });
    let place = |name: &str| report.columns.iter().position(|column| column.name == name).unwrap();
    let told = ["account_id", "customer_key", "currency_id", "bookings", "total"].map(place);
    let cell = |cell: &Cell| match cell {
        Cell::Int(number) => number.to_string(),
        Cell::Money(amount) => amount.normalize().to_string(),
        Cell::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    rows.unwrap().iter().map(|row| told.map(|place| cell(&row[place])).join("|")).collect()
}

fn count(app: &TestApp) {
    block_in_place(|| figures::count_all(&mut app.database.session(), |_| {}).unwrap());
    assert_eq!(app.text("SELECT CAST(count(*) AS TEXT) AS v FROM turned_statuses"), "0");
}

fn assert_first(app: &TestApp, when: &str) {
    let all = truth(app);
    for limit in [1, 20, 2_000] {
        let (shown, wanted) = (shown(app, limit), usize::try_from(limit).unwrap().min(all.len()));
        assert_eq!(shown.len(), wanted, "{when}, {limit}");
        // Of equal totals either may come first, or last.
        let total = |row: &String| row.rsplit_once('|').map(|(_, total)| total.to_owned());
        assert_eq!(
            shown.iter().map(total).collect::<Vec<_>>(),
            all[..wanted].iter().map(total).collect::<Vec<_>>(),
            "{when}, {limit}"
        );
        assert!(shown.iter().all(|row| all.contains(row)), "{when}, {limit}: {shown:#?}");
    }
}

on_both! {
    async fn the_first_are_the_first_whatever_was_counted(app: TestApp) {
        fill(&app);
        assert_first(&app, "before anything is counted");
        count(&app);
        assert_first(&app, "counted");
        for change in [
            "UPDATE bookings SET total = 0.5 WHERE customer_key > 'C-130'",
            "UPDATE bookings SET total = total + 500 WHERE code LIKE 'B11%'",
            "UPDATE bookings SET total = 0.25 WHERE total > 40",
            "UPDATE bookings SET total = first_event_id, currency_id = 'JPY' WHERE code LIKE 'B12%'",
            "UPDATE statuses SET is_sale = NOT is_sale WHERE status_id IN ('STOP', 'PAID')",
            "UPDATE bookings SET status_id = 'STOP' WHERE code LIKE 'B13%'",
            "INSERT INTO statuses (account_id, status_id, label, is_sale, is_cancelled) VALUES (2, 'LATE', 'Late', TRUE, FALSE)",
            "UPDATE statuses SET is_sale = TRUE, account_id = 1 WHERE status_id = 'LATE'",
            "DELETE FROM statuses WHERE status_id = 'PEND' AND account_id = 1",
            "UPDATE bookings SET deleted_at = updated_at WHERE customer_key = 'C-107'",
            "UPDATE bookings SET customer_key = 'C-999' WHERE customer_key = 'C-108'",
            "DELETE FROM bookings WHERE account_id = 2 AND code > 'B1200'",
        ] {
            app.execute(change);
            assert_first(&app, &format!("{change}, not counted"));
            count(&app);
            assert_first(&app, &format!("{change}, counted"));
        }
        let gone = "SELECT CAST(count(*) AS TEXT) AS v FROM customer_sales WHERE customer_key IN ('C-107', 'C-108') OR n <= 0";
        assert_eq!(app.text(gone), "0");
        // A status that turned has its account counted, though no booking changed.
        app.execute("UPDATE statuses SET is_sale = NOT is_sale");
        assert_ne!(app.text("SELECT CAST(count(*) AS TEXT) AS v FROM uncounted"), "0");
        app.execute("UPDATE statuses SET label = label || '!'");
        app.project();
        count(&app);
        assert_first(&app, "turned");
    }

    /// With bookings that were counted, and some that were not; and back.
    async fn a_filled_former_version_is_brought_up_to_date(app: TestApp) {
        fill(&app);
        count(&app);
        app.execute("UPDATE bookings SET total = total + 1000 WHERE code LIKE 'B14%'");
        let (former, sums) = match app.backend {
            Backend::Sqlite => (include_str!("../../migrations/sqlite/00000000000013_best_customers/down.sql"), "total / 1000000.0"),
            Backend::Postgres => (include_str!("../../migrations/postgres/00000000000013_best_customers/down.sql"), "total"),
        };
        let expected = truth(&app).len();
        block_in_place(|| batch(&app, former));
        app.execute("DELETE FROM __diesel_schema_migrations WHERE version = '00000000000013'");
        let customers = "SELECT CAST(count(*) AS TEXT) AS v FROM customer_value";
        assert_eq!(app.text(customers), expected.to_string(), "as the former version had it");
        let figures = format!("SELECT CAST(sum({sums}) AS TEXT) AS v FROM figures WHERE kind = 'customer'");
        assert!(app.text(&figures).parse::<f64>().unwrap() > 10_000.0);
        // One that becomes a sale before it is migrated.
        app.execute("UPDATE statuses SET is_sale = TRUE WHERE status_id = 'STOP'");
        let applied = block_in_place(|| migrate::run(&mut app.database.session()).unwrap());
        assert_eq!(applied, ["00000000000013"]);
        assert_eq!(app.text("SELECT CAST(count(*) AS TEXT) AS v FROM figures WHERE kind = 'customer'"), "0");
        assert_first(&app, "migrated");
        count(&app);
        assert_first(&app, "migrated and counted");
    }
}

/// Several statements at once.
fn batch(app: &TestApp, statements: &str) {
    use checkfront_mirror::db::Tx;
    use diesel::connection::SimpleConnection;
    let run = |tx: &mut Tx<'_>| {
        match tx {
            Tx::Postgres(connection) => connection.batch_execute(statements)?,
            Tx::Sqlite(connection) => connection.batch_execute(statements)?,
        }
        Ok(())
    };
    app.database.session().transaction(run).unwrap();
}
