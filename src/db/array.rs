//! Columns as arrays, which PostgreSQL takes many rows by in one statement.

use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, SqlType};

use super::rows::{Action, Kind};
use super::types::{EventState, Json, Timestamp};

/// The values of one column, as an array to bind.
pub(crate) type ColumnArray<'r> = Box<dyn QueryFragment<Pg> + 'r>;

/// Makes the array of a column, of the column's type; an empty one where all values are NULL, which means the same and
/// costs nothing.
pub(crate) fn array<'r, ST, V>(values: impl Iterator<Item = &'r V>) -> ColumnArray<'r>
where
    ST: SqlType + 'static,
    V: Nullness + 'r,
    Vec<&'r V>: AsExpression<Array<ST>, Expression: QueryFragment<Pg> + 'r>,
{
    let mut values: Vec<_> = values.collect();
    if values.iter().all(|value| value.is_null()) {
        values.clear();
    }
    Box::new(values.as_expression())
}

/// Whether a value is NULL.
pub(crate) trait Nullness {
    fn is_null(&self) -> bool {
        false
    }
}

impl<V> Nullness for Option<V> {
    fn is_null(&self) -> bool {
        self.is_none()
    }
}

/// What is no option is never NULL.
macro_rules! never_null {
    ($($value:ty),+) => {
        $(impl Nullness for $value {})+
    };
}
never_null!(bool, i32, i64, String, Vec<u8>, Timestamp, Json, EventState, Action, Kind);
