//! `/api/v1`: every filter finds what SQL finds, pages neither miss nor double, and what is wrong is named.

use std::collections::BTreeSet;

use reqwest::Response;
use reqwest::header::{ALLOW, CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use serde_json::{Value, json};

use crate::support::{TestApp, bodies, on_both, payload};

/// A booking with its steps, a payment, an item and a rate, of one account; and what cannot be read.
pub(crate) async fn one_account(app: &TestApp) {
    let paid = String::from_utf8(payload("booking.json")).unwrap().replace("\"PART\"", "\"PAID\"");
    let others = ["booking.xml", "transaction.json", "item.json", "rate.json", "booking.txt", "item.xml"].map(payload);
    app.apply(
        [vec![payload("booking.json"), paid.into_bytes(), b"{".to_vec(), b"".to_vec()], others.to_vec()].concat(),
    )
    .await;
}

async fn ask(app: &TestApp, path: &str) -> Response {
    app.client.get(format!("{}{path}", app.url)).send().await.unwrap()
}

/// The answer of 200 as JSON.
pub(crate) async fn get(app: &TestApp, path: &str) -> Value {
    let answer = ask(app, path).await;
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// All that a list has, page by page; each page as large as it says.
async fn walk(app: &TestApp, path: &str, limit: usize) -> Vec<Value> {
    let mark = if path.contains('?') { '&' } else { '?' };
    let (mut next, mut all) = (Some(format!("/api/v1{path}{mark}limit={limit}")), Vec::new());
    while let Some(path) = next {
        let page = get(app, &path).await;
        let data = page["data"].as_array().unwrap();
        assert!(data.len() <= limit);
        all.extend(data.iter().cloned());
        next = page["next"].as_str().map(str::to_owned);
    }
    all
}

fn column(rows: &[Value], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].as_str().map_or_else(|| row[name].to_string(), str::to_owned)).collect()
}

async fn problem(app: &TestApp, path: &str) -> (u16, Value) {
    let answer = ask(app, path).await;
    assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

on_both! {
    async fn filters_find_what_sql_finds(app: TestApp) {
        app.apply(bodies(3, 24)).await;
        app.apply([payload("event.json"), payload("item.json")].map(|body| String::from_utf8(body).unwrap().replace("harbour-tours.checkfront.example", "a.example"))).await;
        let account = app.text("SELECT CAST(min(account_id) AS text) AS v FROM accounts WHERE host = 'a.example'");
        let a_booking = |column: &str| app.text(&format!("SELECT CAST({column} AS text) AS v FROM bookings WHERE account_id = {account} AND {column} IS NOT NULL ORDER BY code LIMIT 1"));
        let (customer, created, start, updated) = (a_booking("customer_key"), a_booking("created_on"), a_booking("start_on"), app.text("SELECT CAST(max(updated_at) AS text) AS v FROM bookings"));
        let item = app.text("SELECT CAST(item_id AS text) AS v FROM booking_items WHERE item_id IS NOT NULL ORDER BY booking_code LIMIT 1");
        let instant = app.text("SELECT CAST(max(last_event_id) AS text) AS v FROM bookings").parse::<i64>().map(|id| chrono::DateTime::from_timestamp_micros(id).unwrap()).unwrap();
        let time = instant.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let mut asked = vec![
            ("bookings", "code", String::new(), String::new()),
            ("bookings", "code", "status=PAID".to_owned(), "status_id = 'PAID'".to_owned()),
            ("bookings", "code", format!("customer={customer}"), format!("customer_key = '{customer}'")),
            ("bookings", "code", format!("customer={customer}&item={item}"), format!("customer_key = '{customer}' AND code IN (SELECT booking_code FROM booking_items WHERE item_id = {item})")),
            ("bookings", "code", format!("item={item}"), format!("code IN (SELECT booking_code FROM booking_items WHERE item_id = {item})")),
            ("bookings", "code", format!("created_from={created}&created_to={created}"), format!("created_on = '{created}'")),
            ("bookings", "code", format!("start_from={start}"), format!("start_on >= '{start}'")),
            ("bookings", "code", format!("start_to={start}&status=PAID"), format!("start_on <= '{start}' AND status_id = 'PAID'")),
            ("bookings", "code", format!("end_from={start}&end_to={start}"), format!("end_on = '{start}'")),
            ("bookings", "code", format!("updated_since={time}"), format!("updated_at >= '{updated}'")),
            ("bookings", "code", "q=ada".to_owned(), "lower(customer_name) LIKE '%ada%' OR lower(code) LIKE 'ada%' OR lower(customer_email) LIKE '%ada%'".to_owned()),
            ("bookings", "code", "q=%25".to_owned(), "customer_name LIKE '%!%%' ESCAPE '!'".to_owned()),
            ("customers", "customer_key", "q=ada".to_owned(), "lower(name) LIKE '%ada%' OR lower(email) LIKE '%ada%'".to_owned()),
            ("customers", "customer_key", "email=NOBODY@example.com".to_owned(), "lower(email) = 'nobody@example.com'".to_owned()),
            ("transactions", "transaction_id", "status=PAID".to_owned(), "status_id = 'PAID'".to_owned()),
            ("transactions", "transaction_id", format!("from={created}&to={created}"), format!("transacted_on = '{created}'")),
            ("items", "item_id", "status=A".to_owned(), "status_id = 'A'".to_owned()),
            ("items", "item_id", format!("updated_since={time}"), format!("updated_at >= '{updated}'")),
        ];
        let code = a_booking("code");
        asked.push(("transactions", "transaction_id", format!("booking={code}"), format!("booking_code = '{code}'")));
        asked.push(("bookings", "code", format!("q={}", &code.to_lowercase()[..4]), format!("code LIKE '{}%'", &code[..4])));
        let email = app.text("SELECT email AS v FROM customers WHERE email IS NOT NULL ORDER BY customer_key LIMIT 1");
        asked.push(("customers", "customer_key", format!("email={}", email.to_uppercase()), format!("lower(email) = lower('{email}')")));
        let mut found = 0;
        for (list, key, parameters, condition) in asked {
            let condition = if condition.is_empty() { "1 = 1".to_owned() } else { condition };
            let expected = app.texts(&format!("SELECT CAST({key} AS text) AS v FROM {list} WHERE account_id = {account} AND ({condition})"));
            let expected: BTreeSet<String> = expected.into_iter().flatten().collect();
            for limit in [1, 7, 500] {
                let rows = walk(&app, &format!("/{list}?account=A.example&{parameters}"), limit).await;
                let keys = column(&rows, key);
                assert_eq!(keys.iter().cloned().collect::<BTreeSet<_>>(), expected, "{list}?{parameters} by {limit}");
                if list != "transactions" {
                    assert_eq!(keys.len(), expected.len(), "{list}?{parameters} by {limit}");
                }
            }
            found += usize::from(!expected.is_empty());
        }
        assert!(found >= 15, "most filters have to find something: {found}");
    }

    async fn events_are_listed_newest_first_without_their_bodies(app: TestApp) {
        one_account(&app).await;
        let ids = |condition: &str| app.texts(&format!("SELECT CAST(id AS text) AS v FROM webhook_events WHERE {condition} ORDER BY id DESC")).into_iter().flatten().collect::<Vec<_>>();
        let middle = ids("1 = 1")[5].clone();
        let time = chrono::DateTime::from_timestamp_micros(middle.parse().unwrap()).unwrap().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        for (parameters, condition) in [
            (String::new(), "1 = 1".to_owned()),
            ("?state=failed".to_owned(), "state = 'failed'".to_owned()),
            ("?state=applied&kind=booking".to_owned(), "state = 'applied' AND kind = 'booking'".to_owned()),
            ("?key=QZRT-120526&kind=booking".to_owned(), "entity_key = 'QZRT-120526' AND kind = 'booking'".to_owned()),
            (format!("?from={time}"), format!("id >= {middle}")),
            (format!("?to={time}"), format!("id < {middle}")),
        ] {
            let expected = ids(&condition);
            assert!(!expected.is_empty(), "{condition}");
            for limit in [1, 3, 500] {
                let rows = walk(&app, &format!("/events{parameters}"), limit).await;
                assert_eq!(column(&rows, "id"), expected, "{parameters} by {limit}");
                assert!(rows.iter().all(|row| row.get("body").is_none() && row.get("headers").is_none()));
            }
        }
        let one = get(&app, &format!("/api/v1/events/{middle}")).await;
        assert_eq!(one["id"].to_string(), middle);
        assert!(one["body_bytes"].as_i64().unwrap() > 0 && one.get("body").is_none());
    }

    async fn one_booking_comes_with_all_that_belongs_to_it(app: TestApp) {
        one_account(&app).await;
        let booking = get(&app, "/api/v1/bookings/QZRT-120526").await;
        let count = |table: &str| app.text(&format!("SELECT CAST(count(*) AS text) AS v FROM {table} WHERE booking_code = 'QZRT-120526'")).parse::<usize>().unwrap();
        for (field, table) in [("items", "booking_items"), ("taxes", "booking_taxes"), ("transactions", "transactions"), ("history", "booking_history")] {
            assert_eq!(booking[field].as_array().unwrap().len(), count(table), "{field}");
        }
        assert!(count("booking_items") > 1 && count("booking_history") > 1);
        // Money as text, instants with Z, days plain.
        assert!(booking["total"].is_string() && booking["created_on"].as_str().unwrap().len() == 10);
        assert!(booking["created_at"].as_str().unwrap().ends_with('Z'), "{booking}");
        let customer = get(&app, "/api/v1/customers/HT4-112-908").await;
        assert_eq!(customer["email"], "Zoe@Example.com");
    }

    async fn any_code_can_be_asked_for(app: TestApp) {
        for code in ["A/B", "a b+c", "50%", "é?#&=", "..", "%2F", "\"'\\"] {
            app.apply([json!({"booking": {"code": code, "status": "PAID"}}).to_string()]).await;
            let encoded = percent_encoding::utf8_percent_encode(code, percent_encoding::NON_ALPHANUMERIC).to_string();
            let encoded = encoded.replace("%2E", ".").replace("..", "%2E%2E");
            // A client may resolve dots before it asks: such a code is found by the list alone.
            if code != ".." {
                let booking = get(&app, &format!("/api/v1/bookings/{encoded}")).await;
                assert_eq!(booking["code"], code);
            }
        }
        assert_eq!(walk(&app, "/bookings", 2).await.len(), 7);
        assert_eq!(problem(&app, "/api/v1/bookings/%00").await.0, 404);
        assert_eq!(problem(&app, "/api/v1/bookings/%FF").await.0, 404);
    }

    async fn pages_stay_what_they_are_while_rows_come(app: TestApp) {
        app.apply(bodies(4, 12)).await;
        let before = walk(&app, "/bookings", 500).await;
        let first = get(&app, "/api/v1/bookings?limit=5").await;
        app.apply(bodies(5, 12)).await;
        let mut codes = column(first["data"].as_array().unwrap(), "code");
        let mut next = first["next"].as_str().map(str::to_owned);
        while let Some(path) = next {
            let page = get(&app, &path).await;
            codes.extend(column(page["data"].as_array().unwrap(), "code"));
            next = page["next"].as_str().map(str::to_owned);
        }
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "none comes twice");
        assert!(column(&before, "code").iter().all(|code| codes.contains(code)), "none is missed");
    }

    async fn what_the_client_has_is_not_sent_again(app: TestApp) {
        one_account(&app).await;
        let answer = ask(&app, "/api/v1/bookings").await;
        assert_eq!(answer.headers()[CACHE_CONTROL], "private, no-cache");
        let tag = answer.headers()[ETAG].to_str().unwrap().to_owned();
        let again = |tag: String| app.client.get(format!("{}/api/v1/bookings", app.url)).header(IF_NONE_MATCH, tag).send();
        let unchanged = again(tag.clone()).await.unwrap();
        assert_eq!((unchanged.status().as_u16(), unchanged.headers()[ETAG].to_str().unwrap()), (304, tag.as_str()));
        assert_eq!(again(format!("\"other\", W/{tag}")).await.unwrap().status(), 304);
        app.apply([String::from_utf8(payload("booking.json")).unwrap().replace("\"PART\"", "\"VOID\"")]).await;
        assert_eq!(again(tag).await.unwrap().status(), 200);
    }

    async fn what_is_wrong_is_named(app: TestApp) {
        one_account(&app).await;
        for (path, parameter, hint) in [
            ("bookings?colour=red", "colour", "status"),
            ("bookings?limit=0", "limit", "from 1 to 500"),
            ("bookings?limit=501", "limit", "from 1 to 500"),
            ("bookings?limit=5&limit=6", "limit", "duplicate"),
            ("bookings?created_from=yesterday", "created_from", "2026-07-01"),
            ("bookings?start_to=2026-02-30", "start_to", "2026-07-01"),
            ("bookings?updated_since=2026-07-01", "updated_since", "2026-07-01T09:30:00Z"),
            ("bookings?item=kayak", "item", "whole number"),
            ("bookings?cursor=nonsense", "cursor", "next"),
            ("bookings?status=%00", "status", "NUL"),
            ("bookings?cursor=WyJcdTAwMDAiXQ", "cursor", "next"),
            ("events?state=lost", "state", "pending"),
            ("events/1?x=1", "x", "unknown"),
            ("reports?x=1", "x", "unknown"),
            ("reports/sales_by_day?colour=red", "colour", "basis"),
            ("reports/sales_by_day?from=May", "from", "2026-07-01"),
            ("reports/sales_by_day?format=xml", "format", "csv"),
            ("reports/sales_by_day?basis=a&basis=b", "basis", "twice"),
            ("reports/sales_by_day?total=1", "total", "not selected"),
            ("reports/customer_value?from=2026-07-01", "from", "no days"),
            ("changes?after=x", "after", "whole number"),
        ] {
            let (status, problem) = problem(&app, &format!("/api/v1/{path}")).await;
            assert_eq!((status, problem["parameter"].as_str()), (400, Some(parameter)), "{path}: {problem}");
            assert!(problem["detail"].as_str().unwrap().contains(hint), "{path}: {problem}");
        }
        for path in ["bookings/NONE-1", "customers/none", "events/17", "events/x", "reports/none", "nothing", "", "bookings?account=nowhere.example"] {
            assert_eq!(problem(&app, &format!("/api/v1/{path}")).await.0, 404, "{path}");
        }
        let answer = app.client.post(format!("{}/api/v1/bookings", app.url)).send().await.unwrap();
        assert_eq!(answer.status(), 405);
        assert_eq!(answer.headers()[ALLOW], "GET,HEAD");
        assert!(answer.text().await.unwrap().contains("read only"));
        let head = app.client.head(format!("{}/api/v1/bookings", app.url)).send().await.unwrap();
        assert!(head.status() == 200 && head.headers().contains_key(ETAG));
    }

    async fn with_several_accounts_one_has_to_be_said(app: TestApp) {
        assert_eq!(get(&app, "/api/v1/bookings").await, json!({"data": [], "next": null}));
        app.apply([payload("booking.json")]).await;
        app.apply([String::from_utf8(payload("booking.json")).unwrap().replace("harbour-tours", "other-tours")]).await;
        let (status, said) = problem(&app, "/api/v1/bookings").await;
        assert_eq!((status, said["parameter"].as_str()), (400, Some("account")), "{said}");
        assert!(said["detail"].as_str().unwrap().contains("other-tours.checkfront.example"), "{said}");
        assert_eq!(walk(&app, "/bookings?account=other-tours.checkfront.example", 5).await.len(), 1);
        assert_eq!(get(&app, "/api/v1/freshness").await["data"].as_array().unwrap().len(), 2);
        let one = get(&app, "/api/v1/freshness?account=other-tours.checkfront.example").await;
        assert_eq!(column(one["data"].as_array().unwrap(), "host"), ["other-tours.checkfront.example"]);
    }
}
