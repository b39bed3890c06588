//! Silences: learned from a made-up history, told once, and once when they end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration as Time;

use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use checkfront_mirror::config::{Config, Options};
use checkfront_mirror::db::Tx;
use checkfront_mirror::db::rows::{Account, Event};
use checkfront_mirror::db::types::{EventState, Timestamp};
use checkfront_mirror::metrics::Metrics;
use checkfront_mirror::silence::{Alarm, Alerts, Change, Silence, learn, silences};
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::block_in_place;
use tokio::time::timeout;

use crate::doctor::{WELL, a_well_mirror, close, doctor, findings};
use crate::rebuild_command::url_of;
use crate::support::{Backend, Scrape, Server, TestApp, client, exe, on_both, payload};

const HOST: &str = "harbour-tours.checkfront.example";

fn insert(app: &TestApp, account_id: Option<i32>, source: &str, times: impl IntoIterator<Item = DateTime<Utc>>) {
    let event = |at: DateTime<Utc>| Event {
        account_id,
        source: source.to_owned(),
        state: EventState::Unchanged,
        ..Event::pending(at.timestamp_micros(), "made up", Timestamp(at))
    };
    let events: Vec<_> = times.into_iter().map(event).collect();
    block_in_place(|| app.database.session().transaction(|tx| Event::insert(tx, &events))).unwrap();
}

/// An account in Vancouver, whose own first delivery is taken back.
async fn account(app: &TestApp) -> i32 {
    close(app.config.spool_path.parent().unwrap());
    a_well_mirror(app).await;
    for table in ["webhook_bodies", "webhook_events"] {
        app.execute(&format!("DELETE FROM {table}"));
    }
    block_in_place(|| app.database.read(Account::all)).unwrap()[0].account_id
}

/// Four deliveries in each hour from nine to five of the account's days, over so many weeks before this day's end.
fn business(end: DateTime<Utc>, weeks: i64) -> impl Iterator<Item = DateTime<Utc>> {
    let hours = (1..=weeks * 7)
        .flat_map(move |day| (16..24).map(move |hour| end - Duration::days(day) + Duration::hours(hour)));
    hours.flat_map(|hour| [7, 22, 37, 52].map(|minute| hour + Duration::minutes(minute)))
}

fn look(app: &TestApp, now: DateTime<Utc>) -> Vec<Silence> {
    let look = |tx: &mut Tx<'_>| {
        let usual = learn(tx)?;
        silences(tx, &usual, now)
    };
    block_in_place(|| app.database.read(look)).unwrap()
}

on_both! {
    async fn a_silent_night_is_usual_and_a_silent_morning_is_not(app: TestApp) {
        let account_id = account(&app).await;
        // In Vancouver's summer the day goes from 16 to 24 o'clock UTC.
        let end: DateTime<Utc> = "2026-07-06T00:00:00Z".parse().unwrap();
        insert(&app, Some(account_id), "webhook", business(end, 8));
        let (mut alarm, metrics) = (Alarm::default(), Metrics::default());
        let mut take = |now: DateTime<Utc>| alarm.take(look(&app, now), &metrics);
        assert_eq!(take(end + Duration::minutes(5)), []);
        assert_eq!(take(end + Duration::hours(16)), [], "the night");
        assert_eq!(take(end + Duration::hours(17)), [], "an hour of the day");
        // Answers that were asked for are no deliveries.
        insert(&app, Some(account_id), "api", [end + Duration::hours(17)]);
        let told = take(end + Duration::hours(18));
        let [Change::Began(silence)] = &told[..] else { panic!("{told:?}") };
        assert_eq!((silence.host.as_str(), silence.minute().as_str()), (HOST, "2026-07-05T23:52:00Z"));
        assert!((silence.expected.unwrap().deliveries - 8.0).abs() < 0.7, "{silence:?}");
        assert_eq!(take(end + Duration::hours(20)), [], "told once");
        insert(&app, Some(account_id), "webhook", [end + Duration::hours(21)]);
        let told = take(end + Duration::hours(21) + Duration::minutes(1));
        assert!(matches!(&told[..], [Change::Ended(silence)] if silence.minute() == "2026-07-06T21:00:00Z"), "{told:?}");
    }

    async fn less_than_two_weeks_are_still_learned_from(app: TestApp) {
        let account_id = account(&app).await;
        let end: DateTime<Utc> = "2026-07-06T00:00:00Z".parse().unwrap();
        insert(&app, Some(account_id), "webhook", business(end, 1));
        let seen = look(&app, end + Duration::days(9));
        assert_eq!(seen.len(), 1);
        assert!(seen[0].expected.is_none() && !seen[0].is_improbable());
    }

    async fn a_delivery_that_waits_counts_for_each_account(app: TestApp) {
        let account_id = account(&app).await;
        let end: DateTime<Utc> = "2026-07-06T00:00:00Z".parse().unwrap();
        insert(&app, Some(account_id), "webhook", business(end, 8));
        assert!(look(&app, end + Duration::hours(20))[0].is_improbable());
        insert(&app, None, "webhook", [end + Duration::hours(20)]);
        assert!(!look(&app, end + Duration::hours(20))[0].is_improbable());
        assert_eq!(look(&app, end + Duration::hours(21))[0].silent, Duration::hours(1));
    }

    async fn doctor_tells_what_would_be_usual(app: TestApp) {
        let account_id = account(&app).await;
        let now = Utc::now();
        // Every ten minutes until five hours ago, at all hours.
        let history = |until: DateTime<Utc>| (0..8 * 7 * 144).map(move |number| until - Duration::minutes(number * 10));
        insert(&app, Some(account_id), "webhook", history(now - Duration::hours(5)));
        let found = findings(&doctor(&app, &["--json"], &WELL));
        let silent = found.iter().find(|finding| finding["check"] == "silence").unwrap();
        assert!(silent["seen"].as_str().unwrap().contains("where 30 are usual by now"), "{silent}");
        insert(&app, Some(account_id), "webhook", [now - Duration::minutes(3)]);
        let found = doctor(&app, &["--json"], &WELL);
        assert!(!String::from_utf8_lossy(&found.stdout).contains("\"silence\""), "{found:?}");
    }

    async fn a_server_tells_its_log_its_metrics_and_the_address(app: TestApp) {
        let account_id = account(&app).await;
        let now = Utc::now();
        let history = (0..8 * 7 * 144).map(move |number| now - Duration::hours(5) - Duration::minutes(number * 10));
        insert(&app, Some(account_id), "webhook", history);
        let (url, mut told, _) = collector(1).await;
        let (database, client) = (url_of(&app), client());
        let server = Server::spawn(exe().args(["--bind", "127.0.0.1:0", "--database-url", &database]).env("ALERT_URL", &url));
        let body = timeout(Time::from_secs(30), told.recv()).await.unwrap().unwrap();
        assert_eq!((body["event"].as_str(), body["host"].as_str()), (Some("silent"), Some(HOST)));
        assert!((body["expected_deliveries"].as_f64().unwrap() - 30.0).abs() < 1.0, "{body}");
        let scrape = Scrape::at(&client, &server.url).await;
        assert!((scrape.get("checkfront_silence_improbable") - 1.0).abs() < 1e-9);
        assert!((scrape.get("checkfront_silence_seconds") - 18_000.0).abs() < 60.0);
        let page = client.get(&server.url).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("Silent for improbably long") && page.contains(HOST), "{page}");
    }
}

/// Takes what it is told, after it has answered 500 so often; and counts all tries.
async fn collector(refused: usize) -> (String, tokio::sync::mpsc::UnboundedReceiver<Value>, Arc<AtomicUsize>) {
    let (sender, receiver) = unbounded_channel();
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = tries.clone();
    let take = move |Json(body): Json<Value>| {
        let first = counted.fetch_add(1, Ordering::SeqCst) < refused;
        if !first {
            sender.send(body).unwrap();
        }
        async move { if first { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::NO_CONTENT } }
    };
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/alerts/made-up-word", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, Router::new().route("/alerts/made-up-word", post(take))).await });
    (url, receiver, tries)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_tried_again_and_both_come_in_order() {
    let (url, mut told, tries) = collector(2).await;
    let environment = |name: &str| (name == "ALERT_URL").then(|| url.clone());
    let config = Config::load_with(&Options::default(), &environment).unwrap();
    assert!(!format!("{config:?}").contains("made-up-word"), "its path is a secret");
    let alerts = Alerts::start(&config).unwrap();
    let last: DateTime<Utc> = "2026-07-05T23:52:31Z".parse().unwrap();
    let expected = Some(checkfront_mirror::silence::rates::Expected { minutes: 8.0, deliveries: 12.34 });
    let silence = Silence { host: HOST.to_owned(), last, silent: Duration::hours(18), expected };
    alerts.send(Change::Began(silence.clone()));
    alerts.send(Change::Ended(Silence { last: last + Duration::hours(19), ..silence }));
    let first = timeout(Time::from_secs(20), told.recv()).await.unwrap().unwrap();
    let second = timeout(Time::from_secs(20), told.recv()).await.unwrap().unwrap();
    assert_eq!(
        (first["event"].as_str(), first["last_delivery"].as_str()),
        (Some("silent"), Some("2026-07-05T23:52:00Z"))
    );
    assert_eq!((first["expected_deliveries"].as_f64(), first["silent_seconds"].as_i64()), (Some(12.3), Some(64_800)));
    assert_eq!((second["event"].as_str(), second["host"].as_str()), (Some("back"), Some(HOST)));
    assert_eq!(second["last_delivery"], "2026-07-06T18:52:00Z");
    assert_eq!(tries.load(Ordering::SeqCst), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_stops_the_start() {
    for wrong in ["alerts.example.com", "ftp://alerts.example.com", "https://"] {
        let environment = |name: &str| (name == "ALERT_URL").then(|| wrong.to_owned());
        let error = Config::load_with(&Options::default(), &environment).unwrap_err();
        assert_eq!(error.name(), "ALERT_URL", "{wrong}");
    }
    // A well-formed one that nobody answers at holds up no delivery.
    let environment = [("ALERT_URL", "http://127.0.0.1:9/none")];
    let app = TestApp::start_with(Backend::Sqlite, Options::default(), &environment).await;
    app.apply([payload("booking.json")]).await;
    assert_eq!(app.states(), "applied 1");
}
