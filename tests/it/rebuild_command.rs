//! `rebuild` and `replay --dry-run` as a user types them, beside a server and at its death.

use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use serde_json::Value;
use tokio::task::block_in_place;

use crate::rebuilding::look;
use crate::replaying::a_story;
use crate::support::{Backend, Server, TestApp, dump, exe, on_both, payload};

fn run(app: &TestApp, arguments: &[&str]) -> Output {
    block_in_place(|| exe().args(arguments).args(["--database-url", &app.database_url()]).output().unwrap())
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Whether the shadow is there.
fn has_shadow(app: &TestApp) -> bool {
    match app.backend {
        Backend::Sqlite => std::fs::exists(format!("{}.rebuild", app.file())).unwrap(),
        Backend::Postgres => {
            !app.texts("SELECT nspname AS v FROM pg_namespace WHERE nspname = 'checkfront_mirror_rebuild'").is_empty()
        }
    }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Makes an update of items take as good as for ever.
fn hinder(app: &TestApp) {
    match app.backend {
        Backend::Sqlite => {
            app.execute("CREATE TABLE ten AS SELECT value FROM json_each('[1,2,3,4,5,6,7,8,9,0]')");
            let ten = ["ten"; 12].iter().enumerate().map(|(index, ten)| format!("{ten} t{index}")).collect::<Vec<_>>();
            app.execute(&format!(
                "CREATE TRIGGER slow BEFORE UPDATE ON items BEGIN SELECT count(*) FROM {}; END",
                ten.join(", ")
            ));
        }
        Backend::Postgres => {
            app.execute("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; END'");
            app.execute("CREATE TRIGGER slow BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION slow()");
        }
    }
}

/// Whether a rebuild is writing the live tables.
fn is_writing(app: &TestApp) -> bool {
    match app.backend {
        Backend::Sqlite => {
            let stage = "SELECT json_extract(cursor, '$.stage') AS v FROM sync_runs";
            let mut other = SqliteConnection::establish(&app.file()).unwrap();
            let is_free = other.batch_execute("BEGIN IMMEDIATE; ROLLBACK").is_ok();
            app.texts(stage) == [Some("applying".to_owned())] && !is_free
        }
        Backend::Postgres => {
            app.text("SELECT CAST(count(*) AS text) AS v FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "1"
        }
    }
}

fn start_rebuild(app: &TestApp) -> Child {
    let mut command = exe();
    command.args(["rebuild", "--yes", "--database-url", &app.database_url()]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

on_both! {
    async fn it_has_to_be_said_twice(app: TestApp) {
        let output = run(&app, &["rebuild"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("--dry-run"));
        assert_eq!(run(&app, &["rebuild", "--yes", "--dry-run"]).status.code(), Some(2));
    }

    async fn a_dry_run_prints_rows_and_a_rebuild_writes_them(app: TestApp) {
        a_story(&app).await;
        let before = dump(&app.database);
        assert_eq!(said(&run(&app, &["rebuild", "--dry-run"])), "");
        app.execute("UPDATE bookings SET total = 1 WHERE code = 'QZRT-120526'");
        app.execute("DELETE FROM transactions");
        let printed = said(&run(&app, &["rebuild", "--dry-run"]));
        assert!(printed.contains("update bookings account_id=1 code=QZRT-120526\n    total: 1 -> "), "{printed}");
        assert!(printed.contains("insert transactions account_id="), "{printed}");
        let json = said(&run(&app, &["rebuild", "--dry-run", "--json"]));
        let rows: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(rows.len(), 2, "{json}");
        assert_eq!(rows[0]["columns"]["total"][0], "1");

        let done = run(&app, &["rebuild", "--yes"]);
        assert!(said(&done).contains("bookings: 0 inserted, 1 updated, 0 deleted\n"), "{done:?}");
        assert!(String::from_utf8_lossy(&done.stderr).contains("transactions"), "{done:?}");
        assert_eq!(dump(&app.database), before);
        assert!(!has_shadow(&app));
        let runs = app.texts("SELECT kind || ' ' || state AS v FROM sync_runs");
        assert_eq!(runs, [Some("rebuild ok".to_owned())]);
        let counts: Value = serde_json::from_str(&app.text("SELECT CAST(counts AS text) AS v FROM sync_runs")).unwrap();
        assert_eq!(counts["events"], 12);
    }

    async fn views_keys_and_grants_of_users_stay(app: TestApp) {
        a_story(&app).await;
        app.execute("CREATE VIEW ours AS SELECT code, total FROM bookings");
        app.execute("CREATE TABLE notes (account_id INTEGER, code TEXT, FOREIGN KEY (account_id, code) REFERENCES bookings (account_id, code))");
        app.execute("INSERT INTO notes SELECT account_id, code FROM bookings");
        if app.backend == Backend::Postgres {
            app.execute("GRANT SELECT ON bookings TO PUBLIC");
        }
        app.execute("UPDATE bookings SET total = 1");
        said(&run(&app, &["rebuild", "--yes"]));
        assert_eq!(app.text("SELECT CAST(count(*) AS text) AS v FROM notes n JOIN ours o ON o.code = n.code WHERE o.total <> 1"), "1");
        if app.backend == Backend::Postgres {
            let grants = "SELECT CAST(count(*) AS text) AS v FROM information_schema.role_table_grants WHERE grantee = 'PUBLIC' AND table_name = 'bookings'";
            assert_eq!(app.text(grants), "1");
        }
    }

    async fn a_server_goes_on_while_it_rebuilds(app: TestApp) {
        a_story(&app).await;
        let server = block_in_place(|| Server::start(&app.database_url()));
        app.execute("UPDATE bookings SET total = 1, content_hash = 'old'");
        let mut rebuilding = start_rebuild(&app);
        let mut sent = 0;
        while rebuilding.try_wait().unwrap().is_none() {
            let status = if sent % 2 == 0 { "\"PAID\"" } else { "\"STOP\"" };
            let body = String::from_utf8(payload("booking.json")).unwrap().replace("\"PART\"", status).replace("QZRT-120526", &format!("N-{}", sent / 3));
            let answer = app.client.post(format!("{}/webhook", server.url)).body(body).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            sent += 1;
        }
        assert!(rebuilding.wait().unwrap().success() && sent > 0);
        block_in_place(|| wait_until("the projector goes on", || app.states().split(", ").all(|state| !state.starts_with("pending"))));
        block_in_place(|| server.kill());
        assert_eq!(app.text("SELECT CAST(count(*) AS text) AS v FROM bookings WHERE total = 1"), "0");
        assert_eq!(look(&app), []);
    }

    async fn killed_before_it_applies_anything(app: TestApp) {
        a_story(&app).await;
        app.execute("UPDATE bookings SET total = 1");
        let before = dump(&app.database);
        // The projector is at work, so that the rebuild waits for it.
        let mut rebuilding = block_in_place(|| app.while_projecting(|| {
            let rebuilding = start_rebuild(&app);
            let stage = "SELECT CAST(cursor AS text) AS v FROM sync_runs";
            wait_until("it compares", || app.texts(stage).into_iter().flatten().any(|cursor| cursor.contains("comparing")));
            rebuilding
        }));
        rebuilding.kill().unwrap();
        rebuilding.wait().unwrap();
        assert!(has_shadow(&app), "it was killed too late");
        assert_eq!(dump(&app.database), before);
        recovers(&app);
    }

    async fn killed_while_it_applies(app: TestApp) {
        a_story(&app).await;
        app.execute("UPDATE bookings SET total = 1");
        app.execute("UPDATE items SET name = 'x'");
        let before = dump(&app.database);
        hinder(&app);
        let mut rebuilding = start_rebuild(&app);
        block_in_place(|| wait_until("it writes", || is_writing(&app)));
        rebuilding.kill().unwrap();
        rebuilding.wait().unwrap();
        app.execute(if app.backend == Backend::Sqlite { "DROP TRIGGER slow" } else { "DROP TRIGGER slow ON items" });
        assert_eq!(dump(&app.database), before);
        recovers(&app);
    }

    async fn two_at_a_time_are_refused(app: TestApp) {
        let first = block_in_place(|| checkfront_mirror::rebuild::Rebuild::begin(&app.config.database_url, &app.config.accounts)).unwrap();
        let second = run(&app, &["rebuild", "--dry-run"]);
        assert_eq!(second.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&second.stderr).contains("is under way"), "{second:?}");
        block_in_place(|| first.end()).unwrap();
        assert_eq!(said(&run(&app, &["rebuild", "--dry-run"])), "");
    }

    async fn a_replay_can_be_looked_at_first(app: TestApp) {
        a_story(&app).await;
        let right = dump(&app.database);
        assert_eq!(said(&run(&app, &["replay", "--all", "--dry-run"])), "");
        app.execute("UPDATE bookings SET total = 1, content_hash = 'old' WHERE code = 'QZRT-120526'");
        app.execute("UPDATE items SET name = 'x'");
        let wrong = dump(&app.database);
        let of_booking = said(&run(&app, &["replay", "--booking", "QZRT-120526", "--dry-run"]));
        assert!(of_booking.contains("update bookings account_id=1 code=QZRT-120526\n"), "{of_booking}");
        assert!(!of_booking.contains(" items "), "{of_booking}");
        let all = said(&run(&app, &["replay", "--all", "--dry-run", "--json"]));
        assert_eq!(dump(&app.database), wrong);
        assert!(!has_shadow(&app));
        said(&run(&app, &["replay", "--all"]));
        let mended = dump(&app.database);
        assert_eq!(mended["bookings"], right["bookings"]);
        // What was printed is what became of the rows.
        let rows: Vec<Value> = all.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(rows.iter().any(|row| row["table"] == "items"), "{all}");
        for row in rows {
            let stored = mended[row["table"].as_str().unwrap()].iter().map(|row| serde_json::from_str::<Value>(row).unwrap());
            let mut stored = stored.filter(|stored| row["key"].as_object().unwrap().iter().all(|(name, value)| stored[name] == *value));
            let stored = stored.next().unwrap();
            for (column, pair) in row["columns"].as_object().unwrap() {
                assert!(stored.get(column).is_none_or(|value| *value == pair[1]), "{column}: {row} {stored}");
            }
        }
    }
}

/// The projector is not paused, and the next rebuild clears what was left and puts things right.
fn recovers(app: &TestApp) {
    let again = "UPDATE webhook_events SET state = 'pending' WHERE state = 'ignored'";
    app.execute(again);
    block_in_place(|| wait_until("the projector is paused for ever", || app.project() > 0));
    said(&run(app, &["rebuild", "--yes"]));
    assert_eq!(look(app), []);
    assert!(!has_shadow(app));
    let runs = app.texts("SELECT state || COALESCE(': ' || error, '') AS v FROM sync_runs ORDER BY id");
    let runs: Vec<_> = runs.into_iter().flatten().collect();
    assert_eq!(runs, ["failed: the process ended before it was done; nothing was changed", "ok"]);
}
