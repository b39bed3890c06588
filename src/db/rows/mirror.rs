//! The one row of the mirror itself.

use diesel::prelude::*;

use crate::db::schema::mirror;
use crate::db::{Result, Tx, on};

/// Which mirror this is, wherever its database is moved.
pub fn mirror_id(tx: &mut Tx<'_>) -> Result<String> {
    let query = mirror::table.select(mirror::mirror_id);
    Ok(on!(tx, |connection| query.first(connection))?)
}

/// How often something of a person was erased.
pub fn erasures(tx: &mut Tx<'_>) -> Result<i64> {
    let query = mirror::table.select(mirror::erasures);
    Ok(on!(tx, |connection| query.first(connection))?)
}

/// Notes that something of a person is erased in this transaction: what was read before it must not be written after it.
pub fn note_erasure(tx: &mut Tx<'_>) -> Result<()> {
    let query = || diesel::update(mirror::table).set(mirror::erasures.eq(mirror::erasures + 1));
    on!(tx, |connection| query().execute(connection))?;
    Ok(())
}
