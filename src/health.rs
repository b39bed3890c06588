//! Is the process alive; can it take deliveries; how far behind is it?

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::Utc;
use serde_json::{Value, json};

use crate::app::AppState;
use crate::db::{Result, Tx, events};

/// `/healthz`: the process is alive.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `/readyz`: 200 while deliveries can be stored at all, else 503.
pub async fn readyz(State(app): State<AppState>) -> (StatusCode, Json<Value>) {
    let database = app.database.clone();
    let state = tokio::task::spawn_blocking(move || database.read(look)).await;
    let (status, (pending, failed, lag_seconds)) = match state {
        Ok(Ok(figures)) if app.recorder.is_healthy() => (StatusCode::OK, figures),
        Ok(Ok(figures)) => (StatusCode::SERVICE_UNAVAILABLE, figures),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database cannot be read");
            (StatusCode::SERVICE_UNAVAILABLE, (None, None, None))
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, (None, None, None)),
    };
    let body = json!({
        "database": if status == StatusCode::OK { "up" } else { "down" },
        "spool": { "events": 0, "since": null },
        "pending": pending,
        "failed": failed,
        "lag_seconds": lag_seconds,
    });
    (status, Json(body))
}

/// Pending, failed, and the age of the oldest pending event in seconds.
type Figures = (Option<i64>, Option<i64>, Option<f64>);

fn look(tx: &mut Tx<'_>) -> Result<Figures> {
    let oldest = events::oldest_pending(tx)?;
    let lag = oldest.map_or(0, |at| (Utc::now() - at.0).num_milliseconds().max(0));
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of lag stay far below 2^52")]
    let lag_seconds = lag as f64 / 1_000.0;
    Ok((Some(events::count_pending(tx)?), Some(events::count_failed(tx)?), Some(lag_seconds)))
}
