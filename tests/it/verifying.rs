//! Who may send, over HTTP; and that no secret is kept.

use checkfront_mirror::config::Options;
use checkfront_mirror::db::rows::EventBody;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::RequestBuilder;
use tokio::task::block_in_place;

use crate::support::{Backend, TestApp, exe};

const SECRET: &str = "k9 %ümlaut+/word";

async fn status(app: &TestApp, path: &str, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> u16 {
    let request = app.client.post(format!("{}{path}", app.url)).body("a=1");
    change(request).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_counts_in_path_query_and_password_and_is_never_kept() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, Options::default(), &[("WEBHOOK_SECRET", SECRET)]).await;
        let encoded = "k9%20%25%C3%BCmlaut%2B%2Fword";
        assert_eq!(status(&app, &format!("/webhook/{encoded}"), |request| request).await, 200);
        assert_eq!(status(&app, &format!("/webhook?x=1&token={encoded}"), |request| request).await, 200);
        assert_eq!(status(&app, "/webhook", |request| request.basic_auth("anyone", Some(SECRET))).await, 200);
        assert_eq!(
            status(&app, "/webhook", |request| request
                .basic_auth("a", Some(SECRET))
                .header("cookie", "c")
                .header("referer", format!("/webhook/{SECRET}").replace('ü', "u"))
                .header("x-note", "k9"))
            .await,
            200
        );
        for wrong in [
            "/webhook",
            "/webhook/",
            "/webhook/k9",
            "/webhook?token=k9",
            "/webhook?token=",
            "/webhook/k9%20%25%C3%BCmlaut%2Bword0",
        ] {
            assert_eq!(status(&app, wrong, |request| request).await, 401, "{wrong}");
        }
        assert_eq!(status(&app, "/webhook", |request| request.basic_auth(SECRET, Some("x"))).await, 401);
        assert_eq!(status(&app, "/webhook", |request| request.header("authorization", "Basic !!")).await, 401);
        app.project();
        let ids = app.texts("SELECT CAST(id AS text) AS v FROM webhook_events");
        assert_eq!(ids.len(), 4);
        for id in ids.into_iter().flatten() {
            let body =
                block_in_place(|| app.database.read(|tx| EventBody::find(tx, id.parse().unwrap()))).unwrap().unwrap();
            let headers = body.headers.0.to_string();
            for secret in ["authorization", "cookie", "referer", "umlaut", encoded] {
                assert!(!headers.contains(secret), "{headers}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_counts_in_hexadecimal_and_base64() {
    let app = TestApp::start_with(Backend::Sqlite, Options::default(), &[("WEBHOOK_HMAC_SECRET", "key")]).await;
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"key").unwrap();
    mac.update(b"a=1");
    let signature = mac.finalize().into_bytes();
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, signature);
    let signed = |text: String| move |request: RequestBuilder| request.header("x-webhook-signature", text);
    assert_eq!(status(&app, "/webhook", signed(hex::encode(signature))).await, 200);
    assert_eq!(status(&app, "/webhook", signed(format!("sha256={}", hex::encode(signature)))).await, 200);
    assert_eq!(status(&app, "/webhook", signed(base64)).await, 200);
    assert_eq!(status(&app, "/webhook", signed(hex::encode([0; 32]))).await, 401);
    assert_eq!(status(&app, "/webhook", |request| request).await, 401);
    app.project();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_allowed_addresses_may_send_and_only_trusted_proxies_are_believed() {
    let options = |allow: &str, trusted: &str| Options {
        webhook_allow: Some(allow.to_owned()),
        trusted_proxies: Some(trusted.to_owned()),
        ..Options::default()
    };
    let forwarded = |text: &'static str| move |request: RequestBuilder| request.header("x-forwarded-for", text);
    let app = TestApp::start_with(Backend::Sqlite, options("203.0.113.0/24", "127.0.0.0/8, 10.0.0.1"), &[]).await;
    assert_eq!(status(&app, "/webhook", |request| request).await, 401);
    assert_eq!(status(&app, "/webhook", forwarded("203.0.113.9")).await, 200);
    assert_eq!(status(&app, "/webhook", forwarded("203.0.113.9, 10.0.0.1")).await, 200);
    assert_eq!(
        status(&app, "/webhook", forwarded("203.0.113.9, 198.51.100.1")).await,
        401,
        "the left part is anyone's word"
    );
    assert_eq!(status(&app, "/webhook", forwarded("203.0.113.9:4711")).await, 200, "some proxies add the port");
    assert_eq!(status(&app, "/webhook", forwarded("nonsense")).await, 401);
    app.project();
    assert_eq!(app.text("SELECT DISTINCT remote_ip AS v FROM webhook_events"), "203.0.113.9");
    let app = TestApp::start_with(Backend::Sqlite, options("203.0.113.0/24", ""), &[]).await;
    assert_eq!(status(&app, "/webhook", forwarded("203.0.113.9")).await, 401, "nobody vouches for this proxy");
}

#[test]
fn the_world_is_not_listened_to_without_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let serve = |environment: &[(&str, &str)]| {
        let mut command = exe();
        command.current_dir(folder.path()).envs(environment.iter().copied());
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for environment in [&[("BIND", "0.0.0.0:0")], &[("PORT", "0")], &[("BIND", "[::]:0")]] {
        let (code, said) = serve(environment);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("WEBHOOK_SECRET") && said.contains("ALLOW_UNVERIFIED=true"), "{said}");
    }
    let wrong = [
        ("BIND", "8080", "127.0.0.1:8080"),
        ("PORT", "x", "8080"),
        ("DATABASE_URL", "mysql://x", "sqlite://FILE"),
        ("WEBHOOK_ALLOW", "10.0.0.0/40", "203.0.113.0/24"),
        ("TRUSTED_PROXIES", "proxy", "203.0.113.0/24"),
        ("MAX_BODY_BYTES", "4MB", "4194304"),
        ("ACCOUNT_TIMEZONE", "Mars", "Europe/Paris"),
        ("ALLOW_UNVERIFIED", "maybe", "true or false"),
        ("CHECKFRONT_HOST", "https://x.example/", "your-company.checkfront.com"),
        ("WEBHOOK_SECRET_FILE", "/nowhere", "/nowhere"),
    ];
    for (name, value, hint) in wrong {
        let (code, said) = serve(&[(name, value)]);
        assert_eq!(code, Some(2), "{name}: {said}");
        assert!(said.contains(name.trim_end_matches("_FILE")) && said.contains(hint), "{name}: {said}");
    }
    assert!(!folder.path().join("checkfront.db").exists(), "a wrong start leaves nothing behind");
}
