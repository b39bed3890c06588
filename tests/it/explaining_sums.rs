//! `explain` on amounts that do not add up.

use crate::explaining::{CODE, booking, explained, kinds};
use crate::rebuild_command::{run, said};
use crate::support::{TestApp, on_both, payload};

on_both! {
    async fn sums_that_are_wrong_are_told_and_right_ones_are_not(app: TestApp) {
        let wrong = |old: &'static str, new: &'static str| booking(&[(old, new)]);
        let cases = [
            (wrong("\"paid_total\": \"40.00\"", "\"paid_total\": \"126.01\""), vec!["paid_above_total", "payments"]),
            (wrong("\"paid_total\": \"40.00\"", "\"paid_total\": \"41.00\""), vec!["payments"]),
            (wrong("\"total\": \"21.00\"", "\"total\": \"20.00\""), vec!["lines"]),
            (wrong("\"tax_total\": \"6.00\"", "\"tax_total\": \"6.40\""), vec!["taxes", "taxes"]),
            // A fee that is listed beside the taxes, and a discount, explain what is left.
            (wrong("\"total\": \"126.00\"", "\"total\": \"127.50\""), vec![]),
            (booking(&[("\"total\": \"126.00\"", "\"total\": \"100.00\""), ("\"discount\": \"0.00\"", "\"discount\": \"26.00\"")]), vec![]),
        ];
        app.apply([payload("transaction.json")]).await;
        for (body, wanted) in cases {
            app.apply([body]).await;
            let found = explained(&app, &[CODE]);
            let found: Vec<_> = kinds(&found).into_iter().filter(|kind| *kind != "older_state").collect();
            assert_eq!(found, wanted);
        }
    }

    async fn refunds_count_against_payments_and_deleted_ones_not_at_all(app: TestApp) {
        let payment = String::from_utf8(payload("transaction.json")).unwrap();
        let refund = payment.replace("\"PAID\"", "\"REFUND\"").replace("40.00", "15.00");
        let wrong = payment.replace("HT778899", "HT1").replace("40.00", "7.00");
        let deleted = wrong.replace("\"insert\"", "\"delete\"");
        app.apply([booking(&[("\"40.00\"", "\"25.00\"")]), payment.into_bytes(), refund.into_bytes(), wrong.into_bytes(), deleted.into_bytes()]).await;
        let found = explained(&app, &[CODE]);
        assert_eq!(kinds(&found), Vec::<&str>::new(), "{}", found["doubts"]);
        let counts: Vec<_> = found["transactions"].as_array().unwrap().iter().map(|one| (one["status_id"].as_str().unwrap(), one["counts"].as_str().unwrap(), one["deleted_at"].is_null())).collect();
        assert_eq!(counts.len(), 3);
        for wanted in [("PAID", "40", true), ("REFUND", "-15", true), ("PAID", "0", false)] {
            assert!(counts.contains(&wanted), "{counts:?}");
        }
        let gone = found["transactions"].as_array().unwrap().iter().find(|one| !one["deleted_at"].is_null()).unwrap();
        assert_eq!(gone["events"].as_array().unwrap().len(), 2);
        let of_gone = |index: usize| {
            let id = &gone["events"][index];
            found["deliveries"].as_array().unwrap().iter().find(|one| one["event_id"] == *id).unwrap()
        };
        assert_eq!((of_gone(0)["is_first"].as_bool(), of_gone(0)["changes"].as_object().unwrap().len()), (Some(true), 0));
        assert!(of_gone(1)["changes"]["deleted_at"][1].is_string());
        assert!(said(&run(&app, &["explain", CODE])).contains(" deleted "));
        // One that was edited.
        app.apply([String::from_utf8(payload("transaction.json")).unwrap().replace("40.00", "41.00")]).await;
        let found = explained(&app, &[CODE]);
        let last = found["deliveries"].as_array().unwrap().last().unwrap();
        assert_eq!(last["changes"], serde_json::json!({ "amount": ["40", "41"] }));
        assert_eq!(kinds(&found), ["payments"]);
    }
}
