//! Rebuilds of logs that fill several batches, and are copied in several pages.

use checkfront_mirror::db::statement::execute;
use checkfront_mirror::db::{Database, DatabaseUrl};
use checkfront_mirror::rebuild::Rebuild;

use crate::large_batches::booking;
use crate::order::{empty, projector, record};
use crate::rebuilding_any_story::{look, settings};
use crate::support::{Backend, dump, read_sql};

/// More than the first page has, and no multiple of a batch.
const EVENTS: usize = 6_543;

/// Runs a test on both databases, each with a mirror of these bodies.
fn both(bodies: &[String], check: impl Fn(&DatabaseUrl, &Database)) {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        let url = backend.new_url(&folder).parse().unwrap();
        let database = empty(&url);
        record(&database, (1..).zip(bodies));
        assert_eq!(projector(&database, 500).drain().unwrap(), bodies.len());
        check(&url, &database);
    }
}

fn rebuild(url: &DatabaseUrl) {
    let mut rebuild = Rebuild::begin(url, &settings()).unwrap();
    rebuild.project(&mut |_, _| {}).unwrap();
    rebuild.compare(true).unwrap();
    assert_eq!(rebuild.projected(), EVENTS as u64);
    rebuild.apply(|_| Ok(())).unwrap();
    rebuild.end().unwrap();
}

#[test]
fn bookings_that_are_told_in_several_batches() {
    let bodies: Vec<_> = (0..EVENTS).map(|number| booking(number * 31 % 2_600, number)).collect();
    both(&bodies, |url, database| {
        assert_eq!(look(url), []);
        let before = dump(database);
        let spoil = [
            "UPDATE bookings SET total = total + 1 WHERE code LIKE 'B%7'",
            "DELETE FROM booking_items WHERE line_id = '2' AND booking_code LIKE 'B%3'",
            "UPDATE booking_history SET status_id = 'WAIT' WHERE booking_code LIKE 'B%5'",
            "DELETE FROM customers WHERE customer_key LIKE 'email:g2%'",
        ];
        for statement in spoil {
            assert!(database.session().transaction(|tx| execute(tx, statement)).unwrap() > 0);
        }
        rebuild(url);
        assert_eq!(dump(database), before);
    });
}

/// Lines are written over a connection of their own: what is refused on either takes back what was written over the other
/// one, and its event is a dead letter, in the shadow as in the mirror, whatever else was in its batch.
#[test]
fn rows_that_postgres_refuses() {
    let refused = [("booking_items", "sku", r#""qty""#), ("bookings", "tid", r#""status""#)];
    for (table, column, before) in refused {
        let named = |number| booking(number, number).replace(before, &format!(r#""{column}":"x",{before}"#));
        let mut bodies: Vec<_> = (0..200).map(named).collect();
        bodies[100] = booking(100, 100);
        let folder = tempfile::tempdir().unwrap();
        let url = Backend::Postgres.new_url(&folder).parse().unwrap();
        let database = empty(&url);
        // The shadow's tables are made like the mirror's.
        let refuse = format!("ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL");
        database.session().transaction(|tx| execute(tx, &refuse)).unwrap();
        record(&database, (1..).zip(&bodies));
        projector(&database, 500).drain().unwrap();
        let failed = "SELECT CAST(id AS TEXT) AS v FROM webhook_events WHERE state = 'failed'";
        assert_eq!(read_sql(&database, failed), [Some("101".to_owned())], "{table}");
        let lines = "SELECT CAST(count(*) AS TEXT) AS v FROM booking_items WHERE booking_code = 'B100'";
        assert_eq!(read_sql(&database, lines), [Some("0".to_owned())], "{table}");
        assert_eq!(look(&url), [], "{table}");
    }
}
