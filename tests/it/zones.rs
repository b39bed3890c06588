//! Local dates are told in the account's time zone, and follow when it changes.

use checkfront_mirror::config::Options;
use checkfront_mirror::project::Projector;
use tokio::task::block_in_place;

use crate::support::{Backend, TestApp, on_both, payload};

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

on_both! {
    /// The first change is half done, and a booking came meanwhile, when it is taken back.
    async fn a_change_that_is_taken_back_leaves_no_date_of_it(app: TestApp) {
        let day = |app: &TestApp| app.texts("SELECT CAST(created_on AS text) AS v FROM bookings ORDER BY code");
        let settings = |zone: &str| {
            let mut settings = app.config.accounts.clone();
            settings.zones = zone.parse().unwrap();
            settings
        };
        let projector = |zone: &str| Projector::new(&app.database, settings(zone));
        app.deliver(payload("booking.json")).await;
        block_in_place(|| projector("Canada/Pacific").drain().unwrap());
        assert_eq!(day(&app), [Some("2026-05-11".to_owned())]);
        // One step: bookings are told anew, payments and histories not yet.
        block_in_place(|| projector("Pacific/Auckland").step().unwrap());
        assert_eq!(day(&app), [Some("2026-05-12".to_owned())]);
        block_in_place(|| projector("Canada/Pacific").drain().unwrap());
        assert_eq!(day(&app), [Some("2026-05-11".to_owned())]);
        let zones = "SELECT timezone || ' ' || dates_timezone AS v FROM accounts";
        assert_eq!(app.text(zones), "Canada/Pacific Canada/Pacific");
        // Nothing had followed yet, but a booking was told in the new zone.
        app.deliver(payload("booking-one-line.json")).await;
        let told = String::from_utf8(payload("booking.json")).unwrap().replace("QZRT-120526", "QZRU-120526");
        app.deliver(told).await;
        block_in_place(|| {
            projector("Pacific/Auckland").step().unwrap();
            projector("Canada/Pacific").drain().unwrap();
        });
        assert_eq!(day(&app).last(), Some(&Some("2026-05-11".to_owned())));
    }
}
