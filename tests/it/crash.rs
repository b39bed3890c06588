//! `kill -9` at any moment: what was acknowledged is there, and nothing is half applied.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use checkfront_mirror::db::{Database, DatabaseUrl};
use checkfront_mirror::parse::Format;
use checkfront_mirror::samples::Account;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, RunQueryDsl};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::{Backend, Server, dump, exe, read_sql};

/// Booking code to the status of its last acknowledged delivery.
type Truth = BTreeMap<String, String>;

#[tokio::test(flavor = "multi_thread")]
async fn killed_under_load_sqlite() {
    killed_under_load(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_under_load_postgres() {
    killed_under_load(Backend::Postgres).await;
}

async fn killed_under_load(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let url = tokio::task::block_in_place(|| backend.new_url(&folder));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().unwrap();
    let (truth, acknowledged) = (Mutex::new(Truth::new()), Mutex::new(0_usize));
    let mut random = StdRng::seed_from_u64(11);
    for round in 0..6_u64 {
        let server = Server::start(&url);
        let kill_after = Duration::from_millis(random.random_range(150..500));
        let senders = (0..4).map(|sender| {
            let (client, target, truth, acknowledged) =
                (&client, format!("{}/webhook", server.url), &truth, &acknowledged);
            async move {
                let mut account = Account::new("a.example", StdRng::seed_from_u64(round * 10 + sender));
                loop {
                    for sample in account.story(1_790_000_000) {
                        let (body, _) = sample.body([Format::Json, Format::Xml, Format::Form][(sender % 3) as usize]);
                        let Ok(answer) = client.post(&target).body(body).send().await else { return };
                        assert_eq!(answer.status(), 200);
                        *acknowledged.lock().unwrap() += 1;
                        if let Some(booking) = sample.json.get("booking") {
                            let text = |name: &str| booking[name].as_str().unwrap().to_owned();
                            truth.lock().unwrap().insert(text("code"), text("status"));
                        }
                    }
                }
            }
        });
        let senders: Vec<_> = senders.collect();
        let killer = async {
            tokio::time::sleep(kill_after).await;
            server.kill();
        };
        tokio::join!(killer, futures_util::future::join_all(senders));
    }

    if backend == Backend::Postgres {
        tokio::task::block_in_place(|| until_left_alone(&url));
    }
    let replay = exe().args(["replay", "--state", "pending", "--database-url", &url]).output().unwrap();
    assert!(replay.status.success(), "{}", String::from_utf8_lossy(&replay.stderr));
    let database = Database::open(&url.parse::<DatabaseUrl>().unwrap()).unwrap();
    let number = |query: &str| read_sql(&database, query)[0].clone().unwrap().parse::<usize>().unwrap();
    assert!(number("SELECT CAST(count(*) AS text) AS v FROM webhook_events") >= *acknowledged.lock().unwrap());
    assert_eq!(
        number("SELECT CAST(count(*) AS text) AS v FROM webhook_events WHERE state IN ('pending', 'failed')"),
        0
    );
    let orphans = "SELECT CAST(count(*) AS text) AS v FROM bookings b WHERE NOT EXISTS (SELECT 1 FROM booking_items i WHERE i.booking_code = b.code) \
        OR NOT EXISTS (SELECT 1 FROM booking_history h WHERE h.booking_code = b.code AND h.event_id <= b.last_event_id)";
    assert_eq!(number(orphans), 0);
    let rows: BTreeMap<String, String> = dump(&database)["bookings"]
        .iter()
        .map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap())
        .map(|row| (row["code"].as_str().unwrap().to_owned(), row["status_id"].as_str().unwrap().to_owned()))
        .collect();
    let truth = truth.into_inner().unwrap();
    assert!(truth.len() > 20, "the load was none: {}", truth.len());
    for (code, status) in truth {
        // The delivery after the last acknowledged one may have been stored too.
        assert!(rows[&code] == status || rows[&code] == "PAID", "{code} is {}, was sent as {status}", rows[&code]);
    }
}

/// Waits until what the killed servers had begun is over: the database may still commit what they last sent it.
fn until_left_alone(url: &str) {
    let mut connection = PgConnection::establish(url).unwrap();
    let others =
        "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid())";
    let deadline = Instant::now() + Duration::from_secs(30);
    while diesel::select(sql::<BigInt>(others)).get_result::<i64>(&mut connection).unwrap() > 0 {
        assert!(Instant::now() < deadline, "a connection of a killed server is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
}
