//! What changed, numbered in the order of commits.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use serde::Serialize;

use crate::db::row::row;
use crate::db::schema::changes;
use crate::db::{Result, Tx, on};

row! {
    /// A row, or one that belongs to it, was written.
    Change in changes, key (seq), on conflict Keep {
        seq: i64,
        account_id: i32,
        kind: Kind,
        key: String,
        event_id: Option<i64>,
        action: Action,
    }
}

/// An enum that is stored by its words.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, AsExpression, FromSqlRow, utoipa::ToSchema)]
        #[diesel(sql_type = Text)]
        #[serde(rename_all = "lowercase")]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl<DB: Backend> ToSql<Text, DB> for $name
        where
            str: ToSql<Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                let word = match self {
                    $(Self::$variant => $word,)+
                };
                word.to_sql(out)
            }
        }

        impl<DB: Backend> FromSql<Text, DB> for $name
        where
            String: FromSql<Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                match String::from_sql(value)?.as_str() {
                    $($word => Ok(Self::$variant),)+
                    other => Err(format!("`{other}` is none of the words of a change").into()),
                }
            }
        }
    };
}

words! {
    /// What a change is of.
    Kind {
        /// A booking, its lines, taxes or history; by its code.
        Booking = "booking",
        /// A customer, by its key.
        Customer = "customer",
        /// A payment or refund, by its id.
        Transaction = "transaction",
        /// An item, by its id.
        Item = "item",
        /// A rate, by its id.
        Rate = "rate",
    }
}

words! {
    /// What happened to it.
    Action {
        /// It is new.
        Insert = "insert",
        /// It says something else.
        Update = "update",
        /// It was deleted in Checkfront, or is gone.
        Delete = "delete",
    }
}

impl Change {
    /// Those after a number, in order.
    pub fn after(tx: &mut Tx<'_>, seq: i64, limit: i64) -> Result<Vec<Self>> {
        let query = || changes::table.filter(changes::seq.gt(seq)).order(changes::seq).limit(limit);
        Ok(on!(tx, |connection| query().load(connection))?)
    }

    /// The highest number; 0 where there is none.
    pub fn last(tx: &mut Tx<'_>) -> Result<i64> {
        let query = changes::table.select(diesel::dsl::max(changes::seq));
        Ok(on!(tx, |connection| query.first::<Option<i64>>(connection))?.unwrap_or(0))
    }
}
