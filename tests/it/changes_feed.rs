//! `/api/v1/changes`: whoever follows it, by pages or as a stream, gets each change once and in order, come what may.

use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::Value;
use tokio::task::block_in_place;
use tokio::time::timeout;

use crate::read_api::{get, one_account};
use crate::support::{Backend, Server, TestApp, bodies, client, exe, on_both, open, payload, read_sql};

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// The numbers of a page, and where to go on.
fn numbers(page: &Value) -> (Vec<i64>, i64) {
    let numbers = page["data"].as_array().unwrap().iter().map(|change| change["seq"].as_i64().unwrap());
    (numbers.collect(), page["last"].as_i64().unwrap())
}

async fn page(client: &Client, url: &str, after: i64, limit: usize) -> Option<Value> {
    let answer = client.get(format!("{url}/api/v1/changes?after={after}&limit={limit}")).send().await.ok()?;
    if answer.status() != 200 {
        return None;
    }
    answer.text().await.ok().map(|text| serde_json::from_str(&text).unwrap())
}

/// The events of a stream, as they come.
struct Stream {
    answer: Response,
    read: String,
}

impl Stream {
    async fn open(app_url: &str, path: &str, last: Option<i64>) -> Self {
        let request = client().get(format!("{app_url}{path}")).header("accept", "text/event-stream");
        let request = last.into_iter().fold(request, |request, last| request.header("last-event-id", last.to_string()));
        let answer = request.send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (200, &"text/event-stream".parse().unwrap())
        );
        Self { answer, read: String::new() }
    }

    /// The next event: its id and its data. `None` at the end.
    async fn next(&mut self) -> Option<(i64, Value)> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| {
                    event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
                };
                let (id, kind, data) = (field("id:"), field("event:"), field("data:"));
                let rest = rest.to_owned();
                self.read = rest;
                if kind == "change" {
                    return Some((id.parse().unwrap(), serde_json::from_str(&data).unwrap()));
                }
                continue;
            }
            let chunk = timeout(PATIENCE, self.answer.chunk()).await.expect("nothing came").ok()??;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

on_both! {
    async fn nobody_misses_or_doubles_a_change_while_deliveries_come(app: TestApp) {
        let consumers: Vec<_> = [1, 7, 100].into_iter().map(|limit| {
            let (client, url) = (app.client.clone(), app.url.clone());
            tokio::spawn(async move {
                let (mut after, mut seen) = (0, Vec::new());
                while after < 150 {
                    let (numbers, last) = numbers(&page(&client, &url, after, limit).await.unwrap());
                    seen.extend(numbers);
                    after = last;
                }
                seen
            })
        }).collect();
        let mut stream = Stream::open(&app.url, "/api/v1/changes/stream?after=0", None).await;
        for (batch, seed) in [1, 3, 500, 2, 40].into_iter().cycle().zip(20..) {
            for body in bodies(seed, 4) {
                app.deliver(body).await;
            }
            app.project_with(|projector| projector.set_batch(batch).drain());
            if app.text("SELECT CAST(max(seq) AS text) AS v FROM changes").parse::<i64>().unwrap() >= 150 {
                break;
            }
        }
        for consumer in consumers {
            let seen = timeout(PATIENCE, consumer).await.unwrap().unwrap();
            assert_eq!(seen, (1..=i64::try_from(seen.len()).unwrap()).collect::<Vec<_>>());
        }
        for expected in 1..=150 {
            let (id, change) = stream.next().await.unwrap();
            assert_eq!((id, change["seq"].as_i64()), (expected, Some(expected)));
        }
    }

    async fn a_stream_goes_on_where_it_was(app: TestApp) {
        one_account(&app).await;
        let all = get(&app, "/api/v1/changes?after=0").await;
        let (seen, last) = numbers(&all);
        assert!(seen.len() > 4, "{all}");
        let mut stream = Stream::open(&app.url, "/api/v1/changes", Some(last - 2)).await;
        let first = stream.next().await.unwrap();
        assert_eq!((first.0, first.1), (last - 1, all["data"][seen.len() - 2].clone()));
        assert_eq!(stream.next().await.unwrap().0, last);
        // What the header says comes before what the address says: a browser repeats the address as it was.
        let mut again = Stream::open(&app.url, "/api/v1/changes/stream?after=1", Some(last)).await;
        let mut from_now = Stream::open(&app.url, "/api/v1/changes/stream", None).await;
        app.apply([String::from_utf8(payload("booking.json")).unwrap().replace("\"PART\"", "\"VOID\"")]).await;
        for stream in [&mut stream, &mut again, &mut from_now] {
            let (id, change) = stream.next().await.unwrap();
            assert_eq!((id, &change["kind"], &change["key"], &change["action"]), (last + 1, &"booking".into(), &"QZRT-120526".into(), &"update".into()));
            assert_eq!(change["account"], "harbour-tours.checkfront.example");
        }
    }

    async fn who_refuses_a_stream_gets_a_page(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        for (accepted, kind) in [
            ("text/event-stream;q=0, application/json", "application/json"),
            ("application/json, Text/Event-Stream; q=0.5", "text/event-stream"),
        ] {
            let request = app.client.get(format!("{}/api/v1/changes?after=0", app.url)).header("accept", accepted);
            assert_eq!(request.send().await.unwrap().headers()["content-type"], kind, "{accepted}");
        }
    }

    async fn whoever_is_too_late_is_told_so(app: TestApp) {
        let empty = get(&app, "/api/v1/changes").await;
        assert_eq!((empty["data"].as_array().unwrap().len(), &empty["last"]), (0, &0.into()));
        one_account(&app).await;
        let last = get(&app, "/api/v1/changes").await["last"].as_i64().unwrap();
        let next = get(&app, &format!("/api/v1/changes?after={last}")).await;
        assert_eq!(next["next"], format!("/api/v1/changes?after={last}"));
        let gone = async |after: i64| {
            let answer = app.client.get(format!("{}/api/v1/changes?after={after}", app.url)).send().await.unwrap();
            let stream = app.client.get(format!("{}/api/v1/changes/stream?after={after}", app.url)).send().await.unwrap();
            assert_eq!((answer.status().as_u16(), stream.status().as_u16()), (410, 410));
            let problem: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
            problem["detail"].as_str().unwrap().to_owned()
        };
        assert!(gone(last + 1).await.contains("older copy"));
        app.execute(&format!("DELETE FROM changes WHERE seq < {last}"));
        assert!(gone(0).await.contains(&format!("go on after {last}")));
        assert!(gone(-1).await.contains("after"));
        assert_eq!(numbers(&get(&app, &format!("/api/v1/changes?after={}", last - 1)).await).0, [last]);
    }
}

/// The server is killed while it is followed; what follows goes on with the next one.
async fn killed(backend: Backend, failpoint: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| backend.new_url(&folder));
    let (client, all) = (client(), bodies(31, 12));
    let mut command = exe();
    command.args(["--bind", "127.0.0.1:0", "--database-url", &url]).env("SPOOL_PATH", folder.path().join("spool.db"));
    let mut server =
        Some(Server::spawn(failpoint.iter().fold(&mut command, |command, point| command.env("FAILPOINTS", point))));
    let (mut after, mut seen, mut deaths) = (0, Vec::new(), 0);
    for (index, body) in all.iter().enumerate() {
        while server.as_ref().unwrap().post(&client, body.clone()).await.is_none() {
            server.take().unwrap().kill();
            deaths += 1;
            server = Some(Server::start_with_spool(&url, &folder.path().join("spool.db")));
        }
        if failpoint.is_none() && index % 10 == 9 {
            server.take().unwrap().kill();
            deaths += 1;
            server = Some(Server::start_with_spool(&url, &folder.path().join("spool.db")));
        }
        if let Some(page) = page(&client, &server.as_ref().unwrap().url, after, 5).await {
            let (numbers, last) = numbers(&page);
            seen.extend(numbers);
            after = last;
        }
    }
    if deaths == 0 {
        // It dies of what it does after it has answered.
        assert!(!block_in_place(|| server.take().unwrap().wait(PATIENCE)).success());
        deaths += 1;
        server = Some(Server::start_with_spool(&url, &folder.path().join("spool.db")));
    }
    let server = server.unwrap();
    server.until_caught_up(&client).await;
    assert!(deaths > 0, "it was never killed");
    let last: i64 = block_in_place(|| read_sql(&open(&url), "SELECT CAST(max(seq) AS text) AS v FROM changes"))[0]
        .clone()
        .unwrap()
        .parse()
        .unwrap();
    while after < last {
        let (numbers, end) = numbers(&page(&client, &server.url, after, 500).await.unwrap());
        seen.extend(numbers);
        after = end;
    }
    assert_eq!(seen, (1..=last).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_now_and_then_sqlite() {
    killed(Backend::Sqlite, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_now_and_then_postgres() {
    killed(Backend::Postgres, None).await;
}

#[cfg(feature = "failpoints")]
#[tokio::test(flavor = "multi_thread")]
async fn killed_before_a_commit_sqlite() {
    killed(Backend::Sqlite, Some("project_before_commit=1*off->return")).await;
}

#[cfg(feature = "failpoints")]
#[tokio::test(flavor = "multi_thread")]
async fn killed_after_a_commit_postgres() {
    killed(Backend::Postgres, Some("project_after_commit=0*off->return")).await;
}

/// A stop ends streams at once, and waits for nobody.
async fn a_stop_ends_streams(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| backend.new_url(&folder));
    let mut server = Server::start(&url);
    server.until_caught_up(&client()).await;
    let mut stream = Stream::open(&server.url, "/api/v1/changes/stream", None).await;
    let began = std::time::Instant::now();
    server.signal("TERM");
    assert_eq!(stream.next().await, None);
    assert!(block_in_place(|| server.wait(Duration::from_secs(10))).success());
    assert!(began.elapsed() < Duration::from_secs(4), "it took {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_streams_sqlite() {
    a_stop_ends_streams(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_streams_postgres() {
    a_stop_ends_streams(Backend::Postgres).await;
}
