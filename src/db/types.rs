//! SQL types that mean the same on both databases, and their Rust values.
//!
//! Diesel's own `Timestamptz` has no SQLite side, its `Numeric` goes through `f64` there, and its `Jsonb` is a blob.

mod document;
pub(super) mod instant;

use chrono::{DateTime, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types as builtin;
use diesel::sqlite::{Sqlite, SqliteValue};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// The SQL side: what `schema.rs` names.
pub mod sql {
    use diesel::query_builder::QueryId;
    use diesel::sql_types::SqlType;

    /// A point in time: `TIMESTAMPTZ`, or UTC text.
    #[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Text"))]
    pub struct Instant;

    /// Money: `NUMERIC`, or a column of NUMERIC affinity, bound and read as text.
    #[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
    #[diesel(postgres_type(oid = 1700, array_oid = 1231), sqlite_type(name = "Text"))]
    pub struct Money;

    /// A JSON document: `JSONB`, or text.
    #[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
    #[diesel(postgres_type(oid = 3802, array_oid = 3807), sqlite_type(name = "Text"))]
    pub struct Document;
}

/// A point in time, UTC, to the microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Instant)]
pub struct Timestamp(pub DateTime<Utc>);

/// An exact decimal. `27.0` equals `27.00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Money)]
pub struct Amount(pub Decimal);

/// A JSON document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Document)]
#[serde(transparent)]
pub struct Json(pub Value);

impl std::fmt::Display for Timestamp {
    /// `2026-07-01T09:30:00.500000Z`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&instant::json(&self.0))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&instant::json(&self.0))
    }
}

impl Serialize for Amount {
    /// As text without trailing zeros, so that equal amounts read alike whatever stored them.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.normalize())
    }
}

/// On PostgreSQL every type delegates to Diesel's own encoding of the inner value.
macro_rules! delegate_pg {
    ($($wrapper:ident($inner:ty): $sql:ty => $builtin:ty),+ $(,)?) => {$(
        impl ToSql<$sql, Pg> for $wrapper {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                <$inner as ToSql<$builtin, Pg>>::to_sql(&self.0, out)
            }
        }
        impl FromSql<$sql, Pg> for $wrapper {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                <$inner as FromSql<$builtin, Pg>>::from_sql(value).map(Self)
            }
        }
    )+};
}

delegate_pg! {
    Timestamp(DateTime<Utc>): sql::Instant => builtin::Timestamptz,
    Amount(Decimal): sql::Money => builtin::Numeric,
    Json(Value): sql::Document => builtin::Jsonb,
}

/// On SQLite every type is text.
macro_rules! text_sqlite {
    ($($wrapper:ident: $sql:ty, $encode:expr, $decode:expr;)+) => {$(
        impl ToSql<$sql, Sqlite> for $wrapper {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value($encode(&self.0));
                Ok(IsNull::No)
            }
        }
        impl FromSql<$sql, Sqlite> for $wrapper {
            fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
                let text = <String as FromSql<builtin::Text, Sqlite>>::from_sql(value)?;
                Ok(Self($decode(&text)?))
            }
        }
    )+};
}

text_sqlite! {
    Timestamp: sql::Instant,
        instant::column,
        instant::read;
    Amount: sql::Money,
        Decimal::to_string,
        // SQLite writes very small numbers with an exponent.
        |text: &str| text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(text));
    Json: sql::Document,
        Value::to_string,
        serde_json::from_str;
}

/// Where an event stands: `webhook_events.state`.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    AsExpression,
    FromSqlRow,
    clap::ValueEnum,
    utoipa::ToSchema,
)]
#[diesel(sql_type = builtin::Text)]
#[serde(rename_all = "lowercase")]
pub enum EventState {
    /// Recorded, not projected yet.
    Pending,
    /// It changed rows.
    Applied,
    /// It equals what the rows already said.
    Unchanged,
    /// A newer event had already described the same thing.
    Superseded,
    /// Nothing that this version mirrors.
    Ignored,
    /// A dead letter; `error` says why.
    Failed,
}

impl EventState {
    /// All there are.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Applied, Self::Unchanged, Self::Superseded, Self::Ignored, Self::Failed];

    /// The text in the column.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::Superseded => "superseded",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
        }
    }

    /// Whether an event so decided says what its rows are, or were.
    pub fn is_told(self) -> bool {
        matches!(self, Self::Applied | Self::Unchanged)
    }
}

impl<DB: diesel::backend::Backend> ToSql<builtin::Text, DB> for EventState
where
    str: ToSql<builtin::Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.as_str().to_sql(out)
    }
}

impl<DB: diesel::backend::Backend> FromSql<builtin::Text, DB> for EventState
where
    String: FromSql<builtin::Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let text = String::from_sql(value)?;
        let state = Self::ALL.into_iter().find(|state| state.as_str() == text);
        state.ok_or_else(|| format!("`{text}` is no state of an event").into())
    }
}
