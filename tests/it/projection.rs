//! What a delivery makes of the tables.

use serde_json::{Value, json};

use crate::support::{TestApp, on_both, payload};

/// The booking payload, changed.
fn booking(change: impl FnOnce(&mut Value)) -> String {
    let mut body: Value = serde_json::from_slice(&payload("booking.json")).unwrap();
    change(&mut body["booking"]);
    body.to_string()
}

fn native(kind: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut body: Value = serde_json::from_slice(&payload(&format!("{kind}.json"))).unwrap();
    change(&mut body);
    body.to_string()
}

on_both! {
    async fn a_booking_fills_every_column_it_can(app: TestApp) {
        app.apply([payload("booking.xml")]).await;
        assert_eq!(app.states(), "applied 1");
        let columns = |columns: &str, table: &str| {
            let columns = columns.split(", ").map(|column| format!("coalesce(CAST({column} AS text), '-')"));
            let query = format!("SELECT {} AS v FROM {table}", columns.collect::<Vec<_>>().join(" || ' | ' || "));
            app.texts(&query).into_iter().flatten().collect::<Vec<_>>().join("\n")
        };
        insta::allow_duplicates! {
        insta::assert_snapshot!(
            columns("account_id, code, booking_id, status_id, customer_key, customer_name, customer_email, customer_phone, staff_id, source_ip, tid, currency_id", "bookings"),
            @"1 | QZRT-120526 | 4711 | PART | HT4-112-908 | Zoë O’Hara & Söhne | Zoe@Example.com | 1 (250) 555-0123 | 7 | 198.51.100.23 | - | CAD"
        );
        insta::assert_snapshot!(columns("created_on, start_on, end_on", "bookings"), @"2026-05-12 | 2026-07-07 | 2026-07-07");
        insta::assert_snapshot!(
            columns("line_id, parent_line_id, item_id, category_id, sku, status_id, qty, slip, package_id", "booking_items ORDER BY line_id"),
            @r"
        1 | - | 31 | 4 | sunset-sail | PART | 2 | - | 0
        1.3 | 1 | 35 | 5 | picnic | PART | 1 | Berth 3 | 35
        "
        );
        insta::assert_snapshot!(columns("position, tax_id, name", "booking_taxes ORDER BY position"), @r"
        1 | 6 | GST
        2 | 9 | Harbour fee (included)
        ");
        // The postal code is empty in `customer`, and given in `fields`.
        insta::assert_snapshot!(
            columns("customer_key, code, name, email, city, country, postal_zip", "customers"),
            @"HT4-112-908 | HT4-112-908 | Zoë O’Hara & Söhne | Zoe@Example.com | Victoria | CA | V8W 1T3"
        );
        }
        assert_eq!(app.text("SELECT host AS v FROM accounts"), "harbour-tours.checkfront.example");
        assert_eq!(app.text("SELECT CAST(count(*) AS text) AS v FROM statuses"), "7");
        // Scale is presentation; the value is exact.
        assert_eq!(app.text("SELECT CAST(total * 100 = 12600 AND paid_total = 40 AND sub_total = 120 AS text) AS v FROM bookings"), if app.backend == crate::support::Backend::Sqlite { "1" } else { "true" });
    }

    async fn cleared_fields_become_null_and_removed_lines_go(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        app.apply([booking(|booking| {
            booking["staff_id"] = json!({});
            booking["customer"]["phone"] = json!({});
            booking["order"]["discount"] = json!({});
            let first = booking["order"]["items"]["item"][0].clone();
            booking["order"]["items"]["item"] = first;
            booking["order"]["taxes"] = json!({});
        })])
        .await;
        assert_eq!(app.states(), "applied 2");
        assert_eq!(app.text("SELECT CAST(count(staff_id) + count(discount) + count(customer_phone) AS text) AS v FROM bookings"), "0");
        assert_eq!(app.text("SELECT line_id AS v FROM booking_items"), "1");
        assert_eq!(app.text("SELECT CAST(count(*) AS text) AS v FROM booking_taxes"), "0");
        // An empty field clears the booking's copy, never the customer's.
        assert_eq!(app.text("SELECT phone AS v FROM customers"), "1 (250) 555-0123");
        let changes: Value = serde_json::from_str(&app.text("SELECT CAST(changes AS text) AS v FROM booking_history ORDER BY event_id DESC LIMIT 1")).unwrap();
        assert_eq!(changes["staff_id"], json!([7, null]));
        assert_eq!(changes["items.1.3"][1], Value::Null);
        assert_eq!(app.text("SELECT CAST(changes AS text) AS v FROM booking_history ORDER BY event_id LIMIT 1"), "{}");
    }

    async fn odd_values_are_kept_and_reported_never_guessed(app: TestApp) {
        app.apply([booking(|booking| {
            booking["order"]["total"] = json!("1,234.00");
            booking["order"]["sub_total"] = json!(1e300);
            booking["start_date"] = json!("2026-07-07");
            booking["order"]["items"]["item"][0]["qty"] = json!("two");
            booking["surprise"] = json!({"a": ["b"]});
            booking["tid"] = json!("x".repeat(3_000));
            booking["token"] = json!("opens the booking to anyone");
        })])
        .await;
        assert_eq!(app.states(), "applied 1");
        assert_eq!(app.text("SELECT CAST(count(total) + count(sub_total) + count(start_at) + count(tid) AS text) AS v FROM bookings"), "0");
        let extra: Value = serde_json::from_str(&app.text("SELECT CAST(extra AS text) AS v FROM bookings")).unwrap();
        assert_eq!(extra["order"]["total"], "1,234.00");
        assert_eq!(extra["start_date"], "2026-07-07");
        assert_eq!(extra["surprise"], json!({"a": ["b"]}));
        assert_eq!(extra.get("token"), None);
        let error = app.text("SELECT error AS v FROM webhook_events");
        for part in ["booking.order.total is not a plain amount", "line 1.qty is not a whole number", "unknown field booking.surprise"] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }

    async fn partial_bodies_touch_only_what_they_carry(app: TestApp) {
        app.apply([payload("event.xml")]).await;
        app.apply([
            r#"{"event":"booking.update","booking":{"id":990017,"status":"CANCELLED"}}"#,
            "event=booking.update&booking[id]=990017&booking[customer][phone]=123",
        ])
        .await;
        assert_eq!(app.states(), "applied 3");
        assert_eq!(
            app.text("SELECT code || status_id || customer_name || customer_phone AS v FROM bookings"),
            "990017CANCELLEDMax Muster123"
        );
        let lines = app.texts("SELECT line_id || ' ' || item_id || ' ' || name || ' ' || qty AS v FROM booking_items ORDER BY line_id");
        assert_eq!(lines, [Some("1 51 Old Town Walk 3".to_owned()), Some("2 52 Museum 1".to_owned())]);
        assert_eq!(app.text("SELECT host AS v FROM accounts"), "default");
        assert_eq!(app.text("SELECT label AS v FROM statuses WHERE status_id = 'CANCELLED'"), "CANCELLED");
    }

    async fn a_customer_who_gets_a_code_leaves_the_address(app: TestApp) {
        let with_code = |code: &str, number: u32, code_given: bool| booking(|booking| {
            booking["code"] = json!(code);
            booking["staff_id"] = json!(number);
            if !code_given {
                booking["customer"]["code"] = json!({});
            }
        });
        app.apply([with_code("A", 1, false), with_code("B", 1, false)]).await;
        assert_eq!(app.text("SELECT customer_key AS v FROM customers"), "email:zoe@example.com");
        app.apply([with_code("A", 2, true)]).await;
        assert_eq!(app.texts("SELECT customer_key AS v FROM customers").len(), 2);
        app.apply([with_code("B", 2, true)]).await;
        assert_eq!(app.text("SELECT customer_key AS v FROM customers"), "HT4-112-908");
    }

    async fn a_change_of_the_customer_alone_is_no_step_of_the_booking(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        app.apply([booking(|booking| booking["customer"]["city"] = json!("Sidney"))]).await;
        assert_eq!(app.states(), "applied 2");
        assert_eq!(app.text("SELECT city AS v FROM customers"), "Sidney");
        assert_eq!(app.text("SELECT CAST(count(*) AS text) AS v FROM booking_history"), "1");
    }

    async fn a_delete_marks_and_an_older_event_brings_nothing_back(app: TestApp) {
        let delete = |kind: &str| native(kind, |body| body["action"] = json!("delete"));
        app.apply([native("item", |_| {}), native("rate", |_| {}), native("transaction", |_| {})]).await;
        app.apply([delete("item"), delete("rate"), r#"{"host":"harbour-tours.checkfront.example","type":"transaction","action":"delete","transaction":{"transaction_id":"HT778899"}}"#.to_owned()]).await;
        for table in ["items WHERE item_id = 31", "rates", "transactions WHERE gateway_id = 'QuayPay'"] {
            assert_eq!(app.text(&format!("SELECT CAST(count(deleted_at) AS text) AS v FROM {table}")), "1", "{table}");
        }
        assert_eq!(app.text("SELECT name AS v FROM items WHERE item_id = 31"), "Sunset Sail", "what is known of it stays");
        // A refund of the same payment, received before the delete but committed after it.
        app.deliver(native("transaction", |body| body["transaction"]["status"] = json!("REFUND"))).await;
        app.execute("UPDATE webhook_events SET id = 17 WHERE state = 'pending'");
        app.execute("UPDATE webhook_bodies SET event_id = 17 WHERE event_id = (SELECT max(event_id) FROM webhook_bodies)");
        app.project();
        assert_eq!(app.text("SELECT state AS v FROM webhook_events WHERE id = 17"), "superseded");
        assert_eq!(app.text("SELECT CAST(count(*) AS text) AS v FROM transactions WHERE deleted_at IS NULL"), "0");
        app.apply([payload("event.json"), br#"{"event":"booking.delete","booking":{"id":990017}}"#.to_vec()]).await;
        assert_eq!(app.text("SELECT status_id AS v FROM bookings WHERE deleted_at IS NOT NULL"), "CONFIRMED");
        // A newer one does.
        app.apply([native("item", |_| {})]).await;
        assert_eq!(app.text("SELECT CAST(count(deleted_at) AS text) AS v FROM items"), "0");
    }

    async fn product_groups_and_rates_fill_their_tables(app: TestApp) {
        app.apply([payload("item.json"), payload("rate.xml")]).await;
        let child = "SELECT sku || parent_item_id || stock || CAST(extra AS text) AS v FROM items WHERE item_id = 32";
        let child = app.text(child);
        assert!(child.starts_with("sunset-sail-late316{") && child.contains("price_type"), "{child}");
        let json = |query: &str| serde_json::from_str::<Value>(&app.text(query)).unwrap();
        assert_eq!(json("SELECT CAST(rules AS text) AS v FROM items WHERE item_id = 31")["param"]["adult"]["MAX"], "12");
        assert_eq!(json("SELECT CAST(details AS text) AS v FROM rates")["thresholds"][1], json!({"level": "2", "rate": "200"}));
        assert_eq!(json("SELECT CAST(repeat_days AS text) AS v FROM rates"), json!(["tue", "sat"]));
        assert_eq!(app.texts("SELECT CAST(item_id AS text) AS v FROM rate_items ORDER BY item_id").len(), 2);
        app.apply([native("rate", |body| body["rate"]["apply_to"] = json!({"items": ["all"], "categories": []}))]).await;
        assert_eq!(app.text("SELECT CAST((SELECT count(*) FROM rate_items) + (SELECT count(*) FROM rate_categories) AS text) AS v"), "0");
        assert_eq!(app.text("SELECT CAST(count(*) AS text) AS v FROM rates WHERE all_items"), "1");
    }

    async fn what_no_version_knows_is_ignored_by_name(app: TestApp) {
        app.apply([r#"{"host":"a.example","type":"item_calendar","action":"update","item_calendar":{"x":1}}"#, " \n ", r"[1,2]"]).await;
        assert_eq!(app.states(), "ignored 3");
        assert_eq!(app.texts("SELECT kind || ' ' || coalesce(type_name, '-') AS v FROM webhook_events ORDER BY id")[0].as_deref(), Some("unknown item_calendar"));
        assert_eq!(app.text("SELECT CAST(count(*) AS text) AS v FROM accounts"), "0");
    }
}
