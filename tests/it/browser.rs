//! The status page in Chromium: every page, both themes, a phone, the keyboard alone, without JavaScript, and by the rules
//! of accessibility.

use std::fs;
use std::path::{Path, PathBuf};

use checkfront_mirror::config::Options;
use checkfront_mirror::parse::Format;
use checkfront_mirror::samples::Account;
use chrono::Utc;
use fantoccini::Locator;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::reports;
use crate::support::{Backend, Browser, TestApp, on_both, payload};

/// Wide and narrow, in pixels.
pub(crate) const WIDTHS: [(u32, &str); 2] = [(1280, "wide"), (390, "phone")];

/// The rules, as a script.
fn axe() -> String {
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/lib");
    let found = fs::read_dir(&venv).into_iter().flatten().flatten();
    let mut scripts = found.map(|entry| entry.path().join("site-packages/axe_playwright_python/axe.min.js"));
    let script = scripts.find(|path| path.exists()).expect("axe-core is not there; `./test` installs it");
    fs::read_to_string(script).unwrap()
}

/// What of the page at hand breaks the rules.
pub(crate) async fn broken_rules(browser: &Browser) -> Vec<String> {
    let check = "const done = arguments[0]; axe.run(document).then((found) => done(found.violations.map((rule) => [rule.id, rule.nodes.map((node) => node.html)])));";
    browser.run(&axe()).await;
    let found = browser.client.execute_async(check, Vec::new()).await.unwrap();
    found.as_array().unwrap().iter().map(Value::to_string).collect()
}

/// Pages of a mirror with sales, old and of today, a dead letter, and a booking.
pub(crate) async fn pages(app: &TestApp) -> Vec<(&'static str, String)> {
    let mut account = Account::new("harbour-tours.checkfront.example", StdRng::seed_from_u64(1));
    for age in (0..30).rev() {
        let stories = (0..4).flat_map(|_| account.story(Utc::now().timestamp() - age * 86_400)).collect::<Vec<_>>();
        app.apply(stories.iter().map(|sample| sample.body(Format::Json).0)).await;
    }
    app.apply(["{"]).await;
    let dead = app.text("SELECT CAST(max(id) AS TEXT) AS v FROM webhook_events");
    let one = app.text("SELECT CAST(min(id) AS TEXT) AS v FROM webhook_events WHERE entity_key = 'KMVQ-010626'");
    vec![
        ("overview", "/".to_owned()),
        ("deliveries", "/deliveries".to_owned()),
        ("delivery", format!("/deliveries/{one}")),
        ("dead-letter", format!("/deliveries/{dead}")),
        ("dead-letters", "/dead-letters".to_owned()),
        ("booking", "/bookings/KMVQ-010626".to_owned()),
        ("search", "/search?q=BT5".to_owned()),
        ("reports", "/reports".to_owned()),
        ("report", "/reports/sales_by_day?from=2026-06-01&to=2026-06-30".to_owned()),
        ("setup", "/setup".to_owned()),
        ("nothing", "/bookings/NOT-THERE".to_owned()),
    ]
}

/// Keeps a picture for the documents, where that is asked for.
async fn picture(browser: &Browser, name: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/screenshots");
    if std::env::var_os("SCREENSHOTS").is_some() {
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), browser.client.screenshot().await.unwrap()).unwrap();
    }
}

async fn every_page_keeps_the_rules(backend: Backend) {
    let app = reports::mirror(backend).await;
    let browser = Browser::start().await;
    let pages = pages(&app).await;
    let mut broken = Vec::new();
    for theme in ["light", "dark"] {
        browser.open(&app.url).await;
        let button = format!("button[name=theme][value={theme}]");
        browser.choose(&button, &format!("{button}[aria-pressed=true]")).await;
        for (width, size) in WIDTHS {
            browser.client.set_window_size(width, 800).await.unwrap();
            for (name, path) in &pages {
                browser.open(&format!("{}{path}", app.url)).await;
                let place = format!("{name}, {theme}, {size}");
                assert_eq!(browser.run("return document.documentElement.dataset.theme").await, theme, "{place}");
                let beyond = browser
                    .run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
                    .await;
                assert_eq!(beyond, 0, "{place} is wider than the window");
                broken.extend(broken_rules(&browser).await.into_iter().map(|rule| format!("{place}: {rule}")));
                if *name == "nothing" {
                    // The browser itself complains of the 404.
                    assert!(browser.text().await.contains("Not found"));
                    browser.forget_complaints().await;
                }
                browser.assert_no_complaint().await;
                if matches!(
                    (*name, theme, size),
                    ("overview", _, "wide") | ("overview" | "booking", "light", _) | ("report", "dark", "wide")
                ) {
                    picture(&browser, &format!("{name}-{theme}-{size}")).await;
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    browser.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_keeps_the_rules_sqlite() {
    every_page_keeps_the_rules(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_keeps_the_rules_postgres() {
    every_page_keeps_the_rules(Backend::Postgres).await;
}

on_both! {
    async fn the_first_delivery_shows_without_a_reload(app: TestApp) {
        let browser = Browser::start().await;
        browser.open(&app.url).await;
        browser.until_seen("/webhook").await;
        browser.until_seen("Waiting for the first delivery").await;
        browser.run("window.before = true").await;
        app.apply([payload("booking.json")]).await;
        browser.until_seen("QZRT-120526").await;
        browser.until_seen("The first delivery has come").await;
        assert!(!browser.text().await.contains("Waiting for the first delivery"), "one of the two is said");
        assert!(browser.client.title().await.unwrap().starts_with("It arrived"));
        assert_eq!(broken_rules(&browser).await, Vec::<String>::new());
        assert_eq!(browser.run("return window.before").await, true, "it is the same page");
        browser.assert_no_complaint().await;
        browser.stop().await;
    }

    async fn the_keyboard_is_enough(app: TestApp) {
        app.apply(["{"]).await;
        let browser = Browser::start().await;
        browser.open(&format!("{}/dead-letters", app.url)).await;
        let focus = "return document.activeElement.textContent.trim() || document.activeElement.id";
        browser.press("\u{e004}").await;
        assert_eq!(browser.run(focus).await, "Skip to the content");
        let outline = "const style = getComputedStyle(document.activeElement); return style.outlineStyle !== 'none' || style.boxShadow !== 'none'";
        assert_eq!(browser.run(outline).await, true, "where the focus is shows");
        browser.press("\u{e007}").await;
        assert_eq!(browser.run("return document.activeElement.id").await, "content");
        browser.press("\u{e004}").await;
        assert_eq!(browser.run(focus).await, "Try all again");
        browser.press("\u{e007}").await;
        browser.until_seen("There are none").await;
        assert_eq!(app.states(), "pending 1");
        app.project();
        assert_eq!(app.states(), "failed 1");
        browser.stop().await;
    }

    async fn it_reads_without_javascript(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        let browser = Browser::start_with(&json!({"profile.managed_default_content_settings.javascript": 2})).await;
        for (path, seen) in [("/", "QZRT-120526"), ("/bookings/QZRT-120526", "How it came to be so"), ("/reports/sales_by_day", "Sales by day")] {
            browser.open(&format!("{}{path}", app.url)).await;
            assert!(browser.text().await.contains(seen), "{path}: {}", browser.text().await);
        }
        browser.choose("button[name=theme][value=dark]", "html[data-theme=dark]").await;
        browser.stop().await;
    }

    async fn one_switch_hides_people(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        let name = app.text("SELECT customer_name AS v FROM bookings");
        let email = app.text("SELECT customer_email AS v FROM bookings");
        let event = app.text("SELECT CAST(max(id) AS TEXT) AS v FROM webhook_events");
        let browser = Browser::start().await;
        let places = ["/".to_owned(), "/bookings/QZRT-120526".to_owned(), format!("/deliveries/{event}"), "/reports/customer_value".to_owned(), "/search?q=QZRT".to_owned()];
        let mut shown = 0;
        for hides in [false, true] {
            for path in &places {
                browser.open(&format!("{}{path}", app.url)).await;
                let source = browser.client.source().await.unwrap();
                let tells = source.contains(&name) || source.contains(&email);
                assert!(!(hides && tells), "{path} tells of {name}");
                shown += usize::from(tells);
            }
            if !hides {
                browser.choose("button[name=hide]", "button[name=hide][aria-pressed=true]").await;
            }
        }
        assert!(shown >= 3, "{shown}");
        browser.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_it_and_logging_out_closes_it() {
    let app = TestApp::start_with(Backend::Sqlite, Options::default(), &[("ADMIN_TOKEN", "open-sesame-42")]).await;
    app.apply([payload("booking.json")]).await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/deliveries", app.url)).await;
    let path = async || browser.client.current_url().await.unwrap().path().to_owned();
    assert_eq!(path().await, "/login");
    for (token, seen) in [("wrong", "That is not the token."), ("open-sesame-42", "QZRT-120526")] {
        let field = browser.client.find(Locator::Css("input[name=token]")).await.unwrap();
        field.send_keys(&format!("{token}\u{e007}")).await.unwrap();
        browser.until_seen(seen).await;
    }
    assert_eq!(path().await, "/deliveries");
    assert_eq!(browser.run("return document.cookie").await, Value::from(""), "scripts see no session");
    browser.client.find(Locator::XPath("//button[text()='Log out']")).await.unwrap().click().await.unwrap();
    browser.open(&app.url).await;
    assert_eq!(path().await, "/login");
    browser.stop().await;
}
