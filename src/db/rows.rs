//! One struct per table, for insert, select and update; its queries are its methods.

mod account;
mod booking;
mod booking_history;
mod booking_item;
mod booking_tax;
mod change;
mod customer;
mod event;
mod forgotten_booking;
mod freshness;
mod item;
mod mirror;
mod rate;
mod sync_run;
mod transaction;

pub use account::{Account, Status};
pub use booking::Booking;
pub use booking_history::BookingHistory;
pub use booking_item::BookingItem;
pub use booking_tax::BookingTax;
pub use change::{Action, Change, Kind};
pub use customer::Customer;
pub use event::{Event, EventBody};
pub use forgotten_booking::ForgottenBooking;
pub use freshness::Freshness;
pub use item::Item;
pub use mirror::{erasures, mirror_id, note_erasure};
pub use rate::{Rate, RateCategory, RateItem};
pub use sync_run::{Run, SyncRun};
pub use transaction::Transaction;
