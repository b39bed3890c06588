//! Restarts under load, on a socket that outlives each process: nobody is refused, and nothing is lost.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use checkfront_mirror::db::{Database, DatabaseUrl};

use crate::support::{Backend, Server, exe, read_sql};

const RESTARTS: usize = 5;
const EVERY: Duration = Duration::from_millis(500);

/// Posts on one connection, and says whether the server keeps it open. Anything but 200 is a failure.
fn post(stream: &mut BufReader<TcpStream>, body: &str, extra: &str) -> bool {
    let request = format!("POST /webhook HTTP/1.1\r\nhost: x\r\n{extra}content-length: {}\r\n\r\n{body}", body.len());
    stream.get_mut().write_all(request.as_bytes()).unwrap();
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).unwrap(), 0, "{body} was cut off: {head:?}");
    }
    assert!(head.starts_with("HTTP/1.1 200 "), "{body}: {head}");
    !head.to_lowercase().contains("connection: close")
}

fn connect(address: &str) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    BufReader::new(stream)
}

/// What a sender got 200 for, and on how many connections.
type Sent = (Vec<String>, usize);

fn fresh_connections(address: &str, name: &str, stop: &AtomicBool) -> Sent {
    let mut sent = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let body = format!("fresh={name}-{}", sent.len());
        let mut stream = connect(address);
        assert!(!post(&mut stream, &body, "connection: close\r\n"));
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
        sent.push(body);
    }
    let connections = sent.len();
    (sent, connections)
}

fn kept_alive(address: &str, name: &str, pause: Duration, stop: &AtomicBool) -> Sent {
    let (mut sent, mut connections) = (Vec::new(), 0);
    while !stop.load(Ordering::Relaxed) {
        let mut stream = connect(address);
        connections += 1;
        loop {
            let body = format!("kept={name}-{}", sent.len());
            let is_kept = post(&mut stream, &body, "");
            sent.push(body);
            if !is_kept || stop.load(Ordering::Relaxed) {
                break;
            }
            sleep(pause);
        }
    }
    (sent, connections)
}

/// A server on the socket, as systemd starts it.
fn start(socket: &TcpListener, database_url: &str, spool: &Path) -> Server {
    let mut command = Command::new("sh");
    let program = exe();
    command
        .args(["-c", "exec 3<&0; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$@\"", "sh"])
        .arg(program.get_program())
        .args(["--database-url", database_url])
        .env("SPOOL_PATH", spool)
        .current_dir("/");
    Server::spawn(command.stdin(Stdio::from(OwnedFd::from(socket.try_clone().unwrap()))))
}

fn end(mut server: Server) {
    server.signal("TERM");
    assert_eq!(server.wait(Duration::from_secs(10)).code(), Some(0));
}

fn restarts_refuse_nobody(backend: Backend) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let (url, spool) = (backend.new_url(&folder), folder.path().join("spool.db"));
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let stop = AtomicBool::new(false);
    let mut own = Vec::new();
    let sent = std::thread::scope(|scope| {
        let (address, stop) = (address.as_str(), &stop);
        // However busy the machine is, each process has taken this before it ends.
        let mut one = || {
            let body = format!("own={}", own.len());
            post(&mut connect(address), &body, "connection: close\r\n");
            own.push(body);
        };
        let busy = |name| scope.spawn(move || kept_alive(address, name, Duration::ZERO, stop));
        let fresh = |name| scope.spawn(move || fresh_connections(address, name, stop));
        // Idle whenever the end is called.
        let idle = scope.spawn(move || kept_alive(address, "idle", Duration::from_millis(150), stop));
        let senders = [busy("a"), busy("b"), fresh("a"), fresh("b"), idle];
        for _ in 0..RESTARTS {
            let started = Instant::now();
            let server = start(&socket, &url, &spool);
            one();
            sleep(EVERY.saturating_sub(started.elapsed()));
            end(server);
        }
        let last = start(&socket, &url, &spool);
        one();
        stop.store(true, Ordering::Relaxed);
        let sent = senders.map(|sender| sender.join().unwrap());
        // What a slow moment put into the spool is moved over.
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        tokio::runtime::Runtime::new().unwrap().block_on(last.until_caught_up(&client));
        end(last);
        sent
    });

    for (index, (bodies, connections)) in sent.iter().enumerate() {
        assert!(bodies.len() > RESTARTS, "sender {index} was held up: {bodies:?}");
        let is_kept = bodies[0].starts_with("kept");
        assert!(*connections > RESTARTS / 2, "sender {index} met no restart: {connections} connections");
        // One that ends may take one more connection before it does.
        assert!(!is_kept || *connections <= 2 * RESTARTS + 1, "sender {index} was not kept: {connections} connections");
    }
    let acknowledged: BTreeSet<_> = sent.into_iter().flat_map(|(bodies, _)| bodies).chain(own).collect();
    let database = Database::open(&url.parse::<DatabaseUrl>().unwrap()).unwrap();
    let text = if backend == Backend::Sqlite { "CAST(body AS text)" } else { "convert_from(body, 'UTF8')" };
    let stored = read_sql(&database, &format!("SELECT {text} AS v FROM webhook_bodies"));
    assert_eq!(stored.len(), acknowledged.len(), "each is stored once");
    assert_eq!(stored.into_iter().flatten().collect::<BTreeSet<_>>(), acknowledged);
    let receivers = read_sql(&database, "SELECT DISTINCT receiver AS v FROM webhook_events");
    assert_eq!(receivers.len(), RESTARTS + 1, "each process took some");
}

#[test]
fn restarts_under_load_refuse_nobody_sqlite() {
    restarts_refuse_nobody(Backend::Sqlite);
}

#[test]
fn restarts_under_load_refuse_nobody_postgres() {
    restarts_refuse_nobody(Backend::Postgres);
}
