//! `rebuild` and `replay --dry-run` as a user types them.

use std::process::Output;

use checkfront_mirror::db::DatabaseUrl;
use serde_json::Value;
use tokio::task::block_in_place;

use crate::replaying::a_story;
use crate::support::{Backend, TestApp, dump, exe, on_both};

/// The database, for another process.
pub(crate) fn url_of(app: &TestApp) -> String {
    match &app.config.database_url {
        DatabaseUrl::Postgres(url) => url.clone(),
        sqlite @ DatabaseUrl::Sqlite(_) => sqlite.to_string(),
    }
}

pub(crate) fn run(app: &TestApp, arguments: &[&str]) -> Output {
    block_in_place(|| exe().args(arguments).args(["--database-url", &url_of(app)]).output().unwrap())
}

pub(crate) fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Whether the shadow is there.
pub(crate) fn has_shadow(app: &TestApp) -> bool {
    match app.backend {
        Backend::Sqlite => std::fs::exists(format!("{}.rebuild", app.file())).unwrap(),
        Backend::Postgres => {
            !app.texts("SELECT nspname AS v FROM pg_namespace WHERE nspname = 'checkfront_mirror_rebuild'").is_empty()
        }
    }
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
