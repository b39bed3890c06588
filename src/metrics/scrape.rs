//! `/metrics`: what was counted, and what the database says at this moment.

use axum::extract::State;
use axum::http::header::{self, HeaderName};
use chrono::Utc;

use super::names;
use crate::app::AppState;
use crate::health;

/// Anybody may ask: it tells of numbers alone. What the database does not say is `NaN`.
pub async fn metrics(State(app): State<AppState>) -> ([(HeaderName, &'static str); 1], String) {
    let seen = health::look(&app).await;
    let metrics = app.recorder.metrics();
    #[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    let number = |count: Option<i64>| count.map_or(f64::NAN, |count| count as f64);
    metrics.set(names::DATABASE_UP, f64::from(u8::from(seen.is_up())));
    metrics.set(names::PENDING, number(seen.pending));
    metrics.set(names::FAILED, number(seen.failed));
    metrics.set(names::SPOOL, number(Some(seen.spool.events)));
    metrics.set(names::SILENCE, metrics.0.quiet.lock().seconds(Utc::now()));
    metrics.set(names::LAG, seen.lag().unwrap_or(f64::NAN));
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.0.handle.render())
}
