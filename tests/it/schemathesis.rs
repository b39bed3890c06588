//! Whatever a client may ask by the document, the answer is one that the document has, and never a 5xx.

use std::process::Command;

use tokio::task::block_in_place;

use crate::read_api::one_account;
use crate::support::{TestApp, bodies, on_both};

/// What is held against each answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
    response_schema_conformance,negative_data_rejection,unsupported_method,allow_header_conformance";

on_both! {
    async fn answers_are_as_documented_whatever_is_asked(app: TestApp) {
        one_account(&app).await;
        let more = bodies(7, 20).into_iter().map(|body| {
            String::from_utf8(body).unwrap().replace("a.example", "harbour-tours.checkfront.example")
        });
        app.apply(more).await;
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/target/python/bin/schemathesis");
        assert!(std::path::Path::new(program).exists(), "{program} is not there; `./test` installs it");
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        command
            .args(["run", &format!("{}/api/v1/openapi.json", app.url), "--checks", CHECKS, "--seed", "1", "--no-color"])
            .args(["--max-examples", "12", "--request-timeout", "20", "--continue-on-failure", "--phases", "coverage,fuzzing"])
            // A stream has no end to wait for; `changes_feed` tests it.
            .args(["--exclude-operation-id", "stream_changes", "--warnings", "off", "--suppress-health-check", "all"])
            .current_dir(folder.path())
            .env("PYTHONUNBUFFERED", "1")
            .env_remove("http_proxy")
            .env("NO_PROXY", "127.0.0.1");
        let output = block_in_place(|| command.output().unwrap());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("12 selected / 13 total"), "all operations are asked but the stream: {said}");
    }
}
