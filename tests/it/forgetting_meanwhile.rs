//! `forget` between a projector's reading of a batch and its writing.

use std::time::{Duration, Instant};

use checkfront_mirror::db::events;
use checkfront_mirror::db::rows::{EventBody, note_erasure};
use checkfront_mirror::project::{Outcome, Projector};
use tokio::task::block_in_place;

use crate::forgetting::edited;
use crate::support::{Backend, TestApp, assert_nowhere, payload};

/// On SQLite a batch is read before it has the writer, for which another one may wait.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_before_it_was_stripped_is_read_again() {
    let app = TestApp::start(Backend::Sqlite).await;
    let mut projector = Projector::new(&app.database, app.config.accounts.clone());
    assert_eq!(block_in_place(|| projector.step()).unwrap(), Outcome::Empty);
    let body = edited("booking.json", &[("\"fields\": {", "\"fields\": {\"guest_email\": \"guest@example.com\", ")]);
    let id: i64 = {
        app.deliver(body).await;
        app.text("SELECT CAST(id AS text) AS v FROM webhook_events").parse().unwrap()
    };
    let lock = format!("{}.lock", app.file());
    let outcome = block_in_place(|| {
        std::thread::scope(|scope| {
            let mut step = None;
            let stripped = app.database.session().transaction(|tx| {
                step = Some(scope.spawn(|| projector.step()));
                let deadline = Instant::now() + Duration::from_secs(10);
                // It is marked once it is read; then the writer is waited for.
                while std::fs::read(&lock).unwrap().iter().all(|byte| *byte == 0) {
                    assert!(Instant::now() < deadline, "the projector has nothing in hand");
                }
                note_erasure(tx)?;
                EventBody::rewrite(tx, id, &payload("booking.json"))?;
                events::rewritten(tx, &[id])
            });
            stripped.unwrap();
            step.unwrap().join().unwrap().unwrap()
        })
    });
    assert_eq!(outcome, Outcome::Done(0));
    assert_eq!(block_in_place(|| projector.drain()).unwrap(), 1);
    assert_nowhere(&app.database, &["guest@example.com"]);
    assert_eq!(app.states(), "applied 1");
}
