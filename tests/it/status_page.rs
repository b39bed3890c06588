//! The status page over HTTP: what it shows, what it hides, and what its forms do. `browser` looks at it in Chromium.

use std::time::Duration;

use checkfront_mirror::config::Options;
use reqwest::Response;
use reqwest::redirect::Policy;
use tokio::time::timeout;

use crate::forgetting::edited;
use crate::support::{Backend, TestApp, client, on_both, payload};

const BOOKING: &str = "/bookings/QZRT-120526";

async fn ask(app: &TestApp, path: &str, cookie: &str) -> Response {
    let request = app.client.get(format!("{}{path}", app.url)).header("accept", "text/html");
    request.header("cookie", cookie).send().await.unwrap()
}

async fn text(app: &TestApp, path: &str) -> String {
    let answer = ask(app, path, "").await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

/// The key that the forms of a page carry.
fn key(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"key\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

async fn send(app: &TestApp, path: &str, form: &str, origin: &str) -> Response {
    client();
    let browser = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let request = browser.post(format!("{}{path}", app.url)).header("origin", origin);
    request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned()).send().await.unwrap()
}

fn newest(app: &TestApp) -> String {
    app.text("SELECT CAST(max(id) AS TEXT) AS v FROM webhook_events")
}

on_both! {
    async fn every_page_tells_what_the_tables_hold(app: TestApp) {
        app.apply([payload("booking.json"), payload("transaction.json")]).await;
        app.apply(["{"]).await;
        let overview = text(&app, "/").await;
        assert!(overview.contains("<strong>Receiving</strong>"), "{overview}");
        assert!(overview.contains("1 delivery</a> could not be projected"), "{overview}");
        assert!(text(&app, BOOKING).await.contains("Where each value comes from"));
        assert!(text(&app, "/deliveries?state=failed").await.contains("not valid json"));
        assert!(text(&app, &format!("/deliveries/{}", newest(&app))).await.contains("Try again"));
        assert!(text(&app, "/dead-letters").await.contains("not valid json"));
        assert!(text(&app, "/search?q=QZRT").await.contains("QZRT-120526"), "the beginning of a code");
        assert!(text(&app, "/search?q=hara").await.contains("QZRT-120526"), "letters within a name");
        assert!(text(&app, "/search?q=zoe@ex").await.contains("QZRT-120526"), "an address in another case");
        assert!(text(&app, "/search?q=%25%25").await.contains("Nothing is like"), "a wildcard is a letter");
        let sales = text(&app, "/reports/sales_by_day?from=2000-01-01&to=2100-01-01&basis=created").await;
        assert!(sales.contains("format=csv&amp;from=2000-01-01&amp;to=2100-01-01&amp;basis=created"), "{sales}");
        assert!(sales.contains("<td class=\"number\">"), "{sales}");
        for nothing in ["/bookings/NOT-THERE", "/deliveries/1", "/deliveries/x", "/reports/passwords"] {
            assert_eq!(ask(&app, nothing, "").await.status(), 404, "{nothing}");
        }
        for path in ["/", BOOKING, "/deliveries", "/dead-letters", "/reports", "/setup", "/search"] {
            let answer = ask(&app, path, "").await;
            let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
            assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
            assert_eq!(answer.headers()["cache-control"], "no-store");
            let page = answer.text().await.unwrap();
            assert!(!page.contains(" style=") && !page.contains(" onclick="), "the policy refuses it: {path}");
        }
    }

    async fn every_report_is_a_page(app: TestApp) {
        app.apply([payload("booking.json"), payload("transaction.json")]).await;
        for report in checkfront_mirror::reports::all() {
            let page = text(&app, &format!("/reports/{}?from=2000-01-01&to=2100-01-01", report.name)).await;
            let file = page.split('"').find(|part| part.starts_with("/api/v1/reports/")).unwrap().replace("&amp;", "&");
            let answer = ask(&app, &file, "").await;
            assert_eq!(answer.status(), 200, "{file}");
            assert!(answer.text().await.unwrap().starts_with("account_id,"), "{file}");
        }
        let arrivals = text(&app, "/reports/arrivals?from=2000-01-01&to=2100-01-01").await;
        assert!(arrivals.contains("name=\"to\" value=\"2000-12-31\""), "a year at most");
    }

    async fn one_switch_hides_people(app: TestApp) {
        app.apply([payload("booking.json"), payload("transaction.json")]).await;
        let id = app.text("SELECT CAST(min(id) AS TEXT) AS v FROM webhook_events");
        let day = app.text("SELECT CAST(min(start_on) AS TEXT) AS v FROM booking_items");
        let paths = [
            BOOKING.to_owned(),
            format!("/deliveries/{id}"),
            "/search?q=hara".to_owned(),
            "/reports/customer_value".to_owned(),
            "/reports/balances_due?from=2000-01-01&to=2100-01-01".to_owned(),
            format!("/reports/arrivals?from={day}&to={day}"),
        ];
        let mut shown = String::new();
        for path in &paths {
            shown += &text(&app, path).await.to_lowercase();
            let page = ask(&app, path, "checkfront_mirror_hide=1").await.text().await.unwrap().to_lowercase();
            for person in ["söhne", "zoe@example.com", "555-0123", "127.0.0.1\""] {
                assert!(!page.contains(person), "{path} shows {person}");
            }
        }
        assert!(shown.contains("söhne") && shown.contains("zoe@example.com") && shown.contains("555-0123"));
    }

    async fn the_customers_who_bought_for_most_are_first(app: TestApp) {
        let of = |letter: char, total: &str| {
            let (code, customer) = (format!("{letter}ZRT-120526"), format!("{letter}T4-112-908"));
            edited("booking.json", &[("QZRT-120526", &code), ("HT4-112-908", &customer), ("126.00", total)])
        };
        app.apply([of('A', "99.50"), of('B', "1000.00"), of('C', "126.00")]).await;
        let page = text(&app, "/reports/customer_value").await;
        let place = |letter: char| page.find(&format!("{letter}T4-112-908")).unwrap();
        assert!(place('B') < place('C') && place('C') < place('A'), "{page}");
    }

    async fn a_dead_letter_is_tried_again_by_a_form_of_ours_alone(app: TestApp) {
        app.apply(["{", "<a"]).await;
        assert_eq!(app.states(), "failed 2");
        let path = format!("/deliveries/{}/retry", newest(&app));
        let form = format!("key={}", key(&text(&app, "/dead-letters").await));
        for (form, origin) in [("", app.url.as_str()), ("key=00", &app.url), (&form, "https://evil.example"), (&form, "null")] {
            assert_eq!(send(&app, &path, form, origin).await.status(), 403, "{form} of {origin}");
            assert_eq!(send(&app, "/dead-letters/retry", form, origin).await.status(), 403, "{form} of {origin}");
        }
        assert_eq!(app.states(), "failed 2", "nothing was done");
        let answer = send(&app, &path, &form, &app.url).await;
        assert_eq!(answer.status(), 303);
        let next = answer.headers()["location"].to_str().unwrap().to_owned();
        assert!(text(&app, &next).await.contains("1 delivery was set to be tried again."), "{next}");
        assert_eq!(app.states(), "failed 1, pending 1");
        let answer = send(&app, &path, &form, &app.url).await;
        let next = answer.headers()["location"].to_str().unwrap().to_owned();
        assert!(text(&app, &next).await.contains("Nothing was set to be tried again."), "it is pending: {next}");
        assert_eq!(send(&app, "/deliveries/x/retry", &form, &app.url).await.status(), 404);
        assert_eq!(app.project(), 1);
        let run = app.text("SELECT DISTINCT kind || ' ' || state AS v FROM sync_runs");
        assert_eq!(run, "replay ok");
    }

    async fn dead_letters_are_tried_again_by_cause_or_all(app: TestApp) {
        app.apply(["{", "{\"a\":", "<a"]).await;
        let page = text(&app, "/dead-letters").await;
        let (_, rest) = page.split_once("name=\"cause\" value=\"").unwrap();
        let cause = rest.split('"').next().unwrap().replace("&lt;", "<").replace("&amp;", "&");
        let field: String = form_urlencoded::byte_serialize(cause.as_bytes()).collect();
        let form = format!("key={}&cause={field}", key(&page));
        assert_eq!(send(&app, "/dead-letters/retry", &form, &app.url).await.status(), 303);
        let again = app.states();
        assert!(again.contains("failed") && again.contains("pending"), "those of one cause: {again}");
        app.project();
        let form = format!("key={}", key(&page));
        let answer = send(&app, "/dead-letters/retry", &form, &app.url).await;
        assert_eq!((answer.status().as_u16(), app.states().as_str()), (303, "pending 3"));
        let next = answer.headers()["location"].to_str().unwrap().to_owned();
        assert!(text(&app, &next).await.contains("3 deliveries were set to be tried again."), "{next}");
        for odd in ["again=%3Cb%3E&gone=1", "again=-1", "again=1&gone=x", "again=99999999999999999999", "more=1"] {
            let page = text(&app, &format!("/dead-letters?{odd}")).await;
            assert!(!page.contains("class=\"done\""), "numbers alone: {odd}");
        }
        app.project();
    }

    async fn the_overview_follows_and_ends_with_the_service(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        let mut stream = ask(&app, "/live", "").await;
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        let soon = Duration::from_secs(20);
        let first = timeout(soon, stream.chunk()).await.unwrap().unwrap().unwrap();
        assert!(String::from_utf8_lossy(&first).contains("QZRT-120526"));
        app.apply(["{"]).await;
        let mut told = String::new();
        while !told.contains("not valid json") {
            told += &String::from_utf8_lossy(&timeout(soon, stream.chunk()).await.unwrap().unwrap().unwrap());
        }
        drop(app);
        while timeout(soon, stream.chunk()).await.expect("it ends with the service").unwrap().is_some() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_delivery_it_says_what_to_paste() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, Options::default(), &[("WEBHOOK_SECRET", "tell-nobody")]).await;
        let page = text(&app, "/").await;
        assert!(page.contains("Waiting for the first delivery") && page.contains("/webhook/••••"), "{page}");
        assert!(!page.contains("tell-nobody") && !text(&app, "/setup").await.contains("tell-nobody"));
        assert_eq!(send(&app, "/setup", "key=00", &app.url).await.status(), 403);
        let shown = send(&app, "/setup", &format!("key={}", key(&page)), &app.url).await;
        assert!(shown.text().await.unwrap().contains("/webhook/tell-nobody"), "to those who ask");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_are_few() {
    let app = TestApp::start(Backend::Sqlite).await;
    let mut streams = Vec::new();
    for _ in 0..32 {
        streams.push(ask(&app, "/live", "").await);
    }
    assert!(streams.iter().all(|stream| stream.status() == 200));
    assert_eq!(ask(&app, "/live", "").await.status(), 503);
    app.apply([payload("booking.json")]).await;
}
