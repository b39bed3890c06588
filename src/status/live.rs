//! `/live`: the overview's fragments as server-sent events, each when it changes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::{Instant, interval};
use tokio_util::sync::CancellationToken;

use super::panels;
use super::pulse::Pulse;
use super::stream::Pieces;
use super::viewer::Viewer;
use crate::app::AppState;
use crate::problem::Problem;
use crate::serve::Shutdown;

/// Streams at once: each takes a connection, and there are 512 for deliveries and all else.
pub const FOLLOWERS: usize = 32;
/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);
/// Between two signs of life, so that proxies keep the connection, and one that is gone is noticed.
const BEAT: Duration = Duration::from_secs(15);
/// A stream ends before the connection counts as idle; the browser asks for the next one.
const LIFE: Duration = Duration::from_mins(9);

/// Follows the overview until the service or the viewer ends.
pub(super) async fn stream(
    State(app): State<AppState>,
    viewer: Viewer,
    shutdown: Option<Extension<Shutdown>>,
) -> Result<Response, Problem> {
    let place = Arc::clone(&app.followers).try_acquire_owned().map_err(|_| Problem::TooManyFollowers)?;
    let (pulse, ended) = (Arc::clone(&app.pulse), shutdown.map(|Extension(Shutdown(token))| token).unwrap_or_default());
    let (sender, receiver) = channel(1);
    // It holds nothing that the end of the service waits for.
    tokio::spawn(async move {
        let _place = place;
        follow(&pulse, &viewer, &sender, &ended).await;
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Proxies would hold the events back.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::new(Pieces(receiver))).into_response())
}

/// A panel without what the browser keeps current by itself: that alone is no news.
fn without_ages(panel: &str) -> String {
    let mut parts = panel.split(" data-ago>");
    let mut said = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        said.push_str(part.split_once("</time>").map_or(part, |(_, rest)| rest));
    }
    said
}

async fn follow(pulse: &Pulse, viewer: &Viewer, sender: &Sender<Bytes>, ended: &CancellationToken) {
    let (begun, mut beat) = (Instant::now(), Instant::now());
    let (mut sent, mut ticks) = (HashMap::new(), interval(EVERY));
    while begun.elapsed() < LIFE {
        tokio::select! {
            () = ended.cancelled() => return,
            () = sender.closed() => return,
            _ = ticks.tick() => {}
        }
        let look = tokio::select! {
            () = ended.cancelled() => return,
            look = pulse.look() => look,
        };
        let mut changed = serde_json::Map::new();
        for (id, panel) in panels::all(&look, viewer) {
            let panel = panel.into_string();
            let said = without_ages(&panel);
            if sent.get(id) != Some(&said) {
                changed.insert(id.to_owned(), Value::from(panel));
                sent.insert(id, said);
            }
        }
        let event = if !changed.is_empty() {
            let any = look.figures.is_some_and(|figures| !figures.latest.is_empty());
            // JSON has no line breaks of its own.
            format!("retry: 3000\ndata: {}\n\n", json!({ "any": any, "panels": changed }))
        } else if beat.elapsed() >= BEAT {
            ":\n\n".to_owned()
        } else {
            continue;
        };
        beat = Instant::now();
        tokio::select! {
            () = ended.cancelled() => return,
            taken = sender.send(event.into()) => if taken.is_err() { return },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::without_ages;

    #[test]
    fn growing_older_is_no_news() {
        let panel = |age: &str, state: &str| format!("<p>x <time data-ago>{age} ago</time> {state}</p>");
        assert_eq!(without_ages(&panel("1 s", "applied")), without_ages(&panel("2 s", "applied")));
        assert_ne!(without_ages(&panel("1 s", "applied")), without_ages(&panel("1 s", "failed")));
    }
}
