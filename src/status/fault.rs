//! What went wrong, as a page.

use axum::response::{IntoResponse, Response};
use maud::html;

use super::layout::bare;
use crate::problem::Problem;

/// A problem, told to a person.
pub(crate) struct Fault(Problem);

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let told = self.0.to_string();
        let answer = self.0.into_response();
        let status = answer.status();
        let title = status.canonical_reason().unwrap_or("Error");
        let page = bare(
            title,
            &html! {
                h1 { (title) }
                p { (sentence(&told)) }
                p { a href="/" { "Back to the overview" } }
            },
        );
        (status, page).into_response()
    }
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}
