//! Style, script and icon: in the program, under names that change with what they hold.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const ICON: &str = include_str!("icon.svg");

static STYLE_PATH: LazyLock<String> = LazyLock::new(|| path(STYLE, "css"));
static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| path(SCRIPT, "js"));
static ICON_PATH: LazyLock<String> = LazyLock::new(|| path(ICON, "svg"));

/// The path of the style.
pub(super) fn style() -> &'static str {
    &STYLE_PATH
}

/// The path of the script.
pub(super) fn script() -> &'static str {
    &SCRIPT_PATH
}

/// The path of the icon.
pub(super) fn icon() -> &'static str {
    &ICON_PATH
}

/// Serves them; they hold nothing to hide.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(style(), get(async || asset("text/css; charset=utf-8", STYLE)))
        .route(script(), get(async || asset("text/javascript; charset=utf-8", SCRIPT)))
        .route(icon(), get(async || asset("image/svg+xml", ICON)))
}

fn path(content: &str, extension: &str) -> String {
    let hash = hex::encode(&Sha256::digest(content)[..8]);
    format!("/assets/{hash}.{extension}")
}

fn asset(content_type: &'static str, content: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, content)
}
