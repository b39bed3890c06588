//! Replay: the same events, the same ids, and rows that a mended parser repairs.

use checkfront_mirror::db::events;
use tokio::task::block_in_place;

use crate::support::{TestApp, dump, on_both, payload};

pub(crate) fn set_all_pending(app: &TestApp) {
    let ids = app.texts("SELECT CAST(id AS text) AS v FROM webhook_events");
    let ids: Vec<i64> = ids.into_iter().flatten().map(|id| id.parse().unwrap()).collect();
    block_in_place(|| app.database.session().transaction(|tx| events::set_pending(tx, &ids))).unwrap();
}

pub(crate) async fn a_story(app: &TestApp) {
    let paid = String::from_utf8(payload("booking.json")).unwrap().replace("\"PART\"", "\"PAID\"");
    let bodies = [
        payload("booking.json"),
        payload("booking.xml"),
        paid.clone().into_bytes(),
        payload("event.json"),
        br#"{"event":"booking.update","booking":{"id":990017,"status":"DONE"}}"#.to_vec(),
        payload("transaction.json"),
        payload("item.json"),
        payload("rate.json"),
        payload("booking.txt"),
        b"{".to_vec(),
        b"".to_vec(),
        payload("item.xml"),
    ];
    app.apply(bodies).await;
}

on_both! {
    async fn an_untouched_mirror_stays_as_it_is(app: TestApp) {
        a_story(&app).await;
        let before = dump(&app.database);
        for batch in [1, 3, 500] {
            set_all_pending(&app);
            app.project_with(|projector| projector.set_batch(batch).drain());
            assert_eq!(dump(&app.database), before, "batches of {batch}");
        }
    }

    async fn rows_that_were_wrong_are_repaired(app: TestApp) {
        a_story(&app).await;
        let before = dump(&app.database);
        // What an older, faulty parser might have left.
        app.execute("UPDATE bookings SET total = 1, content_hash = 'old'");
        app.execute("UPDATE booking_items SET sku = NULL");
        app.execute("DELETE FROM booking_taxes");
        app.execute("UPDATE booking_history SET total = 1");
        app.execute("UPDATE transactions SET amount = 1");
        app.execute("UPDATE items SET name = 'x'");
        app.execute("DELETE FROM rate_items");
        set_all_pending(&app);
        app.project();
        let after = dump(&app.database);
        for table in ["bookings", "booking_items", "booking_taxes", "booking_history", "customers", "transactions", "items", "rate_items"] {
            let strip = |rows: &[String]| rows.iter().map(|row| without_times(row)).collect::<Vec<_>>();
            assert_eq!(strip(&after[table]), strip(&before[table]), "{table}");
        }
    }

    async fn one_old_event_of_a_booking_tells_the_whole_booking(app: TestApp) {
        a_story(&app).await;
        let before = dump(&app.database);
        let first = app.text("SELECT CAST(min(id) AS text) AS v FROM webhook_events").parse().unwrap();
        app.execute("UPDATE bookings SET total = 1, content_hash = 'old'");
        block_in_place(|| app.database.session().transaction(|tx| events::set_pending(tx, &[first]))).unwrap();
        app.project();
        let of_code = |rows: &[String]| rows.iter().filter(|row| row.contains("QZRT-120526")).cloned().collect::<Vec<_>>();
        assert_eq!(of_code(&dump(&app.database)["bookings"]), of_code(&before["bookings"]));
        assert_eq!(dump(&app.database)["booking_history"], before["booking_history"]);
    }
}

/// A repaired row was last changed by the event that repaired it.
fn without_times(row: &str) -> String {
    let mut row: serde_json::Value = serde_json::from_str(row).unwrap();
    row.as_object_mut().unwrap().retain(|name, _| name != "updated_at");
    row.to_string()
}
