//! Deliveries, and what an undisturbed mirror makes of them.

use checkfront_mirror::db::{Database, DatabaseUrl};
use checkfront_mirror::parse::Format;
use checkfront_mirror::samples::Account;
use rand::SeedableRng;
use rand::rngs::StdRng;
use reqwest::Client;
use tokio::task::block_in_place;

use super::{Backend, Server, TestApp, contents, read_sql};

/// Deliveries of some bookings, in all formats.
pub(crate) fn bodies(seed: u64, stories: usize) -> Vec<Vec<u8>> {
    let mut account = Account::new("a.example", StdRng::seed_from_u64(seed));
    let samples = (0..stories).flat_map(|_| account.story(1_790_000_000)).collect::<Vec<_>>();
    let formats = [Format::Json, Format::Xml, Format::Form];
    samples.iter().zip(formats.into_iter().cycle()).map(|(sample, format)| sample.body(format).0.into()).collect()
}

/// What a mirror that never had an outage makes of them.
pub(crate) async fn truth(bodies: &[Vec<u8>]) -> Vec<String> {
    let app = TestApp::start(Backend::Sqlite).await;
    app.apply(bodies.iter().cloned()).await;
    contents(&app.database)
}

/// Posts them one after the other; each has to be accepted.
pub(crate) async fn deliver(server: &Server, client: &Client, bodies: &[Vec<u8>]) {
    for body in bodies {
        assert_eq!(server.post(client, body.clone()).await, Some(200));
    }
}

/// The database at a URL.
pub(crate) fn open(url: &str) -> Database {
    Database::open(&url.parse::<DatabaseUrl>().unwrap()).unwrap()
}

/// The mirror has each delivery once, in the order of receipt, and the rows they make.
pub(crate) async fn assert_complete(url: &str, bodies: &[Vec<u8>]) {
    assert_stored_once(url, bodies);
    assert_eq!(block_in_place(|| contents(&open(url))), truth(bodies).await);
}

/// The same where deliveries came late: a step that came after a newer one is no part of a booking's history.
pub(crate) async fn assert_complete_but_late(url: &str, bodies: &[Vec<u8>]) {
    assert_stored_once(url, bodies);
    let is_kept = |row: &String| !row.starts_with("booking_history");
    let rows = |contents: Vec<String>| contents.into_iter().filter(is_kept).collect::<Vec<_>>();
    assert_eq!(rows(block_in_place(|| contents(&open(url)))), rows(truth(bodies).await));
}

fn assert_stored_once(url: &str, bodies: &[Vec<u8>]) {
    let count = "SELECT CAST(count(*) AS text) AS v FROM webhook_events UNION ALL SELECT CAST(count(*) AS text) FROM webhook_bodies";
    let stored = block_in_place(|| read_sql(&open(url), count));
    assert_eq!(stored, vec![Some(bodies.len().to_string()); 2]);
}
