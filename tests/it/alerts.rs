//! The alert rules: run by `promtool`, and about metrics that there are.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use tokio::task::block_in_place;

use crate::support::{Backend, Scrape, Server, client};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/dashboards/prometheus");

/// From the search path, or where `./test` puts it.
fn promtool() -> Command {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/target/prometheus/usr/bin/promtool");
    let mut command = Command::new(if Path::new(own).exists() { own } else { "promtool" });
    command.current_dir(FOLDER);
    command
}

fn rules() -> String {
    std::fs::read_to_string(format!("{FOLDER}/alerts.yml")).unwrap()
}

#[test]
fn each_rule_is_silent_before_its_time_and_there_at_it() {
    let output = promtool().args(["test", "rules", "alerts.test.yml"]).output();
    let output = output.unwrap_or_else(|error| panic!("promtool: {error}; `./test` installs it"));
    assert!(output.status.success(), "{output:?}");
    let tested = std::fs::read_to_string(format!("{FOLDER}/alerts.test.yml")).unwrap();
    let text = rules();
    let alerts: Vec<_> = text.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() >= 7, "{alerts:?}");
    for alert in alerts {
        assert!(tested.contains(&format!("- alertname: {alert}\n")), "no test has {alert} go off");
    }
}

#[test]
fn a_rule_that_is_wrong_would_be_found() {
    let folder = tempfile::tempdir().unwrap();
    let broken = rules().replace("checkfront_failed > 0", "checkfront_failed > 9");
    assert_ne!(broken, rules());
    std::fs::write(folder.path().join("alerts.yml"), broken).unwrap();
    std::fs::copy(format!("{FOLDER}/alerts.test.yml"), folder.path().join("alerts.test.yml")).unwrap();
    let output = promtool().current_dir(folder.path()).args(["test", "rules", "alerts.test.yml"]).output().unwrap();
    assert!(!output.status.success(), "{output:?}");
}

async fn every_metric_that_a_rule_names_is_exposed(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| backend.new_url(&folder));
    let (server, client) = (Server::start(&url), client());
    let words = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.filter(|word| word.starts_with("checkfront_")).map(str::to_owned).collect()
    };
    let expressions: Vec<_> =
        rules().lines().filter_map(|line| Some(line.trim().strip_prefix("expr: ")?.to_owned())).collect();
    let named = words(&expressions.join("\n"));
    assert!(named.len() >= 7, "{named:?}");
    // The first look for silences follows the start.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let scrape = Scrape::at(&client, &server.url).await;
        let missing: Vec<_> = named.iter().filter(|name| scrape.all(name).next().is_none()).collect();
        if missing.is_empty() {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "not exposed: {missing:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_that_a_rule_names_is_exposed_sqlite() {
    every_metric_that_a_rule_names_is_exposed(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_that_a_rule_names_is_exposed_postgres() {
    every_metric_that_a_rule_names_is_exposed(Backend::Postgres).await;
}
