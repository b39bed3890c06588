//! The process killed at each step on the way of a delivery, started again, and compared with an undisturbed mirror.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::Duration;

use checkfront_mirror::db::Tx;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use tokio::task::block_in_place;

use crate::support::{Backend, Blocked, Server, bodies, client, contents, deliver, exe, open, read_sql, truth};

const SIGKILL: i32 = 9;

/// Kills the server when it comes to this point for the so many-th time.
fn start_to_die(url: &str, spool: &Path, point: &str, after: u32) -> Server {
    let mut command = exe();
    command.args(["--bind", "127.0.0.1:0", "--database-url", url]).env("SPOOL_PATH", spool);
    Server::spawn(command.env("FAILPOINTS", format!("{point}={after}*off->return")))
}

/// Delivers until the server dies and goes on with the next one; what was not acknowledged is sent again.
async fn killed_at(backend: Backend, point: &str, after: u32, is_blocked: bool) {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| backend.new_url(&folder));
    let (client, all, spool) = (client(), bodies(8, 6), folder.path().join("spool.db"));
    let mut doomed = start_to_die(&url, &spool, point, after);
    let mut blocked = is_blocked.then(|| block_in_place(|| Blocked::new(&url)));
    let mut next = None;
    for (index, body) in all.iter().enumerate() {
        let server = next.as_ref().unwrap_or(&doomed);
        if let Some(status) = server.post(&client, body.clone()).await {
            assert_eq!(status, 200);
            continue;
        }
        assert!(next.is_none(), "the second server died too, at delivery {index}");
        assert_eq!(doomed.wait(Duration::from_secs(10)).signal(), Some(SIGKILL));
        let server = next.insert(Server::start_with_spool(&url, &spool));
        deliver(server, &client, std::slice::from_ref(body)).await;
    }
    blocked.take();
    if next.is_none() {
        // It dies of what it does after it has answered.
        assert_eq!(doomed.wait(Duration::from_secs(20)).signal(), Some(SIGKILL), "{point} was never come to");
    }
    let server = next.unwrap_or_else(|| Server::start_with_spool(&url, &spool));
    server.until_caught_up(&client).await;

    let database = open(&url);
    let stored = block_in_place(|| read_sql(&database, "SELECT CAST(count(*) AS text) AS v FROM webhook_events"));
    let stored: usize = stored[0].as_ref().unwrap().parse().unwrap();
    // The delivery that was in hand may be stored as well as its repetition.
    assert!((all.len()..=all.len() + 1).contains(&stored), "{stored} of {} stored", all.len());
    assert_eq!(block_in_place(|| contents(&database)), truth(&all).await);
}

macro_rules! matrix {
    ($($name:ident: $point:literal after $after:literal, blocked $blocked:literal;)+) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                killed_at(Backend::Sqlite, $point, $after, $blocked).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                killed_at(Backend::Postgres, $point, $after, $blocked).await;
            }
        }
    )+};
}

matrix! {
    before_a_record_commits: "record_before_commit" after 2, blocked false;
    after_a_record_has_committed: "record_after_commit" after 5, blocked false;
    in_the_middle_of_a_batch: "project_before_settle" after 0, blocked false;
    before_a_batch_commits: "project_before_commit" after 0, blocked false;
    after_a_batch_has_committed: "project_after_commit" after 0, blocked false;
    before_the_spool_commits: "spool_before_append" after 1, blocked true;
    after_the_spool_has_committed: "spool_after_append" after 3, blocked true;
    in_the_middle_of_a_move: "move_after_insert" after 0, blocked true;
    after_a_move: "move_after_remove" after 0, blocked true;
}

fn in_the_middle_of_a_migration(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let url = backend.new_url(&folder);
    let migrate =
        |point: &str| exe().args(["migrate", "--database-url", &url]).env("FAILPOINTS", point).output().unwrap();
    assert_eq!(migrate("migrate_before_commit=return").status.signal(), Some(SIGKILL));
    let again = migrate("");
    assert!(again.status.success(), "{again:?}");
    assert!(String::from_utf8_lossy(&again.stdout).starts_with("applied 00000000000001\n"), "{again:?}");
}

#[test]
fn in_the_middle_of_a_migration_sqlite() {
    in_the_middle_of_a_migration(Backend::Sqlite);
}

#[test]
fn in_the_middle_of_a_migration_postgres() {
    in_the_middle_of_a_migration(Backend::Postgres);
}

/// The ids of spooled deliveries are taken by another receiver; and the move is cut off after it gave them new ones.
async fn ids_taken_meanwhile(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| backend.new_url(&folder));
    let (client, all, spool) = (client(), bodies(9, 2), folder.path().join("spool.db"));
    let server = Server::start_with_spool(&url, &spool);
    let blocked = block_in_place(|| Blocked::new(&url));
    deliver(&server, &client, &all).await;
    server.kill();
    drop(blocked);

    let mut file = SqliteConnection::establish(spool.to_str().unwrap()).unwrap();
    let id = diesel::dsl::sql::<diesel::sql_types::BigInt>("SELECT event_id FROM deliveries");
    let ids: Vec<i64> = id.load(&mut file).unwrap();
    assert_eq!(ids.len(), all.len());
    let database = open(&url);
    // PostgreSQL may still hold the insert that was blocked; it has to be gone before its ids are taken.
    block_in_place(|| {
        database.session().transaction(|tx| {
            for id in &ids {
                let taken = format!(
                    "DELETE FROM webhook_events WHERE id = {id}; DELETE FROM webhook_bodies WHERE event_id = {id}; \
                     INSERT INTO webhook_events (id, receiver, source, received_at, state, attempts) \
                     VALUES ({id}, 'another', 'webhook', '2026-01-01 00:00:00.000000+00:00', 'ignored', 0)"
                );
                match tx {
                    Tx::Postgres(connection) => connection.batch_execute(&taken)?,
                    Tx::Sqlite(connection) => connection.batch_execute(&taken)?,
                }
            }
            Ok(())
        })
    })
    .unwrap();

    let mut doomed = start_to_die(&url, &spool, "move_after_insert", 0);
    assert_eq!(doomed.wait(Duration::from_secs(20)).signal(), Some(SIGKILL));
    let server = Server::start_with_spool(&url, &spool);
    server.until_caught_up(&client).await;
    let count = |receiver: &str| {
        let query =
            format!("SELECT CAST(count(*) AS text) AS v FROM webhook_events WHERE receiver {receiver} 'another'");
        block_in_place(|| read_sql(&database, &query))[0].clone().unwrap().parse::<usize>().unwrap()
    };
    assert_eq!((count("="), count("<>")), (all.len(), all.len()));
    assert_eq!(block_in_place(|| contents(&database)), truth(&all).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_taken_meanwhile_sqlite() {
    ids_taken_meanwhile(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_taken_meanwhile_postgres() {
    ids_taken_meanwhile(Backend::Postgres).await;
}
