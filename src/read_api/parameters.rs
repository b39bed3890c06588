//! Parameters of a question: each known, given once, and of its type, or refused by name.

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono::{DateTime, NaiveDate};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::PATH;
use super::problem::Problem;
use crate::db::types::Timestamp;

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

/// A type of parameter: how it is read, what to say where it cannot be, and how it is documented.
macro_rules! parameter {
    ($(#[$meta:meta])* $name:ident($type:ty): $hint:literal, $read:expr, $schema:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub(super) struct $name(pub(super) $type);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let read: fn(&str) -> Option<$type> = $read;
                read(&text).map(Self).ok_or_else(|| D::Error::custom($hint))
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let schema: ObjectBuilder = $schema;
                schema.into()
            }
        }

        impl ToSchema for $name {}
    };
}

parameter! {
    /// How many at most.
    Limit(i64): "write a whole number from 1 to 500",
    |text| text.parse().ok().filter(|limit| (1..=500).contains(limit)),
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(500)).default(Some(100.into()))
}

parameter! {
    /// A calendar day.
    Day(NaiveDate): "write a day such as 2026-07-01",
    |text| (text.len() == 10).then(|| text.parse().ok()).flatten(),
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
}

parameter! {
    /// A point in time.
    At(Timestamp): "write a time such as 2026-07-01T09:30:00Z; in a query, `+` of a zone is written %2B",
    |text| DateTime::parse_from_rfc3339(text).ok().map(|at| Timestamp(at.to_utc())),
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
}

parameter! {
    /// A number of Checkfront's, or of an event.
    Id(i64): "write a whole number",
    |text| text.parse().ok(),
    ObjectBuilder::new().schema_type(Type::Integer).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
}

impl Default for Limit {
    fn default() -> Self {
        Self(100)
    }
}
