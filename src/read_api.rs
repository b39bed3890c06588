//! `/api/v1`: the mirror as JSON, read only, a bounded part at a time; `docs/API.md` is for its readers.
//!
//! The document at `/api/v1/openapi.json` is made of the handlers and the types they answer with.

mod answer;
mod ask;
mod bookings;
mod changes;
mod csv;
mod customers;
mod document;
mod events;
mod feed;
mod freshness;
mod items;
mod page;
mod parameters;
mod problem;
mod reports;
mod stream;
mod transactions;

use page::Page;
use problem::Problem;

use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{any, get};
use axum::{Extension, Router};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::AppState;

/// Where all of it is.
pub const PATH: &str = "/api/v1";

fn documented() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new()
        .routes(routes!(bookings::list))
        .routes(routes!(bookings::one))
        .routes(routes!(customers::list))
        .routes(routes!(customers::one))
        .routes(routes!(transactions::list))
        .routes(routes!(items::list))
        .routes(routes!(events::list))
        .routes(routes!(events::one))
        .routes(routes!(reports::list))
        .routes(routes!(reports::one))
        .routes(routes!(freshness::list))
        .routes(routes!(changes::list))
        .routes(routes!(stream::list));
    OpenApiRouter::with_openapi(document::Document::openapi()).nest(PATH, routes)
}

/// What leads where; to be put behind the gate.
pub fn router() -> Router<AppState> {
    let openapi = async |headers: HeaderMap| -> Response { answer::json(&headers, &document()) };
    let nothing = async || Problem::not_found(format!("there is nothing here; {PATH}/openapi.json says what there is"));
    documented()
        .split_for_parts()
        .0
        .route(&format!("{PATH}/openapi.json"), get(openapi))
        .method_not_allowed_fallback(async || Problem::read_only())
        .layer(Extension(feed::Feed::new()))
        .route(PATH, any(nothing))
        .route(&format!("{PATH}/{{*rest}}"), any(nothing))
}

/// What there is to ask, and how it is answered.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = documented().into_openapi();
    document::with_reports(&mut document);
    document::behind_the_gate(&mut document);
    document
}
