//! The page that `reconcile --html` writes, in Chromium, opened as the file that it is.

use std::path::Path;

use serde_json::json;

use crate::browser::{WIDTHS, broken_rules};
use crate::reconciling::{mirror, on_each, reconcile};
use crate::support::exports::{bookings, export, locales, notification};
use crate::support::{Backend, Browser};

const BEYOND: &str = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
const REQUESTS: &str = "return performance.getEntriesByType('resource').map((entry) => entry.name)";
/// What a chart says to those who do not see it.
const SPOKEN: &str = "const chart = document.querySelector('svg'); \
    return [chart.getAttribute('role'), document.getElementById(chart.getAttribute('aria-labelledby')).textContent, chart.querySelector('desc').textContent]";

fn address(page: &Path) -> String {
    format!("file://{}", page.display())
}

async fn the_page_keeps_the_rules(backend: Backend) {
    let mut truth = bookings(160);
    truth[0]["lines"].as_array_mut().unwrap().truncate(1);
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    let mut told = truth.clone();
    told[0]["email"] = json!(format!("{}@example.com", "x".repeat(200)));
    told[2]["lines"][0]["total"] = json!(1);
    told.remove(5);
    let (_, locale, _) = locales().remove(0);
    // Days of their own, months, and one booking that is equal.
    let pages: Vec<_> =
        [("days", &truth[..9], &told[..9]), ("months", &truth[..], &told[..]), ("one", &truth[..1], &truth[..1])]
            .into_iter()
            .map(|(name, range, told)| {
                let page = folder.path().join(format!("{name}.html"));
                let last = range[range.len() - 1]["created"].as_i64().unwrap();
                let to = chrono::DateTime::from_timestamp(last, 0).unwrap().date_naive().to_string();
                let report = export("bookings", &locale, ("bookings", told));
                let range = ["--from", "2026-01-01", "--to", &to, "--html", page.to_str().unwrap()];
                let output = reconcile(&app, &folder, &report, &range);
                assert_eq!(output.status.code(), Some(if name == "one" { 0 } else { 3 }), "{name}: {output:?}");
                (name, page)
            })
            .collect();

    let browser = Browser::start().await;
    let mut broken = Vec::new();
    for theme in ["light", "dark"] {
        browser.prefer(theme).await;
        for (width, size) in WIDTHS {
            browser.client.set_window_size(width, 800).await.unwrap();
            for (name, page) in &pages {
                let place = format!("{name}, {theme}, {size}");
                browser.open(&address(page)).await;
                let is_dark = "return matchMedia('(prefers-color-scheme: dark)').matches";
                assert_eq!(browser.run(is_dark).await, theme == "dark", "{place}");
                assert_eq!(browser.run(BEYOND).await, 0, "{place} is wider than the window");
                assert_eq!(browser.run(REQUESTS).await, json!([]), "{place} loads something");
                let spoken = browser.run(SPOKEN).await;
                let spoken: Vec<_> = spoken.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
                assert_eq!(spoken[..2], ["img", "Sums of the mirror and the report"], "{place}");
                assert!(
                    spoken[2].contains("the mirror has") && spoken[2].contains("the report"),
                    "{place}: {spoken:?}"
                );
                broken.extend(broken_rules(&browser).await.into_iter().map(|rule| format!("{place}: {rule}")));
                browser.assert_no_complaint().await;
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    browser.open(&address(&pages[2].1)).await;
    let text = browser.text().await;
    assert!(text.contains("1 row, with the mirror; 1 booking on both sides"), "{text}");
    browser.stop().await;

    let browser = Browser::start_with(&json!({"profile.managed_default_content_settings.javascript": 2})).await;
    browser.open(&address(&pages[0].1)).await;
    let text = browser.text().await;
    for seen in [
        "Different: ",
        "1 value of bookings missing in the mirror",
        "What was assumed",
        "Differences",
        "customer_email",
        "Days",
    ] {
        assert!(text.contains(seen), "{seen}: {text}");
    }
    browser.stop().await;
}

on_each! {
    the_page_keeps_the_rules
}
