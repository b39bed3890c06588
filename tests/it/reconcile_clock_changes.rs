//! Days on which clocks change: a report of one such day holds its bookings, and none of the day before or after.

use serde_json::{Value, json};

use crate::reconciling::{found, mirror, reconcile};
use crate::support::Backend;
use crate::support::exports::{bookings, export, locales, notification};

/// Instants around the changes of 2025 in Vancouver, and the local day each is of.
const AROUND: [(i64, &str); 10] = [
    (1_741_419_000, "2025-03-07"), // 23:30, PST
    (1_741_422_600, "2025-03-08"), // 00:30
    (1_741_505_400, "2025-03-08"), // 23:30
    (1_741_509_000, "2025-03-09"), // 00:30; at 2 it will be 3
    (1_741_588_200, "2025-03-09"), // 23:30, PDT
    (1_741_591_800, "2025-03-10"), // 00:30
    (1_762_065_000, "2025-11-01"), // 23:30, PDT
    (1_762_068_600, "2025-11-02"), // 00:30; at 2 it will be 1
    (1_762_155_000, "2025-11-02"), // 23:30, PST
    (1_762_158_600, "2025-11-03"), // 00:30
];

/// The hour that comes twice: 01:30 PDT, and an hour later 01:30 PST.
const TWICE: [i64; 2] = [1_762_072_200, 1_762_075_800];

async fn a_day_has_its_own_bookings(backend: Backend) {
    let instants: Vec<_> = AROUND.into_iter().chain(TWICE.map(|at| (at, "2025-11-02"))).collect();
    let mut truth = bookings(i64::try_from(instants.len()).unwrap());
    for (booking, (at, _)) in truth.iter_mut().zip(&instants) {
        for field in ["created", "start", "end"] {
            booking[field] = json!(at);
        }
    }
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    let days: std::collections::BTreeSet<_> = instants.iter().map(|(_, day)| *day).collect();
    let (_, locale, _) = locales().remove(0);
    for day in days {
        let own = truth.iter().zip(&instants).filter(|(_, (_, of))| *of == day).map(|(booking, _)| booking.clone());
        let mut own: Vec<Value> = own.collect();
        // More than one way to read dates would be refused; the report is the day's all the same.
        for basis in ["created", "start", "end"] {
            let more = ["--from", day, "--to", day, "--by", basis, "--json", "--date-format", "DD/MM/YYYY"];
            let output = reconcile(&app, &folder, &export("bookings", &locale, ("bookings", &own)), &more);
            assert_eq!(output.status.code(), Some(0), "{day} by {basis}: {output:?}");
        }
        let gone = own.remove(0);
        own.push(json!({"code": "ZZZZ-999999", "status": "PAID", "created": gone["created"], "start": gone["start"], "end": gone["end"],
            "name": "x", "email": "", "customer": "", "paid": 100, "lines": [{"sku": "x", "total": 100, "tax": 0}]}));
        let more = ["--from", day, "--to", day, "--by", "created", "--json", "--date-format", "DD/MM/YYYY"];
        let output = reconcile(&app, &folder, &export("bookings", &locale, ("bookings", &own)), &more);
        let found = found(&output);
        assert_eq!((found.len(), output.status.code()), (2, Some(3)), "{day}: {found:#?}");
        let missing = format!("missing_in_report {}", gone["code"].as_str().unwrap());
        assert!(found.iter().any(|line| line.starts_with(&missing)), "{day}: {found:#?}");
        assert!(found.iter().any(|line| line.starts_with("missing_in_mirror ZZZZ-999999")), "{day}: {found:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_has_its_own_bookings_sqlite() {
    a_day_has_its_own_bookings(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_has_its_own_bookings_postgres() {
    a_day_has_its_own_bookings(Backend::Postgres).await;
}
