//! What a delivery makes of a booking that is not stored: told ahead, since it depends on nothing but the account.

use super::booking::Whole;
use super::origin::Origin;
use super::reading::Reading;

/// A booking as its first delivery leaves it.
pub(super) struct Fresh {
    origin: Origin,
    whole: Whole,
}

impl Fresh {
    /// Tells what this delivery would make, read as coming from there.
    pub(super) fn tell(reading: &mut Reading, origin: Origin) {
        let fresh = reading.booking().map(|body| Self { origin, whole: Whole::after(None, body, &origin) });
        reading.fresh = fresh.map(Box::new);
    }

    /// The booking, where the delivery still comes from where it was taken to come from.
    pub(super) fn from(self, origin: &Origin) -> Option<Whole> {
        (self.origin == *origin).then_some(self.whole)
    }
}
