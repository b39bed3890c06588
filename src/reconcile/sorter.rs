//! Sorts more rows than fit into memory: a temporary SQLite file keeps them, and is gone when the sorter is.

use diesel::connection::{DefaultLoadingMode, SimpleConnection};
use diesel::prelude::*;

use super::Error;

diesel::table! {
    kept (place) {
        place -> BigInt,
        key -> Text,
        number -> BigInt,
        data -> Text,
    }
}

diesel::table! {
    sorted (place) {
        place -> BigInt,
        key -> Text,
        number -> BigInt,
        data -> Text,
    }
}

/// Nobody misses the file after a crash. 16 MiB of it stay in memory.
const SETTINGS: &str = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384; \
    PRAGMA temp_store = FILE; CREATE TABLE kept (place INTEGER PRIMARY KEY, key TEXT, number BIGINT, data TEXT); BEGIN;";
const SORT: &str = "CREATE TABLE sorted (place INTEGER PRIMARY KEY, key TEXT, number BIGINT, data TEXT); \
    INSERT INTO sorted (key, number, data) SELECT key, number, data FROM kept ORDER BY key, number, place; \
    DROP TABLE kept; COMMIT;";

/// What is kept, to be read by key in the order of bytes.
pub(super) struct Sorter {
    file: SqliteConnection,
}

/// What was kept, in order.
pub(super) struct Sorted {
    file: SqliteConnection,
}

/// A key, a number, and what belongs to it.
pub(super) type Kept = (String, i64, String);

impl Sorter {
    pub(super) fn new() -> Result<Self, Error> {
        // Without a name SQLite makes a file that no other process sees.
        let mut file = SqliteConnection::establish("").map_err(|error| {
            Error::Sort(diesel::result::Error::QueryBuilderError(format!("a temporary file: {error}").into()))
        })?;
        file.batch_execute(SETTINGS).map_err(Error::Sort)?;
        Ok(Self { file })
    }

    /// Keeps a row; equal keys are sorted by the number.
    pub(super) fn keep(&mut self, key: &str, number: i64, data: &str) -> Result<(), Error> {
        let row = (kept::key.eq(key), kept::number.eq(number), kept::data.eq(data));
        diesel::insert_into(kept::table).values(row).execute(&mut self.file).map_err(Error::Sort)?;
        Ok(())
    }

    /// Nothing more is kept.
    pub(super) fn sort(mut self) -> Result<Sorted, Error> {
        self.file.batch_execute(SORT).map_err(Error::Sort)?;
        Ok(Sorted { file: self.file })
    }
}

impl Sorted {
    /// All rows, one at a time; may be called again.
    pub(super) fn rows(&mut self) -> Result<impl Iterator<Item = Result<Kept, Error>> + '_, Error> {
        let query = sorted::table.order(sorted::place).select((sorted::key, sorted::number, sorted::data));
        let rows = query.load_iter::<Kept, DefaultLoadingMode>(&mut self.file).map_err(Error::Sort)?;
        Ok(rows.map(|row| row.map_err(Error::Sort)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_the_order_of_bytes_and_numbers_within() {
        let mut sorter = Sorter::new().expect("a file");
        for (key, number) in [("b", 1), ("B", 7), ("a", 9), ("a", 2), ("é", 3), ("", 4), ("a", 2)] {
            sorter.keep(key, number, &format!("{key}{number}")).expect("kept");
        }
        let mut rows = sorter.sort().expect("sorted");
        for _ in 0..2 {
            let rows: Vec<_> = rows.rows().expect("read").map(|row| row.expect("a row").2).collect();
            assert_eq!(rows, ["4", "B7", "a2", "a2", "a9", "b1", "é3"]);
        }
    }
}
