//! `/setup`, and `/` before the first delivery: what to paste into Checkfront. The secret is shown to those who ask.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::fault::Fault;
use super::layout::{Page, key, page};
use super::panels;
use super::pulse::Look;
use super::viewer::Viewer;
use crate::admin::{is_secure, read_form};
use crate::app::AppState;
use crate::config::{Config, Secret};
use crate::problem::Problem;

/// What the pages need to know of the settings.
pub struct Shown {
    /// The account of bodies that name none.
    pub(super) default_host: String,
    secret: Option<Secret>,
    /// Whether senders have to show anything at all.
    is_verified: bool,
}

impl Shown {
    /// From the settings.
    pub fn new(config: &Config) -> Self {
        Self {
            default_host: config.accounts.default_host.clone(),
            secret: config.verifier.secret.clone(),
            is_verified: config.verifier.is_configured(),
        }
    }
}

pub(super) async fn show(
    State(app): State<AppState>,
    viewer: Viewer,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Page {
    let content = html! { h1 { "Webhook URL" } (url(&app, &viewer, &origin(&app, peer, &headers), false)) };
    page(&viewer, "Webhook URL", &content)
}

/// The same with the secret.
pub(super) async fn reveal(
    State(app): State<AppState>,
    viewer: Viewer,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let fields = read_form(&app, body).await?;
    let shown = fields.iter().find(|(name, _)| name == "key").map(|(_, value)| value.as_str());
    if !app.gate.is_meant(&viewer.pass, &parts.headers, shown) {
        return Err(Problem::Foreign.into());
    }
    let content = html! { h1 { "Webhook URL" } (url(&app, &viewer, &origin(&app, peer, &parts.headers), true)) };
    Ok(page(&viewer, "Webhook URL", &content).into_response())
}

/// `/` while nothing has come: it waits, and says what arrives.
pub(super) fn first_run(app: &AppState, viewer: &Viewer, look: &Look, origin: &str) -> Page {
    let panels: std::collections::HashMap<_, _> = panels::all(look, viewer).into_iter().collect();
    let content = html! {
        div role="status" {
            h1 #waiting { "Waiting for the first delivery" }
            div #arrived hidden {
                h1 { "The first delivery has come" }
                p { a href="/" { "Open the overview" } }
            }
        }
        div data-live="/live" data-first {
            div #now { (panels.get("now").cloned().unwrap_or_default()) }
            div #latest {}
        }
        (url(app, viewer, origin, false))
        section aria-labelledby="try" {
            h2 #try { "Without waiting for Checkfront" }
            p { "Send the samples: " code { "checkfront-mirror send" } ". This page shows them as they come; without JavaScript, load it again." }
        }
    };
    page(viewer, "First delivery", &content)
}

/// Where the viewer has come to; what Checkfront reaches may be another name.
pub(super) fn origin(app: &AppState, peer: SocketAddr, headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if ["localhost", "127.0.0.1", "[::1]"].contains(&name) {
        return "https://YOUR-PUBLIC-HOST".to_owned();
    }
    let scheme = if is_secure(app, peer, headers) { "https" } else { "http" };
    format!("{scheme}://{host}")
}

fn url(app: &AppState, viewer: &Viewer, origin: &str, reveals: bool) -> Markup {
    let secret = app.shown.secret.as_ref();
    let part = secret.map(|secret| if reveals { secret.url_encoded() } else { "••••••••".to_owned() });
    let path = part.map_or_else(|| "/webhook".to_owned(), |part| format!("/webhook/{part}"));
    html! {
        section aria-labelledby="paste" {
            h2 #paste { "Paste into Checkfront" }
            ol {
                li { "In Checkfront open " b { "Manage › Developer › Webhooks" } ", and add a webhook." }
                li {
                    "Its URL:"
                    pre tabindex="0" { code { (origin) (path) } }
                    @if secret.is_some() && !reveals {
                        form method="post" action="/setup" { (key(viewer)) button type="submit" { "Show the secret" } }
                    }
                }
                li { "Any format will do: JSON, XML or form. Choose all events." }
            }
            @if !app.shown.is_verified {
                p.note { "Unverified: whoever reaches this address can send bookings. Set " code { "WEBHOOK_SECRET" } " before it is public." }
            }
        }
    }
}
