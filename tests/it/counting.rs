//! A server counts what views add up by itself; so does `migrate`, for what another program wrote.

use std::time::{Duration, Instant};

use tokio::task::block_in_place;

use crate::rebuild_command::{run, said};
use crate::support::{Backend, Server, TestApp, bodies, client, deliver, on_both, open, read_sql};

const UNCOUNTED: &str = "SELECT CAST(count(*) AS TEXT) AS v FROM uncounted";
const COUNTED: &str = "SELECT CAST(count(*) AS TEXT) AS v FROM counted_bookings";

async fn a_server_counts_in_a_quiet_moment(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| backend.new_url(&folder));
    let server = Server::start(&url);
    let client = client();
    deliver(&server, &client, &bodies(5, 4)).await;
    server.until_caught_up(&client).await;
    let database = open(&url);
    let number = |query: &str| block_in_place(|| read_sql(&database, query))[0].clone().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while number(UNCOUNTED) != "0" {
        assert!(Instant::now() < deadline, "{} changes are not counted", number(UNCOUNTED));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(number(COUNTED), number("SELECT CAST(count(*) AS TEXT) AS v FROM bookings"));
    assert_ne!(number(COUNTED), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_counts_sqlite() {
    a_server_counts_in_a_quiet_moment(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_counts_postgres() {
    a_server_counts_in_a_quiet_moment(Backend::Postgres).await;
}

/// Nobody waits for a quiet moment: a sender that never pauses would keep the views slow.
async fn a_server_counts_between_deliveries(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| backend.new_url(&folder));
    let server = Server::start(&url);
    let (client, all) = (client(), bodies(6, 2_000));
    let database = open(&url);
    let counted = || block_in_place(|| read_sql(&database, COUNTED))[0].clone().unwrap().parse::<usize>().unwrap();
    // As soon as one is answered, the next one comes.
    for (sent, body) in all.iter().enumerate() {
        deliver(&server, &client, std::slice::from_ref(body)).await;
        if sent % 20 == 0 && counted() >= 20 {
            return;
        }
    }
    panic!("of {} deliveries {} bookings are counted", all.len(), counted());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_counts_between_deliveries_sqlite() {
    a_server_counts_between_deliveries(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_counts_between_deliveries_postgres() {
    a_server_counts_between_deliveries(Backend::Postgres).await;
}

on_both! {
    /// On SQLite a booking is listed once, however many of its rows were written.
    async fn what_changed_is_listed(app: TestApp) {
        app.apply(bodies(7, 6)).await;
        let listed = app.text(UNCOUNTED).parse::<usize>().unwrap();
        let bookings = "SELECT CAST(count(*) AS TEXT) AS v FROM (SELECT DISTINCT account_id, booking_code FROM uncounted) q";
        let bookings = app.text(bookings).parse::<usize>().unwrap();
        assert!(bookings > 3 && (listed == bookings) == (app.backend == Backend::Sqlite), "{listed} of {bookings}");
        said(&run(&app, &["migrate"]));
        assert_eq!(app.text(UNCOUNTED), "0");
    }

    async fn migrate_counts_what_another_program_wrote(app: TestApp) {
        app.execute("INSERT INTO accounts (account_id, host, timezone, first_seen_at, dates_timezone) \
                     VALUES (1, 'a.example', 'UTC', '2026-06-01 00:00:00+00:00', 'UTC')");
        app.execute("INSERT INTO statuses (account_id, status_id, label, is_sale, is_cancelled) VALUES (1, 'PAID', 'Paid', TRUE, FALSE)");
        // More than are counted at a time.
        app.execute("WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4200) \
                     INSERT INTO bookings (account_id, code, status_id, total, content_hash, first_event_id, last_event_id, updated_at) \
                     SELECT 1, 'B' || n, 'PAID', 0.07, '', n, n, '2026-06-01 00:00:00+00:00' FROM n");
        let total = "SELECT CAST(round(sum(total), 2) AS TEXT) AS v FROM sales_by_day WHERE basis = 'start'";
        let before = app.text(total);
        assert!(before.starts_with("294"), "{before}");
        said(&run(&app, &["migrate"]));
        assert_eq!((app.text(UNCOUNTED), app.text(COUNTED)), ("0".to_owned(), "4200".to_owned()));
        assert_eq!(app.text(total), before);
    }
}
