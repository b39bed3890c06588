//! `explain` finds deliveries that cannot be read, whether they were encrypted or are in UTF-16.

use std::process::Output;

use checkfront_mirror::config::Options;
use tokio::task::block_in_place;

use crate::explaining::{CODE, explained, kinds};
use crate::rebuild_command::{run, url_of};
use crate::support::{Backend, TestApp, exe, on_both};

const KEY: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210";

/// A body that names the booking, and breaks off.
fn broken(code: &str) -> String {
    format!("{{\"booking\": {{\"code\": \"{code}\", ")
}

fn explain_with(app: &TestApp, key: &str) -> Output {
    let arguments = ["explain", CODE, "--json", "--database-url", &url_of(app)];
    block_in_place(|| exe().args(arguments).env("PRIVACY_KEY", key).output().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_dead_letter_is_found_with_its_key_alone() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let options = Options { mask_fields: Some("customer_email".to_owned()), ..Options::default() };
        let app = TestApp::start_with(backend, options, &[("PRIVACY_KEY", KEY)]).await;
        app.apply([broken(CODE).into_bytes(), broken("ABCD-010126").into_bytes()]).await;
        assert_eq!(app.states(), "failed 2");
        let own = explain_with(&app, KEY);
        assert_eq!(own.status.code(), Some(0), "{own:?}");
        let found: serde_json::Value = serde_json::from_slice(&own.stdout).unwrap();
        assert_eq!(kinds(&found), ["failed"]);
        assert_eq!(found["deliveries"].as_array().unwrap().len(), 1, "the other one names another booking: {found}");
        let first = app.text("SELECT CAST(min(id) AS text) AS v FROM webhook_events");
        assert_eq!(found["deliveries"][0]["event_id"].to_string(), first);
        let other = explain_with(&app, OTHER);
        assert_eq!(other.status.code(), Some(1), "{other:?}");
    }
}

on_both! {
    async fn a_dead_letter_in_utf_16_is_found(app: TestApp) {
        let units: Vec<u16> = broken(CODE).encode_utf16().collect();
        let marked = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
            mark.into_iter().chain(units.iter().copied().flat_map(bytes)).collect::<Vec<u8>>()
        };
        app.apply([marked([0xff, 0xfe], u16::to_le_bytes), marked([0xfe, 0xff], u16::to_be_bytes)]).await;
        assert_eq!(app.states(), "failed 2");
        let found = explained(&app, &[CODE]);
        assert_eq!(kinds(&found), ["failed"]);
        assert_eq!(found["deliveries"].as_array().unwrap().len(), 2, "{found}");
        assert_eq!(run(&app, &["explain", "QZRT-12052"]).status.code(), Some(1), "a part of the code is another");
    }
}
