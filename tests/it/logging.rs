//! `LOG_FORMAT=json`: each line is an object, and the lines of a delivery are found by its ids.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;
use tokio::task::block_in_place;

use crate::rebuild_command::url_of;
use crate::support::{TestApp, exe, free_port, on_both, payload};

on_both! {
    async fn lines_of_a_delivery_have_its_ids(app: TestApp) {
        let address = format!("127.0.0.1:{}", free_port());
        let mut command = exe();
        command.args(["--bind", &address, "--database-url", &url_of(&app)]).stderr(Stdio::piped());
        command.env("LOG_FORMAT", "json").env("RUST_LOG", "checkfront_mirror=debug");
        let folder = tempfile::tempdir().unwrap();
        command.env("SPOOL_PATH", folder.path().join("spool.db")).env("WEBHOOK_SECRET", "kept-to-itself");
        let mut server = command.spawn().unwrap();
        let mut lines = BufReader::new(server.stderr.take().unwrap()).lines().map(Result::unwrap);
        let mut until = |wanted: &str| {
            block_in_place(|| lines.find_map(|line| {
                let line: Value = serde_json::from_str(&line).ok()?;
                assert!(!line.to_string().contains("Katherine") && !line.to_string().contains("kept-to-itself"), "{line}");
                line["message"].as_str()?.contains(wanted).then_some(line)
            })).unwrap()
        };
        let post = async |path: &str, id: &str| {
            let url = format!("http://{address}{path}");
            for _ in 0..600 {
                let request = app.client.post(&url).header("x-request-id", id).body(payload("booking.json"));
                match request.send().await {
                    Ok(answer) => return answer,
                    Err(error) => assert!(error.is_connect(), "{error}"),
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            panic!("the server does not answer");
        };
        let given = |answer: &reqwest::Response| answer.headers()["x-request-id"].to_str().unwrap().to_owned();

        let answer = post("/webhook/kept-to-itself", "proxy-7.a_B").await;
        assert_eq!((answer.status().as_u16(), given(&answer).as_str()), (200, "proxy-7.a_B"));
        let line = until("stored");
        assert_eq!(line["span"]["request.id"], "proxy-7.a_B");
        let id = app.text("SELECT CAST(max(id) AS TEXT) AS v FROM webhook_events");
        assert_eq!(line["event.id"].to_string(), id);
        assert!(line["duration_ms"].as_f64().unwrap() >= 0.0 && line["level"] == "DEBUG", "{line}");

        let answer = post("/webhook/wrong", "two words").await;
        assert_eq!(answer.status().as_u16(), 401);
        let made = given(&answer);
        assert!(made.len() == 16 && made.chars().all(|letter| letter.is_ascii_hexdigit()), "{made}");
        assert_eq!(until("refused")["span"]["request.id"], made.as_str());
        server.kill().unwrap();
        server.wait().unwrap();
        app.project();
    }
}
