//! PostgreSQL cuts connections, cancels statements, and finds deadlocks: tried again, never dropped.

use std::time::{Duration, Instant};

use checkfront_mirror::project::Projector;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use tokio::task::block_in_place;

use crate::support::{
    Backend, Blocked, Server, TestApp, assert_complete, assert_complete_but_late, bodies, client, deliver, payload,
    read_sql,
};

fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_cut_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| Backend::Postgres.new_url(&folder));
    // Two receivers and projectors, and each conflict between them is an error.
    let isolated = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable', current_database()); END $$";
    block_in_place(|| connect(&url).batch_execute(isolated).unwrap());
    let (client, all) = (client(), bodies(10, 40));
    let servers = [Server::start(&url), Server::start(&url)];
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for (index, part) in all.chunks(4).enumerate() {
        deliver(&servers[index % 2], &client, part).await;
        if index % 3 == 0 {
            block_in_place(|| connect(&url).batch_execute(cut).unwrap());
        }
    }
    for server in &servers {
        server.until_caught_up(&client).await;
    }
    assert_complete_but_late(&url, &all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_time_out() {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| Backend::Postgres.new_url(&folder));
    let (client, all) = (client(), bodies(11, 4));
    let limit =
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = 200', current_database()); END $$";
    // Migrations first: they may take longer.
    Server::start(&url).kill();
    block_in_place(|| connect(&url).batch_execute(limit).unwrap());
    let server = Server::start(&url);
    let blocked = block_in_place(|| Blocked::new(&url));
    deliver(&server, &client, &all).await;
    drop(blocked);
    server.until_caught_up(&client).await;
    assert_complete(&url, &all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_no_fault_of_the_event() {
    let app = TestApp::start(Backend::Postgres).await;
    app.apply([payload("booking.json"), payload("transaction.json")]).await;
    let paid = String::from_utf8(payload("booking.json")).unwrap().replace("\"PART\"", "\"PAID\"");
    app.deliver(paid).await;
    app.deliver(payload("transaction.json")).await;
    let url = match &app.config.database_url {
        checkfront_mirror::db::DatabaseUrl::Postgres(url) => url.clone(),
        checkfront_mirror::db::DatabaseUrl::Sqlite(_) => unreachable!("started on PostgreSQL"),
    };
    let mut other = block_in_place(|| connect(&url));
    // The other one waits longer before it looks for a deadlock, so the projector is the one that gives way.
    other.batch_execute("SET deadlock_timeout = '60s'; BEGIN; UPDATE transactions SET payer = payer").unwrap();
    let error = app.project_with(|projector| {
        std::thread::scope(|scope| {
            let step = scope.spawn(|| projector.step());
            let waits = "SELECT CAST(count(*) AS text) AS v FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
            let deadline = Instant::now() + Duration::from_secs(10);
            while read_sql(&app.database, waits) != [Some("1".to_owned())] {
                assert!(Instant::now() < deadline, "the projector does not wait for the lock");
            }
            other.batch_execute("UPDATE bookings SET staff_id = staff_id").unwrap();
            Ok(step.join().unwrap().unwrap_err())
        })
    });
    assert!(error.is_outage() && error.to_string().contains("deadlock"), "{error}");
    other.batch_execute("ROLLBACK").unwrap();
    app.project();
    assert_eq!(app.text("SELECT status_id AS v FROM bookings"), "PAID");
    assert_eq!(app.texts("SELECT DISTINCT CAST(attempts AS text) AS v FROM webhook_events"), [Some("1".to_owned())]);
}

/// Holds bookings up, in the words of a lock's time-out, without its five seconds.
fn hold_up(app: &TestApp) {
    app.execute(
        "CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS \
        $$ BEGIN RAISE EXCEPTION 'canceling statement due to lock timeout'; END $$",
    );
    app.execute("CREATE TRIGGER hold_up BEFORE UPDATE ON bookings EXECUTE FUNCTION hold_up()");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_up_for_one_projector_is_no_death_for_the_next() {
    let app = TestApp::start(Backend::Postgres).await;
    app.apply([payload("booking.json")]).await;
    app.deliver(String::from_utf8(payload("booking.json")).unwrap().replace("\"PART\"", "\"PAID\"")).await;
    hold_up(&app);
    let settings = || app.config.accounts.clone();
    let mut projectors: Vec<_> = (0..5).map(|_| Projector::new(&app.database, settings())).collect();
    block_in_place(|| {
        for _ in 0..4 {
            for projector in &mut projectors {
                let error = projector.step().unwrap_err();
                assert!(error.to_string().contains("lock timeout"), "{error}");
            }
        }
    });
    assert_eq!(app.states(), "applied 1, pending 1");
    let attempts = "SELECT CAST(attempts AS text) AS v FROM webhook_events WHERE state = 'pending'";
    assert_eq!(app.text(attempts), "0");
    app.execute("DROP TRIGGER hold_up ON bookings");
    block_in_place(|| projectors[0].drain().unwrap());
    assert_eq!(app.states(), "applied 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn time_zones_are_set_though_the_first_batch_is_held_up() {
    let app = TestApp::start(Backend::Postgres).await;
    app.apply([payload("booking.json")]).await;
    app.deliver(String::from_utf8(payload("booking.json")).unwrap().replace("\"PART\"", "\"PAID\"")).await;
    hold_up(&app);
    let mut settings = app.config.accounts.clone();
    settings.zones = "Asia/Tokyo".parse().unwrap();
    let mut projector = Projector::new(&app.database, settings);
    block_in_place(|| {
        projector.step().unwrap_err();
        app.execute("DROP TRIGGER hold_up ON bookings");
        projector.drain().unwrap();
    });
    let zones = "SELECT timezone || ' ' || dates_timezone AS v FROM accounts";
    assert_eq!(app.text(zones), "Asia/Tokyo Asia/Tokyo");
}
