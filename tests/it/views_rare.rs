//! Views of what hardly ever comes: a day before, a century later, texts as long as they may be.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

use crate::rebuild_command::{run, said};
use crate::support::{TestApp, on_both};

const UNCOUNTED: &str = "SELECT CAST(count(*) AS TEXT) AS v FROM uncounted";

/// A paid booking, from one time to another.
fn booking(code: &str, created: i64, start: i64, paid: &str) -> String {
    json!({"host": "a.example", "booking": {
        "code": code, "status": "PAID", "created_date": created.to_string(), "start_date": start.to_string(),
        "order": {"total": paid, "paid_total": paid},
    }})
    .to_string()
}

on_both! {
    /// Who walked in is often entered on the next morning.
    async fn a_lead_of_less_than_no_day(app: TestApp) {
        let noon = 1_780_056_000;
        let days = [-2, -1, 0, 1].map(|days| booking(&format!("B{days}-010626"), noon, noon + days * 86_400, "1.00"));
        app.apply(days).await;
        let leads = "SELECT lead_days || ' ' || bookings AS v FROM lead_times ORDER BY lead_days";
        let told = ["-2 1", "-1 1", "0 1", "1 1"].map(|lead| Some(lead.to_owned()));
        assert_eq!(app.texts(leads), told);
        said(&run(&app, &["migrate"]));
        assert_eq!((app.text(UNCOUNTED).as_str(), app.texts(leads)), ("0", told.to_vec()));
    }

    /// The calendar ends in 2099; what is paid for later services is owed all the same.
    async fn what_is_paid_for_the_next_century(app: TestApp) {
        let (eve, later) = (4_102_320_000, 4_200_000_000);
        app.apply([booking("B1-010626", 1_780_056_000, eve, "0.11"), booking("B2-010626", 1_780_056_000, later, "100.00")]).await;
        let owed = "SELECT day || ' ' || CAST(round(unearned, 2) AS TEXT) AS v FROM unearned_revenue ORDER BY day";
        let days = app.texts(owed).into_iter().flatten().collect::<Vec<_>>();
        let [first, last] = days.as_slice() else { panic!("{days:?}") };
        assert!(first.starts_with("2099-12-30 100") && last.starts_with("2099-12-31 100"), "{days:?}");
    }

    /// No index takes more, and one that cannot be counted would keep all others from it.
    async fn texts_as_long_as_they_may_be_are_counted(app: TestApp) {
        let mut random = StdRng::seed_from_u64(3);
        let mut text = |bytes: usize| (0..bytes).map(|_| char::from(random.random_range(b'!'..b'~'))).collect::<String>();
        let (long, currency, sku) = (text(201), text(200), text(2_000));
        let body = |code: &str, currency: &str| {
            json!({"host": "a.example", "booking": {
                "code": code, "status": "PAID", "created_date": "1780056000", "start_date": "1780056000",
                "customer": {"code": "C-1"},
                "order": {"@attributes": {"currency_id": currency}, "total": "3.00", "taxes": {"tax": {"name": sku, "amount": "1.00"}},
                    "items": {"item": {"@attributes": {"line_id": "1"}, "sku": sku, "total": "3.00", "qty": "1"}}},
            }})
            .to_string()
        };
        app.apply([body("AAAA-010626", &currency), body("BBBB-010626", &long)]).await;
        assert_eq!(app.states(), "applied 2");
        let kept = app.texts("SELECT code || ' ' || COALESCE(currency_id, '-') AS v FROM bookings ORDER BY code");
        assert_eq!(kept, [Some(format!("AAAA-010626 {currency}")), Some("BBBB-010626 -".to_owned())]);
        said(&run(&app, &["migrate"]));
        assert_eq!(app.text(UNCOUNTED), "0");
        assert!(app.text("SELECT CAST(sum(total) AS TEXT) AS v FROM sales_by_item WHERE basis = 'start'").starts_with('6'));
    }
}
