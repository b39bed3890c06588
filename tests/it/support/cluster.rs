//! A PostgreSQL cluster of our own: in a temporary folder, on a free port, gone when the tests are.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

/// The cluster all tests share, each with a database of its own.
static SHARED: LazyLock<Cluster> = LazyLock::new(Cluster::start);

/// A running cluster.
pub(crate) struct Cluster {
    port: u16,
    /// Stops the server and removes the folder when its standard input closes: whatever ends this process.
    _keeper: Child,
}

/// A new, empty database in the shared cluster.
pub(crate) fn new_database() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("mirror_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::establish(&SHARED.url("postgres")).unwrap();
    admin.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    SHARED.url(&name)
}

impl Cluster {
    fn start() -> Self {
        let programs = programs();
        let folder = tempfile::Builder::new().prefix("checkfront-mirror-pg-").tempdir().unwrap().keep();
        let user = unprivileged_user();
        if let Some(user) = &user {
            run(Command::new("chown").arg(user).arg(&folder));
        }
        let data = folder.join("data");
        let initdb = programs.join("initdb");
        run(as_user(user.as_deref(), &initdb)
            .arg("-D")
            .arg(&data)
            .args(["-A", "trust", "-U", "postgres", "-N", "-E", "UTF8"]));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = as_user(user.as_deref(), &programs.join("postgres"));
        server.arg("-D").arg(&data).arg("-k").arg(&folder).args(["-p", &port.to_string()]);
        server.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200"]);
        let words: Vec<_> = std::iter::once(server.get_program())
            .chain(server.get_args())
            .map(std::borrow::ToOwned::to_owned)
            .collect();
        let keeper = Command::new("sh")
            .arg("-c")
            .arg("folder=$1; shift; \"$@\" >\"$folder/log\" 2>&1 </dev/null & read -r _; pkill -INT -f -- \"-D $folder/data\"; wait; rm -rf \"$folder\"")
            .arg("sh")
            .arg(&folder)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let cluster = Self { port, _keeper: keeper };
        cluster.wait_until_ready(&folder);
        cluster
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    fn wait_until_ready(&self, folder: &Path) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while let Err(error) = PgConnection::establish(&self.url("postgres")) {
            let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "PostgreSQL did not start: {error}\n{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
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
