//! A document in, rows out: recorded, projected, projected again. The first delivery is a good one, so that the
//! second meets rows.
#![no_main]

use std::cell::RefCell;

use checkfront_mirror::db::rows::{Event, EventBody};
use checkfront_mirror::db::types::{EventState, Json, Timestamp};
use checkfront_mirror::db::{Database, DatabaseUrl, Tx, events, migrate};
use checkfront_mirror::privacy::Privacy;
use checkfront_mirror::project::{Projector, Settings};
use diesel::connection::SimpleConnection;
use libfuzzer_sys::fuzz_target;

const GOOD: &[u8] = include_bytes!("../../tests/payloads/booking.json");

const TABLES: [&str; 15] = [
    "accounts", "statuses", "customers", "bookings", "booking_items", "booking_taxes", "booking_history", "transactions",
    "items", "rates", "rate_items", "rate_categories", "categories", "webhook_events", "webhook_bodies",
];

struct Mirror {
    database: Database,
    _folder: tempfile::TempDir,
}

thread_local! {
    static MIRROR: RefCell<Mirror> = RefCell::new(Mirror::new());
}

impl Mirror {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url: DatabaseUrl = format!("sqlite://{}/mirror.db", folder.path().display()).parse().expect("a URL");
        let database = Database::open(&url).expect("a database");
        migrate::run(&mut database.session()).expect("migrations");
        Self { database, _folder: folder }
    }

    fn write(&self, work: impl FnOnce(&mut Tx<'_>) -> checkfront_mirror::db::Result<()>) {
        self.database.session().transaction(work).expect("a transaction");
    }

    fn project(&self) -> Vec<Event> {
        let settings = Settings { default_host: "default".to_owned(), zones: "UTC".parse().expect("a zone"), privacy: Privacy::default() };
        Projector::new(&self.database, settings).drain().expect("no fault of the database");
        let found = self.database.read(|tx| [1, 2].into_iter().map(|id| events::find(tx, id)).collect());
        let found: Vec<Option<Event>> = found.expect("two events");
        found.into_iter().flatten().collect()
    }
}

fuzz_target!(|body: &[u8]| {
    MIRROR.with_borrow(|mirror| {
        let at = Timestamp("2026-11-01T00:00:00Z".parse().expect("a time"));
        mirror.write(|tx| {
            let Tx::Sqlite(connection) = tx else { unreachable!("opened as SQLite") };
            connection.batch_execute(&TABLES.map(|table| format!("DELETE FROM {table};")).concat())?;
            Event::insert(tx, &[1, 2].map(|id| Event::pending(id, "fuzz", at)))?;
            let headers = || Json(serde_json::json!({}));
            let bodies = [(1, GOOD), (2, body)];
            EventBody::insert(tx, &bodies.map(|(event_id, body)| EventBody { event_id, headers: headers(), body: body.to_vec() }))
        });
        let first = mirror.project();
        for event in &first {
            assert_ne!(event.state, EventState::Pending);
            assert!(!event.error.as_ref().is_some_and(|error| error.contains("a bug")), "{:?}", event.error);
        }
        mirror.write(|tx| events::set_pending(tx, &[1, 2]).map(drop));
        let again = mirror.project();
        let decided = |events: &[Event]| events.iter().map(|event| (event.state, event.error.clone())).collect::<Vec<_>>();
        assert_eq!(decided(&first), decided(&again), "projected again it is decided otherwise");
    });
});
