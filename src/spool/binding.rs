//! Whose spool it is: one mirror's, and no other program's.

use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::Spool;
use super::schema::binding;
use crate::db::{Error, Result};

/// Which mirror the deliveries are for.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = binding, treat_none_as_null = true)]
pub struct Binding {
    /// Its id; `None` while it was never reached.
    pub mirror_id: Option<String>,
    /// Where it was last found: its URL without credentials.
    pub place: String,
}

impl Spool {
    /// Binds the spool to a mirror. What is in it for another one stays there.
    pub(super) fn bind(&mut self, claim: &Binding) -> Result<()> {
        let bound = Binding::find(&mut self.connection)?.filter(|_| self.level.events > 0);
        if bound.as_ref().is_some_and(|bound| !bound.is_of(claim)) {
            return Err(Error::Schema(format!(
                "SPOOL_PATH: this spool holds {} deliveries for another mirror, at {}; start once with that DATABASE_URL, \
                 which moves them there, or name another file",
                self.level.events,
                bound.map_or_else(String::new, |bound| bound.place),
            )));
        }
        let mirror_id = claim.mirror_id.clone().or(bound.and_then(|bound| bound.mirror_id));
        let row = Binding { mirror_id, place: claim.place.clone() };
        let query = diesel::insert_into(binding::table).values((binding::one.eq(1), &row));
        query.on_conflict(binding::one).do_update().set(&row).execute(&mut self.connection)?;
        Ok(())
    }
}

impl Binding {
    /// The id tells; where one is not known yet, the place has to.
    fn is_of(&self, claim: &Self) -> bool {
        match (&self.mirror_id, &claim.mirror_id) {
            (Some(bound), Some(claimed)) => bound == claimed,
            _ => self.place == claim.place,
        }
    }

    pub(super) fn find(connection: &mut SqliteConnection) -> QueryResult<Option<Self>> {
        let columns = (binding::mirror_id, binding::place);
        binding::table.select(columns).first(connection).optional()
    }
}

/// An error where it is another program's database, or a mirror: nothing is written into that.
pub(super) fn check(connection: &mut SqliteConnection, path: &Path) -> Result<()> {
    let query = diesel::dsl::sql::<BigInt>(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND name NOT IN ('deliveries', 'binding', '__diesel_schema_migrations')",
    );
    if query.get_result::<i64>(connection)? == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(Error::Schema(format!("SPOOL_PATH: {path} is a database with tables of its own; name another file")))
}
