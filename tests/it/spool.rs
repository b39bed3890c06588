//! The spool file: one mirror's, one process's, and in a folder that can be written.

use tokio::task::block_in_place;

use crate::support::{Backend, Blocked, Cluster, Server, assert_complete, bodies, client, deliver, exe};

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
    let cases: [&[&str]; 5] = [&["", "-wal", "-shm"], &["", "-wal", "-shm", ".lock"], &["-wal"], &["", "-wal"], &[""]];
    for (case, (removed, part)) in cases.into_iter().zip(all.chunks(all.len().div_ceil(5))).enumerate() {
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
