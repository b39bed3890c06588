//! What is read ahead, and what of it is of use.

use chrono::Utc;
use serde_json::json;

use super::*;
use crate::db::rows::EventBody;
use crate::db::statement::execute;
use crate::db::types::{Json, Timestamp};
use crate::db::{Database, DatabaseUrl, migrate};
use crate::privacy::Privacy;
use crate::project::Zones;

#[test]
fn a_full_batch_has_the_next_one_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(&DatabaseUrl::Sqlite(folder.path().join("mirror.db"))).expect("a file");
    let mut session = database.session();
    migrate::run(&mut session).expect("migrated");
    let ids = 1..=150;
    let events: Vec<_> = ids.clone().map(|id| Event::pending(id, "test", Timestamp(Utc::now()))).collect();
    let bodies = ids.map(|event_id| EventBody { event_id, headers: Json(json!({})), body: b"{}".to_vec() });
    let bodies: Vec<_> = bodies.collect();
    let stored = session.transaction(|tx| Event::insert(tx, &events).and_then(|_| EventBody::insert(tx, &bodies)));
    stored.expect("stored");
    let settings =
        Settings { default_host: "a.example".to_owned(), zones: Zones::default(), privacy: Privacy::default() };
    let mut reader = Reader::new(&database, &settings);
    let mut claimed = |limit| {
        let events = database.read(|tx| events::pending(tx, 0, limit, BYTES)).expect("events");
        let batch = database.read(|tx| Ahead::default().read(tx, events)).expect("readings");
        Ahead::beside(&mut reader, limit, |begin| begin(&batch)).1
    };
    let mut ahead = claimed(100);
    assert_eq!((ahead.0.len(), ahead.0.contains_key(&101)), (50, true));
    // A small one, or one that is not full, has none.
    assert_eq!((claimed(10).0.len(), claimed(200).0.len()), (0, 0));
    // It is handed over whole, unless somebody had one of its events in hand meanwhile.
    let next = |ahead: &mut Ahead, limit| {
        let next = database.read(|tx| ahead.next(tx, 100, limit)).expect("events");
        next.map(|readings| readings.len())
    };
    assert_eq!((next(&mut claimed(100), 50), next(&mut claimed(100), 51)), (Some(50), None));
    let counted = database.session().transaction(|tx| events::add_attempt(tx, 120));
    assert_eq!(counted.expect("counted"), Some(1));
    assert_eq!(next(&mut ahead, 50), None);
    // What was read is not read again, where the event is still what it was.
    let mut events = database.read(|tx| events::pending(tx, 100, 50, BYTES)).expect("events");
    events[7].attempts = 1;
    let dropped = database.session().transaction(|tx| execute(tx, "DELETE FROM webhook_bodies"));
    dropped.expect("dropped");
    let readings = database.read(|tx| ahead.read(tx, events)).expect("readings");
    let read = |id| readings.iter().any(|reading| reading.event.id == id);
    assert_eq!((readings.len(), read(107), read(108), read(120)), (48, true, false, false));
}
