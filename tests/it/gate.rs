//! The gate before the status page and the API: who is let in, and what everybody else is told.

use checkfront_mirror::config::Options;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};

use crate::support::{Backend, TestApp, on_both};

const TOKEN: &str = "a long random word = of mine";

async fn start(backend: Backend) -> TestApp {
    TestApp::start_with(backend, Options::default(), &[("ADMIN_TOKEN", TOKEN)]).await
}

/// A browser that does not follow.
fn browser() -> Client {
    crate::support::client();
    Client::builder().no_proxy().redirect(Policy::none()).build().unwrap()
}

fn page(app: &TestApp, path: &str) -> RequestBuilder {
    browser().get(format!("{}{path}", app.url)).header("accept", "text/html,*/*;q=0.8")
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn log_in(app: &TestApp, token: &str, next: &str) -> Response {
    let form =
        form_urlencoded::Serializer::new(String::new()).extend_pairs([("token", token), ("next", next)]).finish();
    let request = browser().post(format!("{}/login", app.url)).header("origin", &app.url);
    request.header("content-type", "application/x-www-form-urlencoded").body(form).send().await.unwrap()
}

fn cookie_of(response: &Response) -> String {
    header(response, "set-cookie").split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_by_header_and_by_cookie() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = start(backend).await;
        let shown = |value: String| browser().get(format!("{}/", app.url)).header("authorization", value).send();
        assert_eq!(shown(format!("Bearer {TOKEN}")).await.unwrap().status(), 200);
        assert_eq!(shown(format!("bearer  {TOKEN}")).await.unwrap().status(), 200);
        for wrong in ["Bearer x".to_owned(), format!("Basic {TOKEN}"), "Bearer".to_owned(), format!("Bearer {TOKEN}x")]
        {
            assert_eq!(shown(wrong).await.unwrap().status(), 401);
        }

        let refused = browser().get(format!("{}/", app.url)).send().await.unwrap();
        assert_eq!((refused.status().as_u16(), header(&refused, "content-type")), (401, "application/problem+json"));
        let sent = page(&app, "/?x=1").send().await.unwrap();
        assert_eq!((sent.status().as_u16(), header(&sent, "location")), (303, "/login?next=%2F%3Fx%3D1"));

        let done = log_in(&app, TOKEN, "/?x=1").await;
        assert_eq!((done.status().as_u16(), header(&done, "location")), (303, "/?x=1"));
        let given = header(&done, "set-cookie").to_owned();
        assert!(given.ends_with("Path=/; HttpOnly; SameSite=Strict"), "{given}");
        assert!(!given.contains("word"), "the token is not in it");
        let opened = page(&app, "/").header("cookie", cookie_of(&done)).send().await.unwrap();
        assert_eq!((opened.status().as_u16(), header(&opened, "cache-control")), (200, "no-store"));
        let beside = format!("checkfront_mirror=x; {}", cookie_of(&done));
        assert_eq!(page(&app, "/").header("cookie", beside).send().await.unwrap().status(), 200);
        for wrong in ["checkfront_mirror=x", &cookie_of(&done).replace('=', "=1")] {
            assert_eq!(page(&app, "/").header("cookie", wrong).send().await.unwrap().status(), 303);
        }
        assert_eq!(header(&log_in(&app, TOKEN, "//evil.example").await, "location"), "/");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_token_ends_all_sessions() {
    let app = start(Backend::Sqlite).await;
    let cookie = cookie_of(&log_in(&app, TOKEN, "/").await);
    let other = TestApp::start_with(Backend::Sqlite, Options::default(), &[("ADMIN_TOKEN", "another")]).await;
    assert_eq!(page(&app, "/").header("cookie", &cookie).send().await.unwrap().status(), 200);
    assert_eq!(page(&other, "/").header("cookie", &cookie).send().await.unwrap().status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_slowed_down_and_sessions_are_not() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = start(backend).await;
        let cookie = cookie_of(&log_in(&app, TOKEN, "/").await);
        for _ in 0..10 {
            assert_eq!(log_in(&app, "guess", "/").await.status(), 401);
        }
        let late = log_in(&app, TOKEN, "/").await;
        assert_eq!(late.status(), 429, "not even the right one is told");
        assert!(late.text().await.unwrap().contains("Try again in 6 seconds"));
        let program = browser().get(format!("{}/", app.url)).header("authorization", format!("Bearer {TOKEN}"));
        let program = program.send().await.unwrap();
        assert_eq!((program.status().as_u16(), header(&program, "retry-after")), (429, "6"));
        assert_eq!(page(&app, "/").header("cookie", cookie).send().await.unwrap().status(), 200);
        assert_eq!(app.client.post(format!("{}/webhook", app.url)).body("").send().await.unwrap().status(), 200);
        app.project();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_other_sites_are_refused() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = start(backend).await;
        let cookie = cookie_of(&log_in(&app, TOKEN, "/").await);
        let post = |path: &str| browser().post(format!("{}{path}", app.url)).header("cookie", &cookie);
        let form = format!("token={}&next=/", TOKEN.replace(' ', "+"));
        for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")]
        {
            assert_eq!(post("/login").header(name, value).body(form.clone()).send().await.unwrap().status(), 403);
            assert_eq!(post("/logout").header(name, value).send().await.unwrap().status(), 403);
        }
        assert_eq!(post("/logout").header("origin", &app.url).send().await.unwrap().status(), 403, "no key of a form");
        assert_eq!(post("/logout").body("key=00").send().await.unwrap().status(), 403);
    }
}

on_both! {
    async fn without_a_token_only_this_machine_is_let_in(app: TestApp) {
        let port = app.url.rsplit(':').next().unwrap().to_owned();
        for host in ["localhost".to_owned(), format!("127.0.0.1:{port}"), "[::1]".to_owned()] {
            assert_eq!(page(&app, "/").header("host", host).send().await.unwrap().status(), 200);
        }
        let passed_on = ["x-forwarded-for", "x-forwarded-proto", "forwarded", "via", "x-real-ip", "cf-ray", "cf-connecting-ip"];
        for name in passed_on {
            let answer = page(&app, "/").header(name, "127.0.0.1").send().await.unwrap();
            assert_eq!(answer.status(), 403, "{name}");
            assert!(answer.text().await.unwrap().contains("ADMIN_TOKEN"), "what to set");
        }
        let foreign = browser().get(&app.url).header("host", "mirror.example").send().await.unwrap();
        assert_eq!((foreign.status().as_u16(), header(&foreign, "content-type")), (403, "application/problem+json"));
        assert!(foreign.text().await.unwrap().contains("set ADMIN_TOKEN"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_for_tls_alone_where_the_proxy_says_so() {
    let trusting = Options { trusted_proxies: Some("127.0.0.1".to_owned()), ..Options::default() };
    for (options, secure) in [(trusting, true), (Options::default(), false)] {
        let app = TestApp::start_with(Backend::Sqlite, options, &[("ADMIN_TOKEN", "x")]).await;
        let request = browser().post(format!("{}/login", app.url)).header("x-forwarded-proto", "https");
        let set = request.body("token=x").send().await.unwrap();
        assert_eq!(header(&set, "set-cookie").ends_with("; Secure"), secure);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_style_is_served_to_all_and_kept() {
    let app = start(Backend::Sqlite).await;
    let login = page(&app, "/login").send().await.unwrap();
    let policy = header(&login, "content-security-policy").to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let text = login.text().await.unwrap();
    let style =
        text.split('"').skip_while(|part| *part != "stylesheet").find(|part| part.starts_with("/assets/")).unwrap();
    let style = page(&app, style).send().await.unwrap();
    assert_eq!((style.status().as_u16(), header(&style, "content-type")), (200, "text/css; charset=utf-8"));
    assert!(header(&style, "cache-control").contains("immutable"));
}
