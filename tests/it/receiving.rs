//! What is answered, and what is kept.

use checkfront_mirror::config::Options;
use checkfront_mirror::db::rows::EventBody;
use tokio::task::block_in_place;

use crate::support::{Backend, TestApp, on_both, payload};

on_both! {
    async fn every_body_is_kept_as_received(app: TestApp) {
        let bodies: [&[u8]; 5] = [&payload("booking.json"), b"", b"\xff\xfe\x00 no text", b"<broken", b"a=1&b[c]=2"];
        for body in bodies {
            assert_eq!(app.post(body, "text/plain; charset=x").await.status(), 200);
        }
        app.project();
        let ids = app.texts("SELECT CAST(id AS text) AS v FROM webhook_events ORDER BY id");
        assert_eq!(ids.len(), bodies.len());
        for (id, body) in ids.into_iter().zip(bodies) {
            let id = id.unwrap().parse().unwrap();
            let stored = block_in_place(|| app.database.read(|tx| EventBody::find(tx, id))).unwrap().unwrap();
            assert_eq!(stored.body, body);
            assert_eq!(stored.headers.0["content-type"], "text/plain; charset=x");
        }
        assert_eq!(app.text("SELECT DISTINCT source || remote_ip AS v FROM webhook_events"), "webhook127.0.0.1");
    }

    async fn probes_are_answered_and_other_paths_are_not(app: TestApp) {
        for path in ["/webhook", "/webhook/", "/webhook/anything"] {
            assert_eq!(app.client.get(format!("{}{path}", app.url)).send().await.unwrap().status(), 200);
            assert_eq!(app.client.head(format!("{}{path}", app.url)).send().await.unwrap().status(), 200);
        }
        let lost = app.client.post(format!("{}/webhooks", app.url)).send().await.unwrap();
        assert_eq!(lost.status(), 404);
        assert_eq!(lost.headers()["content-type"], "application/problem+json");
        assert_eq!(app.client.delete(format!("{}/webhook", app.url)).send().await.unwrap().status(), 405);
        assert_eq!(app.texts("SELECT '' AS v FROM webhook_events").len(), 0);
    }

    async fn ids_rise_in_the_order_of_receipt(app: TestApp) {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..200 {
            let request = app.client.post(format!("{}/webhook", app.url)).body(format!("n={number}"));
            tasks.spawn(async move { request.send().await.unwrap().status().as_u16() });
        }
        assert!(tasks.join_all().await.into_iter().all(|status| status == 200));
        app.deliver("last=1").await;
        app.project();
        assert_eq!(app.text("SELECT CAST(count(DISTINCT id) AS text) AS v FROM webhook_events"), "201");
        let last = "(SELECT event_id FROM webhook_bodies ORDER BY length(body) DESC, event_id DESC LIMIT 1)";
        assert_eq!(app.text(&format!("SELECT CAST({last} - max(id) AS text) AS v FROM webhook_events")), "0");
        assert_eq!(app.text("SELECT CAST(count(DISTINCT receiver) AS text) AS v FROM webhook_events"), "1");
    }

    async fn health_says_how_far_behind_the_mirror_is(app: TestApp) {
        app.deliver(payload("booking.json")).await;
        app.deliver("<broken").await;
        let ready = |app: &TestApp| app.client.get(format!("{}/readyz", app.url)).send();
        let answer: serde_json::Value = serde_json::from_str(&ready(&app).await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!((answer["database"].as_str(), answer["pending"].as_i64()), (Some("up"), Some(2)));
        assert!(answer["lag_seconds"].as_f64().unwrap() >= 0.0);
        app.project();
        let answer: serde_json::Value = serde_json::from_str(&ready(&app).await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!((answer["pending"].as_i64(), answer["failed"].as_i64()), (Some(0), Some(1)));
        assert_eq!(app.client.get(format!("{}/healthz", app.url)).send().await.unwrap().status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_body_is_refused_and_others_are_not() {
    let options = Options { max_body_bytes: Some("1000".to_owned()), ..Options::default() };
    let app = TestApp::start_with(Backend::Sqlite, options, &[]).await;
    assert_eq!(app.post(vec![b'a'; 1001], "text/plain").await.status(), 413);
    assert_eq!(app.post(vec![b'a'; 1000], "text/plain").await.status(), 200);
    // Sent in chunks, the length is known only at the end.
    let chunks = (0..40).map(|_| Ok::<_, std::io::Error>(bytes::Bytes::from_static(&[b'x'; 100])));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let answer = app.client.post(format!("{}/webhook", app.url)).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 413);
    app.project();
    assert_eq!(app.text("SELECT CAST(count(*) AS text) AS v FROM webhook_events"), "1");
}
