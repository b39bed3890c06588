//! Dead letters: one event at fault stops no other, and can be tried again.

use checkfront_mirror::db::projector_lock::ProjectorLock;
use checkfront_mirror::project::{Outcome, Projector};
use tokio::task::block_in_place;

use crate::support::{TestApp, on_both, payload};

on_both! {
    async fn the_rest_of_the_batch_goes_on(app: TestApp) {
        let long = format!(r#"{{"@attributes":{{"host":"a.example"}},"booking":{{"code":"{}"}}}}"#, "x".repeat(201));
        let bodies: [&[u8]; 7] = [
            b"{\"broken\": ", &payload("booking.json"), b"<a><b></a>", long.as_bytes(),
            br#"{"type":"transaction","host":"a.example","transaction":{"amount":"1.00"}}"#, &payload("item.txt"),
            br#"{"type":"item","host":"a.example","item":{"item_id":"abc"}}"#,
        ];
        app.apply(bodies).await;
        assert_eq!(app.states(), "applied 2, failed 5");
        let reasons = app.texts("SELECT error AS v FROM webhook_events WHERE state = 'failed' ORDER BY id");
        let reasons: Vec<_> = reasons.into_iter().flatten().collect();
        for (reason, part) in reasons.iter().zip(["not valid json", "not valid xml", "booking.code is 201 bytes long; a key may have 200", "has no transaction_id", "item_id is not a whole number"]) {
            assert!(reason.contains(part), "{reason}");
        }
    }

    async fn a_row_the_database_refuses_fails_alone(app: TestApp) {
        match app.backend {
            crate::support::Backend::Sqlite => app.execute("CREATE TRIGGER refuse BEFORE INSERT ON bookings WHEN NEW.code = 'LMNO-130526' BEGIN SELECT RAISE(ABORT, 'not this one'); END"),
            crate::support::Backend::Postgres => app.execute("ALTER TABLE bookings ADD CONSTRAINT refuse CHECK (code <> 'LMNO-130526')"),
        }
        app.apply([payload("booking.json"), payload("booking-one-line.json"), payload("transaction.json")]).await;
        assert_eq!(app.states(), "applied 2, failed 1");
        let error = app.text("SELECT error AS v FROM webhook_events WHERE state = 'failed'");
        assert!(error.contains("refuse") || error.contains("not this one"), "{error}");
        assert_eq!(app.text("SELECT CAST(count(*) AS text) AS v FROM booking_items"), "2", "nothing is half applied");
    }

    async fn an_event_in_hand_at_three_deaths_is_given_up(app: TestApp) {
        app.apply([payload("transaction.json")]).await;
        app.deliver(payload("booking.json")).await;
        app.deliver(payload("booking-one-line.json")).await;
        let id: i64 = app.text("SELECT CAST(min(id) AS text) AS v FROM webhook_events WHERE state = 'pending'").parse().unwrap();
        for death in 1..=3 {
            die_with_in_hand(&app, -id);
            // A process that starts anew finds the mark, and counts.
            assert_eq!(app.project_with(Projector::step), Outcome::Died);
            let attempts = app.text(&format!("SELECT CAST(attempts AS text) AS v FROM webhook_events WHERE id = {id}"));
            assert_eq!(attempts, death.to_string());
        }
        app.project();
        assert_eq!(app.states(), "applied 2, failed 1");
        let error = app.text("SELECT error AS v FROM webhook_events WHERE state = 'failed'");
        assert_eq!(error, "the process died 3 times with this event in hand");
    }

    async fn a_death_in_a_batch_blames_nobody_yet(app: TestApp) {
        app.deliver(payload("booking.json")).await;
        app.deliver(payload("transaction.json")).await;
        let id: i64 = app.text("SELECT CAST(min(id) AS text) AS v FROM webhook_events").parse().unwrap();
        for _ in 0..5 {
            die_with_in_hand(&app, id);
        }
        app.project();
        assert_eq!(app.states(), "applied 2");
    }
}

/// Leaves what a projector leaves that is killed with these in hand.
fn die_with_in_hand(app: &TestApp, in_hand: i64) {
    block_in_place(|| {
        let lock = ProjectorLock::acquire(&app.database).unwrap().expect("no other projector");
        app.database.session().transaction(|tx| lock.mark(tx, in_hand)).unwrap();
    });
}
