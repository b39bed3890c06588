//! `doctor` on what lies beside the database: the spool, room on disk, and who may read the files.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;
use tokio::task::block_in_place;

use crate::doctor::{WELL, a_well_mirror, checks, close, doctor, findings};
use crate::rebuild_command::url_of;
use crate::support::{Backend, Blocked, Server, TestApp, exe, on_both, payload};

/// `doctor` on another spool.
fn with_spool(app: &TestApp, spool: &std::path::Path) -> Vec<Value> {
    let mut command = exe();
    command.args(["doctor", "--json", "--database-url", &url_of(app), "--spool-path"]).arg(spool).envs(WELL);
    findings(&block_in_place(|| command.output().unwrap()))
}

on_both! {
    async fn a_spool_that_is_not_empty(app: TestApp) {
        a_well_mirror(&app).await;
        let folder = tempfile::tempdir().unwrap();
        close(folder.path());
        let spool = folder.path().join("spool.db");
        assert_eq!(with_spool(&app, &spool), Vec::<Value>::new());
        assert!(!spool.exists(), "nothing is made");
        let server = Server::start_with_spool(&url_of(&app), &spool);
        let blocked = block_in_place(|| Blocked::new(&url_of(&app)));
        assert_eq!(server.post(&app.client, payload("transaction.json")).await, Some(200));
        server.kill();
        drop(blocked);
        let found = with_spool(&app, &spool);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0]["check"].as_str(), found[0]["severity"].as_str()), (Some("spool"), Some("warning")));
        assert!(found[0]["seen"].as_str().unwrap().starts_with("1 delivery in the spool"), "{found:?}");
        // Of another mirror.
        let other = TestApp::start(app.backend).await;
        a_well_mirror(&other).await;
        let foreign = with_spool(&other, &spool);
        assert_eq!(foreign[0]["severity"], "error");
        assert!(foreign[0]["mend"].as_str().unwrap().contains("start once with the DATABASE_URL of"), "{foreign:?}");
        // As it says: the server moves them.
        let server = Server::start_with_spool(&url_of(&app), &spool);
        server.until_caught_up(&app.client).await;
        assert_eq!(with_spool(&app, &spool), Vec::<Value>::new());
    }

    async fn a_spool_that_cannot_be_read(app: TestApp) {
        a_well_mirror(&app).await;
        let folder = tempfile::tempdir().unwrap();
        close(folder.path());
        let spool = folder.path().join("spool.db");
        std::fs::write(&spool, "this is no database, and long enough to be read as the head of one: no, it is none at all").unwrap();
        let found = with_spool(&app, &spool);
        assert_eq!((found[0]["check"].as_str(), found[0]["severity"].as_str()), (Some("spool"), Some("error")));
        std::fs::rename(&spool, folder.path().join("aside.db")).unwrap();
        assert_eq!(with_spool(&app, &spool), Vec::<Value>::new());
    }

    async fn files_that_everybody_may_read(app: TestApp) {
        a_well_mirror(&app).await;
        // A folder that only its owner can enter keeps what is in it.
        let folder = app.config.spool_path.parent().unwrap().to_owned();
        let file = if app.backend == Backend::Sqlite { app.file() } else { app.config.spool_path.display().to_string() };
        set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(checks(&app, &[], &WELL), Vec::<String>::new());
        set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        let found = findings(&doctor(&app, &["--json"], &WELL));
        assert_eq!((found.len(), found[0]["check"].as_str()), (1, Some("permissions")), "{found:?}");
        let mend = found[0]["mend"].as_str().unwrap();
        assert!(mend.contains(&file), "{mend}");
        assert!(Command::new("sh").args(["-c", mend]).status().unwrap().success());
        assert_eq!(checks(&app, &[], &WELL), Vec::<String>::new());
    }

    async fn a_disk_with_little_room(app: TestApp) {
        a_well_mirror(&app).await;
        let found = findings(&doctor(&app, &["--json", "--free-mib", "1000000000000"], &WELL));
        assert_eq!((found.len(), found[0]["check"].as_str()), (1, Some("disk_space")), "{found:?}");
        assert!(found[0]["seen"].as_str().unwrap().contains("MiB are free at"), "{found:?}");
        assert_eq!(checks(&app, &["--free-mib", "0"], &WELL), Vec::<String>::new());
    }
}

/// Beside no server, and with nothing but the file: it is read, and stays as it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_nobody_has_open() {
    let app = TestApp::start(Backend::Sqlite).await;
    a_well_mirror(&app).await;
    let folder = tempfile::tempdir().unwrap();
    close(folder.path());
    let copy = folder.path().join("copy?%#.db");
    let vacuum = Command::new("sqlite3").arg(app.file()).arg(format!("VACUUM INTO '{}'", copy.display())).status();
    assert!(vacuum.unwrap().success());
    let url = format!("sqlite://{}", copy.display());
    let spool = folder.path().join("spool.db");
    assert!(Command::new("sqlite3").arg(&copy).arg("PRAGMA journal_mode = wal").status().unwrap().success());
    let before = std::fs::read(&copy).unwrap();
    let output =
        exe().args(["doctor", "--database-url", &url, "--spool-path"]).arg(&spool).envs(WELL).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let output = exe().args(["explain", "QZRT-120526", "--database-url", &url]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(std::fs::read(&copy).unwrap(), before);
}

/// Settings and keys hold secrets.
#[test]
fn a_settings_file_and_a_key_that_everybody_may_read() {
    let folder = tempfile::tempdir().unwrap();
    let (settings, key) = (folder.path().join(".env"), folder.path().join("key.pem"));
    std::fs::write(&settings, "WEBHOOK_SECRET=a-long-random-word").unwrap();
    std::fs::write(&key, "no key").unwrap();
    for file in [&settings, &key] {
        set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    }
    let mended = || {
        let mut command = exe();
        command.current_dir(folder.path()).args(["doctor", "--json", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]);
        let found = findings(&command.output().unwrap());
        let open = found.into_iter().find(|finding| finding["check"] == "permissions");
        open.map(|finding| finding["mend"].as_str().unwrap().to_owned())
    };
    close(folder.path());
    assert_eq!(mended(), None, "nobody else gets there");
    set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let mend = mended().unwrap();
    assert_eq!(mend, "chmod o-rwx key.pem .env");
    assert!(Command::new("sh").args(["-c", &mend]).current_dir(folder.path()).status().unwrap().success());
    assert_eq!(mended(), None);
}

/// Told once, and in the words of who refused: nothing was tried again.
#[test]
fn a_server_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    close(folder.path());
    let url = "postgres://nobody@127.0.0.1:1/mirror";
    let mut command = exe();
    command.current_dir(folder.path()).envs(WELL).args(["doctor", "--json", "--database-url", url]);
    let found = findings(&command.output().unwrap());
    assert_eq!((found.len(), found[0]["check"].as_str()), (1, Some("database")), "{found:?}");
    let seen = found[0]["seen"].as_str().unwrap();
    assert!(seen.contains("Connection refused") && !seen.contains("timed out"), "{seen}");
    assert_eq!(found[0]["mend"], "start the server at postgres://127.0.0.1:1/mirror, or set DATABASE_URL");
}

/// Told at once, in two lines.
#[test]
fn a_file_that_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    close(folder.path());
    let (file, spool) = (folder.path().join("mirror.db"), folder.path().join("spool.db"));
    std::fs::write(&file, "no database ".repeat(1_000)).unwrap();
    let url = format!("sqlite://{}", file.display());
    let output = exe()
        .args(["doctor", "--json", "--database-url", &url, "--spool-path"])
        .arg(&spool)
        .envs(WELL)
        .output()
        .unwrap();
    let found = findings(&output);
    assert_eq!((found.len(), found[0]["check"].as_str()), (1, Some("database")), "{found:?}");
    assert!(found[0]["seen"].as_str().unwrap().contains("not a database"), "{found:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let output = exe().args(["export", "bookings", "--database-url", &url]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
