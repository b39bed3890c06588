//! Erases a person: finds what is theirs, marks their bookings as forgotten for ever, strips rows and raw bodies, and
//! has the projector tell the bookings anew from what is left.

mod erase;
mod log;
mod noted;
mod pages;
mod person;
mod rows;
mod search;

pub use erase::{Erased, erase, mark};
pub use person::{FoundBooking, Person};
pub use search::{count, search};

/// Whom to forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// By a mail address, in any case of its letters: in every account.
    Email(String),
    /// By a customer's code, `customers.code`.
    Code(String),
}

impl Who {
    /// The key of a `customers` row that is told by this alone.
    fn key(&self) -> String {
        match self {
            Self::Email(email) => format!("email:{}", normal(email)),
            Self::Code(code) => code.trim().to_owned(),
        }
    }
}

fn normal(email: &str) -> String {
    email.trim().to_lowercase()
}
