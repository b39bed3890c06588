//! The SQLite file while a server has it open: programs that read and write it beside the server take nothing from it.

use std::os::unix::fs::MetadataExt;

use rusqlite::Connection;
use tempfile::TempDir;
use tokio::task::block_in_place;

use crate::clients::installed;
use crate::support::{Server, client, payload};

/// A server on a file of its own, whose pages and API have been asked for.
async fn server(folder: &std::path::Path) -> (Server, String) {
    let file = folder.join("mirror.db").display().to_string();
    let server = Server::start_with_spool(&format!("sqlite://{file}"), &folder.join("spool.db"));
    for path in ["/", "/api/v1/bookings", "/metrics", "/readyz", "/reports/sales_by_day"] {
        let answer = client().get(format!("{}{path}", server.url)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    (server, file)
}

fn stored(file: &str) -> i64 {
    let mirror = Connection::open(file).unwrap();
    mirror.query_row("SELECT count(*) FROM webhook_events", [], |row| row.get(0)).unwrap()
}

/// The last of a file's users to close it moves its log into it and removes the log; the server has to count as a user,
/// whatever it opens and closes itself.
#[tokio::test(flavor = "multi_thread")]
async fn who_reads_the_file_beside_a_server_leaves_it_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, file) = server(folder.path()).await;
    let inode = std::fs::metadata(&file).unwrap().ino();
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    assert!(locks.contains(&format!(":{inode} ")), "the server's lock on its file is gone: {locks}");
    let backup = folder.path().join("backup.db").display().to_string();
    for (round, statement) in [
        "SELECT count(*) FROM bookings",
        "UPDATE statuses SET label = 'Deposit' WHERE status_id = 'PART'",
        &format!("VACUUM INTO '{backup}'"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(server.post(&client(), payload("booking.json")).await, Some(200));
        // Python's SQLite is the system's, older than ours: a newer one would look at more than the lock before it removes
        // the log.
        let python =
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit(); c.close()";
        let outside = block_in_place(|| installed("python").args(["-c", python, &file, statement]).output().unwrap());
        assert!(outside.status.success(), "{outside:?}");
        assert_eq!(server.post(&client(), payload("transaction.json")).await, Some(200));
        assert_eq!(stored(&file), i64::try_from(round).unwrap() * 2 + 2, "{statement}");
    }
    server.process.kill().unwrap();
    server.process.wait().unwrap();
    assert_eq!(stored(&file), 6);
    assert_eq!(stored(&backup), 5);
}

/// A backup that is put in the place of the open file, and a log that is removed: what comes then is found by whoever
/// opens the file of that name.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_the_file_was_replaced_is_in_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let (server, file) = server(folder.path()).await;
    assert_eq!(server.post(&client(), payload("booking.json")).await, Some(200));
    server.until_caught_up(&client()).await;
    let backup = folder.path().join("backup.db").display().to_string();
    Connection::open(&file).unwrap().execute("VACUUM INTO ?1", [&backup]).unwrap();
    for suffix in ["-wal", "-shm"] {
        std::fs::remove_file(format!("{file}{suffix}")).unwrap();
    }
    std::fs::rename(&backup, &file).unwrap();
    let server = goes_to_the_spool(server, &folder).await;

    // What is in the file alone is all that is left then.
    Connection::open(&file).unwrap().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    std::fs::remove_file(format!("{file}-wal")).unwrap();
    let server = goes_to_the_spool(server, &folder).await;
    assert_eq!(stored(&file), 3);
    drop(server);
}

/// Sends a delivery that is in the spool then, and in the file after a restart.
async fn goes_to_the_spool(mut server: Server, folder: &TempDir) -> Server {
    assert_eq!(server.post(&client(), payload("transaction.json")).await, Some(200));
    let (status, ready) = server.ready(&client()).await;
    assert_eq!((status, &ready["database"], &ready["spool"]["events"]), (200, &"down".into(), &1.into()), "{ready}");
    server.until_said("start this program again").await;
    server.process.kill().unwrap();
    server.process.wait().unwrap();
    let (server, _) = self::server(folder.path()).await;
    server.until_caught_up(&client()).await;
    server
}
