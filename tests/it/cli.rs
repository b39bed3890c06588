//! The commands, as a user types them.

use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Backend, Server, exe};

fn run(arguments: &[&str]) -> Output {
    exe().args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A newcomer's first minute, on both databases.
#[test]
fn send_fills_the_tables_and_events_show_what_happened() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        let url = backend.new_url(&folder);
        let server = Server::start(&url);
        let target = format!("{}/webhook", server.url);
        for format in ["json", "xml", "form", "all"] {
            let sent = run(&["send", "--count", "7", "--format", format, "--url", &target]);
            assert_eq!(said(&sent), "7 sample deliveries were sent and accepted\n", "{sent:?}");
        }
        let bad = exe().args(["send", "--url", "http://127.0.0.1:1/webhook"]).output().unwrap();
        assert_eq!(bad.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&bad.stderr).contains("is the server running?"));

        let ready = format!("{}/readyz", server.url);
        let deadline = Instant::now() + Duration::from_secs(10);
        while !said(&run(&["healthcheck", "--url", &ready])).contains("\"pending\":0") {
            assert!(Instant::now() < deadline, "the mirror does not catch up");
        }
        let list = said(&run(&["events", "list", "--json", "--limit", "100", "--database-url", &url]));
        let events: Vec<Value> = list.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(events.len(), 28);
        assert!(events.iter().all(|event| event["state"] == "applied" || event["state"] == "unchanged"), "{list}");
        let booking = events.iter().find(|event| event["kind"] == "booking").unwrap();
        let (id, code) = (booking["id"].to_string(), booking["entity_key"].as_str().unwrap());
        let shown = said(&run(&["events", "show", &id, "--database-url", &url]));
        for part in ["decision   applied", &format!("bookings {code}"), "\"sku\":", "booking_history"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        // The server does the work; the command sets events to pending and waits.
        let replayed = run(&["replay", "--booking", code, "--database-url", &url]);
        assert!(replayed.status.success(), "{replayed:?}");
        assert!(said(&replayed).ends_with("events were projected again\n"), "{replayed:?}");
    }
}

#[test]
fn failed_events_are_listed_shown_and_retried() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        let url = backend.new_url(&folder);
        let server = Server::start(&url);
        let curl = std::process::Command::new("curl")
            .args(["-s", "-d", "{\"cut\": ", &format!("{}/webhook", server.url)])
            .status();
        assert!(curl.unwrap().success());
        server.kill();
        // Nobody serves: the command projects by itself.
        assert!(run(&["replay", "--all", "--database-url", &url]).status.success());
        let list = said(&run(&["events", "list", "--state", "failed", "--database-url", &url]));
        assert!(list.contains("not valid json"), "{list}");
        let id = list.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        let shown = said(&run(&["events", "show", &id, "--database-url", &url]));
        assert!(shown.contains("decision   failed") && shown.contains("{\"cut\": "), "{shown}");
        let retried = run(&["events", "retry", "--all", "--database-url", &url]);
        assert_eq!(said(&retried), "1 events were tried again, 1 failed again\n");
        assert_eq!(retried.status.code(), Some(1));
        let unknown = run(&["events", "retry", "5", "--database-url", &url]);
        assert!(String::from_utf8_lossy(&unknown.stderr).contains("there is no failed event 5"));
    }
}

#[test]
fn usage_errors_say_what_to_type() {
    let output = run(&["replay"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--booking CODE"));
    assert_eq!(run(&["serv"]).status.code(), Some(2));
    let wrong = run(&["replay", "--since", "yesterday"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("2026-07-01T09:30:00Z"));
}

#[test]
fn wrong_settings_are_named() {
    for (name, value, words) in [
        ("RUST_LOG", "[[[", "RUST_LOG: "),
        ("WEBHOOK_SECRET", " ", "WEBHOOK_SECRET: is blank"),
        ("ACCOUNT_TIMEZONE", "a=UTC,a=Europe/Berlin", "ACCOUNT_TIMEZONE: `a` has two zones"),
    ] {
        let output = exe().arg("serve").env(name, value).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(words), "{name}: {said}");
    }
}

#[test]
fn the_url_is_masked_unless_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let start = |more: &[&str]| {
        let mut command = exe();
        command
            .current_dir(folder.path())
            .env("WEBHOOK_SECRET", "s3cret-word")
            .arg("serve")
            .args(["--bind", "127.0.0.1:0"])
            .args(more);
        let mut process = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(process.stderr.take().unwrap()));
        let line = lines.find_map(|line| line.ok().filter(|line| line.contains("Paste into Checkfront")));
        process.kill().unwrap();
        process.wait().unwrap();
        line.unwrap()
    };
    assert!(start(&[]).ends_with("/webhook/********"));
    assert!(start(&["--show-url"]).ends_with("/webhook/s3cret-word"));
    assert!(folder.path().join("checkfront.db").exists(), "the default database");
}

#[test]
fn completions_and_the_manual_name_every_command() {
    for arguments in [&["completions", "bash"][..], &["man"]] {
        let text = said(&run(arguments));
        for command in [
            "serve",
            "migrate",
            "events",
            "explain",
            "export",
            "doctor",
            "replay",
            "forget",
            "prune",
            "reconcile",
            "send",
            "healthcheck",
        ] {
            assert!(text.contains(command), "{arguments:?} lacks {command}");
        }
    }
}
