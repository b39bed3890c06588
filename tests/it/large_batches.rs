//! Batches that follow one another: what is read ahead of them, and what they read of tables that grow.

use std::time::{Duration, Instant};

use checkfront_mirror::db::rows::EventBody;
use checkfront_mirror::db::statement::execute;
use checkfront_mirror::db::{Database, events};
use checkfront_mirror::project::Outcome;

use crate::order::{empty, projector, record};
use crate::support::{Backend, dump, read_sql};

/// Events in a batch: enough that the next ones are read meanwhile.
pub(crate) const BATCH: usize = 64;

pub(crate) fn booking(code: usize, number: usize) -> String {
    let status = ["HOLD", "PART", "PAID", "STOP"][number % 4];
    let line = |id: usize| format!(r#"{{"@attributes":{{"line_id":"{id}"}},"qty":"1","total":"{id}.50"}}"#);
    let lines: Vec<_> = (1..=1 + number % 3).map(line).collect();
    format!(
        r#"{{"@attributes":{{"host":"h.example"}},"booking":{{"code":"B{code}","status":"{status}","customer":{{"email":"g{code}@example.com"}},"order":{{"total":"{number}.00","items":{{"item":[{}]}}}}}}}}"#,
        lines.join(",")
    )
}

/// Runs a test on both databases, each with an empty mirror.
pub(crate) fn both(check: impl Fn(&dyn Fn() -> Database)) {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let folders: Vec<_> = (0..2).map(|_| tempfile::tempdir().unwrap()).collect();
        let unused = std::cell::RefCell::new(folders.iter());
        check(&|| empty(&backend.new_url(unused.borrow_mut().next().unwrap()).parse().unwrap()));
    }
}

#[test]
fn what_is_read_ahead_is_what_is_read_alone() {
    let bodies: Vec<_> = (0..700).map(|number| booking(number * 31 % 50, number)).collect();
    both(|new| {
        let (alone, ahead) = (new(), new());
        for database in [&alone, &ahead] {
            record(database, (1..).zip(&bodies));
        }
        assert_eq!(projector(&alone, 1).drain().unwrap(), 700);
        assert_eq!(projector(&ahead, BATCH).drain().unwrap(), 700);
        assert_eq!(dump(&ahead), dump(&alone));
    });
}

#[test]
fn a_batch_that_fails_is_not_overtaken() {
    let number = |number: usize| if number == 700 { 999 } else { number * 31 % 50 };
    let bodies: Vec<_> = (0..1_300).map(|event| booking(number(event), event)).collect();
    both(|new| {
        let (alone, batched) = (new(), new());
        for database in [&alone, &batched] {
            let refuse = match database {
                Database::Sqlite(_) => {
                    "CREATE TRIGGER refuse BEFORE INSERT ON bookings WHEN NEW.code = 'B999' \
                     BEGIN SELECT RAISE(ABORT, 'not this one'); END"
                }
                Database::Postgres(_) => "ALTER TABLE bookings ADD CONSTRAINT refuse CHECK (code <> 'B999')",
            };
            database.session().transaction(|tx| execute(tx, refuse)).unwrap();
            record(database, (1..).zip(&bodies));
        }
        projector(&alone, 1).drain().unwrap();
        projector(&batched, 500).drain().unwrap();
        assert_eq!(dump(&batched), dump(&alone));
        assert_eq!(
            read_sql(&batched, "SELECT state AS v FROM webhook_events WHERE id = 701"),
            [Some("failed".to_owned())]
        );
    });
}

#[test]
fn what_changes_after_it_was_read_ahead_is_read_again() {
    let bodies: Vec<_> = (0..BATCH * 3).map(|number| booking(number, number)).collect();
    both(|new| {
        let database = new();
        record(&database, (1..).zip(&bodies));
        let mut projector = projector(&database, BATCH);
        assert_eq!(projector.step().unwrap(), Outcome::Done(BATCH));
        // The 100th is in the batch that was read meanwhile; its body says something else now.
        let other = booking(99, 5_000);
        let changed = database.session().transaction(|tx| {
            EventBody::rewrite(tx, 100, other.as_bytes())?;
            events::rewritten(tx, &[100])
        });
        changed.unwrap();
        assert_eq!(projector.drain().unwrap(), BATCH * 2);
        let total =
            read_sql(&database, "SELECT CAST(CAST(total AS INTEGER) AS TEXT) AS v FROM bookings WHERE code = 'B99'");
        assert_eq!(total, [Some("5000".to_owned())]);
    });
}

#[test]
fn an_event_below_those_in_hand_is_projected_too() {
    let bodies: Vec<_> = (0..1_001).map(|number| booking(number, number)).collect();
    both(|new| {
        let database = new();
        // The first one is committed late, after a full batch of later ones.
        record(&database, (1..).zip(&bodies).skip(1));
        let mut projector = projector(&database, 500);
        assert_eq!(projector.step().unwrap(), Outcome::Done(500));
        record(&database, (1..).zip(&bodies).take(1));
        // What is above the first batch fills another one exactly, so that nothing but a look below it finds the first event.
        assert_eq!(projector.drain().unwrap(), 501);
        assert_eq!(
            read_sql(&database, "SELECT state AS v FROM webhook_events WHERE id = 1"),
            [Some("applied".to_owned())]
        );
    });
}

/// A plan made while a table was empty would read all of it once it has grown, in each batch again.
#[test]
fn postgres_reads_rows_by_key_from_the_first_batch_on() {
    reads_rows_by_key("SELECT 1");
}

/// Statistics that were made while all waited say that whatever is looked at waits.
#[test]
fn postgres_reads_rows_by_key_whatever_its_statistics_say() {
    reads_rows_by_key("ANALYZE webhook_events, webhook_bodies");
}

fn reads_rows_by_key(before: &str) {
    const EVENTS: usize = 2_000;
    let folder = tempfile::tempdir().unwrap();
    let database = empty(&Backend::Postgres.new_url(&folder).parse().unwrap());
    let bodies: Vec<_> = (0..EVENTS).map(|number| booking(number, number)).collect();
    record(&database, (1..).zip(&bodies));
    database.session().transaction(|tx| execute(tx, before).map(drop)).unwrap();
    // Statistics are told when a connection ends.
    assert_eq!(projector(&database, 20).drain().unwrap(), EVENTS);
    // Each of these bookings is told again from its deliveries.
    let again: Vec<_> = (1..=200).collect();
    database.session().transaction(|tx| events::set_pending(tx, &again)).unwrap();
    assert_eq!(projector(&database, 20).drain().unwrap(), again.len());
    let read = |column: &str, table: &str| -> usize {
        let query = format!("SELECT ({column})::text AS v FROM pg_stat_user_tables WHERE relname = '{table}'");
        read_sql(&database, &query)[0].as_deref().unwrap().parse().unwrap()
    };
    let deadline = Instant::now() + Duration::from_secs(20);
    while read("n_tup_ins", "bookings") < EVENTS {
        assert!(Instant::now() < deadline, "no statistics");
        std::thread::sleep(Duration::from_millis(50));
    }
    for table in ["bookings", "booking_items", "customers", "webhook_events", "webhook_bodies"] {
        let rows = read("COALESCE(seq_tup_read, 0) + COALESCE(idx_tup_fetch, 0)", table);
        assert!(rows < EVENTS * 20, "{rows} rows of {table} were read for {EVENTS} events");
    }
}
