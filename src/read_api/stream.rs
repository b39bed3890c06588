//! `/api/v1/changes/stream`: the same as server-sent events, as they are committed.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use utoipa::IntoParams;

use super::answer;
use super::changes::{Gone, Read, gone, read};
use super::feed::{Feed, LOOK};
use super::parameters::{Id, Query};
use super::problem::{Problem, Unavailable, Wrong};
use crate::app::AppState;
use crate::serve::Shutdown;

/// Changes that are read at once.
const PAGE: i64 = 500;
/// A silent stream says that it is alive.
const ALIVE: Duration = Duration::from_secs(15);
/// A stream ends after this, and its client, which comes back by itself, goes on where it was.
const LONGEST: Duration = Duration::from_mins(10);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// The last number that you have; where it is left out, what comes from now on. `Last-Event-ID` comes before it.
    after: Option<Id>,
}

/// What a stream waits for: more changes, or that the service stops.
pub(super) struct End {
    feed: Feed,
    stopped: CancellationToken,
}

impl<S: Sync> FromRequestParts<S> for End {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let shutdown = parts.extensions.get::<Shutdown>().cloned();
        let feed = parts.extensions.get::<Feed>().cloned().unwrap_or_else(Feed::new);
        Ok(Self { feed, stopped: shutdown.map(|Shutdown(token)| token).unwrap_or_default() })
    }
}

/// What changes, as it is committed
///
/// Server-sent events: `id` is the number, `event` is `change`, `data` as an entry of `/api/v1/changes`. A client that
/// comes back says `Last-Event-ID`, and misses nothing. A stream ends after ten minutes, and when the service stops.
#[utoipa::path(
    get,
    operation_id = "stream_changes",
    path = "/changes/stream",
    tag = "changes",
    params(Parameters, ("Last-Event-ID" = Option<i64>, Header, description = "The last number that you have")),
    responses((status = 200, description = "As of now", body = String, content_type = "text/event-stream"), Wrong, Gone, Unavailable)
)]
pub(super) async fn list(
    State(app): State<AppState>,
    headers: HeaderMap,
    end: End,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Problem> {
    open(app, &headers, parameters.after.map(|Id(after)| after), end).await
}

/// Whether the client asks for a stream.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|kind| {
        let mut parts = kind.split(';').map(str::trim);
        let is_stream = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("text/event-stream"));
        // A quality of 0 says what is not wanted.
        is_stream && !parts.any(|part| part.strip_prefix("q=").is_some_and(|quality| quality.parse() == Ok(0.0_f32)))
    })
}

/// Opens a stream after what the client has.
pub(super) async fn open(
    app: AppState,
    headers: &HeaderMap,
    after: Option<i64>,
    end: End,
) -> Result<Response, Problem> {
    let seen = headers.get("last-event-id").map(|id| {
        let id = id.to_str().ok().and_then(|id| id.parse().ok());
        id.ok_or_else(|| Problem::wrong("Last-Event-ID", "write a whole number: the id of the last event that came"))
    });
    let after = seen.transpose()?.or(after);
    // What is wrong from the start is said as such, while there is a status to say it by.
    let after = match read(&app, after, 1).await? {
        Read::Gone(last) => return Ok(gone(after.unwrap_or_default(), last)),
        Read::Some(_, last) => after.unwrap_or(last),
    };
    let events = Sse::new(follow(app, after, end)).keep_alive(KeepAlive::new().interval(ALIVE).text("alive"));
    Ok((answer::cached(), events).into_response())
}

/// The changes after a number, until the end.
fn follow(app: AppState, after: i64, end: End) -> impl Stream<Item = Result<Event, Infallible>> {
    let until = Instant::now() + LONGEST;
    let start = (app, after, Vec::new().into_iter(), end);
    stream::unfold(start, move |(app, mut after, mut page, end)| async move {
        loop {
            if let Some(entry) = page.next() {
                let entry: super::changes::Entry = entry;
                after = entry.seq;
                let event = Event::default().id(after.to_string()).event("change");
                let event = event.json_data(entry).unwrap_or_default();
                return Some((Ok(event), (app, after, page, end)));
            }
            if end.stopped.is_cancelled() || Instant::now() >= until {
                return None;
            }
            match read(&app, Some(after), PAGE).await {
                Ok(Read::Some(entries, _)) if !entries.is_empty() => page = entries.into_iter(),
                // Whoever was too slow is told when it comes back.
                Ok(Read::Gone(_)) => return None,
                Ok(Read::Some(..)) => {
                    tokio::select! {
                        () = end.stopped.cancelled() => {}
                        () = sleep_until(until) => {}
                        () = end.feed.goes_beyond(&app, after) => {}
                    }
                }
                Err(_) => sleep(LOOK).await,
            }
        }
    })
}
