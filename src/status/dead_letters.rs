//! `/dead-letters`: what could not be projected, by cause, and trying it again.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use maud::html;

use super::again::Again;
use super::fault::Fault;
use super::layout::{Page, key, page};
use super::text::{count, deliveries};
use super::viewer::Viewer;
use crate::app::AppState;
use crate::db::events;
use crate::dead_letters::causes;

/// Causes that are shown.
const CAUSES: usize = 100;

pub(super) async fn show(
    State(app): State<AppState>,
    viewer: Viewer,
    again: Result<Query<Again>, QueryRejection>,
) -> Result<Page, Fault> {
    let again = again.map(|Query(again)| again).unwrap_or_default();
    let (total, causes) = app.read(|tx| Ok((events::count_failed(tx)?, causes(tx)?))).await?;
    let content = html! {
        h1 { "Dead letters" }
        (again.told())
        @if total == 0 {
            p.lead { "There are none: every delivery that was projected went well." }
        } @else {
            p.lead { (deliveries(total)) " could not be projected. Each is kept whole; once the cause is mended, try again." }
            form method="post" action="/dead-letters/retry" {
                (key(&viewer))
                button.action type="submit" { "Try all again" }
            }
            div.scroll tabindex="0" role="region" aria-label="Causes, as a table" {
                table {
                    thead { tr { th scope="col" { "Cause" } th.number scope="col" { "Deliveries" } th scope="col" { "Newest" } th scope="col" { "Again" } } }
                    tbody {
                        @for group in causes.iter().take(CAUSES) {
                            tr {
                                th scope="row" { (group.cause) }
                                td.number { (count(group.count)) }
                                td { a href=(format!("/deliveries/{}", group.newest)) { "delivery " (group.newest) } }
                                td {
                                    form method="post" action="/dead-letters/retry" {
                                        (key(&viewer))
                                        input type="hidden" name="cause" value=(group.cause);
                                        button type="submit" aria-label=(format!("Try again: {}", group.cause)) { "Try again" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            p { a href="/deliveries?state=failed" { "One by one" } }
        }
    };
    Ok(page(&viewer, "Dead letters", &content))
}
