//! Memory after much work: what was taken for it is given back once nothing comes.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::support::{Backend, Server, client};

/// Memory that is the process's own, in MiB: pages of its file are the system's to drop.
fn own_memory(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
}

/// Long bodies, of which each connection that sees them keeps something.
async fn gives_memory_back(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&block_in_place(|| backend.new_url(&folder)));
    let client = client();
    server.until_caught_up(&client).await;
    let started = own_memory(&server);
    let mut most = 0;
    for round in 0..10 {
        let body = |number| format!(r#"{{"note": "{round} {number} {}"}}"#, "long ".repeat(200_000)).into_bytes();
        let answers = join_all((0..8).map(|number| server.post(&client, body(number)))).await;
        assert_eq!(answers, [Some(200); 8]);
        most = most.max(own_memory(&server));
    }
    server.until_caught_up(&client).await;
    assert!(most >= started + 24, "{most} MiB are few, after {started}: what is given back?");
    let deadline = Instant::now() + Duration::from_secs(40);
    while own_memory(&server) > started + 8 {
        let now = own_memory(&server);
        assert!(Instant::now() < deadline, "it keeps {now} MiB of {most}, and had {started} when it started");
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_given_back_sqlite() {
    gives_memory_back(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_given_back_postgres() {
    gives_memory_back(Backend::Postgres).await;
}
