//! The spool file: one mirror's, one process's, and in a folder that can be written.

use std::time::{Duration, Instant};

use checkfront_mirror::db::statement::execute;
use tokio::task::block_in_place;

use crate::support::{
    Backend, Blocked, Cluster, Server, assert_complete, assert_complete_but_late, bodies, client, deliver, exe, open,
};

/// A spool is one mirror's: it is not moved into another, and not lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_spool_goes_to_its_own_mirror() {
    let (folder, cluster) = (tempfile::tempdir().unwrap(), Cluster::start());
    let (url, spool) = (cluster.url("postgres"), folder.path().join("spool.db"));
    cluster.stop_server("fast");
    let (client, all) = (client(), bodies(5, 2));
    let server = Server::start_with_spool(&url, &spool);
    deliver(&server, &client, &all).await;
    server.kill();

    let other = block_in_place(|| Backend::Sqlite.new_url(&folder));
    let refused =
        exe().args(["--bind", "127.0.0.1:0", "--database-url", &other]).env("SPOOL_PATH", &spool).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("SPOOL_PATH") && said.contains("for another mirror"), "{said}");

    cluster.start_server();
    let server = Server::start_with_spool(&url, &spool);
    server.until_caught_up(&client).await;
    assert_complete(&url, &all).await;
}

/// What is deleted under the server is made anew, with what it held: what is acknowledged is found by the next process.
#[tokio::test(flavor = "multi_thread")]
async fn a_spool_that_is_removed_while_it_is_open() {
    let (folder, cluster) = (tempfile::tempdir().unwrap(), Cluster::start());
    let (url, client, all) = (cluster.url("postgres"), client(), bodies(15, 8));
    Server::start(&url).kill();
    let cases: [&[&str]; 6] =
        [&["", "-wal", "-shm"], &["", "-wal", "-shm", ".lock"], &["-wal"], &["", "-wal"], &[""], &[".lock"]];
    for (case, (removed, part)) in cases.into_iter().zip(all.chunks(all.len().div_ceil(6))).enumerate() {
        cluster.stop_server("fast");
        let spool = folder.path().join(format!("spool{case}.db"));
        let server = Server::start_with_spool(&url, &spool);
        let (before, after) = part.split_at(part.len() / 2);
        deliver(&server, &client, before).await;
        for suffix in removed {
            std::fs::remove_file(format!("{}{suffix}", spool.display())).unwrap();
        }
        deliver(&server, &client, after).await;
        let waiting = server.ready(&client).await.1["spool"]["events"].clone();
        assert_eq!(waiting, part.len(), "without {removed:?}");
        server.kill();
        cluster.start_server();
        let server = Server::start_with_spool(&url, &spool);
        server.until_caught_up(&client).await;
        server.kill();
    }
    assert_complete(&url, &all).await;
}

/// It is removed, and nothing comes any more: the stop itself makes it anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_spool_that_is_removed_before_the_stop() {
    let (folder, cluster) = (tempfile::tempdir().unwrap(), Cluster::start());
    let (url, client, all) = (cluster.url("postgres"), client(), bodies(17, 2));
    Server::start(&url).kill();
    cluster.stop_server("fast");
    let spool = folder.path().join("spool.db");
    let mut server = Server::start_with_spool(&url, &spool);
    deliver(&server, &client, &all).await;
    for suffix in ["", "-wal", "-shm"] {
        std::fs::remove_file(format!("{}{suffix}", spool.display())).unwrap();
    }
    server.signal("TERM");
    assert!(block_in_place(|| server.wait(Duration::from_secs(20))).success());
    cluster.start_server();
    let server = Server::start_with_spool(&url, &spool);
    server.until_caught_up(&client).await;
    assert_complete(&url, &all).await;
}

/// What somebody took out of the spool is waited for no longer.
#[tokio::test(flavor = "multi_thread")]
async fn a_spool_that_somebody_else_emptied() {
    let (folder, cluster) = (tempfile::tempdir().unwrap(), Cluster::start());
    let (url, client, all) = (cluster.url("postgres"), client(), bodies(18, 1));
    let spool = folder.path().join("spool.db");
    let server = Server::start_with_spool(&url, &spool);
    // By then it has opened its spool for good.
    server.until_caught_up(&client).await;
    cluster.stop_server("fast");
    deliver(&server, &client, &all).await;
    let emptied = std::process::Command::new("sqlite3")
        .arg(&spool)
        .arg("PRAGMA busy_timeout = 5000; DELETE FROM deliveries")
        .output();
    assert!(emptied.unwrap().status.success());
    cluster.start_server();
    server.until(&client, "empty", |state| state["spool"]["events"] == 0).await;
}

/// Only when neither can store: 503, and the sender is told when to come back.
#[tokio::test(flavor = "multi_thread")]
async fn neither_database_nor_spool() {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| Backend::Sqlite.new_url(&folder));
    let (client, all, spool) = (client(), bodies(6, 2), folder.path().join("spool.db"));
    let owner = Server::start_with_spool(&url, &spool);
    // The second one finds the spool in use, and has the database alone.
    let server = Server::start_with_spool(&url, &spool);
    deliver(&server, &client, &all[..2]).await;
    let blocked = block_in_place(|| Blocked::new(&url));
    let answer = client.post(format!("{}/webhook", server.url)).body(all[2].clone()).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(server.ready(&client).await.0, 503);
    drop(blocked);
    // Its owner gone, the spool is there for the second one.
    owner.kill();
    deliver(&server, &client, &all[2..]).await;
    let blocked = block_in_place(|| Blocked::new(&url));
    deliver(&server, &client, &all[..1]).await;
    drop(blocked);
    server.until_caught_up(&client).await;
}

/// A database that refuses everything, though it answers, is asked again at leisure.
async fn all_are_refused(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| backend.new_url(&folder));
    let (client, all) = (client(), bodies(16, 12));
    let server = Server::start(&url);
    let database = open(&url);
    let change = |statement: &str| {
        block_in_place(|| database.session().transaction(|tx| execute(tx, statement).map(drop)).unwrap());
    };
    let (refuse, go_on) = match backend {
        Backend::Sqlite => (
            "CREATE TRIGGER refuse BEFORE INSERT ON webhook_bodies BEGIN SELECT RAISE(ABORT, 'not this one'); END",
            "DROP TRIGGER refuse",
        ),
        Backend::Postgres => (
            "ALTER TABLE webhook_bodies ADD CONSTRAINT refuse CHECK (event_id < 0) NOT VALID",
            "ALTER TABLE webhook_bodies DROP CONSTRAINT refuse",
        ),
    };
    change(refuse);
    deliver(&server, &client, &all).await;
    let refused = || server.times_said("the database refuses a delivery");
    let deadline = Instant::now() + Duration::from_secs(30);
    while refused() < 9 {
        assert!(Instant::now() < deadline, "only {} were refused", refused());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // As many as can be in this time, where there is a pause after each.
    let (before, began) = (refused(), Instant::now());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let pauses = usize::try_from(began.elapsed().as_millis() / 500).unwrap();
    assert!(refused() - before <= pauses + 1, "{} in {:?}", refused() - before, began.elapsed());
    change(go_on);
    server.until_caught_up(&client).await;
    assert_complete_but_late(&url, &all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_are_refused_sqlite() {
    all_are_refused(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_are_refused_postgres() {
    all_are_refused(Backend::Postgres).await;
}

#[test]
fn a_spool_that_cannot_be_written_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let url = Backend::Sqlite.new_url(&folder);
    let output = exe()
        .args(["--bind", "127.0.0.1:0", "--database-url", &url, "--spool-path", "/nowhere/spool.db"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("SPOOL_PATH: cannot use /nowhere/spool.db"));
}

/// The database itself, memory, a text, another program's tables: none of them is written to.
#[test]
fn what_is_no_spool_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let [mirror, text, other] = ["mirror.db", "notes.txt", "other.db"].map(|name| folder.path().join(name));
    let url = format!("sqlite://{}", mirror.display());
    std::fs::write(&text, "not a database, and long enough to be looked at ".repeat(50)).unwrap();
    let tables = "CREATE TABLE theirs (n); INSERT INTO theirs VALUES (1)";
    assert!(std::process::Command::new("sqlite3").arg(&other).arg(tables).status().unwrap().success());
    let before = [&text, &other].map(|file| std::fs::read(file).unwrap());
    for (path, code, words) in [
        (mirror.to_str().unwrap(), 2, "is the database itself, or a file of its own"),
        (":memory:", 2, "SPOOL_PATH: `:memory:` is not the path of a file"),
        (text.to_str().unwrap(), 2, "SPOOL_PATH: cannot use"),
        (&format!("{}.lock", mirror.display()), 2, "SPOOL_PATH: "),
        (folder.path().to_str().unwrap(), 2, "is no file"),
        ("/dev/null", 2, "is no file"),
        (other.to_str().unwrap(), 1, "is a database with tables of its own; name another file"),
    ] {
        let mut command = exe();
        let output =
            command.args(["--bind", "127.0.0.1:0", "--database-url", &url, "--spool-path", path]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(code) && said.contains(words), "{path}: {said}");
    }
    assert_eq!([&text, &other].map(|file| std::fs::read(file).unwrap()), before);
    let output = exe().args(["--database-url", "sqlite://:memory:"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("DATABASE_URL: `:memory:` is not the path of a file"));
}
