//! `doctor` on upkeep: old bodies, long work that failed, and a database that is down.

use checkfront_mirror::db::rows::SyncRun;
use checkfront_mirror::db::types::{Json, Timestamp};
use chrono::{Duration, Utc};
use serde_json::json;
use tokio::task::block_in_place;

use crate::doctor::{WELL, a_well_mirror, checks, doctor, findings};
use crate::rebuild_command::{run, said};
use crate::support::{Cluster, TestApp, exe, on_both, payload};

on_both! {
    async fn old_bodies(app: TestApp) {
        a_well_mirror(&app).await;
        app.deliver(payload("transaction.json")).await;
        app.project();
        let old = Utc::now().timestamp_micros() - 400 * 86_400_000_000;
        app.execute(&format!("UPDATE webhook_bodies SET event_id = {old} WHERE event_id IN (SELECT max(event_id) FROM webhook_bodies)"));
        app.execute(&format!("UPDATE webhook_events SET id = {old} WHERE id IN (SELECT max(id) FROM webhook_events)"));
        assert_eq!(checks(&app, &[], &WELL), ["retention info"]);
        assert_eq!(checks(&app, &["--retention-days", "1000"], &WELL), Vec::<String>::new());
        let found = findings(&doctor(&app, &["--json", "--retention-days", "90"], &WELL));
        let mend = found[0]["mend"].as_str().unwrap();
        let command = mend.split("checkfront-mirror ").nth(1).unwrap();
        assert_eq!(command, "prune --older-than 90 --yes");
        said(&run(&app, &command.split(' ').collect::<Vec<_>>()));
        assert_eq!(checks(&app, &["--retention-days", "90"], &WELL), Vec::<String>::new());
    }

    async fn runs_that_failed(app: TestApp) {
        a_well_mirror(&app).await;
        let at = |hours| Timestamp(Utc::now() - Duration::hours(hours));
        let start = |kind: &str, at| block_in_place(|| app.database.session().transaction(|tx| SyncRun::start(tx, kind, at, &Json(json!({}))))).unwrap();
        let id = start("rebuild", at(2));
        assert_eq!(checks(&app, &[], &WELL), Vec::<String>::new(), "it may be under way");
        block_in_place(|| app.database.session().transaction(|tx| SyncRun::fail(tx, id, at(1), "no room"))).unwrap();
        let found = findings(&doctor(&app, &["--json"], &WELL));
        assert!(found[0]["seen"].as_str().unwrap().ends_with("no room"), "{found:?}");
        let command = found[0]["mend"].as_str().unwrap().split("checkfront-mirror ").nth(1).unwrap();
        said(&run(&app, &command.split(' ').collect::<Vec<_>>()));
        assert_eq!(checks(&app, &[], &WELL), Vec::<String>::new());
        start("replay", at(30));
        assert_eq!(checks(&app, &[], &WELL), ["runs warning"]);
        said(&run(&app, &["replay", "--all"]));
        assert_eq!(checks(&app, &[], &WELL), Vec::<String>::new());
    }
}

/// The server is down, and up again.
#[test]
fn a_server_that_is_down_is_a_finding() {
    let cluster = Cluster::start();
    let url = cluster.url(&cluster.create_database());
    assert!(exe().args(["migrate", "--database-url", &url]).status().unwrap().success());
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("spool.db");
    let doctor = || {
        exe()
            .args(["doctor", "--json", "--database-url", &url, "--spool-path"])
            .arg(&spool)
            .envs(WELL)
            .output()
            .unwrap()
    };
    cluster.stop_server("fast");
    let output = doctor();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "it is told once, as a finding");
    let found = findings(&output);
    assert_eq!((found.len(), found[0]["check"].as_str()), (1, Some("database")), "{found:?}");
    assert!(found[0]["mend"].as_str().unwrap().contains(&format!("127.0.0.1:{}", cluster.port)), "{found:?}");
    cluster.start_server();
    let found = findings(&doctor());
    assert_eq!(found.iter().map(|finding| &finding["check"]).collect::<Vec<_>>(), ["silence"]);
}
