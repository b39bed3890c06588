//! `prune` and `RETENTION_DAYS`: old bodies go, their events and all rows stay, and nothing unprojected is touched.

use std::time::{Duration, Instant};

use checkfront_mirror::db::{DatabaseUrl, events};
use checkfront_mirror::retention;
use chrono::{DateTime, Utc};
use tokio::task::block_in_place;

use crate::support::{Server, TestApp, dump, exe, on_both, payload};

const BODIES: &str = "SELECT CAST(event_id AS text) AS v FROM webhook_bodies ORDER BY event_id";

/// Makes every event so far so many days older, as if it had come then.
fn age(app: &TestApp, days: i64) {
    let shift = days * 86_400_000_000;
    for (table, column) in [("webhook_bodies", "event_id"), ("webhook_events", "id"), ("booking_history", "event_id")] {
        // From above, so that no id meets another on the way.
        app.execute(&format!("UPDATE {table} SET {column} = -{column}"));
        app.execute(&format!("UPDATE {table} SET {column} = -{column} - {shift}"));
    }
    for table in ["bookings", "customers"] {
        app.execute(&format!(
            "UPDATE {table} SET first_event_id = first_event_id - {shift}, last_event_id = last_event_id - {shift}"
        ));
    }
    for table in ["booking_items", "booking_taxes"] {
        app.execute(&format!("UPDATE {table} SET last_event_id = last_event_id - {shift}"));
    }
}

fn prune(app: &TestApp, horizon: DateTime<Utc>) -> usize {
    block_in_place(|| retention::prune(&app.database, horizon, |_| true)).unwrap()
}

fn url(app: &TestApp) -> String {
    match &app.config.database_url {
        DatabaseUrl::Postgres(url) => url.clone(),
        DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
    }
}

fn set_pending(app: &TestApp) -> usize {
    let ids = app.texts("SELECT CAST(id AS text) AS v FROM webhook_events");
    let ids: Vec<i64> = ids.into_iter().flatten().map(|id| id.parse().unwrap()).collect();
    block_in_place(|| app.database.session().transaction(|tx| events::set_pending(tx, &ids))).unwrap()
}

/// Three old deliveries, of which one failed and one waits; and a new one.
async fn a_story(app: &TestApp) {
    app.apply([payload("booking.json"), b"{\"cut\": ".to_vec(), payload("booking.xml")]).await;
    app.deliver(payload("booking-one-line.json")).await;
    age(app, 100);
}

on_both! {
    async fn only_old_projected_bodies_go(app: TestApp) {
        a_story(&app).await;
        app.deliver(payload("transaction.json")).await;
        let before = dump(&app.database);
        let horizon = retention::horizon(Utc::now(), 90);
        assert_eq!(block_in_place(|| retention::count(&app.database, horizon)).unwrap(), 2);
        assert_eq!(prune(&app, horizon), 2);
        assert_eq!(dump(&app.database), before, "events and rows stay");
        assert_eq!(app.texts(BODIES).len(), 3, "the dead letter's, the pending one's, the new one's");
        assert_eq!(prune(&app, horizon), 0);
        app.project();
        assert_eq!(app.states(), "applied 3, failed 1, unchanged 1");
        assert_eq!(prune(&app, horizon), 1, "projected by now");
    }

    async fn an_event_exactly_on_the_horizon_is_kept(app: TestApp) {
        app.apply([payload("booking.json"), payload("transaction.json")]).await;
        let last: i64 = app.text("SELECT CAST(max(id) AS text) AS v FROM webhook_events").parse().unwrap();
        assert_eq!(prune(&app, DateTime::from_timestamp_micros(last).unwrap()), 1);
        assert_eq!(app.texts(BODIES), [Some(last.to_string())]);
    }

    async fn many_bodies_go_in_small_steps_that_can_be_stopped(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        let copies = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)";
        app.execute(&format!("INSERT INTO webhook_events (id, receiver, source, received_at, state, attempts) {copies} SELECT i, receiver, source, received_at, state, attempts FROM n, webhook_events e WHERE e.id > 1200"));
        app.execute(&format!("INSERT INTO webhook_bodies (event_id, headers, body) {copies} SELECT i, headers, body FROM n, webhook_bodies b WHERE b.event_id > 1200"));
        let mut steps = Vec::new();
        let stopped = block_in_place(|| retention::prune(&app.database, retention::horizon(Utc::now(), 1), |total| { steps.push(total); total < 1000 })).unwrap();
        assert_eq!((stopped, steps), (1000, vec![500, 1000]));
        assert_eq!(prune(&app, retention::horizon(Utc::now(), 1)), 200);
        assert_eq!(app.texts(BODIES).len(), 1);
    }

    async fn replay_leaves_what_has_no_body_as_it_is(app: TestApp) {
        a_story(&app).await;
        app.project();
        let before = dump(&app.database);
        assert_eq!(prune(&app, retention::horizon(Utc::now(), 90)), 3);
        assert_eq!(set_pending(&app), 1, "the dead letter");
        app.project();
        assert_eq!(dump(&app.database), before);
    }

    async fn a_booking_whose_log_has_a_hole_is_not_told_from_what_is_left(app: TestApp) {
        // Partial bodies: without the middle one the status would be the first one's.
        app.apply([
            r#"{"event":"booking.create","booking":{"id":7,"status":"HOLD","customer":{"name":"Max"}}}"#,
            r#"{"event":"booking.update","booking":{"id":7,"status":"PAID"}}"#,
            r#"{"event":"booking.update","booking":{"id":7,"customer":{"name":"Max Muster"}}}"#,
        ]).await;
        let before = dump(&app.database);
        app.execute("DELETE FROM webhook_bodies WHERE event_id = (SELECT min(event_id) FROM webhook_bodies WHERE event_id > (SELECT min(event_id) FROM webhook_bodies))");
        assert_eq!(set_pending(&app), 2);
        app.project();
        assert_eq!(dump(&app.database), before);
    }

    async fn the_commands_say_what_they_do(app: TestApp) {
        a_story(&app).await;
        app.project();
        let url = url(&app);
        let run = |arguments: &[&str]| {
            let output = exe().args(arguments).args(["--database-url", &url]).output().unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
        };
        assert!(run(&["prune", "--yes"]).2.contains("--older-than DAYS"));
        let (code, _, said) = run(&["prune", "--older-than", "90"]);
        assert!(code == Some(2) && said.contains("--dry-run"), "{said}");
        let (code, out, _) = run(&["prune", "--older-than", "90", "--dry-run"]);
        assert!(code == Some(0) && out.starts_with("3 bodies received before ") && out.ends_with("would be dropped\n"), "{out}");
        assert_eq!(app.texts(BODIES).len(), 4);
        let (code, out, said) = run(&["prune", "--older-than", "90", "--yes", "--json"]);
        assert!(code == Some(0) && out.contains("\"dropped\":3") && out.contains("\"found\":3"), "{out}{said}");
        let (code, out, said) = run(&["replay", "--all"]);
        assert_eq!((code, out.as_str()), (Some(0), "1 events were projected again\n"));
        assert!(said.contains("3 of 4 events have lost their bodies"), "{said}");
        let id = app.text("SELECT CAST(min(id) AS text) AS v FROM webhook_events");
        assert!(run(&["events", "show", &id]).1.contains("the body was dropped"));
    }

    async fn a_server_keeps_to_retention_days(app: TestApp) {
        a_story(&app).await;
        app.project();
        let url = url(&app);
        let mut command = exe();
        command.env("RETENTION_DAYS", "90").args(["--bind", "127.0.0.1:0", "--database-url", &url]);
        let server = Server::spawn(&mut command);
        let deadline = Instant::now() + Duration::from_secs(10);
        while app.texts(BODIES).len() != 1 {
            assert!(Instant::now() < deadline, "old bodies stay");
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(server);
        assert_eq!(app.states(), "applied 2, failed 1, unchanged 1");
    }
}
