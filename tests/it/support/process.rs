//! The program itself, as a process that can be killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;

/// The program, without the environment of whoever runs the tests.
pub(crate) fn exe() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_checkfront-mirror"));
    for (name, _) in std::env::vars() {
        if [
            "WEBHOOK",
            "DATABASE",
            "BIND",
            "PORT",
            "ACCOUNT",
            "CHECKFRONT",
            "RUST_LOG",
            "SPOOL",
            "FAILPOINTS",
            "TLS",
            "NOTIFY",
            "WATCHDOG",
            "PRIVACY",
            "MASK",
            "RETENTION",
            "ALERT",
            "OTEL",
        ]
        .iter()
        .any(|own| name.starts_with(own))
        {
            command.env_remove(name);
        }
    }
    command.current_dir("/");
    command
}

/// A running server.
pub(crate) struct Server {
    pub(crate) process: Child,
    pub(crate) url: String,
    /// What it said on standard error.
    said: Arc<Mutex<Vec<String>>>,
    /// For the spool of a server that was told of no other.
    _folder: TempDir,
}

impl Server {
    /// Starts it on a port of the system's choice, and waits for its first words.
    pub(crate) fn start(database_url: &str) -> Self {
        let mut command = exe();
        command.args(["--bind", "127.0.0.1:0", "--database-url", database_url]);
        Self::spawn(&mut command)
    }

    /// Starts what the command says, and reads the address from its first words.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if !command.get_envs().any(|(name, value)| name == "SPOOL_PATH" && value.is_some()) {
            command.env("SPOOL_PATH", folder.path().join("spool.db"));
        }
        let mut process = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        let said = Arc::new(Mutex::new(Vec::new()));
        let url = lines.find_map(|line| {
            let url =
                line.split_once("listens on ").map(|(_, rest)| rest.split(' ').next().unwrap_or_default().to_owned());
            said.lock().unwrap().push(line);
            url
        });
        let url = url.unwrap_or_else(|| panic!("the server did not start: {said:?}"));
        // Its standard error is read to the end, so that it never waits for us.
        let log = Arc::clone(&said);
        std::thread::spawn(move || lines.for_each(|line| log.lock().unwrap().push(line)));
        Self { process, url, said, _folder: folder }
    }

    /// Starts it with a spool that outlives it.
    pub(crate) fn start_with_spool(database_url: &str, spool: &Path) -> Self {
        Self::spawn(exe().args(["--bind", "127.0.0.1:0", "--database-url", database_url]).env("SPOOL_PATH", spool))
    }

    /// Posts a body; the status, or none where the connection broke.
    pub(crate) async fn post(&self, client: &Client, body: Vec<u8>) -> Option<u16> {
        let answer = client.post(format!("{}/webhook", self.url)).body(body).send().await;
        answer.ok().map(|answer| answer.status().as_u16())
    }

    /// How often its log says so.
    pub(crate) fn times_said(&self, what: &str) -> usize {
        self.said.lock().unwrap().iter().filter(|line| line.contains(what)).count()
    }

    /// What `/readyz` says.
    pub(crate) async fn ready(&self, client: &Client) -> (u16, Value) {
        let answer = client.get(format!("{}/readyz", self.url)).send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }

    /// Waits until `/readyz` says so.
    pub(crate) async fn until(&self, client: &Client, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let (_, state) = self.ready(client).await;
            if is_so(&state) {
                return state;
            }
            assert!(Instant::now() < deadline, "not {what}: {state}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until all that was received is in the tables.
    pub(crate) async fn until_caught_up(&self, client: &Client) {
        let caught_up =
            |state: &Value| state["database"] == "up" && state["spool"]["events"] == 0 && state["pending"] == 0;
        self.until(client, "caught up", caught_up).await;
    }

    /// Waits until it says so on standard error.
    pub(crate) async fn until_said(&self, words: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.said.lock().unwrap().iter().any(|line| line.contains(words)) {
            assert!(Instant::now() < deadline, "it never said: {words}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// `SIGKILL`, at once.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self, limit: Duration) -> ExitStatus {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the server did not end within {limit:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    #[allow(clippy::print_stderr, reason = "for whoever reads why a test failed")]
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("the server at {} said:\n{}", self.url, self.said.lock().unwrap().join("\n"));
        }
    }
}
