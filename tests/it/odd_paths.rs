//! Paths that lead nowhere: a page for a browser that is let in, a problem for programs, nothing to learn for strangers.

use checkfront_mirror::config::Options;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use serde_json::Value;

use crate::support::{Backend, TestApp, client};

const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

async fn ask(app: &TestApp, method: Method, path: &str, accept: &str, bearer: &str) -> Response {
    client();
    let browser = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let mut request = browser.request(method, format!("{}{path}", app.url)).header("accept", accept);
    if !bearer.is_empty() {
        request = request.header("authorization", format!("Bearer {bearer}"));
    }
    request.send().await.unwrap()
}

/// Status and body of an answer of that type.
async fn read(answer: Response, content_type: &str) -> (u16, String) {
    let status = answer.status().as_u16();
    assert_eq!(answer.headers()["content-type"], content_type);
    (status, answer.text().await.unwrap())
}

async fn with_token(backend: Backend) -> TestApp {
    TestApp::start_with(backend, Options::default(), &[("ADMIN_TOKEN", "open-sesame-42")]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gets_a_page() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start(backend).await;
        for path in ["/nowhere", "/bookings", "/deliveries/1/2", "/reports/x/y", "/%00", "/%FF", "/nowhere?%00"] {
            let answer = ask(&app, Method::GET, path, HTML, "").await;
            assert_eq!(answer.headers()["cache-control"], "no-store", "{path}");
            let (status, page) = read(answer, "text/html; charset=utf-8").await;
            assert_eq!(status, 404, "{path}");
            assert!(page.contains("<html lang=\"en\">") && page.contains("<title>Not found"), "{path}: {page}");
            assert!(page.contains("<a href=\"/\">Back to the overview</a>"), "{path}: {page}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_and_senders_get_a_problem() {
    let app = with_token(Backend::Sqlite).await;
    let asked = [("/nowhere", "*/*"), ("/nowhere", "application/json"), ("/webhook/a/b", HTML), ("/webhooks", HTML)];
    for (path, accept) in asked {
        for method in [Method::GET, Method::POST] {
            let answer = ask(&app, method, path, accept, "").await;
            let (status, body) = read(answer, "application/problem+json").await;
            let problem: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((status, &problem["status"]), (404, &Value::from(404)), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_learn_nothing() {
    let app = with_token(Backend::Sqlite).await;
    let mut told = Vec::new();
    for path in ["/nowhere", "/reports", "/deliveries/5", "/reports/nowhere"] {
        let answer = ask(&app, Method::GET, path, HTML, "").await;
        assert_eq!(answer.status(), 303, "{path}");
        let (to, _) = answer.headers()["location"].to_str().unwrap().split_once("next=").unwrap();
        told.push((to.to_owned(), answer.headers().len(), answer.text().await.unwrap()));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "what is there and what is not look the same: {told:?}");
    for path in ["/dead-letters/retry", "/logout"] {
        assert_eq!(ask(&app, Method::GET, path, HTML, "").await.status(), 303, "{path}");
    }
    assert_eq!(ask(&app, Method::GET, "/nowhere", HTML, "wrong").await.status(), 401);
    assert_eq!(ask(&app, Method::GET, "/nowhere", HTML, "open-sesame-42").await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_form_sends_is_no_page() {
    let app = TestApp::start(Backend::Sqlite).await;
    for (path, above) in [
        ("/dead-letters/retry", "/dead-letters"),
        ("/deliveries/5/retry", "/deliveries/5"),
        ("/look", "/"),
        ("/logout", "/"),
    ] {
        let (status, page) = read(ask(&app, Method::GET, path, HTML, "").await, "text/html; charset=utf-8").await;
        assert_eq!(status, 405, "{path}");
        assert!(page.contains(&format!("<a href=\"{above}\">The page that has it</a>")), "{path}: {page}");
        let answer = ask(&app, Method::GET, path, "*/*", "").await;
        assert_eq!(answer.headers()["allow"], "POST", "{path}");
        let (_, problem) = read(answer, "application/problem+json").await;
        assert!(problem.contains("pages are read with GET") && !problem.contains("deliveries"), "{problem}");
    }
    let webhook = ask(&app, Method::PUT, "/webhook", "*/*", "").await;
    assert!(webhook.text().await.unwrap().contains("deliveries are sent with POST"));
}
