//! Items by id: few, beside bookings.

use diesel::prelude::*;

use super::{Found, filter, on_boxed};
use crate::db::rows::Item;
use crate::db::schema::items as i;
use crate::db::types::Timestamp;
use crate::db::{Result, Tx};

/// Which items.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns")]
pub struct ItemFilter {
    pub category_id: Option<i64>,
    pub status_id: Option<String>,
    pub sku: Option<String>,
    /// Changed at this time or later.
    pub updated_since: Option<Timestamp>,
}

/// Those after an id: one more than `limit` where there are as many.
pub fn items(
    tx: &mut Tx<'_>,
    account_id: i32,
    filter: &ItemFilter,
    after: Option<i64>,
    limit: i64,
) -> Result<Found<Item, i64>> {
    let rows = on_boxed!(tx, |connection, Backend| {
        let mut query = i::table.filter(i::account_id.eq(account_id)).into_boxed::<Backend>();
        filter!(query,
            after => |after| i::item_id.gt(after),
            filter.category_id => |category| i::category_id.eq(category),
            &filter.status_id => |status| i::status_id.eq(status),
            &filter.sku => |sku| i::sku.eq(sku),
            filter.updated_since => |at| i::updated_at.ge(at),
        );
        query.order(i::item_id).limit(limit + 1).load(connection)?
    });
    Ok((rows, None))
}
