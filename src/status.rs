//! The status page: is it receiving, how far behind, and what came. Plain HTML made here, read with or without JavaScript;
//! where there is some, the overview follows by itself.

mod actions;
mod again;
mod assets;
mod booking;
mod chart;
mod dead_letters;
mod deliveries;
mod delivery;
mod fault;
mod figures;
pub(crate) mod layout;
mod live;
mod nowhere;
mod overview;
mod panels;
mod pulse;
mod reports;
mod sales;
mod search;
mod setup;
mod stream;
mod text;
mod viewer;

use axum::Router;
use axum::routing::{get, post};

pub use assets::router as assets;
pub use live::FOLLOWERS;
pub(crate) use nowhere::{nowhere, otherwise};
pub use pulse::Pulse;
pub use sales::Sales;
pub use setup::Shown;

use crate::app::AppState;

/// The pages; to be put behind the gate.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/", get(overview::show))
        .route("/live", get(live::stream))
        .route("/deliveries", get(deliveries::show))
        .route("/deliveries/{id}", get(delivery::show))
        .route("/deliveries/{id}/retry", post(actions::retry))
        .route("/dead-letters", get(dead_letters::show))
        .route("/dead-letters/retry", post(actions::retry_all))
        .route("/bookings/{code}", get(booking::show))
        .route("/search", get(search::show))
        .route("/reports", get(reports::list))
        .route("/reports/{name}", get(reports::show))
        .route("/setup", get(setup::show).post(setup::reveal))
        .route("/look", post(actions::look))
        .method_not_allowed_fallback(otherwise)
}
