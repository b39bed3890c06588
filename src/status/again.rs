//! What came of trying deliveries again, told on the page that follows: numbers alone go with its address.

use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::text::deliveries;

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Again {
    /// Deliveries that were set to be tried again.
    #[serde(rename = "again")]
    set: Option<u32>,
    /// Deliveries that cannot be, since their bodies are no longer kept.
    #[serde(default)]
    gone: u32,
    /// Whether it goes on: 1, or 0.
    #[serde(default)]
    more: u32,
}

impl Again {
    /// All were looked through.
    pub(super) fn of(again: usize, gone: usize) -> Self {
        Self { set: Some(number(again)), gone: number(gone), more: 0 }
    }

    /// So many were, and it goes on.
    pub(super) fn so_far(again: usize) -> Self {
        Self { set: Some(number(again)), gone: 0, more: 1 }
    }

    /// Leads to the page that tells of it.
    pub(super) fn lead_to(self, path: &str) -> Response {
        let set = self.set.unwrap_or_default();
        Redirect::to(&format!("{path}?again={set}&gone={}&more={}", self.gone, self.more)).into_response()
    }

    /// In words; nothing where nothing was tried.
    pub(super) fn told(self) -> Markup {
        let Some(set) = self.set else { return html! {} };
        let verb = if set == 1 { "was" } else { "were" };
        html! {
            p.done role="status" {
                @if self.more > 0 { "They are being set to be tried again: " (deliveries(set.into())) " so far, and it goes on." }
                @else if set == 0 { "Nothing was set to be tried again." }
                @else { (deliveries(set.into())) " " (verb) " set to be tried again." }
                @if self.gone > 0 { " Of " (deliveries(self.gone.into())) " the body is no longer kept, so that it cannot be." }
            }
        }
    }
}

fn number(count: usize) -> u32 {
    count.try_into().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_many() {
        assert_eq!(Again::default().told().into_string(), "");
        let told = |again: Again| again.told().into_string();
        assert!(told(Again::of(1, 0)).contains("1 delivery was set to be tried again."));
        assert!(told(Again::of(2_000, 0)).contains("2\u{202f}000 deliveries were set"));
        assert!(told(Again::of(0, 0)).contains("Nothing was set"));
        assert!(told(Again::of(3, 1)).contains("Of 1 delivery the body is no longer kept"));
        assert!(told(Again::so_far(5_000)).contains("it goes on"));
    }
}
