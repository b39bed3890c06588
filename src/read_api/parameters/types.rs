//! The types of parameters.

use chrono::{DateTime, NaiveDate};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::db::types::Timestamp;

/// A type of parameter: how it is read, what to say where it cannot be, and how it is documented.
macro_rules! parameter {
    ($(#[$meta:meta])* $name:ident($type:ty): $hint:literal, $read:expr, $schema:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub(in crate::read_api) struct $name(pub(in crate::read_api) $type);

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
