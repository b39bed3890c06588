//! `docs/API.md`: each command in it is answered as it is printed.

use reqwest::header::ACCEPT;
use serde_json::Value;

use crate::reports::mirror;
use crate::support::{Backend, TestApp};

/// The commands, each with what is printed below it.
fn examples() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/API.md")).unwrap();
    let blocks = text.split("```console\n$ ").skip(1).map(|block| block.split("```").next().unwrap());
    blocks
        .map(|block| block.split_once('\n').unwrap())
        .map(|(command, output)| (command.to_owned(), output.to_owned()))
        .collect()
}

/// What is printed is part of what is said: fields are left out, no element is.
fn is_part(printed: &Value, said: &Value) -> bool {
    match (printed, said) {
        (Value::Object(printed), Value::Object(said)) => {
            printed.iter().all(|(name, value)| said.get(name).is_some_and(|said| is_part(value, said)))
        }
        (Value::Array(printed), Value::Array(said)) => {
            printed.len() == said.len() && printed.iter().zip(said).all(|(printed, said)| is_part(printed, said))
        }
        _ => printed == said,
    }
}

async fn run(app: &TestApp, command: &str) -> String {
    let address = command.split('\'').find(|word| word.starts_with("http://localhost:8080")).unwrap();
    let request = app.client.get(address.replace("http://localhost:8080", &app.url));
    let request = if command.contains("Accept: text/csv") { request.header(ACCEPT, "text/csv") } else { request };
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{command}");
    answer.text().await.unwrap()
}

async fn every_command_says_what_is_printed(backend: Backend) {
    let app = mirror(backend).await;
    let examples = examples();
    assert!(examples.len() >= 7, "{examples:?}");
    for (command, printed) in examples {
        let said = run(&app, &command).await;
        if printed.starts_with('{') {
            let (printed, said): (Value, Value) =
                (serde_json::from_str(&printed).unwrap(), serde_json::from_str(&said).unwrap());
            assert!(is_part(&printed, &said), "{command}\n{said:#}");
        } else {
            assert_eq!(said.replace("\r\n", "\n"), printed, "{command}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_says_what_is_printed_sqlite() {
    every_command_says_what_is_printed(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_says_what_is_printed_postgres() {
    every_command_says_what_is_printed(Backend::Postgres).await;
}
