//! Clients that are slow, silent or half there: they lose their place, and nobody else does.

use std::time::Duration;

use checkfront_mirror::config::Options;
use checkfront_mirror::limits::Limits;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::support::{Backend, TestApp, payload};

const SHORT: Duration = Duration::from_millis(400);
const REQUEST: &str = "POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\na=1";

async fn start(limits: Limits) -> TestApp {
    TestApp::start_limited(Backend::Sqlite, Options::default(), &[], limits).await
}

/// What comes until the server closes the connection, which has to be soon.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // Cut connections may end in a reset.
    let _ = timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await.expect("the connection stays open");
    String::from_utf8(answer).unwrap()
}

async fn first_line(stream: &mut TcpStream) -> String {
    let mut line = vec![0; 15];
    timeout(Duration::from_secs(5), stream.read_exact(&mut line)).await.unwrap().unwrap();
    String::from_utf8(line).unwrap()
}

fn count(app: &TestApp) -> String {
    app.project();
    app.text("SELECT CAST(count(*) AS text) AS v FROM webhook_events")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_has_to_come_in_time_byte_by_byte_or_not() {
    let app = start(Limits { head: SHORT, ..Limits::default() }).await;
    let mut silent = app.connect().await;
    let (mut reader, mut writer) = app.connect().await.into_split();
    // Each byte shows life, and buys no time.
    let drip = tokio::spawn(async move {
        for byte in REQUEST.bytes().cycle() {
            if writer.write_all(&[byte]).await.is_err() {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
    });
    let started = Instant::now();
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(5), reader.read_to_end(&mut answer)).await.expect("the connection stays open");
    assert!(started.elapsed() > SHORT / 2, "{:?}", started.elapsed());
    assert!(answer.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(rest(&mut silent).await, "", "who says nothing is told nothing");
    drip.abort();
    app.deliver(payload("booking.json")).await;
    assert_eq!(count(&app), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_has_to_come_in_time() {
    let app = start(Limits { body: SHORT, ..Limits::default() }).await;
    let mut stream = app.connect().await;
    stream.write_all(b"POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf").await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("problem+json"), "{answer}");
    assert_eq!(count(&app), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_kept_for_a_while() {
    let idle = Duration::from_millis(1_500);
    let app = start(Limits { idle, ..Limits::default() }).await;
    let mut stream = app.connect().await;
    for _ in 0..3 {
        stream.write_all(REQUEST.as_bytes()).await.unwrap();
        assert_eq!(first_line(&mut stream).await, "HTTP/1.1 200 OK");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
    }
    let answered = Instant::now();
    assert_eq!(rest(&mut stream).await, "");
    assert!(answered.elapsed() > idle / 2, "{:?}", answered.elapsed());
    assert_eq!(count(&app), "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_closes_its_half_gets_its_answer() {
    let app = start(Limits::default()).await;
    let mut stream = app.connect().await;
    stream.write_all(REQUEST.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(count(&app), "1");
}

/// As many as there are places are silent, half through a head or half through a body, and come back when put out.
#[tokio::test(flavor = "multi_thread")]
async fn stalled_clients_make_room_for_good_ones() {
    let app = start(Limits { connections: 6, grace: SHORT / 8, ..Limits::default() }).await;
    let half =
        ["", "POST /webhook HTTP/1.1\r\nho", "POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf"];
    let stall = |words: &'static str| {
        let app = &app;
        async move {
            loop {
                let mut stream = app.connect().await;
                // It may be cut at any moment.
                let _ = stream.write_all(words.as_bytes()).await;
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        }
    };
    let stalled = join_all(half.into_iter().cycle().take(18).map(stall));
    let good = async {
        for _ in 0..5 {
            let request = app.client.post(format!("{}/webhook", app.url)).header("connection", "close").body("a=1");
            let answer = timeout(Duration::from_secs(5), request.send()).await.expect("no answer in time").unwrap();
            assert_eq!(answer.status(), 200);
        }
    };
    tokio::select! {
        _ = stalled => unreachable!("they never give up"),
        () = good => {}
    }
    assert_eq!(count(&app), "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_senders_than_places_wait_and_none_is_refused() {
    let app = start(Limits { connections: 2, ..Limits::default() }).await;
    let sent = join_all((0..40).map(|_| async {
        let mut stream = app.connect().await;
        stream.write_all(REQUEST.replace("host: x", "host: x\r\nconnection: close").as_bytes()).await.unwrap();
        rest(&mut stream).await
    }));
    for answer in sent.await {
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:?}");
    }
    assert_eq!(count(&app), "40");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_long_bodies_do_not_hold_up_the_usual_ones() {
    let app = start(Limits::default()).await;
    // More than all bodies together may take, if each came to its end.
    let mut long = Vec::new();
    for _ in 0..80 {
        let mut stream = app.connect().await;
        let head = format!("POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\nhalf", 4 << 20);
        stream.write_all(head.as_bytes()).await.unwrap();
        long.push(stream);
    }
    for _ in 0..5 {
        let answer = timeout(Duration::from_secs(3), app.post(payload("booking.json"), "application/json")).await;
        assert_eq!(answer.expect("no answer in time").status(), 200);
    }
    assert_eq!(count(&app), "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_its_answers_is_cut() {
    let app = start(Limits { idle: SHORT, drain: SHORT, ..Limits::default() }).await;
    let mut stream = app.connect().await;
    let requests = "POST /nowhere HTTP/1.1\r\nhost: x\r\n\r\n".repeat(500);
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut is_stuck = false;
    loop {
        assert!(Instant::now() < deadline, "the connection stays open");
        match timeout(Duration::from_secs(10), stream.write_all(requests.as_bytes())).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => break,
            Err(_) => is_stuck = true,
        }
    }
    assert!(!is_stuck, "it was not cut while it was stuck");
}
