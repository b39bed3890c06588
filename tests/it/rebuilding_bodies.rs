//! A rebuild reads the log's bodies where they are, and rewrites none of them.

use crate::masking::{keys, masking};
use crate::rebuilding::{look, rebuild};
use crate::support::{Backend, TestApp, payload};

/// A booking whose body could not be read when it came, so that it was encrypted; this version can read it.
async fn encrypted(backend: Backend) -> TestApp {
    let app = masking(backend, "customer_email:hash").await;
    app.apply([&b"{"[..]]).await;
    let sealed = hex::encode(keys().seal(&payload("booking.json")));
    app.execute(&match backend {
        Backend::Sqlite => format!("UPDATE webhook_bodies SET body = x'{sealed}'"),
        Backend::Postgres => format!("UPDATE webhook_bodies SET body = decode('{sealed}', 'hex')"),
    });
    app
}

/// What is stored as the only body.
fn stored(app: &TestApp) -> String {
    app.text(match app.backend {
        Backend::Sqlite => "SELECT hex(body) AS v FROM webhook_bodies",
        Backend::Postgres => "SELECT encode(body, 'hex') AS v FROM webhook_bodies",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_one_is_opened_beside_the_log() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = encrypted(backend).await;
        let before = stored(&app);
        assert!(look(&app).iter().any(|change| (change.table, change.op) == ("bookings", "insert")));
        assert!(!rebuild(&app).is_empty());
        assert_eq!(app.text("SELECT customer_email AS v FROM bookings"), keys().hash("zoe@example.com"));
        assert_eq!(app.states(), "applied 1");
        assert_eq!(stored(&app), before);
        assert_eq!(rebuild(&app), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_it_tells_of_may_have_been_forgotten() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = encrypted(backend).await;
        let before = stored(&app);
        let forgotten = "INSERT INTO forgotten_bookings (account_id, code, customer_key, forgotten_at) \
            SELECT 1, 'QZRT-120526', 'forgotten:one', received_at FROM webhook_events";
        app.execute(forgotten);
        assert!(!rebuild(&app).is_empty());
        let told = "SELECT customer_key || ' ' || COALESCE(customer_name, '-') || ' ' || COALESCE(customer_email, '-') AS v FROM bookings";
        assert_eq!(app.text(told), "forgotten:one - -");
        assert_eq!(stored(&app), before);
    }
}
