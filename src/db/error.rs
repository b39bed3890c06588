//! What can go wrong with a database, and whose fault it is.

use diesel::result::{ConnectionError, DatabaseErrorKind, Error as QueryError};
use thiserror::Error;

/// A fault while talking to the database.
#[derive(Debug, Error)]
pub enum Error {
    /// A statement failed.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The database could not be reached or opened.
    #[error("cannot connect: {0}")]
    Connection(#[from] ConnectionError),
    /// No connection came free, or none could be made.
    #[error("no connection: {0}")]
    Pool(#[from] diesel::r2d2::PoolError),
    /// The schema is not one that this program can serve.
    #[error("{0}")]
    Schema(String),
    /// A file beside the database could not be used.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process has it.
    #[error("{0}")]
    InUse(String),
    /// No answer in time; what was asked for may be done all the same.
    #[error("no answer within {0:?}")]
    Slow(std::time::Duration),
    /// The program itself failed: a bug.
    #[error("internal error (a bug, please report it): {0}")]
    Panic(String),
}

/// The result of a database call.
pub type Result<T> = std::result::Result<T, Error>;

/// What PostgreSQL says in the error classes 08, 53, 55, 57 and 58, and SQLite when it is BUSY, FULL, IOERR or READONLY.
///
/// Diesel passes on no SQLSTATE. A message in another language is not found here; the event is then tried again
/// before it is given up, see `project`.
const OUTAGES: [&str; 26] = [
    "database is locked",
    "database table is locked",
    "disk is full",
    "disk i/o error",
    "readonly database",
    "unable to open database",
    "no space left",
    "could not extend file",
    "could not write",
    "could not read",
    "could not open file",
    "could not fsync",
    "out of memory",
    "out of shared memory",
    "remaining connection slots",
    "too many clients",
    "too many connections",
    "deadlock detected",
    "could not obtain lock",
    "canceling statement",
    "terminating connection",
    "the database system is",
    "cannot execute",
    "server closed the connection",
    "temporary file size exceeds",
    "locking protocol",
];

impl Error {
    /// Whether the database is at fault, not the statement: back off and try again, for ever.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Connection(_) | Self::Pool(_) | Self::File { .. } | Self::InUse(_) | Self::Slow(_) => true,
            Self::Schema(_) | Self::Panic(_) => false,
            Self::Query(error) => match error {
                QueryError::BrokenTransactionManager
                | QueryError::AlreadyInTransaction
                | QueryError::RollbackErrorOnCommit { .. }
                | QueryError::DatabaseError(
                    DatabaseErrorKind::SerializationFailure
                    | DatabaseErrorKind::ReadOnlyTransaction
                    | DatabaseErrorKind::ClosedConnection
                    | DatabaseErrorKind::UnableToSendCommand,
                    _,
                ) => true,
                QueryError::DatabaseError(_, information) => {
                    let message = information.message().to_lowercase();
                    OUTAGES.iter().any(|outage| message.contains(outage))
                }
                _ => false,
            },
        }
    }

    /// One of a few words, for whoever counts errors.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Connection(_) | Self::Pool(_) => "connection",
            Self::Schema(_) => "schema",
            Self::File { .. } => "file",
            Self::InUse(_) => "in_use",
            Self::Slow(_) => "slow",
            Self::Panic(_) => "bug",
            Self::Query(_) if self.breaks_connection() => "connection",
            Self::Query(_) if self.is_outage() => "outage",
            Self::Query(_) => "statement",
        }
    }

    /// Whether the connection is of no further use.
    pub(super) fn breaks_connection(&self) -> bool {
        matches!(
            self,
            Self::Panic(_)
                | Self::Query(
                    QueryError::BrokenTransactionManager
                        | QueryError::AlreadyInTransaction
                        | QueryError::RollbackErrorOnCommit { .. }
                        // A server that was the primary and is no more: another connection may find the new one.
                        | QueryError::DatabaseError(
                            DatabaseErrorKind::ClosedConnection
                                | DatabaseErrorKind::UnableToSendCommand
                                | DatabaseErrorKind::ReadOnlyTransaction,
                            _
                        )
                )
        )
    }
}
