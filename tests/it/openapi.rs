//! `docs/openapi.json` is what the handlers say, and what it says is done.

use std::path::Path;

use checkfront_mirror::config::Options;
use checkfront_mirror::read_api::document;
use reqwest::header::{ACCEPT, AUTHORIZATION, ETAG, HOST, IF_NONE_MATCH};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

use crate::read_api::one_account;
use crate::support::{Backend, TestApp, on_both};

#[test]
fn the_committed_document_is_what_the_handlers_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let made = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("WRITE_OPENAPI").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == made,
        "docs/openapi.json is not what the handlers say; write it with: WRITE_OPENAPI=1 ./test --test it -- openapi"
    );
}

/// An address that answers each operation with 200, and the table without which it cannot be answered.
const ASKED: [(&str, &str, &str); 13] = [
    ("/bookings", "/bookings?limit=1", "accounts"),
    ("/bookings/{code}", "/bookings/QZRT-120526", "accounts"),
    ("/customers", "/customers", "accounts"),
    ("/customers/{key}", "/customers/HT4-112-908", "accounts"),
    ("/transactions", "/transactions", "accounts"),
    ("/items", "/items", "accounts"),
    ("/events", "/events", "webhook_events"),
    ("/events/{id}", "", "webhook_events"),
    ("/reports", "/reports", ""),
    ("/reports/{view}", "/reports/sales_by_day", "statuses"),
    ("/freshness", "/freshness", "accounts"),
    ("/changes", "/changes?after=0", "changes"),
    ("/changes/stream", "/changes/stream?after=0", "changes"),
];

struct Asking<'a> {
    app: &'a TestApp,
    client: &'a Client,
}

impl Asking<'_> {
    fn get(&self, path: &str) -> RequestBuilder {
        let host = self.app.url.trim_start_matches("http://");
        self.client.get(format!("{}/api/v1{path}", self.app.url)).header(HOST, host)
    }

    /// Asks so that the answer has this status.
    async fn for_status(&self, operation: &str, path: &str, status: u16) -> Response {
        let nowhere = operation
            .replace("{code}", "none")
            .replace("{key}", "none")
            .replace("{id}", "17")
            .replace("{view}", "none");
        let question = if path.contains('?') { '&' } else { '?' };
        let request = match status {
            304 => {
                let answer = self.get(path).send().await.unwrap();
                self.get(path).header(IF_NONE_MATCH, &answer.headers()[ETAG])
            }
            400 => self.get(&format!("{path}{question}nonsense=1")),
            403 => self.get(path).header("x-forwarded-for", "192.0.2.1"),
            404 if nowhere == operation => self.get(&format!("{path}{question}account=nowhere.example")),
            404 => self.get(&nowhere),
            410 => self.get(&path.replace("after=0", "after=999999")),
            _ => self.get(path),
        };
        request.send().await.unwrap()
    }
}

/// The answer is of a type that the document has for it, and of its schema's required fields.
async fn assert_documented(document: &Value, operation: &str, answer: Response) {
    let status = answer.status().as_u16().to_string();
    let documented = &document["paths"][format!("/api/v1{operation}")]["get"]["responses"][&status];
    assert!(documented.is_object(), "{operation} answers {status}, which is not documented");
    let Some(contents) = documented["content"].as_object() else { return };
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    let kind = kind.split(';').next().unwrap();
    let schema = &contents.get(kind).unwrap_or_else(|| panic!("{operation} {status}: {kind}"))["schema"];
    if !kind.ends_with("json") {
        return;
    }
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let name = schema["$ref"].as_str().map(|name| name.rsplit('/').next().unwrap());
    let schema = name.map_or(schema, |name| &document["components"]["schemas"][name]);
    for field in schema["required"].as_array().into_iter().flatten() {
        assert!(body.get(field.as_str().unwrap()).is_some(), "{operation} {status} has no {field}: {body}");
    }
}

async fn every_documented_answer_is_given(backend: Backend) {
    let app = TestApp::start(backend).await;
    one_account(&app).await;
    let event = app.text("SELECT CAST(min(id) AS text) AS v FROM webhook_events");
    let locked = TestApp::start_with(backend, Options::default(), &[("ADMIN_TOKEN", "a long random word")]).await;
    let document = serde_json::to_value(document()).unwrap();
    let operations = document["paths"].as_object().unwrap();
    assert_eq!(operations.len(), ASKED.len());
    let asking = Asking { app: &app, client: &app.client };
    let at_the_gate = Asking { app: &locked, client: &locked.client };
    for (operation, path, _) in ASKED {
        let path = if path.is_empty() { format!("/events/{event}") } else { path.to_owned() };
        let responses = operations[&format!("/api/v1{operation}")]["get"]["responses"].as_object().unwrap();
        for status in
            responses.keys().map(|status| status.parse().unwrap()).filter(|status| ![401, 429, 503].contains(status))
        {
            let answer = asking.for_status(operation, &path, status).await;
            assert_eq!(answer.status(), status, "{operation}");
            if status != 200 || operation != "/changes/stream" {
                assert_documented(&document, operation, answer).await;
            }
        }
        let answer = at_the_gate.get(&path).send().await.unwrap();
        assert_eq!(answer.status(), 401);
        assert_documented(&document, operation, answer).await;
    }
    let csv = asking.get("/reports/sales_by_day").header(ACCEPT, "text/csv").send().await.unwrap();
    assert_documented(&document, "/reports/{view}", csv).await;
    // Too many wrong tokens, and a database that does not answer.
    for (operation, path, table) in ASKED.iter().filter(|(_, _, table)| !table.is_empty()) {
        app.execute(&format!("ALTER TABLE {table} RENAME TO hidden"));
        let dropped = if *operation == "/freshness" { "DROP VIEW freshness" } else { "SELECT 1" };
        app.execute(dropped);
        let path = if path.is_empty() { format!("/events/{event}") } else { (*path).to_owned() };
        let path = if *operation == "/reports/{view}" {
            "/reports/arrivals?account=x&day=2026-06-12".to_owned()
        } else {
            path
        };
        if *operation == "/reports/{view}" {
            app.execute("ALTER TABLE accounts RENAME TO hidden_too");
        }
        let answer = asking.get(&path).send().await.unwrap();
        assert_eq!(answer.status(), 503, "{operation}");
        assert_documented(&document, operation, answer).await;
        app.execute(&format!("ALTER TABLE hidden RENAME TO {table}"));
        if *operation == "/reports/{view}" {
            app.execute("ALTER TABLE hidden_too RENAME TO accounts");
        }
    }
    let mut status = 401;
    for _ in 0..100 {
        let answer = at_the_gate.get("/items").header(AUTHORIZATION, "Bearer wrong").send().await.unwrap();
        status = answer.status().as_u16();
        if status == 429 {
            for (operation, path, _) in ASKED {
                let answer = at_the_gate.get(path).header(AUTHORIZATION, "Bearer wrong").send().await.unwrap();
                if !path.is_empty() {
                    assert_eq!(answer.status(), 429);
                    assert_documented(&document, operation, answer).await;
                }
            }
            break;
        }
    }
    assert_eq!(status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_answer_is_given_sqlite() {
    every_documented_answer_is_given(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_answer_is_given_postgres() {
    every_documented_answer_is_given(Backend::Postgres).await;
}

on_both! {
    async fn the_document_is_served(app: TestApp) {
        let answer = Asking { app: &app, client: &app.client }.get("/openapi.json").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let served: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(served, serde_json::to_value(document()).unwrap());
        assert!(served["openapi"].as_str().unwrap().starts_with("3.1"), "{}", served["openapi"]);
    }
}
