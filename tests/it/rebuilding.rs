//! Rebuild: the log projected anew beside the tables, and the difference applied to them.

use checkfront_mirror::project::{Outcome, Projector};
use checkfront_mirror::rebuild::{Change, Counts, Rebuild};
use serde_json::json;
use tokio::task::block_in_place;

use crate::forgetting::{by_email, edited, forget};
use crate::replaying::a_story;
use crate::support::{TestApp, dump, on_both, payload};

fn begin(app: &TestApp) -> Rebuild {
    Rebuild::begin(&app.config.database_url, &app.config.accounts).unwrap()
}

/// What a rebuild would change.
pub(crate) fn look(app: &TestApp) -> Vec<Change> {
    block_in_place(|| {
        let mut rebuild = begin(app);
        rebuild.project(&mut |_, _| {}).unwrap();
        rebuild.compare(false).unwrap();
        let mut changes = Vec::new();
        let read: Result<(), checkfront_mirror::db::Error> = rebuild.changes(|change| {
            changes.push(change);
            Ok(())
        });
        read.unwrap();
        rebuild.end().unwrap();
        changes
    })
}

/// Rebuilds, and says how many rows of which tables that wrote.
pub(crate) fn rebuild(app: &TestApp) -> Vec<Counts> {
    block_in_place(|| {
        let mut rebuild = begin(app);
        rebuild.project(&mut |_, _| {}).unwrap();
        rebuild.compare(true).unwrap();
        rebuild.apply(|_| Ok(())).unwrap();
        let counts = rebuild.counts().iter().filter(|counts| !counts.is_empty()).cloned().collect();
        rebuild.end().unwrap();
        counts
    })
}

on_both! {
    async fn an_untouched_mirror_is_left_alone(app: TestApp) {
        a_story(&app).await;
        let before = dump(&app.database);
        assert_eq!(look(&app), []);
        assert_eq!(rebuild(&app), []);
        assert_eq!(dump(&app.database), before);
    }

    async fn wrong_rows_are_put_right_and_users_edits_stay(app: TestApp) {
        a_story(&app).await;
        app.execute("UPDATE statuses SET label = 'Paid up', is_sale = false WHERE status_id = 'PAID'");
        app.execute("UPDATE accounts SET account_id = account_id + 40, name = 'Ours'");
        for table in ["statuses", "customers", "bookings", "booking_items", "booking_taxes", "booking_history", "transactions", "items", "rates", "rate_items", "rate_categories", "webhook_events"] {
            app.execute(&format!("UPDATE {table} SET account_id = account_id + 40"));
        }
        let before = dump(&app.database);
        assert_eq!(look(&app), []);
        app.execute("UPDATE bookings SET total = 1, content_hash = 'old'");
        app.execute("UPDATE booking_items SET sku = NULL");
        app.execute("DELETE FROM booking_taxes");
        app.execute("UPDATE booking_history SET total = 1");
        app.execute("UPDATE customers SET name = 'x'");
        app.execute("UPDATE transactions SET amount = 1");
        app.execute("UPDATE items SET name = 'x', last_event_id = first_event_id");
        app.execute("INSERT INTO rate_items VALUES (41, 999, 1)");
        app.execute("DELETE FROM rates");
        app.execute("DELETE FROM statuses WHERE status_id = 'DONE'");
        app.execute("UPDATE webhook_events SET state = 'failed', error = 'an older parser', kind = NULL WHERE kind = 'item'");
        let wrong = dump(&app.database);
        let changes = look(&app);
        assert_eq!(dump(&app.database), wrong, "a dry run changes nothing");
        let ops = |table: &str, op: &str| changes.iter().filter(|change| change.table == table && change.op == op).count();
        assert_eq!((ops("booking_taxes", "insert") > 0, ops("rates", "insert"), ops("rate_items", "delete"), ops("statuses", "insert")), (true, 1, 1, 1));
        let booking = changes.iter().find(|change| change.table == "bookings" && change.key["code"] == "QZRT-120526").unwrap();
        assert_eq!(booking.columns["total"][0], json!("1"));
        assert_eq!(booking.columns.keys().collect::<Vec<_>>(), ["content_hash", "total"]);
        let event = changes.iter().find(|change| change.table == "webhook_events").unwrap();
        assert_eq!(event.columns["state"], json!(["failed", "applied"]));
        assert_eq!(event.columns["kind"], json!([null, "item"]));

        rebuild(&app);
        assert_eq!(dump(&app.database), before);
        assert_eq!(look(&app), []);
    }

    async fn rows_that_were_edited_meanwhile_stop_it(app: TestApp) {
        a_story(&app).await;
        app.execute("UPDATE bookings SET total = 1");
        app.execute("UPDATE items SET name = 'x'");
        block_in_place(|| {
            let mut rebuild = begin(&app);
            rebuild.project(&mut |_, _| {}).unwrap();
            rebuild.compare(true).unwrap();
            app.execute("UPDATE items SET name = 'mine'");
            let before = dump(&app.database);
            let stopped = rebuild.apply(|_| Ok(())).unwrap_err().to_string();
            assert!(stopped.contains("rows of items are no longer as they were"), "{stopped}");
            assert_eq!(dump(&app.database), before);
            rebuild.end().unwrap();
        });
        assert!(!rebuild(&app).is_empty());
        assert_eq!(look(&app), []);
    }

    async fn events_that_leave_the_log_meanwhile_stop_it(app: TestApp) {
        a_story(&app).await;
        block_in_place(|| {
            let mut rebuild = begin(&app);
            rebuild.project(&mut |_, _| {}).unwrap();
            app.execute("DELETE FROM webhook_bodies WHERE event_id = (SELECT max(id) FROM webhook_events)");
            let stopped = rebuild.compare(true).unwrap_err().to_string();
            assert!(stopped.contains("events left the log meanwhile"), "{stopped}");
            rebuild.end().unwrap();
        });
        assert_eq!(look(&app), []);
    }

    async fn what_arrives_meanwhile_is_caught_up_with(app: TestApp) {
        a_story(&app).await;
        app.execute("UPDATE bookings SET total = 1");
        let mut rebuild = block_in_place(|| {
            let mut rebuild = begin(&app);
            rebuild.project(&mut |_, _| {}).unwrap();
            rebuild
        });
        let other = String::from_utf8(payload("booking.json")).unwrap().replace("\"PART\"", "\"VOID\"");
        app.apply([other.clone(), other.replace("QZRT-120526", "NEW-1")]).await;
        block_in_place(|| {
            rebuild.compare(true).unwrap();
            // The projector is paused: what comes now waits, whatever the difference says.
            assert_eq!(app.project_with(Projector::step), Outcome::Busy);
            rebuild.apply(|_| Ok(())).unwrap();
            assert_eq!(app.project_with(Projector::step), Outcome::Empty);
            rebuild.end().unwrap();
        });
        let statuses = "SELECT code || ' ' || status_id AS v FROM bookings WHERE total <> 1 AND status_id = 'VOID' ORDER BY code";
        assert_eq!(app.texts(statuses), [Some("NEW-1 VOID".to_owned()), Some("QZRT-120526 VOID".to_owned())]);
        assert_eq!(look(&app), []);
    }

    async fn what_the_process_died_of_is_not_tried(app: TestApp) {
        app.deliver(payload("booking.json")).await;
        app.execute("UPDATE webhook_events SET state = 'failed', error = 'the process died 3 times with this event in hand'");
        assert_eq!(look(&app), []);
        app.execute("UPDATE webhook_events SET error = 'an older parser'");
        assert!(look(&app).iter().any(|change| change.table == "bookings"));
        rebuild(&app);
        assert_eq!(app.states(), "applied 1");
    }

    async fn another_default_host_is_noticed(app: TestApp) {
        app.apply([payload("event.json")]).await;
        assert_eq!(look(&app), []);
        let mut settings = app.config.accounts.clone();
        "other.example".clone_into(&mut settings.default_host);
        block_in_place(|| {
            let mut rebuild = Rebuild::begin(&app.config.database_url, &settings).unwrap();
            rebuild.project(&mut |_, _| {}).unwrap();
            rebuild.compare(false).unwrap();
            assert_eq!(rebuild.moved().unwrap(), 1);
            rebuild.end().unwrap();
        });
    }

    async fn dates_are_told_in_the_zone_the_account_has(app: TestApp) {
        a_story(&app).await;
        app.execute("UPDATE accounts SET timezone = 'Pacific/Auckland'");
        app.project();
        assert_eq!(app.text("SELECT DISTINCT dates_timezone AS v FROM accounts"), "Pacific/Auckland");
        assert_eq!(look(&app), [], "whatever zone this shell has");
    }

    async fn who_is_forgotten_meanwhile_does_not_come_back(app: TestApp) {
        a_story(&app).await;
        app.execute("UPDATE bookings SET total = 1");
        block_in_place(|| {
            let mut rebuild = begin(&app);
            rebuild.project(&mut |_, _| {}).unwrap();
            rebuild.compare(true).unwrap();
            app.execute("INSERT INTO forgotten_bookings SELECT account_id, code, 'forgotten:1', updated_at FROM bookings WHERE code = 'QZRT-120526'");
            let before = dump(&app.database);
            let stopped = rebuild.apply(|_| Ok(())).unwrap_err().to_string();
            assert!(stopped.contains("a person was forgotten meanwhile"), "{stopped}");
            assert!(rebuild.compare(true).is_err());
            assert_eq!(dump(&app.database), before);
            rebuild.end().unwrap();
        });
    }

    /// Named in passing alone, so that no booking is marked: what was read before must not be written after.
    async fn who_is_only_mentioned_does_not_come_back_either(app: TestApp) {
        let guest = edited("booking.json", &[("\"fields\": {", "\"fields\": {\"guest_email\": \"guest@example.com\", ")]);
        app.apply([guest]).await;
        let mentions = "SELECT CAST(count(*) AS TEXT) AS v FROM bookings WHERE CAST(fields AS TEXT) LIKE '%guest@example.com%'";
        assert_eq!(app.text(mentions), "1");
        let mut rebuild = block_in_place(|| {
            let mut rebuild = begin(&app);
            rebuild.project(&mut |_, _| {}).unwrap();
            rebuild
        });
        forget(&app, &by_email("guest@example.com"));
        assert_eq!(app.text(mentions), "0");
        block_in_place(|| {
            let stopped = rebuild.compare(true).unwrap_err().to_string();
            assert!(stopped.contains("a person was forgotten meanwhile"), "{stopped}");
            rebuild.end().unwrap();
        });
        assert_eq!((app.text(mentions).as_str(), look(&app).len()), ("0", 0));
    }
}
