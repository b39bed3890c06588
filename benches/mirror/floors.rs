//! What there is to be compared with: each measured in the same run, by the same load.

pub(crate) mod axum;
pub(crate) mod flask;
pub(crate) mod postgres;
pub(crate) mod sqlite;
