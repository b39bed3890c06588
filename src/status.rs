//! The status page: is it receiving, how far behind, and what came. Rendered here, in plain HTML; read with or without
//! JavaScript.

mod assets;
pub(crate) mod layout;

use axum::Router;
use axum::routing::get;

pub use assets::router as assets;

use crate::app::AppState;

/// The pages; to be put behind the gate.
pub fn router() -> Router<AppState> {
    Router::new().route("/", get(async || layout::bare("Status", &maud::html! { h1 { "Status" } })))
}
