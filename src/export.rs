//! A table or view written out, row by row, as of one moment: in memory that does not grow with it.

mod csv;
mod json;
mod parquet;
mod query;

use std::io::Write;

use clap::ValueEnum;
use thiserror::Error;

pub(crate) use json::Line;
pub use query::{Bound, Query, WITHHELD};

use crate::db::catalogue::Column;
use crate::db::cell::{Cell, each_row};
use crate::db::statement::number;
use crate::db::{self, Database, migrate};

/// What a file looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// RFC 4180, with the columns' names first.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Apache Parquet, typed, compressed with Snappy.
    Parquet,
}

/// Why nothing, or not all, was written.
#[derive(Debug, Error)]
pub enum Error {
    /// The request names what is not there.
    #[error("{0}")]
    Unknown(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// A query failed.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    /// The rows could not be written.
    #[error("cannot write")]
    Io(#[from] std::io::Error),
    /// The same, of a Parquet file.
    #[error("cannot write")]
    Parquet(#[from] ::parquet::errors::ParquetError),
    /// The same, of a CSV file.
    #[error("cannot write")]
    Csv(#[from] ::csv::Error),
}

/// The result of an export.
pub type Result<T> = std::result::Result<T, Error>;

/// Takes rows, one after the other.
pub(crate) trait Sheet {
    fn row(&mut self, cells: Vec<Cell>) -> Result<()>;

    /// Writes what is left.
    fn end(self: Box<Self>) -> Result<()>;
}

/// Writes the rows of a query, and returns how many. `progress` is told of each thousand, and of how many there will be
/// where `count` asks for that.
pub fn export(
    database: &Database,
    query: &Query,
    format: Format,
    out: impl Write + Send,
    count: bool,
    mut progress: impl FnMut(u64, Option<u64>),
) -> Result<u64> {
    database.snapshot(|tx| {
        migrate::check(tx)?;
        let made = query.make(tx)?;
        let total = if count { Some(number(tx, &made.count)?.unsigned_abs()) } else { None };
        progress(0, total);
        let mut sheet = sheet(format, &made.columns, out)?;
        let kinds: Vec<_> = made.columns.iter().map(|column| column.kind).collect();
        let mut rows = 0;
        each_row(tx, &made.rows, &kinds, |cells| {
            sheet.row(cells)?;
            rows += 1;
            if rows % 1_000 == 0 {
                progress(rows, total);
            }
            Ok::<_, Error>(())
        })?;
        sheet.end()?;
        progress(rows, total);
        Ok(rows)
    })
}

/// Begins a file of these columns.
pub(crate) fn sheet<'o>(
    format: Format,
    columns: &[Column],
    out: impl Write + Send + 'o,
) -> Result<Box<dyn Sheet + 'o>> {
    Ok(match format {
        Format::Csv => Box::new(csv::Csv::new(columns, out)?),
        Format::Jsonl => Box::new(json::Lines::new(columns, out)),
        Format::Parquet => Box::new(parquet::Parquet::new(columns, out)?),
    })
}

impl Error {
    /// Whether the reader of what was written went away.
    pub fn is_broken_pipe(&self) -> bool {
        let is_it = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
        match self {
            Self::Io(error) => is_it(error),
            Self::Csv(error) => matches!(error.kind(), ::csv::ErrorKind::Io(error) if is_it(error)),
            Self::Parquet(::parquet::errors::ParquetError::External(error)) => {
                error.downcast_ref::<std::io::Error>().is_some_and(is_it)
            }
            _ => false,
        }
    }
}
