//! Parameters of a question: each known, given once, and of its type, or refused by name.

mod types;

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
pub(super) use types::{At, Day, Id, Limit};

use super::PATH;
use super::problem::Problem;

/// The query of a request.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

/// Its path and query as they came: for the link to the next page.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    path: String,
    pairs: Vec<(String, String)>,
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            no_nul(&name, &value)?;
        }
        let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(deserializer).map(Self).map_err(|error| {
            let reason = error.inner().to_string();
            match error.path().to_string().as_str() {
                // Serde names an unknown or doubled field itself.
                "." => Problem::wrong(named(&reason), reason.clone()),
                name => Problem::wrong(name, reason),
            }
        })
    }
}

/// ``unknown field `x`, expected ..`` names `x`.
fn named(reason: &str) -> &str {
    reason.split('`').nth(1).unwrap_or("query")
}

/// Neither database holds a text with it.
fn no_nul(name: &str, value: &str) -> Result<(), Problem> {
    if name.contains('\0') || value.contains('\0') {
        return Err(Problem::wrong(&name.replace('\0', ""), "holds a NUL, which no text of the mirror does"));
    }
    Ok(())
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes());
        let pairs = pairs.map(|(name, value)| (Cow::into_owned(name), Cow::into_owned(value))).collect();
        Ok(Self { path: format!("{PATH}{}", parts.uri.path()), pairs })
    }
}

impl Asked {
    /// The parameters, without a NUL.
    pub(super) fn pairs(&self) -> Result<&[(String, String)], Problem> {
        self.pairs.iter().try_for_each(|(name, value)| no_nul(name, value))?;
        Ok(&self.pairs)
    }

    /// The same question with another value of one parameter.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.pairs.iter().filter(|(known, _)| known != name));
        query.append_pair(name, value);
        format!("{}?{}", self.path, query.finish())
    }
}
