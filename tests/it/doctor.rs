//! `doctor`: each finding is there when it should be, and gone after what it says mends it.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use chrono::{Duration, Utc};
use serde_json::Value;
use tokio::task::block_in_place;

use crate::rebuild_command::{run, said, url_of};
use crate::support::{Backend, Server, TestApp, dump, exe, on_both, payload};

/// Settings with which nothing is found.
pub(crate) const WELL: [(&str, &str); 2] =
    [("WEBHOOK_SECRET", "a-long-random-word"), ("ACCOUNT_TIMEZONE", "America/Vancouver")];

pub(crate) fn doctor(app: &TestApp, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let spool = app.config.spool_path.display().to_string();
    let mut command = exe();
    command.arg("doctor").args(arguments).args(["--database-url", &url_of(app), "--spool-path", &spool]);
    command.envs(settings.iter().copied());
    block_in_place(|| command.output().unwrap())
}

pub(crate) fn findings(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let found: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let wanted = if found.is_empty() { 0 } else { 3 };
    assert_eq!(output.status.code(), Some(wanted), "{output:?}");
    found
}

/// What was found, as `check severity`.
pub(crate) fn checks(app: &TestApp, arguments: &[&str], settings: &[(&str, &str)]) -> Vec<String> {
    let found = findings(&doctor(app, &[&["--json"], arguments].concat(), settings));
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    found.iter().map(|finding| format!("{} {}", word(&finding["check"]), word(&finding["severity"]))).collect()
}

/// Has what is configured taken up, as a server that starts does.
fn serve_with(app: &TestApp, zone: &str) {
    let mut settings = app.config.accounts.clone();
    settings.zones = zone.parse().unwrap();
    let mut projector = checkfront_mirror::project::Projector::new(&app.database, settings);
    block_in_place(|| projector.drain()).unwrap();
}

/// Only its owner can enter the folder.
pub(crate) fn close(folder: &Path) {
    set_permissions(folder, Permissions::from_mode(0o700)).unwrap();
}

/// A mirror with one booking, in which all is well.
pub(crate) async fn a_well_mirror(app: &TestApp) {
    close(app.config.spool_path.parent().unwrap());
    app.deliver(payload("booking.json")).await;
    serve_with(app, "America/Vancouver");
    assert_eq!(checks(app, &[], &WELL), Vec::<String>::new());
}

fn shift_log(app: &TestApp, hours: i64) {
    let micros = hours * 3_600_000_000;
    for (table, column) in [("webhook_bodies", "event_id"), ("webhook_events", "id")] {
        app.execute(&format!("UPDATE {table} SET {column} = {column} + {micros}"));
    }
}

on_both! {
    async fn nothing_is_found_and_nothing_is_written(app: TestApp) {
        a_well_mirror(&app).await;
        let before = dump(&app.database);
        let well = doctor(&app, &[], &WELL);
        assert_eq!(well.status.code(), Some(0));
        assert!(String::from_utf8_lossy(&well.stderr).contains("nothing was found"));
        assert_eq!(dump(&app.database), before);
    }

    async fn an_unverified_webhook(app: TestApp) {
        a_well_mirror(&app).await;
        let zone = [WELL[1]];
        assert_eq!(checks(&app, &[], &zone), ["verification warning"]);
        assert_eq!(checks(&app, &["--bind", "0.0.0.0:8080"], &zone), ["verification error"]);
        assert_eq!(checks(&app, &["--bind", "0.0.0.0:8080", "--allow-unverified"], &zone), ["verification warning"]);
        app.execute("UPDATE webhook_events SET remote_ip = '203.0.113.9'");
        assert_eq!(checks(&app, &[], &zone), ["verification error", "verification warning"]);
        let text = String::from_utf8(doctor(&app, &[], &zone).stdout).unwrap();
        assert!(text.contains("1 delivery of the last 7 days came unverified") && text.contains("-> set WEBHOOK_SECRET="), "{text}");
        assert_eq!(checks(&app, &["--bind", "0.0.0.0:8080"], &WELL), Vec::<String>::new());
    }

    async fn a_secret_that_can_be_guessed(app: TestApp) {
        a_well_mirror(&app).await;
        let with = |secret: &'static str, token: &'static str| [("WEBHOOK_SECRET", secret), ("ADMIN_TOKEN", token), WELL[1]];
        let long = "fifteen-letters+";
        assert_eq!(checks(&app, &[], &with(long, long)), Vec::<String>::new());
        assert_eq!(checks(&app, &[], &with("fifteen-letters", "ä")), ["configuration warning", "configuration warning"]);
        let text = String::from_utf8(doctor(&app, &[], &with(long, "opensesame")).stdout).unwrap();
        assert!(text.contains("ADMIN_TOKEN has 10 characters") && text.contains("-> set ADMIN_TOKEN="), "{text}");
        assert!(!text.contains("opensesame"));
    }

    async fn a_time_zone_that_is_not_known(app: TestApp) {
        close(app.config.spool_path.parent().unwrap());
        app.apply([payload("booking.json")]).await;
        let secret = [WELL[0]];
        let found = findings(&doctor(&app, &["--json"], &secret));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["account"], "harbour-tours.checkfront.example");
        let mend = found[0]["mend"].as_str().unwrap();
        assert!(mend.contains("ACCOUNT_TIMEZONE=harbour-tours.checkfront.example=Area/City"), "{mend}");
        // Set for this shell, and not for a server yet.
        let set = [WELL[0], ("ACCOUNT_TIMEZONE", "harbour-tours.checkfront.example=canada/pacific")];
        assert_eq!(checks(&app, &[], &set), ["time_zone warning"]);
        serve_with(&app, "harbour-tours.checkfront.example=canada/pacific");
        assert_eq!(checks(&app, &[], &set), Vec::<String>::new());
        assert_eq!(checks(&app, &[], &secret), Vec::<String>::new(), "the mirror knows it");
        // While the dates follow.
        app.execute("UPDATE accounts SET dates_timezone = 'UTC'");
        assert_eq!(checks(&app, &[], &set), ["time_zone info"]);
        assert_eq!(checks(&app, &["--severity", "warning"], &set), Vec::<String>::new());
        serve_with(&app, "canada/pacific");
        assert_eq!(checks(&app, &[], &set), Vec::<String>::new());
        app.execute("UPDATE accounts SET timezone = 'Mars/Olympus', dates_timezone = 'Mars/Olympus'");
        assert_eq!(checks(&app, &[], &secret), ["time_zone error"]);
        // UTC is a zone, where somebody says so.
        serve_with(&app, "UTC");
        assert_eq!(checks(&app, &[], &[WELL[0], ("ACCOUNT_TIMEZONE", "UTC")]), Vec::<String>::new());
    }

    async fn dead_letters_with_their_causes(app: TestApp) {
        a_well_mirror(&app).await;
        app.apply([&b"{\"Zoe\": "[..], b"{\"longer\": {\"x\": ", b"<a><b></a>"]).await;
        let found = findings(&doctor(&app, &["--json"], &WELL));
        assert_eq!(found.len(), 1, "{found:?}");
        let seen = found[0]["seen"].as_str().unwrap();
        assert!(seen.starts_with("3 deliveries failed: 2 x not valid json") && seen.contains("1 x not valid xml"), "{seen}");
        let mend = found[0]["mend"].as_str().unwrap();
        assert!(mend.contains("events list --state failed") && mend.contains("events retry --all"), "{mend}");
        assert!(said(&run(&app, &["events", "list", "--state", "failed"])).contains("not valid json"));
        // The cause is mended, as an upgrade may; then what it says is typed.
        app.execute(&format!("UPDATE webhook_bodies SET body = {} WHERE event_id IN (SELECT id FROM webhook_events WHERE state = 'failed')",
            if app.backend == Backend::Sqlite { "CAST('{}' AS BLOB)" } else { "'{}'" }));
        said(&run(&app, &["events", "retry", "--all"]));
        assert_eq!(checks(&app, &[], &WELL), Vec::<String>::new());
    }

    async fn deliveries_that_wait(app: TestApp) {
        a_well_mirror(&app).await;
        app.deliver(payload("transaction.json")).await;
        assert_eq!(checks(&app, &[], &WELL), Vec::<String>::new(), "it has only come");
        app.execute(&format!("UPDATE webhook_events SET received_at = '{}' WHERE state = 'pending'", (Utc::now() - Duration::seconds(90)).format("%F %T%.6f+00:00")));
        assert_eq!(checks(&app, &[], &WELL), ["lag error"]);
        assert_eq!(checks(&app, &["--lag-seconds", "600"], &WELL), Vec::<String>::new());
        let server = Server::start(&url_of(&app));
        server.until_caught_up(&app.client).await;
        assert_eq!(checks(&app, &[], &WELL), Vec::<String>::new(), "beside the server, too");
    }

    async fn silence(app: TestApp) {
        close(app.config.spool_path.parent().unwrap());
        assert_eq!(checks(&app, &[], &WELL), ["silence warning"], "nothing has come at all");
        a_well_mirror(&app).await;
        shift_log(&app, -50);
        let found = findings(&doctor(&app, &["--json"], &WELL));
        assert_eq!(found[0]["check"], "silence");
        assert_eq!(found[0]["account"], "harbour-tours.checkfront.example");
        assert!(found[0]["seen"].as_str().unwrap().starts_with("no delivery for 48 hours; the last one: 20"), "{found:?}");
        assert_eq!(checks(&app, &["--silent-hours", "60"], &WELL), Vec::<String>::new());
        let other = String::from_utf8(payload("booking.json")).unwrap().replace("harbour-tours.", "other.");
        app.deliver(other).await;
        serve_with(&app, "America/Vancouver");
        assert_eq!(checks(&app, &[], &WELL), ["silence warning"], "another account is not silent");
        app.deliver(payload("booking.xml")).await;
        app.project();
        assert_eq!(checks(&app, &[], &WELL), Vec::<String>::new());
    }

    async fn a_delivery_of_tomorrow(app: TestApp) {
        a_well_mirror(&app).await;
        shift_log(&app, 24);
        assert_eq!(checks(&app, &[], &WELL), ["clock error"]);
        shift_log(&app, -24);
        assert_eq!(checks(&app, &[], &WELL), Vec::<String>::new());
    }

    async fn migrations_behind_and_ahead(app: TestApp) {
        a_well_mirror(&app).await;
        let newest = app.text("SELECT max(version) AS v FROM __diesel_schema_migrations");
        app.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')");
        assert_eq!(checks(&app, &[], &WELL), ["migrations error"]);
        let explained = run(&app, &["explain", "QZRT-120526"]);
        assert!(String::from_utf8_lossy(&explained.stderr).contains("newer than this program"), "{explained:?}");
        app.execute("DELETE FROM __diesel_schema_migrations WHERE version = '99999999999999'");
        app.execute(&format!("DELETE FROM __diesel_schema_migrations WHERE version = '{newest}'"));
        let found = findings(&doctor(&app, &["--json"], &WELL));
        assert!(found[0]["seen"].as_str().unwrap().contains(&newest), "{found:?}");
        assert_eq!(found[0]["mend"], "checkfront-mirror migrate");
        app.execute(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{newest}')"));
        assert_eq!(checks(&app, &[], &WELL), Vec::<String>::new());
    }

    async fn wrong_settings(app: TestApp) {
        a_well_mirror(&app).await;
        for (name, value) in [("RETENTION_DAYS", "ninety"), ("ACCOUNT_TIMEZONE", "Mars/Olympus"), ("WEBHOOK_SECRET_FILE", "/nowhere")] {
            let settings: Vec<_> = WELL.into_iter().filter(|(known, _)| !name.starts_with(known)).chain([(name, value)]).collect();
            let found = findings(&doctor(&app, &["--json"], &settings));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0]["check"] == "configuration" && found[0]["seen"].as_str().unwrap().contains(value), "{found:?}");
        }
        assert_eq!(checks(&app, &["--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.pem"], &WELL), ["configuration error"]);
        assert_eq!(doctor(&app, &["--severity", "fatal"], &WELL).status.code(), Some(2));
    }
}

/// An empty database, and what it says to type.
#[test]
fn a_new_database_is_migrated_by_what_it_says() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        close(folder.path());
        let url = backend.new_url(&folder);
        let spool = folder.path().join("spool.db");
        let doctor = || {
            exe()
                .args(["doctor", "--json", "--database-url", &url, "--spool-path"])
                .arg(&spool)
                .envs(WELL)
                .output()
                .unwrap()
        };
        let found = findings(&doctor());
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0]["mend"].as_str().unwrap().ends_with("checkfront-mirror migrate"), "{found:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made");
        assert!(exe().args(["migrate", "--database-url", &url]).status().unwrap().success());
        let found = findings(&doctor());
        assert_eq!(found.iter().map(|finding| &finding["check"]).collect::<Vec<_>>(), ["silence"]);
    }
}
