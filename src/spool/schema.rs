//! The spool's two tables.

diesel::table! {
    use crate::db::types::sql::{Document, Instant};
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};

    deliveries (event_id) {
        event_id -> BigInt,
        receiver -> Text,
        received_at -> Instant,
        remote_ip -> Nullable<Text>,
        content_type -> Nullable<Text>,
        headers -> Document,
        body -> Binary,
    }
}

diesel::table! {
    binding (one) {
        one -> Integer,
        mirror_id -> Nullable<Text>,
        place -> Text,
    }
}
