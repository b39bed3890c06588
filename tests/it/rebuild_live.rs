//! A rebuild beside a server, and at its own death.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use checkfront_mirror::db::projector_lock::ProjectorLock;
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use tokio::task::block_in_place;

use crate::rebuild_command::{has_shadow, run, said, url_of};
use crate::rebuilding::look;
use crate::replaying::a_story;
use crate::support::{Backend, Server, TestApp, dump, exe, on_both, payload};

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How long an update of an item takes.
#[derive(Clone, Copy, PartialEq)]
enum Slow {
    ForAWhile,
    ForEver,
}

fn hinder(app: &TestApp, slow: Slow) {
    match app.backend {
        Backend::Sqlite => {
            app.execute("CREATE TABLE ten AS SELECT value FROM json_each('[1,2,3,4,5,6,7,8,9,0]')");
            let ten = ["ten"; 12][..if slow == Slow::ForEver { 12 } else { 7 }]
                .iter()
                .enumerate()
                .map(|(index, ten)| format!("{ten} t{index}"))
                .collect::<Vec<_>>();
            app.execute(&format!(
                "CREATE TRIGGER slow BEFORE UPDATE ON items BEGIN SELECT count(*) FROM {}; END",
                ten.join(", ")
            ));
        }
        Backend::Postgres => {
            let seconds = if slow == Slow::ForEver { 600 } else { 1 };
            app.execute(&format!("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep({seconds}); RETURN NEW; END'"));
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
            app.text("SELECT CAST(count(*) AS text) AS v FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()") == "1"
        }
    }
}

/// Does something while the projector has a batch in hand.
fn while_projecting<T>(app: &TestApp, work: impl FnOnce() -> T) -> T {
    let lock = ProjectorLock::acquire(&app.database).unwrap().unwrap();
    let _pass = lock.pass().unwrap().unwrap();
    if app.backend == Backend::Sqlite {
        return work();
    }
    let mut session = app.database.session();
    let result = session.transaction(|tx| {
        assert!(lock.enter(tx)?);
        Ok(work())
    });
    result.unwrap()
}

fn start_rebuild(app: &TestApp) -> Child {
    let mut command = exe();
    command.args(["rebuild", "--yes", "--database-url", &url_of(app)]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

on_both! {
    async fn a_server_goes_on_while_it_rebuilds(app: TestApp) {
        a_story(&app).await;
        let server = block_in_place(|| Server::start(&url_of(&app)));
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
        let mut rebuilding = block_in_place(|| while_projecting(&app, || {
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
        hinder(&app, Slow::ForEver);
        let mut rebuilding = start_rebuild(&app);
        block_in_place(|| wait_until("it writes", || is_writing(&app)));
        rebuilding.kill().unwrap();
        rebuilding.wait().unwrap();
        app.execute(if app.backend == Backend::Sqlite { "DROP TRIGGER slow" } else { "DROP TRIGGER slow ON items" });
        assert_eq!(dump(&app.database), before);
        recovers(&app);
    }


    async fn deliveries_are_taken_while_it_applies(app: TestApp) {
        a_story(&app).await;
        app.execute("UPDATE items SET name = 'x'");
        hinder(&app, Slow::ForAWhile);
        let mut rebuilding = start_rebuild(&app);
        block_in_place(|| wait_until("it writes", || is_writing(&app)));
        app.deliver(payload("booking.txt")).await;
        assert!(block_in_place(|| rebuilding.wait()).unwrap().success());
        app.project();
        assert_eq!(app.text("SELECT CAST(count(*) AS text) AS v FROM items WHERE name = 'x'"), "0");
        assert_eq!(look(&app), []);
    }

    #[cfg(feature = "failpoints")]
    async fn killed_at_its_commit(app: TestApp) {
        a_story(&app).await;
        let right = dump(&app.database);
        app.execute("UPDATE bookings SET total = 1");
        let wrong = dump(&app.database);
        for (point, expected) in [("rebuild_before_commit", &wrong), ("rebuild_after_commit", &right)] {
            let mut command = exe();
            command.args(["rebuild", "--yes", "--database-url", &url_of(&app)]);
            let status = block_in_place(|| command.env("FAILPOINTS", format!("{point}=return")).status()).unwrap();
            assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "{point}");
            assert_eq!(&dump(&app.database), expected, "{point}");
            app.execute("UPDATE webhook_events SET state = 'pending' WHERE state = 'ignored'");
            block_in_place(|| wait_until("the projector is paused for ever", || app.project() > 0));
        }
        assert!(has_shadow(&app));
        assert_eq!(look(&app), []);
        assert!(!has_shadow(&app));
        assert_eq!(app.texts("SELECT state AS v FROM sync_runs ORDER BY id"), [Some("failed".to_owned()), Some("ok".to_owned())]);
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
