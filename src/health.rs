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
use crate::db::{Error, Result, Tx, events};
use crate::spool::Level;

/// How long a look at the database may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// `/healthz`: the process is alive.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `/readyz`: 200 while deliveries can be stored at all, in the database or in the spool, else 503.
pub async fn readyz(State(app): State<AppState>) -> (StatusCode, Json<Value>) {
    let state = &app.recorder.state;
    let seen = look(&app).await;
    let status = if state.is_ready() && (seen.is_up() || state.spool_is_usable()) {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({
        "database": if seen.is_up() { "up" } else { "down" },
        "spool": { "events": seen.spool.events, "since": seen.spool.since },
        "pending": seen.pending,
        "failed": seen.failed,
        "lag_seconds": seen.lag().unwrap_or(0.0),
    });
    (status, Json(body))
}

/// What one look found; `None` where the database does not say.
pub(crate) struct Seen {
    pub(crate) pending: Option<i64>,
    pub(crate) failed: Option<i64>,
    oldest: Option<Timestamp>,
    pub(crate) spool: Level,
}

impl Seen {
    /// Whether the database took what it was last given, and answers.
    pub(crate) fn is_up(&self) -> bool {
        self.pending.is_some()
    }

    /// How long ago the oldest delivery was received that is not in the tables, in seconds; `None` where the database
    /// does not say, and the spool has none.
    pub(crate) fn lag(&self) -> Option<f64> {
        let oldest = [self.oldest, self.spool.since].into_iter().flatten().min();
        oldest.map(age).or(self.is_up().then_some(0.0))
    }
}

/// Looks at the database and the spool; one look at a time, however many ask.
pub(crate) async fn look(app: &AppState) -> Seen {
    let state = &app.recorder.state;
    let look = app.look.lock().await;
    // Before the database: what is moved in between is seen twice, else it would not be seen at all.
    let spool = state.spool();
    let figures = if state.database_is_up() { figures(app).await } else { None };
    drop(look);
    let (pending, failed, oldest) = figures.unwrap_or_default();
    Seen { pending, failed, oldest, spool }
}

/// Pending, failed, and when the oldest pending event was received; `None` where the database does not say.
async fn figures(app: &AppState) -> Option<Figures> {
    let database = app.database.clone();
    let look = tokio::task::spawn_blocking(move || database.read(count));
    match timeout(PATIENCE, look).await {
        Ok(Ok(Ok(figures))) => Some(figures),
        Ok(Ok(Err(error))) => {
            app.recorder.metrics().database_failed(&error);
            tracing::warn!(%error, "the database cannot be read");
            None
        }
        Ok(Err(_)) => None,
        Err(_) => {
            app.recorder.metrics().database_failed(&Error::Slow(PATIENCE));
            None
        }
    }
}

type Figures = (Option<i64>, Option<i64>, Option<Timestamp>);

fn count(tx: &mut Tx<'_>) -> Result<Figures> {
    Ok((Some(events::count_pending(tx)?), Some(events::count_failed(tx)?), events::oldest_pending(tx)?))
}

/// In seconds.
fn age(at: Timestamp) -> f64 {
    let age = (Utc::now() - at.0).num_milliseconds().max(0);
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of age stay far below 2^52")]
    let seconds = age as f64 / 1_000.0;
    seconds
}
