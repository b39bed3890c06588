//! Paths that lead nowhere, and those that lead somewhere by another method, as pages.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::html;

use super::layout::{missing, page};
use super::viewer::Viewer;
use crate::admin::wants_html;
use crate::problem::Problem;

/// No page is there.
pub(crate) async fn nowhere(viewer: Viewer) -> Response {
    missing(&viewer, &html! { p { "There is nothing at this address. " a href="/" { "Back to the overview" } } })
}

/// A page is there for another method: what a form sends cannot be opened, and a page takes nothing.
pub(crate) async fn otherwise(viewer: Viewer, headers: HeaderMap) -> Response {
    if !wants_html(&headers) {
        return Problem::PageMethod.into_response();
    }
    let path = viewer.here.split('?').next().unwrap_or_default();
    let above = path.rsplit_once('/').map_or("/", |(above, _)| if above.is_empty() { "/" } else { above });
    let content = html! {
        h1 { "There is no page here" }
        p { "Only a button sends something to this address. " a href=(above) { "The page that has it" } }
    };
    (StatusCode::METHOD_NOT_ALLOWED, page(&viewer, "No page", &content)).into_response()
}
