//! Why a body that could be parsed makes no row.

use thiserror::Error;

/// Why a body that could be parsed makes no row.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Rejected {
    #[error("the {0} has no {1}, so no row can be told by it")]
    NoKey(&'static str, &'static str),
    #[error("{0} is not a whole number, so no row can be told by it")]
    NotANumber(&'static str),
    #[error("{name} is {bytes} bytes long; a key may have 200")]
    LongKey { name: String, bytes: usize },
}
