//! The page's search: by code, by letters of a name or an address; and what is too long for it is mirrored all the same.

use serde_json::json;

use crate::support::{TestApp, on_both};

/// A booking of somebody, of whom nothing repeats that could be compressed.
fn booking(code: &str, name: &str, email: &str) -> String {
    json!({"host": "a.example", "booking": {"code": code, "status": "PAID", "total": "10.00",
        "customer": {"code": format!("C-{code}"), "name": name, "email": email}}})
    .to_string()
}

fn long(seed: u64) -> String {
    let mut state = seed;
    let letter = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from(state >> 33 & 15).unwrap())
    };
    (0..1_990).map(letter).collect()
}

async fn search(app: &TestApp, q: &str) -> String {
    let answer = app.client.get(format!("{}/search?q={q}", app.url)).send().await.unwrap();
    answer.text().await.unwrap()
}

on_both! {
    async fn names_that_no_index_takes_are_mirrored(app: TestApp) {
        app.apply([booking("LONG-1", &long(1), &long(2)), booking("SHRT-2", "Zoë Quay", "zoe@example.com")]).await;
        assert_eq!(app.states(), "applied 2");
        assert_eq!(app.text("SELECT CAST(sum(length(name) + length(email)) AS TEXT) AS v FROM customers WHERE customer_key = 'C-LONG-1'"), "3980");
        for (q, code) in [("quay", "SHRT-2"), ("ZOE@", "SHRT-2"), ("LONG", "LONG-1"), ("long-1", "LONG-1")] {
            assert!(search(&app, q).await.contains(code), "{q}");
        }
        assert!(search(&app, "nobody").await.contains("Nothing is like"));
        assert!(!search(&app, "%25").await.contains("SHRT-2"), "a sign of its own is no joker");
    }

    async fn one_letter_may_be_a_name(app: TestApp) {
        app.apply([booking("FAMI-1", "李 小龍", "li@example.com"), booking("FAMI-2", "Ó Briain", "x@example.com")]).await;
        assert!(search(&app, "李").await.contains("FAMI-1"));
        assert!(search(&app, "Ó").await.contains("FAMI-2"));
        assert!(search(&app, "龍").await.contains("FAMI-1"), "anywhere in the name");
        assert!(search(&app, "王").await.contains("Nothing is like"));
        for q in ["x", "%25", "", "%20"] {
            assert!(search(&app, q).await.contains("Type at least 2 letters"), "{q}");
        }
    }
}
