//! The page that asks for the token.

use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::problem::Problem;
use crate::status::layout;

pub(super) fn page(status: StatusCode, content: &Markup) -> Response {
    let mut response = (status, layout::bare("Log in", content)).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(super) fn too_often(next: &str, seconds: u64) -> Response {
    let told = format!("Too many wrong tokens came from your address. Try again in {seconds} seconds.");
    page(StatusCode::TOO_MANY_REQUESTS, &form(next, Some(&told)))
}

pub(super) fn form(next: &str, error: Option<&str>) -> Markup {
    html! {
        h1 { "Log in" }
        form.login method="post" action="/login" {
            input type="hidden" name="next" value=(next);
            label for="token" { "Admin token" }
            input #token type="password" name="token" required autocomplete="current-password" autofocus
                aria-invalid=[error.map(|_| "true")] aria-describedby=(if error.is_some() { "error" } else { "hint" });
            @if let Some(error) = error { p.error #error role="alert" { (error) } }
            p.hint #hint { "The value of " code { "ADMIN_TOKEN" } ", as it was set where this service was started." }
            button type="submit" { "Log in" }
        }
    }
}

/// What is said where nobody can log in.
pub(crate) fn closed() -> Response {
    let content = html! {
        h1 { "The status page is closed" }
        p { (Problem::Forbidden.to_string()) "." }
        pre tabindex="0" { code { "ADMIN_TOKEN=$(openssl rand -hex 32)" } }
        p { "Without a token it opens only on the machine that it runs on, at " code { "http://localhost" }
            ", and through no proxy or tunnel." }
    };
    page(StatusCode::FORBIDDEN, &content)
}
