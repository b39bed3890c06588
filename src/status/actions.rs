//! What changes something: trying deliveries again, and the look of the pages. Each is a form of ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderName};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use tokio::time::timeout;

use super::again::Again;
use super::fault::Fault;
use super::viewer::{HIDE, THEME, Viewer, theme};
use crate::admin::{local, read_form};
use crate::app::AppState;
use crate::db::events::Selection;
use crate::db::types::EventState;
use crate::db::{Result, Tx};
use crate::dead_letters;
use crate::problem::Problem;
use crate::retry::{self, STEP};

/// How long the answer waits until all are pending; it goes on all the same.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a look is remembered, in seconds.
const YEAR: u64 = 365 * 24 * 3_600;

/// The fields of a form that its viewer meant to send.
struct Fields(Vec<(String, String)>);

impl Fields {
    async fn of(app: &AppState, viewer: &Viewer, request: Request) -> std::result::Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let fields = Self(read_form(app, body).await?);
        let is_meant = app.gate.is_meant(&viewer.pass, &parts.headers, fields.get("key"));
        if is_meant { Ok(fields) } else { Err(Problem::Foreign) }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Tries a dead letter again.
pub(super) async fn retry(
    State(app): State<AppState>,
    viewer: Viewer,
    id: std::result::Result<Path<i64>, PathRejection>,
    request: Request,
) -> std::result::Result<Response, Fault> {
    Fields::of(&app, &viewer, request).await?;
    let Ok(Path(id)) = id else { return Err(Problem::NotFound.into()) };
    let selection =
        Selection { from_id: Some(id), to_id: Some(id), states: vec![EventState::Failed], ..Selection::default() };
    let done = again(&app, move |tx, after| selection.ids(tx, after, STEP)).await?;
    Ok(done.lead_to(&format!("/deliveries/{id}")))
}

/// Tries all dead letters again, or those of one cause.
pub(super) async fn retry_all(
    State(app): State<AppState>,
    viewer: Viewer,
    request: Request,
) -> std::result::Result<Response, Fault> {
    let fields = Fields::of(&app, &viewer, request).await?;
    let done = if let Some(cause) = fields.get("cause").map(str::to_owned) {
        again(&app, move |tx, after| of_cause(tx, &cause, after)).await?
    } else {
        let selection = Selection { states: vec![EventState::Failed], ..Selection::default() };
        again(&app, move |tx, after| selection.ids(tx, after, STEP)).await?
    };
    Ok(done.lead_to("/dead-letters"))
}

/// The next of this cause; pages without any are passed over.
fn of_cause(tx: &mut Tx<'_>, cause: &str, mut after: i64) -> Result<Vec<i64>> {
    while let Some((ids, last)) = dead_letters::of_cause(tx, cause, after, STEP)? {
        if !ids.is_empty() {
            return Ok(ids);
        }
        after = last;
    }
    Ok(Vec::new())
}

/// Sets them again to pending, as `events retry` does; the server's projector does the rest.
async fn again(
    app: &AppState,
    next: impl FnMut(&mut Tx<'_>, i64) -> Result<Vec<i64>> + Send + 'static,
) -> std::result::Result<Again, Problem> {
    let (database, so_far) = (app.database.clone(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&so_far);
    let work = tokio::task::spawn_blocking(move || {
        let mut session = database.session();
        let begun = retry::begin(&mut session, next, |ids| {
            counted.fetch_add(ids, Ordering::Relaxed);
        })?;
        begun.end(&mut session, None)?;
        Ok::<_, crate::db::Error>(begun)
    });
    match timeout(PATIENCE, work).await {
        Ok(Ok(Ok(begun))) => {
            tracing::info!(deliveries = begun.count, "set to pending again, from the status page");
            Ok(Again::of(begun.count, begun.gone))
        }
        Ok(Ok(Err(error))) => {
            tracing::warn!(%error, "deliveries could not be set to pending again");
            Err(Problem::Unread)
        }
        Ok(Err(_)) => Err(Problem::Unread),
        Err(_) => Ok(Again::so_far(so_far.load(Ordering::Relaxed))),
    }
}

/// Keeps the theme, or whether personal data is hidden, and goes back.
pub(super) async fn look(
    State(app): State<AppState>,
    viewer: Viewer,
    headers: HeaderMap,
    request: Request,
) -> std::result::Result<Response, Fault> {
    let peer = request.extensions().get::<axum::extract::ConnectInfo<std::net::SocketAddr>>().map(|peer| peer.0);
    let secure = if peer.is_some_and(|peer| crate::admin::is_secure(&app, peer, &headers)) { "; Secure" } else { "" };
    let fields = Fields::of(&app, &viewer, request).await?;
    let cookie = |name: &str, value: Option<&str>| {
        let (value, age) = value.map_or(("", 0), |value| (value, YEAR));
        format!("{name}={value}; Max-Age={age}; Path=/; HttpOnly; SameSite=Strict{secure}")
    };
    let mut cookies: Vec<(HeaderName, String)> = Vec::new();
    if let Some(name) = fields.get("theme") {
        cookies.push((SET_COOKIE, cookie(THEME, theme(name))));
    }
    if let Some(hide) = fields.get("hide") {
        cookies.push((SET_COOKIE, cookie(HIDE, (hide == "1").then_some("1"))));
    }
    Ok((AppendHeaders(cookies), Redirect::to(local(fields.get("back").unwrap_or("/")))).into_response())
}
