//! What stops a reconciliation: a file that is not understood, or a fault of what it is compared with.

use std::fmt;
use std::io;

use thiserror::Error;

use crate::db;

/// Longest part of a cell that an error repeats.
const QUOTED: usize = 40;

/// What stops a reconciliation.
#[derive(Debug, Error)]
pub enum Error {
    /// The file cannot be understood.
    #[error(transparent)]
    Report(#[from] Unreadable),
    /// The mirror cannot be read.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// The report's rows cannot be kept while they are sorted.
    #[error("cannot sort the report's rows in a temporary file: {0}")]
    Sort(#[source] diesel::result::Error),
    /// What was found cannot be written.
    #[error(transparent)]
    Output(#[from] io::Error),
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

/// A report that cannot be understood: where, why, and what would be right.
#[derive(Debug, Default, Error, PartialEq, Eq)]
pub struct Unreadable {
    row: Option<u64>,
    heading: Option<String>,
    cell: Option<String>,
    problem: String,
}

impl Unreadable {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), ..Self::default() }
    }

    pub(super) fn in_row(self, row: u64) -> Self {
        Self { row: Some(row), ..self }
    }

    pub(super) fn under(self, heading: &str) -> Self {
        Self { heading: Some(heading.to_owned()), ..self }
    }

    pub(super) fn at(self, cell: &str) -> Self {
        let short: String = cell.chars().take(QUOTED).collect();
        Self { cell: Some(if short.len() < cell.len() { format!("{short}..") } else { short }), ..self }
    }

    /// The same without what the cell says, which may be a person's name.
    #[must_use]
    pub fn without_cell(&self) -> String {
        let place = Self { cell: None, problem: String::new(), row: self.row, heading: self.heading.clone() };
        format!("{place}{}", self.problem)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.row.map(|row| format!("row {row}"));
        let heading = self.heading.as_ref().map(|heading| format!("`{heading}`"));
        let cell = self.cell.as_ref().map(|cell| format!("`{}`", cell.escape_debug()));
        let place: Vec<_> = [row, heading, cell].into_iter().flatten().collect();
        if !place.is_empty() {
            write!(out, "{}: ", place.join(", "))?;
        }
        out.write_str(&self.problem)
    }
}
