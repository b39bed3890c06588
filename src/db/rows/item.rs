//! The inventory.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::lookup::lookup;
use crate::db::row::row;
use crate::db::schema::items;
use crate::db::types::{Json, Timestamp};
use crate::db::upsert::upsert;
use crate::db::{Result, Tx, on};

row! {
    /// An item of the inventory.
    Item in items, key (account_id, item_id), on conflict Newer {
        account_id: i32,
        item_id: i64,
        sku: Option<String>,
        name: Option<String>,
        unit: Option<String>,
        category_id: Option<i64>,
        category: Option<String>,
        stock: Option<i32>,
        unlimited: Option<bool>,
        status_id: Option<String>,
        item_type: Option<String>,
        visibility: Option<String>,
        locked: Option<bool>,
        position: Option<i32>,
        length: Option<i32>,
        rated: Option<bool>,
        alias_id: Option<i64>,
        product_group_type: Option<String>,
        parent_item_id: Option<i64>,
        url: Option<String>,
        summary: Option<String>,
        details: Option<String>,
        meta: Option<Json>,
        rules: Option<Json>,
        images: Option<Json>,
        video: Option<Json>,
        extra: Option<Json>,
        first_event_id: i64,
        last_event_id: i64,
        updated_at: Timestamp,
        deleted_at: Option<Timestamp>,
    }
}

impl Item {
    /// The stored rows of these ids.
    pub fn load(tx: &mut Tx<'_>, account_id: i32, ids: &[i64]) -> Result<Vec<Self>> {
        Ok(lookup!(tx, Self, account_id, BigInt, ids)?)
    }

    /// The names of an account's items, by their ids.
    pub fn names(tx: &mut Tx<'_>, account_id: i32) -> Result<HashMap<i64, String>> {
        let known = || items::table.filter(items::account_id.eq(account_id)).filter(items::name.is_not_null());
        let query = || known().select((items::item_id, items::name.assume_not_null()));
        let names: Vec<(i64, String)> = on!(tx, |connection| query().load(connection))?;
        Ok(names.into_iter().collect())
    }

    /// Writes the rows, unless newer ones are stored.
    pub fn upsert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<()> {
        upsert!(tx, Self, rows)?;
        Ok(())
    }
}
