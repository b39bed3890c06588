//! The status page on a phone, in Chromium: no page is wider than the window, whatever words it has to show, and labels of
//! charts are readable.

use serde_json::json;

use crate::browser::pages;
use crate::reports;
use crate::support::{Backend, Browser, TestApp};

/// The widths of narrow phones, in pixels.
const WIDTHS: [u32; 2] = [320, 375];

/// What sticks out of the window, though no box scrolls it.
const BEYOND: &str = "const wide = document.documentElement.clientWidth;
    const scrolls = (part) => part && (getComputedStyle(part).overflowX !== 'visible' || scrolls(part.parentElement));
    const out = [...document.body.querySelectorAll('*')].filter((part) => part.getBoundingClientRect().right > wide + .5 && !scrolls(part));
    return {wide, beyond: document.documentElement.scrollWidth - wide, out: out.map((part) => part.outerHTML.slice(0, 200))}";

/// A booking of words that have no room in a line, and its next step, in which they all change.
fn long_words(step: &str) -> String {
    let word = |of: &str| format!("{of}{step}").repeat(30);
    json!({"host": "harbour-tours.checkfront.example", "booking": {
        "code": "LONG-WORDS-WITHOUT-END-0123456789-0123456789-0123456789", "status": format!("{}{step}", "WAITING".repeat(8)),
        "total": format!("1{step}0.00"), "fields": {word("field"): word("answer"), "nested": {word("a"): [word("b")]}},
        "customer": {"code": "C-LONG", "name": word("Longname"), "email": format!("{}@example.com", word("mail"))}}})
    .to_string()
}

async fn fits(backend: Backend) {
    let app = reports::mirror(backend).await;
    let browser = Browser::start().await;
    let mut pages = pages(&app).await;
    app.apply([long_words("1"), long_words("2")]).await;
    app.apply([format!("{{\"{}\": [}}", "x".repeat(300))]).await;
    pages.extend([("long words", "/bookings/LONG-WORDS-WITHOUT-END-0123456789-0123456789-0123456789".to_owned())]);
    pages.extend(
        ["/search?q=LONG", "/deliveries?state=failed", "/reports/customer_value", "/reports/arrivals"].map(of_path),
    );
    pages.push(("no such booking", format!("/bookings/{}", "NOT".repeat(80))));
    pages.push(("newest", format!("/deliveries/{}", newest(&app))));
    let mut wider = Vec::new();
    for width in WIDTHS {
        browser.client.set_window_size(width, 800).await.unwrap();
        for (name, path) in &pages {
            browser.open(&format!("{}{path}", app.url)).await;
            let found = browser.run(BEYOND).await;
            assert_eq!(found["wide"], width, "the window is as it should be");
            if found["beyond"] != 0 || found["out"] != json!([]) {
                wider.push(format!("{name} at {width}: {found}"));
            }
        }
        let row = "const tops = [...document.querySelectorAll('.top nav a')].map((link) => link.getBoundingClientRect().top); return new Set(tops).size";
        if browser.run(row).await != 1 {
            wider.push(format!("the navigation takes more than one row at {width}"));
        }
    }
    assert!(wider.is_empty(), "{}", wider.join("\n"));
    browser.stop().await;
}

fn of_path(path: &'static str) -> (&'static str, String) {
    (path, path.to_owned())
}

fn newest(app: &TestApp) -> String {
    app.text("SELECT CAST(max(id) AS TEXT) AS v FROM webhook_events")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_wider_than_a_phone_sqlite() {
    fits(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_wider_than_a_phone_postgres() {
    fits(Backend::Postgres).await;
}

/// Labels of charts that are cut off, too small to read, or over one another.
const UNREADABLE: &str = "const odd = [];
    for (const chart of document.querySelectorAll('.chart svg')) {
        const room = chart.getBoundingClientRect();
        const labels = [...chart.querySelectorAll('text')].map((text) => [text.textContent, text.getBoundingClientRect()]).filter(([, box]) => box.width > 0);
        for (const [text, box] of labels) {
            if (box.left < room.left - .5 || box.right > room.right + .5 || box.bottom > room.bottom + .5) odd.push(text + ' is cut off');
            if (box.height < 11) odd.push(text + ' is small');
            const over = labels.find(([other, its]) => other !== text && its.top === box.top && its.left < box.right + 3 && box.left < its.right + 3);
            if (over) odd.push(text + ' is over ' + over[0]);
        }
        const bars = chart.querySelectorAll('.bar').length;
        if (labels.filter(([, box]) => box.top > room.top + room.height / 2).length < Math.min(bars, 2)) odd.push(bars + ' bars have no labels');
    }
    return odd";

#[tokio::test(flavor = "multi_thread")]
async fn labels_of_charts_are_readable_everywhere() {
    let app = reports::mirror(Backend::Sqlite).await;
    let browser = Browser::start().await;
    let mut pages: Vec<_> = pages(&app).await.into_iter().map(|(_, path)| path).collect();
    // Of one bar, of few and of many; days, weeks and months.
    let ranges = [
        "06-01&to=2026-06-01",
        "06-01&to=2026-06-04",
        "06-01&to=2026-06-05",
        "06-01&to=2026-06-06",
        "06-01&to=2026-06-08",
        "06-01&to=2026-06-10",
        "05-01&to=2026-08-28",
        "01-01&to=2026-12-31",
    ];
    pages.extend(ranges.map(|range| format!("/reports/sales_by_day?from=2026-{range}")));
    pages.push("/reports/sales_by_item?from=2020-01-01&to=2026-12-31".to_owned());
    let mut odd = Vec::new();
    for width in [320, 375, 768, 1280, 1920] {
        browser.client.set_window_size(width, 800).await.unwrap();
        for path in &pages {
            browser.open(&format!("{}{path}", app.url)).await;
            let found = browser.run(UNREADABLE).await;
            odd.extend(found.as_array().unwrap().iter().map(|text| format!("{path} at {width}: {text}")));
        }
    }
    assert!(odd.is_empty(), "{}", odd.join("\n"));
    browser.stop().await;
}
