//! What all pages share: head, navigation, and the headers that keep foreign content out.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::assets;

/// Nothing but our own style, script and stream; no page of ours in another's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page.
pub(crate) struct Page(Markup);

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            // With `no-referrer`, browsers would not say which page a form was sent from.
            (header::REFERRER_POLICY, "same-origin"),
        ];
        (headers, self.0.into_string()).into_response()
    }
}

/// A page for those who are not in: no navigation.
pub(crate) fn bare(title: &str, content: &Markup) -> Page {
    Page(html! {
        (DOCTYPE)
        html lang="en" {
            head { (head(title)) }
            body.bare { main #content { (content) } }
        }
    })
}

fn head(title: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        title { (title) " · checkfront-mirror" }
        link rel="stylesheet" href=(assets::style());
    }
}
