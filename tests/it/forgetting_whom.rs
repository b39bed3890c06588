//! Whose bookings `forget` takes for a person's, and whose it leaves.

use checkfront_mirror::forget::{Who, search};
use tokio::task::block_in_place;

use crate::forgetting::{ZOE, by_email, edited, forget, keys};
use crate::support::{TestApp, assert_nowhere, on_both, payload};

on_both! {
    async fn address_and_code_lead_to_each_other(app: TestApp) {
        let host = r#""@attributes":{"host":"a.example"}"#;
        let booking = |code: &str, customer: &str| format!(r#"{{{host},"booking":{{"code":"{code}","status":"PAID","customer":{{{customer}}},"order":{{"total":"5.00"}}}}}}"#);
        app.apply([
            booking("ONE-1", r#""name":"Ann Berger","email":"ann@example.org""#),
            booking("TWO-2", r#""code":"AAA-1","name":"Ann Berger","email":"Ann@example.org""#),
            booking("THREE-3", r#""code":"AAA-1","name":"Ann Berger","email":"ann.berger@example.org""#),
            booking("FOUR-4", r#""name":"A. Berger","email":"ann.berger@example.org""#),
            // Another customer, whose note names Ann; and a namesake.
            r#"{"@attributes":{"host":"a.example"},"booking":{"code":"FIVE-5","status":"PAID","customer":{"code":"BBB-2","name":"Bob Stone"},"meta":{"note":"together with ann@example.org","seat":"7"}}}"#.to_owned(),
            booking("SIX-6", r#""code":"CCC-3","name":"Ann Berger","email":"other@example.net""#),
        ]).await;
        for who in [by_email("ann@example.org"), Who::Code("AAA-1".to_owned())] {
            let people = block_in_place(|| search(&app.database, &who, Some("A.example"), &keys())).unwrap();
            let codes: Vec<_> = people[0].bookings.keys().map(String::as_str).collect();
            assert_eq!(codes, ["FOUR-4", "ONE-1", "THREE-3", "TWO-2"], "{who:?}");
            assert!(block_in_place(|| search(&app.database, &who, Some("b.example"), &keys())).unwrap().is_empty());
        }
        forget(&app, &Who::Code("AAA-1".to_owned()));
        assert_nowhere(&app.database, &["ann@example.org", "ann.berger@", "AAA-1", "A. Berger"]);
        let others = "SELECT customer_name || ' ' || coalesce(CAST(meta AS text), '') AS v FROM bookings WHERE customer_name IS NOT NULL ORDER BY code";
        let others = app.texts(others).into_iter().flatten().map(|line| line.replace(' ', "")).collect::<Vec<_>>();
        assert_eq!(others, [r#"BobStone{"seat":"7"}"#, "AnnBerger"], "others stay, but for the value that named her");
    }

    async fn an_address_within_another_is_somebody_elses(app: TestApp) {
        let booking = |code: &str, email: &str| format!(r#"{{"booking":{{"code":"{code}","status":"PAID","customer":{{"name":"{email}","email":"{email}"}},"order":{{"total":"5.00"}}}}}}"#);
        app.apply([booking("ONE-1", "ann@example.org"), booking("TWO-2", "joann@example.org"), booking("THREE-3", "ann@example.org.uk")]).await;
        let before = app.texts("SELECT CAST(body AS text) AS v FROM webhook_bodies ORDER BY event_id");
        forget(&app, &by_email("ann@example.org"));
        let after = app.texts("SELECT CAST(body AS text) AS v FROM webhook_bodies ORDER BY event_id");
        assert_ne!(after[0], before[0]);
        assert_eq!(after[1..], before[1..]);
        let emails = app.texts("SELECT email AS v FROM customers WHERE email IS NOT NULL ORDER BY email");
        assert_eq!(emails.into_iter().flatten().collect::<Vec<_>>(), ["ann@example.org.uk", "joann@example.org"]);
    }

    async fn a_booking_that_changed_hands_and_one_without_bodies_are_reached(app: TestApp) {
        app.apply([
            payload("booking.json"),
            edited("booking.json", &[("HT4-112-908", "HT4-555-000"), ("Zoe@Example.com", "new@example.net"), ("Zo\\u00eb O\\u2019Hara & S\\u00f6hne", "New Owner"), ("12 Quay <Rear>", "1 Road"), ("V8W 1T3", "V8X 9X9"), ("vegan", "none"), ("1 (250) 555-0123", "1 (250) 555-9999")]),
        ]).await;
        // The raw log is gone: only rows are left to strip.
        app.execute("DELETE FROM webhook_bodies");
        app.deliver(b"{".to_vec()).await;
        forget(&app, &by_email("zoe@example.com"));
        assert_nowhere(&app.database, &["zoe@example.com", "O’Hara", "HT4-112-908", "555-0123"]);
        assert_eq!(app.text("SELECT CAST(ROUND(total, 2) AS text) AS v FROM bookings WHERE customer_key LIKE 'forgotten:%'").trim_end_matches(".00").trim_end_matches(".0"), "126");
        app.apply([payload("booking.json")]).await;
        assert_nowhere(&app.database, &ZOE);
    }
}
