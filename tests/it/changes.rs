//! The list of changes: a copy that reads again what the list names, and nothing else, says what the mirror says, whoever
//! wrote it.

use std::collections::BTreeMap;

use checkfront_mirror::db::Database;
use checkfront_mirror::db::rows::{Action, Change, Kind};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use serde_json::Value;
use tokio::task::block_in_place;

use crate::forgetting::{ZOE, by_email, forget};
use crate::rebuild_command::url_of;
use crate::rebuilding::rebuild;
use crate::replaying::{a_story, set_all_pending};
use crate::support::{Backend, TestApp, assert_nowhere, dump, on_both, payload};

/// Kind and key to rows.
pub(crate) type Objects = BTreeMap<(String, String), Vec<String>>;

/// Which column of which table tells the object that a row belongs to.
const TABLES: [(&str, &str, &str); 10] = [
    ("bookings", "booking", "code"),
    ("booking_items", "booking", "booking_code"),
    ("booking_taxes", "booking", "booking_code"),
    ("booking_history", "booking", "booking_code"),
    ("customers", "customer", "customer_key"),
    ("transactions", "transaction", "transaction_id"),
    ("items", "item", "item_id"),
    ("rates", "rate", "rate_id"),
    ("rate_items", "rate", "rate_id"),
    ("rate_categories", "rate", "rate_id"),
];

/// What the mirror says of each object, without the marks of when it was last told.
pub(crate) fn objects(database: &Database) -> Objects {
    let mut objects = Objects::new();
    for (table, rows) in dump(database) {
        let Some((_, kind, key)) = TABLES.iter().find(|(name, ..)| *name == table) else { continue };
        for row in rows {
            let mut row: Value = serde_json::from_str(&row).unwrap();
            let columns = row.as_object_mut().unwrap();
            let key = columns[*key].as_str().map_or_else(|| columns[*key].to_string(), str::to_owned);
            columns.retain(|name, _| {
                !["first_event_id", "last_event_id", "updated_at", "field_events"].contains(&name.as_str())
            });
            objects.entry(((*kind).to_owned(), key)).or_default().push(format!("{table} {row}"));
        }
    }
    objects
}

/// Somebody who keeps a copy by following the list.
#[derive(Default)]
struct Follower {
    after: i64,
    copy: Objects,
}

impl Follower {
    /// Follows it to its end; what came, as `update booking QZRT-120526`.
    fn follow(&mut self, app: &TestApp) -> Vec<String> {
        let changes = block_in_place(|| app.database.read(|tx| Change::after(tx, self.after, 1_000))).unwrap();
        let now = block_in_place(|| objects(&app.database));
        for change in &changes {
            self.after += 1;
            assert_eq!(change.seq, self.after, "numbers have gaps");
            let key = (word(change.kind), change.key.clone());
            match now.get(&key) {
                Some(rows) => self.copy.insert(key, rows.clone()),
                None => self.copy.remove(&key),
            };
        }
        changes.iter().map(|change| format!("{} {} {}", word(change.action), word(change.kind), change.key)).collect()
    }

    fn assert_current(&self, app: &TestApp) {
        assert_eq!(self.copy, block_in_place(|| objects(&app.database)));
    }
}

fn word(word: impl serde::Serialize) -> String {
    serde_json::to_value(word).unwrap().as_str().unwrap().to_owned()
}

on_both! {
    async fn deliveries_are_listed_where_they_change_something(app: TestApp) {
        let mut follower = Follower::default();
        app.apply([payload("booking.json")]).await;
        assert_eq!(follower.follow(&app), ["insert booking QZRT-120526", "insert customer HT4-112-908"]);
        // The same in two other formats, then one that came too late.
        app.apply([payload("booking.xml"), payload("booking.txt")]).await;
        assert_eq!(follower.follow(&app), Vec::<String>::new());
        app.apply([payload("item.json"), payload("transaction.json"), payload("rate.json")]).await;
        let came = follower.follow(&app);
        assert!(came.len() >= 3 && came.iter().all(|change| change.starts_with("insert ")), "{came:?}");
        let cancelled = String::from_utf8(payload("booking.json")).unwrap().replace("\"PART\"", "\"STOP\"");
        app.apply([cancelled.into_bytes()]).await;
        assert_eq!(follower.follow(&app), ["update booking QZRT-120526"]);
        let event: i64 = app.text("SELECT CAST(event_id AS text) AS v FROM changes ORDER BY seq DESC LIMIT 1").parse().unwrap();
        assert_eq!(app.text("SELECT CAST(last_event_id AS text) AS v FROM bookings"), event.to_string());
        follower.assert_current(&app);
    }

    async fn a_replay_of_what_is_right_changes_nothing_and_one_of_what_is_wrong_does(app: TestApp) {
        a_story(&app).await;
        let mut follower = Follower::default();
        follower.follow(&app);
        follower.assert_current(&app);
        for batch in [1, 500] {
            set_all_pending(&app);
            app.project_with(|projector| projector.set_batch(batch).drain());
            assert_eq!(follower.follow(&app), Vec::<String>::new(), "batches of {batch}");
        }
        app.execute("UPDATE bookings SET total = 1");
        app.execute("UPDATE items SET name = 'x'");
        follower.copy = block_in_place(|| objects(&app.database));
        set_all_pending(&app);
        app.project();
        let came = follower.follow(&app);
        assert!(came.contains(&"update booking QZRT-120526".to_owned()), "{came:?}");
        follower.assert_current(&app);
    }

    async fn a_rebuild_lists_what_it_puts_right(app: TestApp) {
        a_story(&app).await;
        let mut follower = Follower::default();
        follower.follow(&app);
        rebuild(&app);
        assert_eq!(follower.follow(&app), Vec::<String>::new());
        app.execute("UPDATE bookings SET total = 1 WHERE code = 'QZRT-120526'");
        app.execute("DELETE FROM booking_taxes");
        app.execute("UPDATE items SET name = 'x'");
        app.execute("DELETE FROM transactions");
        app.execute("DELETE FROM rate_items");
        follower.copy = block_in_place(|| objects(&app.database));
        rebuild(&app);
        let came = follower.follow(&app);
        assert!(came.iter().any(|change| change.starts_with("insert transaction ")), "{came:?}");
        assert!(came.iter().filter(|change| change.ends_with(" booking QZRT-120526")).count() == 1, "{came:?}");
        follower.assert_current(&app);
    }

    async fn a_person_that_is_forgotten_is_not_in_the_list(app: TestApp) {
        a_story(&app).await;
        // And a customer that only an address tells, whose row has given way.
        let by_address = r#"{"@attributes":{"host":"harbour-tours.checkfront.example"},"booking":{"code":"ADDR-1","status":"HOLD","customer":{"email":"zoe@example.com","name":"Zoë O’Hara"}}}"#;
        app.apply([by_address, &by_address.replace("\"email\"", "\"code\":\"HT4-112-908\",\"email\"")]).await;
        let mut follower = Follower::default();
        let came = follower.follow(&app);
        assert!(came.contains(&"insert customer HT4-112-908".to_owned()), "{came:?}");
        forget(&app, &by_email("zoe@example.com"));
        assert_nowhere(&app.database, &ZOE);
        let came = follower.follow(&app);
        assert!(came.contains(&"update booking QZRT-120526".to_owned()), "{came:?}");
        assert!(came.iter().any(|change| change.starts_with("insert customer forgotten:")), "{came:?}");
        // What the booking no longer names, the copy drops.
        follower.copy.retain(|(kind, key), _| kind != "customer" || key.starts_with("forgotten:") || !key.contains("HT4"));
        follower.assert_current(&app);
    }

    async fn a_change_of_the_time_zone_is_listed(app: TestApp) {
        a_story(&app).await;
        let mut follower = Follower::default();
        follower.follow(&app);
        let mut settings = app.config.accounts.clone();
        settings.zones = "Canada/Pacific".parse().unwrap();
        block_in_place(|| checkfront_mirror::project::Projector::new(&app.database, settings).drain()).unwrap();
        let came = follower.follow(&app);
        assert!(came.contains(&"update booking QZRT-120526".to_owned()), "{came:?}");
        assert!(came.iter().any(|change| change.starts_with("update transaction ")), "{came:?}");
        follower.assert_current(&app);
    }

    async fn what_is_old_is_dropped(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        app.execute("INSERT INTO changes (seq, account_id, kind, key, action) VALUES (1999999, 1, 'item', '7', 'update')");
        app.apply([payload("item.json")]).await;
        let least: i64 = app.text("SELECT CAST(min(seq) AS text) AS v FROM changes").parse().unwrap();
        assert_eq!(least, 1_999_999);
        let change = block_in_place(|| app.database.read(|tx| Change::after(tx, 1_999_999, 1))).unwrap().remove(0);
        assert_eq!((change.seq, change.kind, change.action), (2_000_000, Kind::Item, Action::Insert));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_notifies_with_the_last_number() {
    let app = TestApp::start(Backend::Postgres).await;
    let url = url_of(&app);
    let mut connection = block_in_place(|| PgConnection::establish(&url)).unwrap();
    connection.batch_execute("LISTEN checkfront_changes").unwrap();
    let mut told = async || {
        connection.batch_execute("SELECT 1").unwrap();
        connection.notifications_iter().map(|told| told.unwrap().payload).collect::<Vec<_>>()
    };
    app.apply([payload("booking.json"), payload("item.json")]).await;
    let last = app.text("SELECT CAST(max(seq) AS text) AS v FROM changes");
    assert_eq!(told().await, [last]);
    app.apply([payload("booking.xml")]).await;
    assert_eq!(told().await, Vec::<String>::new());
    app.execute("UPDATE bookings SET total = 1");
    rebuild(&app);
    assert_eq!(told().await, [app.text("SELECT CAST(max(seq) AS text) AS v FROM changes")]);
}
