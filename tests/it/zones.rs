//! Local dates are told in the account's time zone, and follow when it changes.

use checkfront_mirror::config::Options;

use crate::support::{Backend, TestApp, payload};

#[tokio::test(flavor = "multi_thread")]
async fn dates_follow_the_time_zone_sqlite() {
    dates_follow_the_time_zone(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_follow_the_time_zone_postgres() {
    dates_follow_the_time_zone(Backend::Postgres).await;
}

async fn dates_follow_the_time_zone(backend: Backend) {
    let options = Options {
        account_timezone: Some("harbour-tours.checkfront.example=Canada/Pacific".to_owned()),
        ..Options::default()
    };
    let mut app = TestApp::start_with(backend, options, &[]).await;
    // 2026-05-12 06:00 UTC is still the 11th in Victoria, and long the 12th in Auckland.
    app.apply([payload("booking.json"), payload("transaction.json")]).await;
    let dates = |app: &TestApp| {
        let booked = app.text("SELECT created_on || ' ' || start_on AS v FROM bookings");
        booked
            + " "
            + &app.text("SELECT CAST(start_on AS text) AS v FROM booking_items WHERE line_id = '1'")
            + " "
            + &app.text("SELECT CAST(transacted_on AS text) AS v FROM transactions")
    };
    assert_eq!(app.text("SELECT timezone AS v FROM accounts"), "Canada/Pacific");
    assert_eq!(dates(&app), "2026-05-11 2026-07-07 2026-07-07 2026-05-11");

    app.config.accounts.zones = "Pacific/Auckland".parse().unwrap();
    app.project();
    assert_eq!(
        app.text("SELECT timezone || ' ' || dates_timezone AS v FROM accounts"),
        "Pacific/Auckland Pacific/Auckland"
    );
    assert_eq!(dates(&app), "2026-05-12 2026-07-07 2026-07-07 2026-05-12");
    app.apply([payload("booking.xml")]).await;
    assert_eq!(app.states(), "applied 2, unchanged 1", "a date told anew is no change");
}
