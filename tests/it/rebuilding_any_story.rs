//! Whatever came in whatever order, and whatever the log has lost since: a rebuild of an untouched mirror changes nothing.

use checkfront_mirror::db::{Database, DatabaseUrl, Error, Tx};
use checkfront_mirror::privacy::Privacy;
use checkfront_mirror::project::{Settings, Zones};
use checkfront_mirror::rebuild::{Change, Rebuild};
use diesel::RunQueryDsl;
use proptest::prelude::*;

use crate::order::{Delivery, cases, delivery, empty, projector, record};
use crate::support::{Backend, dump};

/// A booking event, which holds only a part, of one of the bookings.
fn partial() -> impl Strategy<Value = String> {
    let status = prop::sample::select(vec!["HOLD", "PAID", "STOP"]);
    let status = prop::option::of(status).prop_map(|status| status.map(|status| format!(",\"status\":\"{status}\"")));
    let action = prop::sample::select(vec!["update", "update", "delete"]);
    (0..3_usize, status, action, prop::option::of(0..2_u8)).prop_map(|(booking, status, action, email)| {
        let email = email.map(|email| format!(",\"customer\":{{\"email\":\"{}@example.com\"}}", ["a", "b"][usize::from(email)]));
        let (status, email) = (status.unwrap_or_default(), email.unwrap_or_default());
        format!("{{\"host\":\"a.example\",\"event\":\"booking.{action}\",\"booking\":{{\"id\":\"B{booking}\"{status}{email}}}}}")
    })
}

/// Items, with a child; now and then deleted.
fn item() -> impl Strategy<Value = String> {
    let action = prop::sample::select(vec!["update", "update", "delete"]);
    (1..3_u8, 0..3_u8, action).prop_map(|(id, name, action)| {
        format!("{{\"host\":\"a.example\",\"type\":\"item\",\"action\":\"{action}\",\"item\":{{\"item_id\":\"{id}\",\"name\":\"n{name}\"}}}}")
    })
}

fn body() -> impl Strategy<Value = String> {
    prop_oneof![4 => delivery().prop_map(|delivery: Delivery| delivery.body()), 2 => partial(), 1 => item()]
}

/// Bodies, and of each whether it comes late.
fn story() -> impl Strategy<Value = Vec<(String, bool)>> {
    prop::collection::vec((body(), prop::bool::weighted(0.15)), 2..16)
}

/// A mirror to which some deliveries came late.
fn mirror(url: &DatabaseUrl, story: &[(String, bool)]) -> Database {
    let database = empty(url);
    for late in [false, true] {
        let events = (1..).zip(story).filter(|(_, (_, is_late))| *is_late == late);
        record(&database, events.map(|(id, (body, _))| (id, body)));
        projector(&database, 3).drain().unwrap();
    }
    database
}

pub(crate) fn settings() -> Settings {
    Settings { default_host: "default".to_owned(), zones: Zones::default(), privacy: Privacy::default() }
}

pub(crate) fn look(url: &DatabaseUrl) -> Vec<Change> {
    let mut rebuild = Rebuild::begin(url, &settings()).unwrap();
    rebuild.project(&mut |_, _| {}).unwrap();
    rebuild.compare(false).unwrap();
    let mut changes = Vec::new();
    let read: Result<(), Error> = rebuild.changes(|change| {
        changes.push(change);
        Ok(())
    });
    read.unwrap();
    rebuild.end().unwrap();
    changes
}

fn is_address(key: &serde_json::Value) -> bool {
    key.as_str().is_some_and(|key| key.starts_with("email:"))
}

fn forget(database: &Database, condition: &str) {
    let statement = format!("DELETE FROM webhook_bodies WHERE {condition}");
    let run = |tx: &mut Tx<'_>| {
        Ok(match tx {
            Tx::Postgres(connection) => diesel::sql_query(statement).execute(&mut **connection)?,
            Tx::Sqlite(connection) => diesel::sql_query(statement).execute(&mut **connection)?,
        })
    };
    database.session().transaction(run).unwrap();
}

/// With all of the log, with its end alone, and with a gap in it.
fn nothing_changes(backend: Backend, story: &[(String, bool)], cut: usize) -> Result<(), TestCaseError> {
    let conditions = ["1 = 0".to_owned(), format!("event_id <= {cut}"), format!("event_id = {cut}")];
    for condition in conditions {
        let folder = tempfile::tempdir().unwrap();
        let url: DatabaseUrl = backend.new_url(&folder).parse().unwrap();
        let database = mirror(&url, story);
        forget(&database, &condition);
        let before = dump(&database);
        let mut changes = look(&url);
        // When a customer changed last, and what late deliveries tell of one known by an address alone, who may have
        // been forgotten since, depends on the order of arrival, of which the log does not tell.
        let has_late = story.iter().any(|(_, late)| *late);
        let by_arrival = |change: &Change| {
            change.key.get("customer_key").is_some_and(is_address)
                || change.table == "customers" && change.columns.keys().eq(["updated_at"])
        };
        changes.retain(|change| !(has_late && by_arrival(change)));
        prop_assert_eq!(changes, vec![], "{}", condition);
        prop_assert_eq!(dump(&database), before);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn nothing_changes_sqlite(story in story(), cut in 1..12_usize) {
        nothing_changes(Backend::Sqlite, &story, cut)?;
    }
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn nothing_changes_postgres(story in story(), cut in 1..12_usize) {
        nothing_changes(Backend::Postgres, &story, cut)?;
    }
}
