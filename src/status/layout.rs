//! What all pages share: head, navigation, switches, and the headers that keep foreign content out.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::assets;
use super::viewer::Viewer;
use crate::admin::Pass;

/// Nothing but our own style, script and stream; no page of ours in another's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const PLACES: [(&str, &str); 4] =
    [("/", "Overview"), ("/deliveries", "Deliveries"), ("/dead-letters", "Dead letters"), ("/reports", "Reports")];

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

/// Nothing is there, and where to look instead.
pub(super) fn missing(viewer: &Viewer, what: &Markup) -> Response {
    let content = html! { h1 { "Not found" } (what) };
    (StatusCode::NOT_FOUND, page(viewer, "Not found", &content)).into_response()
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

/// A page for those who are in.
pub(super) fn page(viewer: &Viewer, title: &str, content: &Markup) -> Page {
    let here = viewer.here.split('?').next().unwrap_or_default();
    let is_current = |place: &str| place == here || (place != "/" && here.starts_with(place));
    Page(html! {
        (DOCTYPE)
        html lang="en" data-theme=[viewer.theme] {
            head {
                (head(title))
                script src=(assets::script()) defer {}
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                header.top {
                    a.brand href="/" { "checkfront-mirror" }
                    nav aria-label="Pages" {
                        ul {
                            @for (place, name) in PLACES {
                                li { a href=(place) aria-current=[is_current(place).then_some("page")] { (name) } }
                            }
                        }
                    }
                    form.search role="search" action="/search" {
                        label.unseen for="q" { "Search bookings and customers" }
                        input #q type="search" name="q" placeholder="Code, name or e-mail" autocomplete="off";
                        button type="submit" { "Search" }
                    }
                }
                main #content tabindex="-1" {
                    @if viewer.hides { p.note { "Personal data is hidden." } }
                    (content)
                }
                (footer(viewer))
            }
        }
    })
}

fn footer(viewer: &Viewer) -> Markup {
    let themes = [("", "System"), ("light", "Light"), ("dark", "Dark")];
    html! {
        footer.bottom {
            form method="post" action="/look" aria-label="Look of the pages" {
                (key(viewer))
                input type="hidden" name="back" value=(viewer.here);
                fieldset {
                    legend { "Theme" }
                    @for (value, name) in themes {
                        button type="submit" name="theme" value=(value)
                            aria-pressed=(if viewer.theme.unwrap_or("") == value { "true" } else { "false" }) { (name) }
                    }
                }
                fieldset {
                    legend { "Personal data" }
                    button type="submit" name="hide" value=(if viewer.hides { "0" } else { "1" }) aria-pressed=(if viewer.hides { "true" } else { "false" }) { "Hide" }
                }
            }
            p { "Version " (env!("CARGO_PKG_VERSION")) " · times are UTC · " a href="/setup" { "Webhook URL" } }
            @if matches!(viewer.pass, Pass::Session(_)) {
                form method="post" action="/logout" { (key(viewer)) button type="submit" { "Log out" } }
            }
        }
    }
}

/// What shows that a form is ours.
pub(super) fn key(viewer: &Viewer) -> Markup {
    html! { input type="hidden" name="key" value=(viewer.form_key); }
}

fn head(title: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        title { (title) " · checkfront-mirror" }
        link rel="icon" type="image/svg+xml" href=(assets::icon());
        link rel="stylesheet" href=(assets::style());
    }
}
