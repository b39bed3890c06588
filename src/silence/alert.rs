//! Tells `ALERT_URL` of silences: one POST of JSON each, tried again where it is not taken. No delivery waits for it.

use std::time::Duration;

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::sleep;

use super::Change;
use crate::config::{Config, Secret};

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Before the second try; twice as long before each further one.
const PAUSE: Duration = Duration::from_secs(1);
/// The last try comes about four minutes after the first.
const TRIES: u32 = 9;

/// Sends in the order in which it was told, one at a time.
pub struct Alerts(UnboundedSender<Change>);

impl Alerts {
    /// Starts the task behind it, where `ALERT_URL` is set.
    pub fn start(config: &Config) -> Option<Self> {
        let url = config.alert_url.clone()?;
        // Only the first call sets it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = match Client::builder().timeout(PATIENCE).build() {
            Ok(client) => client,
            Err(error) => {
                tracing::error!(%error, "silences cannot be told to ALERT_URL");
                return None;
            }
        };
        let (queue, mut changes) = unbounded_channel();
        tokio::spawn(async move {
            while let Some(change) = changes.recv().await {
                tell(&client, &url, &change).await;
            }
        });
        Some(Self(queue))
    }

    /// Queues what has changed.
    pub fn send(&self, change: Change) {
        // The task ends with the process alone.
        let _ = self.0.send(change);
    }
}

async fn tell(client: &Client, url: &Secret, change: &Change) {
    let (body, mut pause) = (body(change).to_string(), PAUSE);
    for attempt in 1..=TRIES {
        let request = client.post(url.reveal()).header(CONTENT_TYPE, "application/json").body(body.clone());
        let refused = match request.send().await {
            Ok(answer) if answer.status().is_success() => return,
            Ok(answer) => format!("it answered {}", answer.status()),
            Err(error) => error.without_url().to_string(),
        };
        if attempt == TRIES {
            tracing::error!(attempt, refused, "ALERT_URL does not take what it is told; given up");
            return;
        }
        tracing::warn!(
            attempt,
            refused,
            pause_s = pause.as_secs(),
            "ALERT_URL does not take what it is told; trying again"
        );
        sleep(pause).await;
        pause *= 2;
    }
}

fn body(change: &Change) -> Value {
    let (event, silence) = match change {
        Change::Began(silence) => ("silent", silence),
        Change::Ended(silence) => ("back", silence),
    };
    let mut body = json!({ "event": event, "host": silence.host, "last_delivery": silence.minute() });
    if let (Change::Began(_), Some(expected)) = (change, silence.expected) {
        body["silent_seconds"] = silence.silent.num_seconds().into();
        body["expected_deliveries"] = ((expected.deliveries * 10.0).round() / 10.0).into();
        body["probability"] = expected.probability_of_none().into();
    }
    body
}
