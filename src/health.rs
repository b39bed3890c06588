//! Is the process alive; can it take deliveries; how far behind is it?

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::Utc;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::app::AppState;
use crate::db::types::Timestamp;
use crate::db::{Result, Tx, events};

/// How long a look at the database may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// `/healthz`: the process is alive.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `/readyz`: 200 while deliveries can be stored at all, in the database or in the spool, else 503.
pub async fn readyz(State(app): State<AppState>) -> (StatusCode, Json<Value>) {
    let state = &app.recorder.state;
    let look = app.look.lock().await;
    let figures = if state.database_is_up() { figures(&app).await } else { None };
    drop(look);
    let spool = state.spool();
    let status = if state.is_ready() && (figures.is_some() || state.spool_is_usable()) {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let (pending, failed, oldest) = figures.unwrap_or_default();
    let oldest = [oldest, spool.since].into_iter().flatten().min();
    let body = json!({
        "database": if figures.is_some() { "up" } else { "down" },
        "spool": { "events": spool.events, "since": spool.since },
        "pending": pending,
        "failed": failed,
        "lag_seconds": oldest.map_or(0.0, age),
    });
    (status, Json(body))
}

/// Pending, failed, and when the oldest pending event was received; `None` where the database does not say.
async fn figures(app: &AppState) -> Option<Figures> {
    let database = app.database.clone();
    let look = tokio::task::spawn_blocking(move || database.read(look));
    match timeout(PATIENCE, look).await {
        Ok(Ok(Ok(figures))) => Some(figures),
        Ok(Ok(Err(error))) => {
            tracing::warn!(%error, "the database cannot be read");
            None
        }
        Ok(Err(_)) | Err(_) => None,
    }
}

type Figures = (Option<i64>, Option<i64>, Option<Timestamp>);

fn look(tx: &mut Tx<'_>) -> Result<Figures> {
    Ok((Some(events::count_pending(tx)?), Some(events::count_failed(tx)?), events::oldest_pending(tx)?))
}

/// In seconds.
fn age(at: Timestamp) -> f64 {
    let age = (Utc::now() - at.0).num_milliseconds().max(0);
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of age stay far below 2^52")]
    let seconds = age as f64 / 1_000.0;
    seconds
}
