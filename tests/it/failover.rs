//! A PostgreSQL primary with a synchronous standby: the primary is killed under load, and the standby takes over.

use tokio::task::block_in_place;

use crate::support::{Cluster, Server, assert_complete, bodies, client, deliver, open, read_sql};

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_takes_over_and_nothing_acknowledged_is_lost() {
    let (primary, standby) = block_in_place(|| {
        let primary = Cluster::start();
        let standby = primary.synchronous_standby();
        (primary, standby)
    });
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("spool.db");
    let url = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
        primary.port, standby.port
    );
    let (client, all) = (client(), bodies(13, 600));
    let server = Server::start_with_spool(&url, &spool);
    let mut deliveries = all.chunks(10);
    deliver(&server, &client, deliveries.next().unwrap()).await;
    let synchronous = "SELECT CAST(count(*) AS text) AS v FROM pg_stat_replication WHERE sync_state = 'sync'";
    let database = open(&primary.url("postgres"));
    assert_eq!(block_in_place(|| read_sql(&database, synchronous)), [Some("1".to_owned())]);

    // The primary dies while deliveries come, and they go on coming until the standby is the primary, and after.
    let failover = tokio::task::spawn_blocking(move || {
        primary.stop_server("immediate");
        standby.promote();
        standby
    });
    let mut sent = 10;
    while !failover.is_finished() {
        deliver(&server, &client, deliveries.next().expect("more deliveries than a failover takes")).await;
        sent += 10;
    }
    let standby = failover.await.unwrap();
    deliver(&server, &client, deliveries.next().unwrap()).await;
    server.until_caught_up(&client).await;
    assert_complete(&standby.url("postgres"), &all[..sent + 10]).await;
}
