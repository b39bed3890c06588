//! The end of the process: nobody who was let in is let go without an answer.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use checkfront_mirror::db::{Database, DatabaseUrl};

use crate::support::{Backend, Server, exe, read_sql};

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

const REQUEST: &str = "POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\na=1";

fn answer(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn stops_well(backend: Backend, signal: &str) {
    let folder = tempfile::tempdir().unwrap();
    let url = backend.new_url(&folder);
    let mut server = Server::start(&url);
    let address = server.url.trim_start_matches("http://").to_owned();
    let unread = connect(&address);
    let mut half = connect(&address);
    half.write_all(&REQUEST.as_bytes()[..30]).unwrap();
    let mut kept_alive = connect(&address);
    kept_alive.write_all(REQUEST.as_bytes()).unwrap();
    let mut first = [0; 12];
    kept_alive.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");

    server.signal(signal);
    // The listening socket closes; until it does, a connection may still be let in, and then it is answered too.
    while TcpStream::connect(&address).is_ok() {
        std::thread::sleep(Duration::from_millis(5));
    }
    for (mut stream, rest) in [(unread, REQUEST), (half, &REQUEST[30..])] {
        stream.write_all(rest.as_bytes()).unwrap();
        let answer = answer(stream);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    }
    assert_eq!(server.wait(Duration::from_secs(10)).code(), Some(0));
    let database = Database::open(&url.parse::<DatabaseUrl>().unwrap()).unwrap();
    let stored = read_sql(&database, "SELECT CAST(count(*) AS text) AS v FROM webhook_events");
    assert_eq!(stored, [Some("3".to_owned())]);
}

#[test]
fn sigterm_answers_what_is_in_flight_sqlite() {
    stops_well(Backend::Sqlite, "TERM");
}

#[test]
fn sigterm_answers_what_is_in_flight_postgres() {
    stops_well(Backend::Postgres, "TERM");
}

#[test]
fn ctrl_c_does_too() {
    stops_well(Backend::Sqlite, "INT");
}

#[test]
fn a_stalled_sender_does_not_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(&Backend::Sqlite.new_url(&folder));
    let mut stalled = connect(server.url.trim_start_matches("http://"));
    stalled.write_all(b"POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf").unwrap();
    server.signal("TERM");
    assert_eq!(server.wait(Duration::from_secs(10)).code(), Some(0));
}

#[test]
fn systemd_is_told_of_start_and_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let told = || {
        let mut message = [0; 100];
        let length = manager.recv(&mut message).unwrap();
        String::from_utf8_lossy(&message[..length]).trim().to_owned()
    };
    let mut command = exe();
    command.args(["--bind", "127.0.0.1:0", "--database-url", &Backend::Sqlite.new_url(&folder)]);
    let mut server = Server::spawn(command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "600000"));
    assert_eq!(told(), "READY=1");
    for _ in 0..3 {
        assert_eq!(told(), "WATCHDOG=1");
    }
    let mut stream = connect(server.url.trim_start_matches("http://"));
    stream.write_all(REQUEST.replace("host: x", "host: x\r\nconnection: close").as_bytes()).unwrap();
    assert!(answer(stream).starts_with("HTTP/1.1 200 "), "what is ready takes deliveries");
    server.signal("TERM");
    while told() != "STOPPING=1" {}
    assert_eq!(server.wait(Duration::from_secs(10)).code(), Some(0));
}
