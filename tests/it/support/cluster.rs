//! A PostgreSQL cluster of our own: in a temporary folder, on a free port, gone when the tests are.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

/// The cluster all tests share, each with a database of its own.
static SHARED: LazyLock<Cluster> = LazyLock::new(Cluster::start);

/// Nothing has to outlive the machine.
const SETTINGS: &str = "-c fsync=off -c max_connections=200";

/// A cluster, whose server runs unless it is stopped.
pub(crate) struct Cluster {
    pub(crate) port: u16,
    folder: PathBuf,
    user: Option<String>,
    settings: &'static str,
    /// Stops the server and removes the folder when its standard input closes: whatever ends this process.
    _keeper: Child,
}

/// A new, empty database in the shared cluster.
pub(crate) fn new_database() -> String {
    SHARED.url(&SHARED.create_database())
}

impl Cluster {
    /// Makes one of its own, for a test that stops it.
    pub(crate) fn start() -> Self {
        Self::start_with(SETTINGS)
    }

    /// The same with other settings of the server.
    pub(crate) fn start_with(settings: &'static str) -> Self {
        let (mut cluster, data) = Self::folder();
        cluster.settings = settings;
        let mut initdb = as_user(cluster.user.as_deref(), &programs().join("initdb"));
        run(initdb.arg("-D").arg(data).args(["-A", "trust", "-U", "postgres", "-N", "-E", "UTF8"]));
        cluster.start_server();
        cluster
    }

    /// A standby that streams from this one, and without which this one commits nothing from now on.
    pub(crate) fn synchronous_standby(&self) -> Self {
        let (standby, data) = Self::folder();
        let primary = format!("host=127.0.0.1 port={} user=postgres application_name=standby", self.port);
        let mut backup = as_user(standby.user.as_deref(), &programs().join("pg_basebackup"));
        run(backup.arg("-D").arg(data).args(["-R", "-X", "stream", "-c", "fast", "-d", &primary]));
        standby.start_server();
        self.administer("ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.administer("SELECT pg_reload_conf()");
        standby
    }

    /// Makes a standby the primary.
    pub(crate) fn promote(&self) {
        self.control(&["-w", "promote"]);
    }

    /// An empty folder with a keeper, and a free port.
    fn folder() -> (Self, PathBuf) {
        let folder = tempfile::Builder::new().prefix("checkfront-mirror-pg-").tempdir().unwrap().keep();
        let user = unprivileged_user();
        if let Some(user) = &user {
            run(Command::new("chown").arg(user).arg(&folder));
        }
        let data = folder.join("data");
        let stop = as_user(user.as_deref(), &programs().join("pg_ctl"));
        let keeper = Command::new("sh")
            .args([
                "-c",
                "folder=$1; shift; read -r _; \"$@\" -D \"$folder/data\" -m immediate stop; rm -rf \"$folder\"",
                "sh",
            ])
            .arg(&folder)
            .arg(stop.get_program())
            .args(stop.get_args())
            .current_dir("/")
            // What ends the tests by a signal to all of them must not end it too.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        (Self { port: free_port(), folder, user, settings: SETTINGS, _keeper: keeper }, data)
    }

    /// Starts the server, and waits until it takes connections.
    pub(crate) fn start_server(&self) {
        let settings =
            format!("-k {} -p {} -c listen_addresses=127.0.0.1 {}", self.folder.display(), self.port, self.settings);
        self.control(&["-w", "-t", "60", "-o", &settings, "start"]);
    }

    /// Stops the server; `immediate` is as if it had been killed.
    pub(crate) fn stop_server(&self, mode: &str) {
        self.control(&["-w", "-m", mode, "stop"]);
    }

    fn control(&self, arguments: &[&str]) {
        let mut control = as_user(self.user.as_deref(), &programs().join("pg_ctl"));
        control.arg("-D").arg(self.folder.join("data")).arg("-l").arg(self.folder.join("log")).args(arguments);
        // The server inherits these, and must not keep a pipe of ours open.
        control.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let log = || std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert!(control.status().unwrap().success(), "{arguments:?}: {}", log());
    }

    /// Makes an empty database; returns its name.
    pub(crate) fn create_database(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("mirror_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.administer(&format!("CREATE DATABASE {name}"));
        name
    }

    /// Runs a statement as the cluster's owner.
    pub(crate) fn administer(&self, statement: &str) {
        let mut admin = PgConnection::establish(&self.url("postgres")).unwrap();
        admin.batch_execute(statement).unwrap();
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

/// A port that no client is given while the server is stopped: below those that any system hands out.
pub(crate) fn free_port() -> u16 {
    let ports = std::iter::repeat_with(|| rand::random_range(10_000..16_000));
    ports.take(1_000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

/// Where `initdb` and `postgres` are; Debian keeps them off the path.
fn programs() -> PathBuf {
    let mut versions: Vec<_> = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().collect();
    versions.sort_by_key(|entry| entry.file_name().to_string_lossy().parse::<u32>().unwrap_or(0));
    let debian =
        versions.into_iter().rev().map(|entry| entry.path().join("bin")).find(|path| path.join("initdb").exists());
    debian.unwrap_or_else(|| {
        let output = Command::new("pg_config").arg("--bindir").output();
        let output = output.expect("PostgreSQL is not installed; `./test` installs it");
        PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
    })
}

/// PostgreSQL refuses to run as root.
fn unprivileged_user() -> Option<String> {
    let id = |arguments: &[&str]| Command::new("id").args(arguments).output().unwrap();
    if id(&["-u"]).stdout != b"0\n" {
        return None;
    }
    let user = if id(&["postgres"]).status.success() { "postgres" } else { "nobody" };
    Some(user.to_owned())
}

fn as_user(user: Option<&str>, program: &Path) -> Command {
    match user {
        None => Command::new(program),
        Some(user) => {
            let mut command = Command::new("runuser");
            command.args(["-u", user, "--"]).arg(program);
            command
        }
    }
}

fn run(command: &mut Command) {
    let output = command.current_dir("/").output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
