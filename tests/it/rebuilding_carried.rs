//! Rebuild: what the log no longer tells is carried over.

use crate::rebuilding::{look, rebuild};
use crate::support::{TestApp, dump, on_both, payload};

fn booking(status: &str, total: &str) -> Vec<u8> {
    format!(
        "{{\"host\":\"a.example\",\"booking\":{{\"code\":\"B1\",\"status\":\"{status}\",\"order\":{{\"total\":\"{total}\"}},\
         \"customer\":{{\"code\":\"C-1\",\"name\":\"Ann\"}}}}}}"
    )
    .into_bytes()
}

fn partial(fields: &str) -> Vec<u8> {
    format!("{{\"host\":\"a.example\",\"event\":\"booking.update\",\"booking\":{{\"id\":\"B1\",{fields}}}}}")
        .into_bytes()
}

/// Takes the oldest bodies out of the log, as pruning does.
fn prune(app: &TestApp, count: usize) {
    let oldest = format!("SELECT id FROM webhook_events ORDER BY id LIMIT {count}");
    app.execute(&format!("DELETE FROM webhook_bodies WHERE event_id IN ({oldest})"));
}

on_both! {
    async fn what_was_pruned_stays(app: TestApp) {
        app.apply([payload("booking.json"), payload("item.json"), payload("rate.json"), payload("transaction.json")]).await;
        app.apply([booking("HOLD", "5.00"), partial("\"status\":\"PAID\"")]).await;
        let before = dump(&app.database);
        prune(&app, 6);
        assert_eq!(look(&app), []);
        assert_eq!(rebuild(&app), []);
        assert_eq!(dump(&app.database), before);
    }

    async fn the_rest_of_the_log_mends_a_row_and_leaves_what_it_does_not_tell(app: TestApp) {
        app.apply([booking("HOLD", "5.00"), booking("PART", "6.00"), partial("\"status\":\"PAID\"")]).await;
        app.execute("UPDATE bookings SET first_event_id = 1");
        let before = dump(&app.database);
        prune(&app, 1);
        assert_eq!(look(&app), [], "described in full by what is left");
        app.execute("UPDATE bookings SET total = 1, status_id = 'VOID'");
        rebuild(&app);
        let mended = "SELECT status_id || ' ' || CAST(total AS text) || ' ' || CAST(first_event_id AS text) AS v FROM bookings";
        assert_eq!(app.text(mended).replace("6.00", "6"), "PAID 6 1");
        assert_eq!(dump(&app.database)["booking_history"], before["booking_history"], "it is not told again");
        assert_eq!(dump(&app.database)["webhook_events"], before["webhook_events"]);
    }

    async fn a_gap_is_not_bridged(app: TestApp) {
        app.apply([booking("HOLD", "5.00"), partial("\"tid\":\"t-1\""), partial("\"status\":\"PAID\"")]).await;
        let before = dump(&app.database);
        app.execute("DELETE FROM webhook_bodies WHERE event_id = (SELECT event_id FROM booking_history WHERE changes LIKE '%tid%')".replace("changes LIKE", "CAST(changes AS text) LIKE").as_str());
        assert_eq!(look(&app), [], "the tracking id is known of nowhere else");
        rebuild(&app);
        assert_eq!(dump(&app.database), before);
    }

    async fn a_customer_told_by_an_address_stays_through_a_gap(app: TestApp) {
        let told = |code: &str, customer: &str| {
            format!("{{\"host\":\"a.example\",\"booking\":{{\"code\":\"{code}\",\"status\":\"HOLD\",\"customer\":{customer}}}}}")
        };
        let (nobody, b) = ("{}", "{\"email\":\"b@example.com\"}");
        let with_phone = "{\"email\":\"b@example.com\",\"phone\":\"0\"}";
        app.apply([told("B1", b), told("B1", nobody), told("B0", with_phone), told("B1", b), told("B0", nobody)]).await;
        let third = "SELECT id FROM webhook_events ORDER BY id LIMIT 1 OFFSET 2";
        app.execute(&format!("DELETE FROM webhook_bodies WHERE event_id = ({third})"));
        assert_eq!(look(&app), [], "only what is missing tells of the phone");
    }

    async fn what_came_from_elsewhere_stays(app: TestApp) {
        app.apply([payload("item.json")]).await;
        app.execute("INSERT INTO items (account_id, item_id, name, first_event_id, last_event_id, updated_at) \
            SELECT account_id, 77, 'Canoe', 1, 2, updated_at FROM items LIMIT 1");
        app.execute("INSERT INTO categories (account_id, category_id, name) VALUES (1, 5, 'Boats')");
        assert_eq!(look(&app), []);
        rebuild(&app);
        assert_eq!(app.text("SELECT name AS v FROM items WHERE item_id = 77"), "Canoe");
        assert_eq!(app.text("SELECT name AS v FROM categories"), "Boats");
        // An event of the log, on the other hand, vouches for what it tells.
        app.execute("UPDATE items SET item_id = 78, first_event_id = (SELECT min(id) FROM webhook_events), last_event_id = (SELECT min(id) FROM webhook_events) WHERE item_id = 77");
        rebuild(&app);
        assert_eq!(app.texts("SELECT name AS v FROM items WHERE item_id = 78"), Vec::<Option<String>>::new());
    }

    async fn a_later_parser_adds_a_step_to_a_pruned_booking(app: TestApp) {
        app.apply([booking("HOLD", "5.00"), booking("PART", "6.00")]).await;
        let before = dump(&app.database);
        prune(&app, 1);
        // As if the second delivery had failed with an older parser.
        app.execute("UPDATE bookings SET status_id = 'HOLD', total = 5, content_hash = 'x', last_event_id = first_event_id, updated_at = (SELECT min(received_at) FROM webhook_events)");
        app.execute("DELETE FROM booking_history WHERE event_id > (SELECT min(id) FROM webhook_events)");
        app.execute("UPDATE webhook_events SET state = 'failed', error = 'older' WHERE id > (SELECT min(id) FROM webhook_events)");
        let changes = look(&app);
        assert_eq!(changes.len(), 3, "{changes:#?}");
        rebuild(&app);
        assert_eq!(dump(&app.database)["booking_history"], before["booking_history"]);
        assert_eq!(dump(&app.database)["bookings"], before["bookings"]);
        assert_eq!(app.states(), "applied 2");
        assert_eq!(look(&app), []);
    }

    async fn deliveries_that_are_not_projected_yet_are_left_to_the_projector(app: TestApp) {
        app.apply([booking("HOLD", "5.00")]).await;
        app.deliver(booking("PAID", "6.00")).await;
        app.execute("UPDATE bookings SET total = 1");
        let changes = look(&app);
        assert_eq!(changes.iter().map(|change| (change.table, change.op)).collect::<Vec<_>>(), [("bookings", "update")]);
        rebuild(&app);
        assert_eq!(app.states(), "applied 1, pending 1");
        assert_eq!(app.text("SELECT status_id AS v FROM bookings"), "HOLD");
        app.project();
        assert_eq!(app.text("SELECT status_id AS v FROM bookings"), "PAID");
        assert_eq!(look(&app), []);
    }

    async fn a_replay_under_way_is_no_difference(app: TestApp) {
        app.apply([booking("HOLD", "5.00"), booking("PAID", "6.00")]).await;
        app.execute("UPDATE webhook_events SET prior_state = state, state = 'pending'");
        assert_eq!(look(&app), []);
        app.execute("UPDATE webhook_events SET prior_state = 'failed' WHERE id > (SELECT min(id) FROM webhook_events)");
        rebuild(&app);
        assert_eq!(app.states(), "applied 1, pending 1");
        app.project();
        assert_eq!(app.states(), "applied 2");
    }
}
