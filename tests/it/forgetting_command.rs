//! `forget` as it is typed: what it asks for, lists and erases, and what is under way meanwhile.

use std::time::Duration;

use serde_json::Value;
use tokio::task::block_in_place;

use crate::forgetting::{KEY, ZOE, a_story};
use crate::support::{
    Backend, Blocked, Server, TestApp, assert_nowhere, client, everything, exe, on_both, open, payload, read_sql,
};

on_both! {
    async fn the_command_asks_first_lists_and_erases(app: TestApp) {
        a_story(&app).await;
        let url = app.config.database_url.clone();
        let url = match &url { checkfront_mirror::db::DatabaseUrl::Postgres(url) => url.clone(), checkfront_mirror::db::DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()) };
        let run = |arguments: &[&str], key: &str| {
            let mut command = exe();
            if !key.is_empty() {
                command.env("PRIVACY_KEY", key);
            }
            let output = command.arg("forget").args(arguments).args(["--database-url", &url]).output().unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
        };
        let before = everything(&app.database);
        let (code, _, said) = run(&["--email", "zoe@example.com"], KEY);
        assert!(code == Some(2) && said.contains("--yes") && said.contains("--dry-run"), "{said}");
        let (code, _, said) = run(&["--email", "zoe@example.com", "--yes"], "");
        assert!(code == Some(2) && said.contains("PRIVACY_KEY: is not set"), "{said}");
        assert_eq!(run(&["--yes"], KEY).0, Some(2));
        assert_eq!(run(&["--email", "zoe", "--yes"], KEY).0, Some(2));
        let (code, out, _) = run(&["--email", "zoe@example.com", "--dry-run"], KEY);
        assert!(code == Some(0) && out.contains("QZRT-120526") && out.contains("would be erased: 1 customers, from 1 bookings and 11 raw bodies"), "{out}");
        assert_eq!(run(&["--code", "nobody-1", "--dry-run"], KEY).1, "nothing is known of this person\n");
        assert_eq!(everything(&app.database), before, "looking changes nothing");
        let (code, out, said) = run(&["--email", "zoe@example.com", "--yes", "--json"], KEY);
        assert_eq!(code, Some(0), "{said}");
        let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["code"], "QZRT-120526");
        assert_eq!(lines[1], serde_json::json!({"bookings": 1, "customers": 1, "bodies": 11, "dry_run": false}));
        assert!(!said.contains("zoe"), "logs name nobody: {said}");
        assert_nowhere(&app.database, &ZOE);
    }
}

/// Deliveries that a server took while its database was locked out, and left in the spool when it was killed.
async fn left_in_the_spool(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| backend.new_url(&folder));
    let spool = folder.path().join("left.db");
    let mut command = exe();
    command.env("SPOOL_PATH", &spool).args(["--bind", "127.0.0.1:0", "--database-url", &url]);
    let server = Server::spawn(&mut command);
    let blocked = block_in_place(|| Blocked::new(&url));
    let post = |body: Vec<u8>| client().post(format!("{}/webhook", server.url)).body(body).send();
    for body in [payload("booking.json"), payload("transaction.xml"), br#"{"cut": "zoe@example.com"#.to_vec()] {
        assert_eq!(post(body).await.unwrap().status(), 200);
    }
    server.kill();
    drop(blocked);
    let holds = |text: &str| {
        ["", "-wal"].iter().any(|ending| {
            let bytes = std::fs::read(format!("{}{ending}", spool.display())).unwrap_or_default();
            bytes.windows(text.len()).any(|part| part == text.as_bytes())
        })
    };
    assert!(holds("Zoe@Example.com"), "the spool is where the deliveries are");
    let mut forget = exe();
    forget.env("SPOOL_PATH", &spool).env("PRIVACY_KEY", KEY);
    forget.args(["forget", "--email", "zoe@example.com", "--yes", "--database-url", &url]);
    let output = block_in_place(|| forget.output()).unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(!holds("Zoe@Example.com") && !holds("zoe@example.com"), "and it is gone from there");
    let database = open(&url);
    let read = |query: &str| block_in_place(|| read_sql(&database, query)).into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(
        read("SELECT code AS v FROM bookings WHERE customer_key LIKE 'forgotten:%' AND customer_name IS NULL"),
        ["QZRT-120526"]
    );
    assert_eq!(read("SELECT booking_code AS v FROM transactions WHERE payer IS NULL"), ["QZRT-120526"]);
    assert_eq!(read("SELECT CAST(count(*) AS text) AS v FROM webhook_bodies"), ["3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_left_in_its_spool_is_erased_too() {
    left_in_the_spool(Backend::Sqlite).await;
    left_in_the_spool(Backend::Postgres).await;
}

/// Deliveries of her booking and new ones of somebody else keep coming while she is forgotten.
async fn beside_a_busy_server(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| backend.new_url(&folder));
    let (server, client) = (Server::start(&url), client());
    let booking = String::from_utf8(payload("booking.json")).unwrap();
    let post = async |number: usize| {
        let body = booking.replace("126.00", &format!("{number}.00"));
        let sent = client.post(format!("{}/webhook", server.url)).body(body).send().await.unwrap();
        assert_eq!(sent.status(), 200);
    };
    post(1).await;
    let mut forget = exe();
    forget.env("PRIVACY_KEY", KEY).env("SPOOL_PATH", folder.path().join("none.db"));
    forget.args(["forget", "--email", "zoe@example.com", "--yes", "--database-url", &url]);
    let forgetting = tokio::task::spawn_blocking(move || forget.output().unwrap());
    let mut last = 1;
    // As many as a busy account sends, not more than a mirror can follow.
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    while !forgetting.is_finished() || last < 100 {
        pace.tick().await;
        last += 1;
        post(last).await;
    }
    let output = forgetting.await.unwrap();
    assert!(output.status.success(), "{output:?}");
    server.until_caught_up(&client).await;
    let database = open(&url);
    block_in_place(|| assert_nowhere(&database, &ZOE));
    let total =
        block_in_place(|| read_sql(&database, "SELECT CAST(CAST(total AS INTEGER) AS text) AS v FROM bookings"));
    assert_eq!(total, [Some(last.to_string())], "{backend:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_does_not_bring_the_person_back() {
    beside_a_busy_server(Backend::Sqlite).await;
    beside_a_busy_server(Backend::Postgres).await;
}
