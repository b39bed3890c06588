//! Reading a body within limits: of its own size, of time, and of what all bodies together may hold in memory.

use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout, timeout_at};

use crate::app::App;
use crate::budget::Share;
use crate::problem::Problem;
use crate::record::Refused;

/// What each body may take beside that: there are only so many connections, and no flood of long bodies holds up the
/// usual ones.
const SMALL: usize = 64 << 10;
/// What is read of a refused body, so that the sender gets to see the answer.
const DISCARDED: usize = 16 << 20;

/// A body, and its share of the budget.
pub(super) struct Read {
    pub bytes: Bytes,
    pub share: Option<Share>,
}

pub(super) async fn read(headers: &HeaderMap, mut body: Body, app: &App) -> Result<Read, Problem> {
    let limit = app.max_body_bytes;
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        if !is_held_back(headers) {
            discard(body).await;
        }
        return Err(Problem::TooLarge(limit));
    }
    let deadline = Instant::now() + app.body_time;
    let mut bytes = BytesMut::with_capacity(announced.unwrap_or(0).min(16 << 10));
    let mut share: Option<Share> = None;
    while let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(|_| Problem::Timeout)? {
        let Ok(chunk) = frame.map_err(|_| Problem::Broken)?.into_data() else { continue };
        if bytes.len() + chunk.len() > limit {
            discard(body).await;
            return Err(Problem::TooLarge(limit));
        }
        let held = share.as_ref().map_or(0, Share::num_permits);
        // What was announced is reserved at once, so that no two uploads wait for each other's half.
        let length = (bytes.len() + chunk.len()).max(announced.unwrap_or(0));
        let wanted = length.saturating_sub(SMALL).div_ceil(1 << 10);
        if wanted > held {
            let more = app.budget.take(wanted - held).await.ok_or(Refused::Full)?;
            match &mut share {
                Some(share) => share.merge(more),
                None => share = Some(more),
            }
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Read { bytes: bytes.freeze(), share })
}

/// Whether the sender asked first (`Expect: 100-continue`), and has sent nothing yet.
pub(super) fn is_held_back(headers: &HeaderMap) -> bool {
    headers.contains_key(EXPECT)
}

/// Reads on for a while without keeping anything: a connection closed on unread bytes would lose the answer.
pub(super) async fn discard(mut body: Body) {
    let mut read = 0;
    let drain = async {
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > DISCARDED {
                break;
            }
        }
    };
    let _ = timeout(Duration::from_secs(5), drain).await;
}
