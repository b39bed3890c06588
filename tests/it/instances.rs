//! Several instances on one PostgreSQL: all receive, one projects at a time, and the others go on when it dies.

use std::time::{Duration, Instant};

use checkfront_mirror::db::{Database, DatabaseUrl};
use checkfront_mirror::samples::Account;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::support::{Backend, Server, client, dump, read_sql};

#[tokio::test(flavor = "multi_thread")]
async fn all_receive_and_the_living_project() {
    let folder = tempfile::tempdir().unwrap();
    let url = Backend::Postgres.new_url(&folder);
    let mut servers: Vec<_> = (0..3).map(|_| Server::start(&url)).collect();
    let client = client();
    let mut account = Account::new("a.example", StdRng::seed_from_u64(7));
    let samples: Vec<_> = (0..60).flat_map(|_| account.story(1_790_000_000)).collect();
    for (index, sample) in samples.iter().enumerate() {
        if index == samples.len() / 2 {
            servers.remove(0).kill();
        }
        let server = &servers[index % servers.len()];
        let (body, _) = sample.body(checkfront_mirror::parse::Format::Json);
        let answer = client.post(format!("{}/webhook", server.url)).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let database = Database::open(&url.parse::<DatabaseUrl>().unwrap()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    let pending =
        || read_sql(&database, "SELECT CAST(count(*) AS text) AS v FROM webhook_events WHERE state = 'pending'");
    while pending() != [Some("0".to_owned())] {
        assert!(Instant::now() < deadline, "nobody projects: {:?} pending", pending());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let projected = "SELECT CAST(count(*) AS text) AS v FROM webhook_events WHERE state IN ('applied', 'unchanged')";
    assert_eq!(read_sql(&database, projected), [Some(samples.len().to_string())]);
    assert_eq!(dump(&database)["bookings"].len(), 60);
    assert!(dump(&database)["bookings"].iter().all(|row| row.contains("\"status_id\":\"PAID\"")));
    let receivers = read_sql(&database, "SELECT DISTINCT receiver AS v FROM webhook_events");
    assert_eq!(receivers.len(), 3);
}
