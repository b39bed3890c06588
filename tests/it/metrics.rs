//! `/metrics`: each count is held against SQL.
#![allow(clippy::float_cmp, reason = "what is counted are whole numbers")]

use checkfront_mirror::config::Options;
use checkfront_mirror::db::events;
use tokio::task::block_in_place;

use crate::support::{Backend, Scrape, TestApp, on_both, payload};

/// All formats and kinds, what is broken, blank, or of no kind, over and over; every third one is new.
fn bodies(rounds: usize) -> Vec<Vec<u8>> {
    let files = ["booking.json", "booking.xml", "booking.txt", "booking-one-line.json", "transaction.json", "item.txt"];
    let mut bodies: Vec<Vec<u8>> = Vec::new();
    for round in 0..rounds {
        bodies.extend(files.iter().map(|file| payload(file)));
        bodies.extend([b"".to_vec(), b"{\"broken\": ".to_vec(), b"<a><b></a>".to_vec(), b"no=form&at=all".to_vec()]);
        bodies.push(br#"{"type":"item","host":"a.example","item":{"item_id":"abc"}}"#.to_vec());
        bodies.push(br#"{"type":"guide","host":"a.example","guide":{"guide_id":"1"}}"#.to_vec());
        let new = |what: &str| what.replace('#', &round.to_string()).into_bytes();
        bodies.push(new(r#"{"type":"item","host":"a.example","item":{"item_id":"1","name":"Tour #"}}"#));
        bodies.push(new(r#"{"@attributes":{"host":"a.example"},"booking":{"code":"NEW-#","status_id":"PAID"}}"#));
    }
    bodies
}

const FIRST: &str = "SELECT COALESCE(format, 'none') || ' ' || COALESCE(kind, 'none') || ' ' || state || ' ' || \
    CAST(count(*) AS text) AS v FROM webhook_events GROUP BY format, kind, state ORDER BY 1";

async fn assert_deliveries_are_those_of(app: &TestApp) {
    let scrape = Scrape::of(app).await;
    let told = app.texts(FIRST);
    assert!(told.len() > 8, "{told:?}");
    for line in told.iter().flatten() {
        let [format, kind, state, count] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let series = format!(r#"checkfront_deliveries_total{{format="{format}",kind="{kind}",state="{state}"}}"#);
        assert_eq!(scrape.get(&series).to_string(), count, "{series}");
    }
    assert_eq!(scrape.all("checkfront_deliveries_total").count(), told.len());
}

on_both! {
    async fn each_count_is_the_tables_count(app: TestApp) {
        for (number, body) in bodies(20).into_iter().enumerate() {
            app.deliver(body).await;
            if number % 90 == 0 {
                app.project();
            }
        }
        let waiting: f64 = app.text("SELECT CAST(count(*) AS text) AS v FROM webhook_events WHERE state = 'pending'").parse().unwrap();
        let scrape = Scrape::of(&app).await;
        assert!(waiting > 0.0);
        assert_eq!(scrape.get("checkfront_pending"), waiting);
        assert!(scrape.get("checkfront_lag_seconds") > 0.0);
        app.project();
        assert_deliveries_are_those_of(&app).await;

        let scrape = Scrape::of(&app).await;
        let all: f64 = app.text("SELECT CAST(count(*) AS text) AS v FROM webhook_events").parse().unwrap();
        let failed: f64 = app.text("SELECT CAST(count(*) AS text) AS v FROM webhook_events WHERE state = 'failed'").parse().unwrap();
        assert_eq!(all, 280.0);
        assert_eq!(scrape.sum("checkfront_deliveries_total"), all);
        assert_eq!((scrape.get("checkfront_pending"), scrape.get("checkfront_failed")), (0.0, failed));
        assert_eq!((scrape.get("checkfront_lag_seconds"), scrape.get("checkfront_spool_events")), (0.0, 0.0));
        assert_eq!(scrape.get("checkfront_database_up"), 1.0);
        assert_eq!(scrape.get("checkfront_acknowledgement_seconds_count"), all);
        assert_eq!(scrape.get(r#"checkfront_acknowledgement_seconds_bucket{le="+Inf"}"#), all);
        assert_eq!(scrape.get("checkfront_freshness_seconds_count"), all);
        assert_eq!(scrape.get("checkfront_record_batch_deliveries_sum"), all);
        assert_eq!(scrape.get("checkfront_projection_batch_events_sum"), all);
        assert_eq!(scrape.get(&format!(r#"checkfront_build_info{{version="{}"}}"#, env!("CARGO_PKG_VERSION"))), 1.0);
        let minutes = app.metrics.recent();
        assert_eq!(minutes.iter().map(|minute| minute.deliveries).sum::<u32>(), 280);
        assert!(minutes.iter().filter(|minute| minute.deliveries > 0).all(|minute| minute.p50 <= minute.p99 && minute.p50.is_some()));
    }

    async fn a_replay_is_no_new_delivery(app: TestApp) {
        app.apply(bodies(2)).await;
        let before = Scrape::of(&app).await;
        let ids: Vec<i64> = app.texts("SELECT CAST(id AS text) AS v FROM webhook_events").iter().map(|id| id.as_ref().unwrap().parse().unwrap()).collect();
        block_in_place(|| app.database.session().transaction(|tx| events::set_pending(tx, &ids))).unwrap();
        app.project();
        let after = Scrape::of(&app).await;
        assert!(before.all("checkfront_deliveries_total").eq(after.all("checkfront_deliveries_total")));
        assert_eq!(before.sum("checkfront_replayed_total"), 0.0);
        let again: f64 = app.text("SELECT CAST(count(*) AS text) AS v FROM webhook_events").parse().unwrap();
        assert_eq!(after.sum("checkfront_replayed_total"), again);
        assert_eq!(after.get("checkfront_freshness_seconds_count"), again);
    }

    async fn what_is_rolled_back_is_not_counted(app: TestApp) {
        let refuse = match app.backend {
            Backend::Sqlite => "CREATE TRIGGER refuse BEFORE INSERT ON bookings WHEN NEW.code = 'NEW-1' BEGIN SELECT RAISE(ABORT, 'no'); END",
            Backend::Postgres => "ALTER TABLE bookings ADD CONSTRAINT refuse CHECK (code <> 'NEW-1')",
        };
        app.execute(refuse);
        app.apply(bodies(3)).await;
        assert!(app.states().contains("failed 10"), "{}", app.states());
        assert_deliveries_are_those_of(&app).await;
        assert_eq!(Scrape::of(&app).await.sum("checkfront_replayed_total"), 0.0);
    }

    async fn a_database_that_is_gone_is_told_and_the_scrape_goes_on(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        app.execute("ALTER TABLE webhook_events RENAME TO hidden");
        let scrape = Scrape::of(&app).await;
        assert_eq!(scrape.get("checkfront_database_up"), 0.0);
        assert!(scrape.get("checkfront_pending").is_nan() && scrape.get("checkfront_lag_seconds").is_nan());
        assert_eq!(scrape.sum("checkfront_database_errors_total"), 1.0);
        app.execute("ALTER TABLE hidden RENAME TO webhook_events");
        assert_eq!(Scrape::of(&app).await.get("checkfront_database_up"), 1.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_requests_are_counted_by_status_and_nothing_of_people_is_told() {
    let options = Options { max_body_bytes: Some("3000".to_owned()), ..Options::default() };
    let app = TestApp::start_with(Backend::Sqlite, options, &[("WEBHOOK_SECRET", "made-up-word")]).await;
    let webhook = |path: &str| app.client.post(format!("{}{path}", app.url));
    assert_eq!(webhook("/webhook/other").body("a=1").send().await.unwrap().status(), 401);
    assert_eq!(webhook("/webhook/made-up-word").body(vec![b'a'; 3001]).send().await.unwrap().status(), 413);
    assert_eq!(app.client.delete(format!("{}/webhook", app.url)).send().await.unwrap().status(), 405);
    let person = r#"{"@attributes":{"host":"a.example"},"booking":{"code":"A-1","customer":{"name":"Ada Example","email":"ada@a.example"}}}"#;
    assert_eq!(webhook("/webhook/made-up-word").body(person).send().await.unwrap().status(), 200);
    app.project();
    // Without the secret.
    let answer = app.client.get(format!("{}/metrics", app.url)).send().await.unwrap().text().await.unwrap();
    for word in ["Ada", "ada@", "A-1", "made-up-word", "127.0.0.1", "a.example"] {
        assert!(!answer.contains(word), "{word}");
    }
    let scrape = Scrape::read(&answer);
    assert!(scrape.get("checkfront_silence_seconds") < 60.0, "the delivery that was just taken ended it: {answer}");
    let refused: Vec<_> = scrape.all("checkfront_refused_total").filter(|(_, count)| *count > 0.0).collect();
    let status = |status: u16| (format!(r#"checkfront_refused_total{{status="{status}"}}"#), 1.0);
    let expected = [status(401), status(413)];
    assert!(refused.iter().map(|(name, count)| ((*name).to_owned(), *count)).eq(expected), "{refused:?}");
    assert_eq!(scrape.sum("checkfront_deliveries_total"), 1.0);
}
