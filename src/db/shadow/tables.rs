//! A shadow's tables on PostgreSQL: those of the mirror that a projector writes, made anew without what makes them last,
//! and without triggers. Migrating a schema, and taking out of it what a shadow does without, takes far longer.

use super::super::row::Row;
use super::super::rows::{
    Account, Booking, BookingHistory, BookingItem, BookingTax, Customer, Event, ForgottenBooking, Item, Rate,
    RateCategory, RateItem, Status, Transaction,
};
use super::super::statement::execute;
use super::super::{Result, Tx};
use super::bodies;

/// What a projector looks up by, beside the keys; and its mark.
const REST: [&str; 4] = [
    "CREATE UNIQUE INDEX ON accounts (host)",
    "CREATE INDEX ON bookings (customer_key, account_id)",
    "CREATE INDEX ON webhook_events (id) WHERE state = 'pending'",
    "CREATE SEQUENCE projector_in_hand MINVALUE -9223372036854775807 START 0",
];

/// Makes them, and the view of the log's bodies, in the schema that comes first.
pub(super) fn make(tx: &mut Tx<'_>, live: &str) -> Result<()> {
    like::<Account>(tx, live)?;
    like::<Status>(tx, live)?;
    like::<Customer>(tx, live)?;
    like::<Booking>(tx, live)?;
    like::<BookingItem>(tx, live)?;
    like::<BookingTax>(tx, live)?;
    like::<BookingHistory>(tx, live)?;
    like::<Transaction>(tx, live)?;
    like::<Item>(tx, live)?;
    like::<Rate>(tx, live)?;
    like::<RateItem>(tx, live)?;
    like::<RateCategory>(tx, live)?;
    like::<Event>(tx, live)?;
    like::<ForgottenBooking>(tx, live)?;
    REST.iter().try_for_each(|statement| execute(tx, statement).map(drop))?;
    bodies::share(tx, live)
}

fn like<R: Row>(tx: &mut Tx<'_>, live: &str) -> Result<()> {
    let (table, key) = (R::TABLE, R::KEY.join(", "));
    execute(tx, &format!("CREATE UNLOGGED TABLE {table} (LIKE {live}.{table} INCLUDING DEFAULTS, PRIMARY KEY ({key}))"))
        .map(drop)
}
