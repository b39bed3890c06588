//! TLS in the binary: certificates of the tests' own, read again while it runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use checkfront_mirror::config::Options;
use checkfront_mirror::limits::Limits;
use reqwest::{Certificate, Client};
use rustls::pki_types::ServerName;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;

use crate::support::{Backend, Server, TestApp, exe};

/// A certificate for this machine, and its key, as PEM.
struct Issued {
    cert: String,
    key: String,
}

impl Issued {
    fn new() -> Self {
        let issued = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        Self { cert: issued.cert.pem(), key: issued.signing_key.serialize_pem() }
    }

    /// Puts certificate and key where they are read from, as a renewal does: each in one step.
    fn install(&self, files: &Files) {
        for (path, text) in [(&files.cert, &self.cert), (&files.key, &self.key)] {
            std::fs::write(path.with_extension("new"), text).unwrap();
            std::fs::rename(path.with_extension("new"), path).unwrap();
        }
    }

    /// A client that trusts this certificate alone, and makes a new connection for each request.
    fn client(&self) -> Client {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let root = Certificate::from_pem(self.cert.as_bytes()).unwrap();
        Client::builder().no_proxy().tls_certs_only([root]).pool_max_idle_per_host(0).build().unwrap()
    }
}

struct Files {
    cert: PathBuf,
    key: PathBuf,
}

impl Files {
    fn new(folder: &Path) -> Self {
        Self { cert: folder.join("cert.pem"), key: folder.join("key.pem") }
    }

    fn options(&self) -> Options {
        let text = |path: &Path| Some(path.display().to_string());
        Options { tls_cert: text(&self.cert), tls_key: text(&self.key), ..Options::default() }
    }
}

async fn start(issued: &Issued, limits: Limits) -> (TestApp, Files, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::new(folder.path());
    issued.install(&files);
    let app = TestApp::start_limited(Backend::Sqlite, files.options(), &[], limits).await;
    (app, files, folder)
}

async fn post(app: &TestApp, client: &Client) -> Option<u16> {
    let answer = client.post(format!("{}/webhook", app.url)).body("a=1").send().await.ok()?;
    Some(answer.status().as_u16())
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_read_again_and_a_broken_one_changes_nothing() {
    let (first, second) = (Issued::new(), Issued::new());
    let (app, files, _folder) = start(&first, Limits::default()).await;
    let (old, new) = (first.client(), second.client());
    assert!(app.url.starts_with("https://"));
    assert_eq!(post(&app, &old).await, Some(200));
    assert_eq!(post(&app, &new).await, None, "the second certificate is not in use yet");

    std::fs::write(&files.cert, "-----BEGIN CERTIFICATE-----\nnonsense").unwrap();
    std::fs::remove_file(&files.key).unwrap();
    // Longer than between two looks at the files.
    let until = Instant::now() + Duration::from_millis(1_500);
    while Instant::now() < until {
        assert_eq!(post(&app, &old).await, Some(200));
        sleep(Duration::from_millis(20)).await;
    }

    second.install(&files);
    let deadline = Instant::now() + Duration::from_secs(10);
    while post(&app, &new).await != Some(200) {
        assert!(Instant::now() < deadline, "the new certificate is not taken up");
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(post(&app, &old).await, None, "the first certificate is not in use any more");
    app.project();
}

#[tokio::test(flavor = "multi_thread")]
async fn stalled_handshakes_end_and_hold_up_nobody() {
    let issued = Issued::new();
    let limits = Limits { connections: 4, grace: Duration::from_millis(50), ..Limits::default() };
    let (app, _files, _folder) = start(&issued, limits).await;
    let mut silent = Vec::new();
    for words in [&b""[..], b"\x16\x03\x01\x02", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b""] {
        let mut stream = app.connect().await;
        stream.write_all(words).await.unwrap();
        silent.push(stream);
    }
    let answer = timeout(Duration::from_secs(5), post(&app, &issued.client())).await;
    assert_eq!(answer.expect("no answer in time"), Some(200));
    let mut plain = app.connect().await;
    plain.write_all(b"POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\na=1").await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(5), plain.read_to_end(&mut answer)).await.expect("the connection stays open");
    assert!(!answer.starts_with(b"HTTP/1.1 200"), "plain HTTP is not taken where TLS is spoken");
    app.project();
    assert_eq!(app.states(), "ignored 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_has_to_end_in_time() {
    let limits = Limits { head: Duration::from_millis(300), ..Limits::default() };
    let (app, _files, _folder) = start(&Issued::new(), limits).await;
    let mut stream = app.connect().await;
    stream.write_all(b"\x16\x03\x01\x02").await.unwrap();
    let end = timeout(Duration::from_secs(5), stream.read_to_end(&mut Vec::new())).await;
    let _ = end.expect("the connection stays open");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_speaks_tls_and_drains_it() {
    let (issued, folder) = (Issued::new(), tempfile::tempdir().unwrap());
    let files = Files::new(folder.path());
    issued.install(&files);
    let database = Backend::Sqlite.new_url(&folder);
    let command = || {
        let mut command = exe();
        command.args(["--database-url", &database]).env("TLS_CERT", &files.cert).env("TLS_KEY", &files.key);
        command
    };
    let mut server = Server::spawn(command().args(["--bind", "127.0.0.1:0"]));
    let address = server.url.strip_prefix("https://").unwrap().to_owned();
    for arguments in [&["healthcheck"][..], &["send", "--count", "3"]] {
        let output = command().args(["--bind", &address]).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls::pki_types::pem::PemObject::from_pem_slice(issued.cert.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let connector = TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
    let stream = TcpStream::connect(&address).await.unwrap();
    let mut stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
    stream.write_all(b"POST /webhook HTTP/1.1\r\nhost: x\r\ncont").await.unwrap();
    stream.flush().await.unwrap();
    server.signal("TERM");
    let deadline = Instant::now() + Duration::from_secs(5);
    while TcpStream::connect(&address).await.is_ok() {
        assert!(Instant::now() < deadline, "the socket stays open");
    }
    stream.write_all(b"ent-length: 3\r\n\r\na=1").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.to_lowercase().contains("connection: close"), "{answer}");
    assert_eq!(server.wait(Duration::from_secs(10)).code(), Some(0));
}

#[test]
fn what_cannot_be_used_stops_the_start_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (files, issued) = (Files::new(folder.path()), Issued::new());
    issued.install(&files);
    let (garbage, other) = (folder.path().join("garbage"), folder.path().join("other.pem"));
    std::fs::write(&garbage, "nonsense").unwrap();
    std::fs::write(&other, Issued::new().key).unwrap();
    let nowhere = folder.path().join("nowhere");
    for (cert, key, named) in [
        (&nowhere, &files.key, "TLS_CERT: cannot use"),
        (&garbage, &files.key, "TLS_CERT: cannot use"),
        (&files.cert, &nowhere, "TLS_KEY: cannot use"),
        (&files.cert, &garbage, "TLS_KEY: cannot use"),
        (&files.cert, &other, "TLS_KEY: cannot use"),
        (&files.cert, &PathBuf::new(), "TLS_KEY: is not set"),
        (&PathBuf::new(), &files.key, "TLS_CERT: is not set"),
    ] {
        let mut command = exe();
        command.current_dir(folder.path()).env("TLS_CERT", cert).env("TLS_KEY", key).env("BIND", "127.0.0.1:0");
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(named), "{said}");
    }
    assert!(!folder.path().join("checkfront.db").exists(), "a wrong start leaves nothing behind");
}
