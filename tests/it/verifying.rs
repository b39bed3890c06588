//! Who may send, over HTTP; and that no secret is kept.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use checkfront_mirror::config::Options;
use checkfront_mirror::db::rows::EventBody;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
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

fn signature<D: EagerHash>(key: &str, body: &str) -> Vec<u8>
where
    Hmac<D>: Mac + KeyInit,
{
    let mut mac = <Hmac<D> as KeyInit>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_counts_in_every_algorithm_and_encoding() {
    let right = [
        ("sha1", signature::<sha1::Sha1>("key", "a=1")),
        ("sha256", signature::<sha2::Sha256>("key", "a=1")),
        ("SHA-512", signature::<sha2::Sha512>("key", "a=1")),
    ];
    let signed = |text: &str| {
        let text = text.to_owned();
        move |request: RequestBuilder| request.header("x-hub-signature", text)
    };
    for (algorithm, signature) in &right {
        let options = Options {
            webhook_hmac_algorithm: Some((*algorithm).to_owned()),
            webhook_hmac_header: Some("X-Hub-Signature".to_owned()),
            ..Options::default()
        };
        let app = TestApp::start_with(Backend::Sqlite, options, &[("WEBHOOK_HMAC_SECRET", "key")]).await;
        let prefix = algorithm.to_lowercase().replace('-', "");
        let (hex, base64) = (hex::encode(signature), STANDARD.encode(signature));
        for shown in [
            hex.clone(),
            hex.to_uppercase(),
            format!("{prefix}={hex}"),
            base64.clone(),
            format!("{prefix}={base64}"),
            URL_SAFE_NO_PAD.encode(signature),
        ] {
            assert_eq!(status(&app, "/webhook", signed(&shown)).await, 200, "{algorithm} {shown}");
        }
        for (_, other) in right.iter().filter(|(other, _)| other != algorithm) {
            assert_eq!(status(&app, "/webhook", signed(&hex::encode(other))).await, 401);
        }
        let half = &hex[..hex.len() / 2];
        for wrong in [hex::encode(vec![0; signature.len()]).as_str(), half, "", "sha256=", "!"] {
            assert_eq!(status(&app, "/webhook", signed(wrong)).await, 401, "{algorithm} {wrong}");
        }
        assert_eq!(status(&app, "/webhook", |request| request).await, 401);
        app.project();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guesser_is_throttled_and_the_good_sender_is_not() {
    let options = Options { trusted_proxies: Some("127.0.0.1".to_owned()), ..Options::default() };
    let secrets = [("WEBHOOK_SECRET", "word"), ("WEBHOOK_HMAC_SECRET", "key")];
    let app = TestApp::start_with(Backend::Sqlite, options, &secrets).await;
    let post = |path: &str, from: &str| {
        app.client.post(format!("{}{path}", app.url)).header("x-forwarded-for", from.to_owned()).body("a=1").send()
    };
    let mut seen = Vec::new();
    for guess in 0..15 {
        let answer = post(&format!("/webhook/guess{guess}"), "192.0.2.1").await.unwrap();
        if answer.status() == 429 {
            let seconds: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds), "{seconds}");
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
        }
        seen.push(answer.status().as_u16());
        assert_eq!(post("/webhook/word", "192.0.2.1").await.unwrap().status(), 200, "after {guess} guesses");
    }
    assert_eq!(seen, [[401; 10].as_slice(), &[429; 5]].concat());
    assert_eq!(post("/webhook/wrong", "192.0.2.2").await.unwrap().status(), 401, "another address is not to blame");
    app.project();
    assert_eq!(app.states(), "ignored 15");
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
        ("WEBHOOK_HMAC_ALGORITHM", "md5", "sha256, sha1 or sha512"),
        ("WEBHOOK_HMAC_HEADER", "no header", "X-Webhook-Signature"),
    ];
    for (name, value, hint) in wrong {
        let (code, said) = serve(&[(name, value)]);
        assert_eq!(code, Some(2), "{name}: {said}");
        assert!(said.contains(name.trim_end_matches("_FILE")) && said.contains(hint), "{name}: {said}");
    }
    assert!(!folder.path().join("checkfront.db").exists(), "a wrong start leaves nothing behind");
}
