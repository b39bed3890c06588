//! A database that is down, slow or locked: every delivery is accepted, kept in the spool, and moved exactly once.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tokio::task::block_in_place;

use crate::support::{
    Backend, Blocked, Cluster, Server, assert_complete, assert_complete_but_late, bodies, client, deliver, exe, open,
    read_sql,
};

/// As many events in the spool.
fn spooled(events: usize) -> impl Fn(&Value) -> bool {
    move |state| state["spool"]["events"] == events
}

async fn locked_out(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| backend.new_url(&folder));
    let (client, all) = (client(), bodies(1, 12));
    let server = Server::start(&url);
    let (before, rest) = all.split_at(10);
    let (during, after) = rest.split_at(10);
    deliver(&server, &client, before).await;
    server.until_caught_up(&client).await;

    let blocked = block_in_place(|| Blocked::new(&url));
    deliver(&server, &client, during).await;
    let (status, state) = server.ready(&client).await;
    assert_eq!((status, state["database"].as_str()), (200, Some("down")), "{state}");
    assert_eq!(state["spool"]["events"], during.len());
    assert!(state["spool"]["since"].is_string() && state["lag_seconds"].as_f64() > Some(0.0), "{state}");
    drop(blocked);

    deliver(&server, &client, after).await;
    server.until_caught_up(&client).await;
    assert_complete(&url, &all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_sqlite() {
    locked_out(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_postgres() {
    locked_out(Backend::Postgres).await;
}

/// A database that holds up everything does not hold up the end.
async fn stops_while_locked(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| backend.new_url(&folder));
    let (client, all, spool) = (client(), bodies(15, 3), folder.path().join("spool.db"));
    let mut server = Server::start_with_spool(&url, &spool);
    let blocked = block_in_place(|| Blocked::new(&url));
    deliver(&server, &client, &all).await;
    server.signal("TERM");
    assert_eq!(block_in_place(|| server.wait(Duration::from_secs(10))).code(), Some(0));
    drop(blocked);
    let server = Server::start_with_spool(&url, &spool);
    server.until_caught_up(&client).await;
    assert_complete(&url, &all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_stops_while_its_database_is_locked_sqlite() {
    stops_while_locked(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_stops_while_its_database_is_locked_postgres() {
    stops_while_locked(Backend::Postgres).await;
}

/// No room for the database: the system lets no file grow beyond 2 MiB, and then it does.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let url = Backend::Sqlite.new_url(&folder);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -S -f 4096; exec \"$@\"", "sh"]).arg(exe().get_program());
    command.args(["--bind", "127.0.0.1:0", "--database-url", &url]);
    let server = Server::spawn(&mut command);
    let (client, all) = (client(), bodies(12, 120));
    let mut sent = 0;
    while server.ready(&client).await.1["spool"]["events"] == 0 {
        deliver(&server, &client, &all[sent..sent + 10]).await;
        sent += 10;
    }
    assert_eq!(server.ready(&client).await.0, 200);
    let process = server.process.id().to_string();
    assert!(Command::new("prlimit").args(["--fsize=unlimited", "--pid", &process]).status().unwrap().success());
    server.until_caught_up(&client).await;
    assert_complete(&url, &all[..sent]).await;
}

/// PostgreSQL is killed three times in mid-traffic, and the server is killed while it is down.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_postgres() {
    let (folder, cluster) = (tempfile::tempdir().unwrap(), Cluster::start());
    let (url, spool) = (cluster.url("postgres"), folder.path().join("spool.db"));
    let (client, all) = (client(), bodies(2, 30));
    let mut server = Server::start_with_spool(&url, &spool);
    for (round, bodies) in all.chunks(all.len().div_ceil(3)).enumerate() {
        let (up, down) = bodies.split_at(bodies.len() / 2);
        deliver(&server, &client, up).await;
        cluster.stop_server("immediate");
        deliver(&server, &client, down).await;
        let state = server.until(&client, "spooled", spooled(down.len())).await;
        assert_eq!(state["database"], "down");
        if round == 1 {
            server.kill();
            server = Server::start_with_spool(&url, &spool);
            server.until(&client, "what the former process left", spooled(down.len())).await;
        }
        cluster.start_server();
        server.until_caught_up(&client).await;
    }
    assert_complete(&url, &all).await;
}

/// Two receivers, a spool each: what was received first may be moved last, and overwrites nothing newer.
#[tokio::test(flavor = "multi_thread")]
async fn two_spools() {
    let cluster = Cluster::start();
    let (url, client, all) = (cluster.url("postgres"), client(), bodies(14, 20));
    let servers = [Server::start(&url), Server::start(&url)];
    cluster.stop_server("fast");
    for (index, body) in all.iter().enumerate() {
        deliver(&servers[index % 2], &client, std::slice::from_ref(body)).await;
    }
    cluster.start_server();
    for server in &servers {
        server.until_caught_up(&client).await;
    }
    assert_complete_but_late(&url, &all).await;
}

/// The first start ever, with no database to be found; later its schema is too new for a while.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_a_database() {
    let (folder, cluster) = (tempfile::tempdir().unwrap(), Cluster::start());
    let (url, spool) = (cluster.url("postgres"), folder.path().join("spool.db"));
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')";
    assert!(exe().args(["migrate", "--database-url", &url]).status().unwrap().success());
    execute(&url, newer);
    cluster.stop_server("fast");

    let (client, all) = (client(), bodies(3, 4));
    let server = Server::start_with_spool(&url, &spool);
    assert_eq!(server.ready(&client).await.0, 200);
    deliver(&server, &client, &all[..5]).await;
    cluster.start_server();
    deliver(&server, &client, &all[5..]).await;
    let state = server.until(&client, "spooled", spooled(all.len())).await;
    assert_eq!(state["database"], "down", "a schema that is too new is not written to");

    execute(&url, "DELETE FROM __diesel_schema_migrations WHERE version = '99990101000000'");
    server.until_caught_up(&client).await;
    assert_complete(&url, &all).await;
}

/// An insert that timed out, and commits after all; ids that another receiver has taken meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn an_insert_that_commits_late_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| Backend::Postgres.new_url(&folder));
    let (client, all) = (client(), bodies(4, 3));
    let server = Server::start(&url);
    let blocked = block_in_place(|| Blocked::new(&url));
    deliver(&server, &client, &all[..1]).await;
    let waiting = "SELECT CAST(count(*) AS text) AS v FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO%' AND datname = current_database()";
    let database = open(&url);
    assert_eq!(
        block_in_place(|| read_sql(&database, waiting)),
        [Some("1".to_owned())],
        "the insert still waits for the lock"
    );
    deliver(&server, &client, &all[1..]).await;
    drop(blocked);
    server.until_caught_up(&client).await;
    assert_complete(&url, &all).await;
}

fn execute(url: &str, statement: &str) {
    use diesel::connection::SimpleConnection;
    use diesel::{Connection, PgConnection};
    PgConnection::establish(url).unwrap().batch_execute(statement).unwrap();
}
