//! Customers.

use std::borrow::Borrow;

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::copy::copy;
use crate::db::lookup::lookup;
use crate::db::row::row;
use crate::db::schema::customers;
use crate::db::types::{Json, Timestamp};
use crate::db::upsert::upsert;
use crate::db::{Result, Tx, on};

row! {
    /// A customer, told by code or address; each field as the newest body that had it.
    Customer in customers, key (account_id, customer_key), on conflict Newer {
        account_id: i32,
        customer_key: String,
        code: Option<String>,
        name: Option<String>,
        email: Option<String>,
        phone: Option<String>,
        address: Option<String>,
        city: Option<String>,
        region: Option<String>,
        country: Option<String>,
        postal_zip: Option<String>,
        profile: Option<Json>,
        field_events: Json,
        first_event_id: i64,
        last_event_id: i64,
        updated_at: Timestamp,
    }
}

impl Customer {
    /// A customer of whom nothing but the key is known.
    pub fn nameless(account_id: i32, customer_key: &str, event_id: i64, at: Timestamp) -> Self {
        Self {
            account_id,
            customer_key: customer_key.to_owned(),
            code: None,
            name: None,
            email: None,
            phone: None,
            address: None,
            city: None,
            region: None,
            country: None,
            postal_zip: None,
            profile: None,
            field_events: Json(serde_json::Map::new().into()),
            first_event_id: event_id,
            last_event_id: event_id,
            updated_at: at,
        }
    }

    /// Whether both say the same of the customer, whenever they were told it.
    pub fn says_the_same(&self, other: &Self) -> bool {
        fn columns(row: &Customer) -> [&Option<String>; 9] {
            let Customer { code, name, email, phone, address, city, region, country, postal_zip, .. } = row;
            [code, name, email, phone, address, city, region, country, postal_zip]
        }
        self.profile == other.profile && columns(self) == columns(other)
    }

    /// The stored rows of these keys.
    pub fn load(tx: &mut Tx<'_>, account_id: i32, keys: &[String]) -> Result<Vec<Self>> {
        Ok(lookup!(tx, Self, account_id, Text, keys)?)
    }

    /// A page of an account's customers, by key.
    pub fn page(tx: &mut Tx<'_>, account_id: i32, after: &str, limit: i64) -> Result<Vec<Self>> {
        let query = || customers::table.filter(customers::account_id.eq(account_id));
        let query = || query().filter(customers::customer_key.gt(after)).order(customers::customer_key).limit(limit);
        Ok(on!(tx, |connection| query().load(connection))?)
    }

    /// Writes the rows, unless newer ones are stored.
    pub fn upsert(tx: &mut Tx<'_>, rows: &[impl Borrow<Self>]) -> Result<()> {
        upsert!(tx, Self, rows)?;
        Ok(())
    }

    /// Removes rows that no booking refers to any more.
    pub fn delete(tx: &mut Tx<'_>, account_id: i32, keys: &[String]) -> Result<()> {
        let stored = || customers::table.filter(customers::account_id.eq(account_id));
        let stored = || stored().filter(customers::customer_key.eq_any(keys));
        on!(tx, |connection| diesel::delete(stored()).execute(connection))?;
        Ok(())
    }

    /// Adds the rows of customers that were not stored when this transaction looked.
    pub(crate) fn add(tx: &mut Tx<'_>, rows: &[impl Borrow<Self>]) -> Result<()> {
        copy!(tx, Self, rows)
    }
}
