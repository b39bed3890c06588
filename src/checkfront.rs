//! Typed, lenient views of a document: what Checkfront means by it. Pure; knows no table and no clock.

mod body;
mod booking;
mod contact;
mod item;
mod rate;
mod reader;
mod rejected;
mod scalar;
mod transaction;

pub use body::{Body, Content, Kind, read};
pub use booking::{Booking, Line, Tax};
pub use contact::Contact;
pub use item::Item;
pub use rate::Rate;
pub use reader::Extra;
pub use rejected::Rejected;
pub use transaction::Transaction;
