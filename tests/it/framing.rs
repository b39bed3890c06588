//! Requests of doubtful shape, byte by byte: none of them brings a second one in.

use std::time::Duration;

use checkfront_mirror::config::Options;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::support::{Backend, TestApp, payload};

/// Sends bytes, then says that no more will come, and reads the answers' statuses.
async fn statuses(app: &TestApp, bytes: &[u8]) -> Vec<u16> {
    let mut stream = app.connect().await;
    stream.write_all(bytes).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let end = timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
    // A connection that was broken off on purpose may end in a reset.
    let _ = end.expect("the connection stays open");
    let text = String::from_utf8_lossy(&answer).into_owned();
    text.split("HTTP/1.").skip(1).map(|answer| answer[2..5].parse().unwrap()).collect()
}

/// Head lines, body, the statuses that answer them, and the bodies that are kept.
type Case = (&'static str, &'static str, &'static [u16], &'static [&'static str]);

const SMUGGLED: &str = "POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n\r\nevil=1";
const CHUNKED: &str = "Transfer-Encoding: chunked";

const CASES: [Case; 24] = [
    ("Content-Length: 3", "a=1", &[200], &["a=1"]),
    (CHUNKED, "3\r\na=1\r\n0\r\n\r\n", &[200], &["a=1"]),
    (CHUNKED, "3;x=\"y\"\r\na=1\r\n0\r\nTrailer: t\r\n\r\n", &[200], &["a=1"]),
    (CHUNKED, "3\r\na=1\r\n0\r\n\r\n{}", &[200], &["a=1"]),
    (CHUNKED, "3\r\na=1\r\n0\r\nContent-Length: 9\r\n\r\n{}", &[200], &["a=1"]),
    ("Content-Length: 13\r\nTransfer-Encoding: chunked", "3\r\na=1\r\n0\r\n\r\n{}", &[200], &["a=1"]),
    ("Transfer-Encoding: chunked\r\nContent-Length: 3", "3\r\na=1\r\n0\r\n\r\n{}", &[200], &["a=1"]),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "3\r\na=1\r\n0\r\n\r\n{}", &[400], &[]),
    ("Transfer-Encoding: xchunked", "3\r\na=1\r\n0\r\n\r\n{}", &[400], &[]),
    ("Transfer-Encoding: chunked, identity", "3\r\na=1\r\n0\r\n\r\n{}", &[400], &[]),
    ("Transfer-Encoding : chunked", "3\r\na=1\r\n0\r\n\r\n{}", &[400], &[]),
    ("Content-Length : 3", "a=1{}", &[400], &[]),
    ("Content-Length: 3\r\nContent-Length: 4", "a=1{}", &[400], &[]),
    ("Content-Length: +3", "a=1{}", &[400], &[]),
    ("Content-Length: 3, 3", "a=1{}", &[400], &[]),
    ("Content-Length: -1", "a=1{}", &[400], &[]),
    ("Content-Length: 99999999999999999999", "a=1{}", &[400], &[]),
    ("X: y\r\n Content-Length: 3", "a=1{}", &[400], &[]),
    (CHUNKED, "g\r\na=1\r\n0\r\n\r\n{}", &[400], &[]),
    (CHUNKED, "-3\r\na=1\r\n0\r\n\r\n{}", &[400], &[]),
    (CHUNKED, "10000000000000003\r\na=1\r\n0\r\n\r\n{}", &[400], &[]),
    (CHUNKED, "3\r\na=1x\r\n0\r\n\r\n{}", &[400], &[]),
    (CHUNKED, "3\na=1\n0\n\n{}", &[400], &[]),
    ("Content-Length: 9", "a=1", &[400], &[]),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_smuggled_behind_another() {
    let app = TestApp::start(Backend::Sqlite).await;
    let mut expected = Vec::new();
    for (head, body, answers, kept) in CASES {
        let body = body.replace("{}", SMUGGLED);
        let request = format!("POST /webhook HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{body}");
        assert_eq!(statuses(&app, request.as_bytes()).await, answers, "{head:?} {body:?}");
        expected.extend(kept.iter().map(|body| Some((*body).to_owned())));
        // Good senders beside it are not harmed.
        app.deliver(payload("booking.json")).await;
    }
    app.project();
    let small = "SELECT CAST(body AS text) AS v FROM webhook_bodies WHERE length(body) < 100 ORDER BY event_id";
    assert_eq!(app.texts(small), expected);
}

/// Whole heads, the statuses that answer them, and whether the body is kept.
const HEADS: [(&str, &[u16], bool); 15] = [
    ("POST http://other.example/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n", &[200], true),
    ("\r\nPOST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n", &[200], true),
    ("POST /webhook HTTP/1.1\nHost: x\nContent-Length: 3\n\n", &[200], true),
    ("POST /webhook HTTP/1.0\r\nContent-Length: 3\r\n\r\n", &[200], true),
    ("POST /webhook HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n", &[400], false),
    ("POST /webhook HTTP/1.1\r\nHost: x\rContent-Length: 3\r\n\r\n", &[400], false),
    ("POST /webhook HTTP/1.1\r\nHost: x\r\nX: \0\r\nContent-Length: 3\r\n\r\n", &[400], false),
    ("POST /webhook HTTP/1.1\r\nX(y): z\r\nContent-Length: 3\r\n\r\n", &[400], false),
    ("POST /web hook HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n", &[400], false),
    ("POST /webhook\r\n\r\n", &[400], false),
    ("POST /webhook HTTP/3.0\r\nContent-Length: 3\r\n\r\n", &[400], false),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[], false),
    ("OPTIONS * HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n", &[404], false),
    ("CONNECT other.example:25 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n", &[404], false),
    ("\x16\x03\x01\x02\x00\x01\x00\x01", &[400], false),
];

#[tokio::test(flavor = "multi_thread")]
async fn broken_heads_are_refused_and_odd_ones_are_read() {
    let app = TestApp::start(Backend::Sqlite).await;
    let mut kept = 0;
    for (head, answers, is_kept) in HEADS {
        let request = format!("{head}a=1");
        assert_eq!(statuses(&app, request.as_bytes()).await, answers, "{head:?}");
        kept += usize::from(is_kept);
        app.deliver(payload("booking.json")).await;
    }
    for (line, times, answer) in [("X-Long: y", 60_000, 431), ("X: y\r\n", 200, 431)] {
        let request = format!("POST /webhook HTTP/1.1\r\n{}\r\nContent-Length: 3\r\n\r\na=1", line.repeat(times));
        assert_eq!(statuses(&app, request.as_bytes()).await, [answer], "{line} {times} times");
    }
    let two = "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=1".repeat(2);
    assert_eq!(statuses(&app, two.as_bytes()).await, [200, 200], "two honest requests are two");
    kept += 2;
    app.project();
    let small = "SELECT CAST(body AS text) AS v FROM webhook_bodies WHERE length(body) < 100 ORDER BY event_id";
    assert_eq!(app.texts(small), vec![Some("a=1".to_owned()); kept]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_first_is_told_before_the_body_is_sent() {
    let options = Options { max_body_bytes: Some("1000".to_owned()), ..Options::default() };
    let app = TestApp::start_with(Backend::Sqlite, options, &[("WEBHOOK_SECRET", "word")]).await;
    let ask = |path: &str, length: &str| {
        format!("POST {path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n{length}\r\n\r\n").into_bytes()
    };
    for (path, length, answer) in [
        ("/webhook/word", "content-length: 1001", "HTTP/1.1 413 "),
        ("/webhook/wrong", "content-length: 3", "HTTP/1.1 401 "),
        ("/webhook/word", "content-length: 3", "HTTP/1.1 100 "),
        ("/webhook/word", "transfer-encoding: chunked", "HTTP/1.1 100 "),
    ] {
        let mut stream = app.connect().await;
        stream.write_all(&ask(path, length)).await.unwrap();
        let mut start = vec![0; answer.len()];
        timeout(Duration::from_secs(5), stream.read_exact(&mut start)).await.unwrap().unwrap();
        assert_eq!(String::from_utf8(start).unwrap(), answer, "{path} {length}");
        if answer.ends_with("100 ") {
            let body = if length.ends_with("chunked") { "3\r\na=1\r\n0\r\n\r\n" } else { "a=1" };
            stream.write_all(body.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            let mut rest = String::new();
            timeout(Duration::from_secs(5), stream.read_to_string(&mut rest)).await.unwrap().unwrap();
            assert!(rest.contains("HTTP/1.1 200 OK"), "{rest}");
        }
    }
    app.project();
    assert_eq!(app.text("SELECT CAST(count(*) AS text) AS v FROM webhook_events"), "2");
}
