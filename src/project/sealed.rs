//! Bodies that no version could read when they came, so that they were encrypted instead of masked.

use super::reading::{Reading, read};
use crate::db::rows::EventBody;
use crate::db::{Result, Tx};
use crate::privacy::Privacy;

/// Reads such a body where this version can: it is masked and stored as it would have been.
pub(super) fn open(tx: &mut Tx<'_>, reading: &mut Reading, privacy: &Privacy) -> Result<()> {
    if !reading.is_sealed() {
        return Ok(());
    }
    let Some(stored) = EventBody::find(tx, reading.event.id)? else { return Ok(()) };
    if let Some(body) = privacy.unsealed(&stored.body, reading.event.content_type.as_deref()) {
        EventBody::rewrite(tx, reading.event.id, &body)?;
        *reading = read((reading.event.clone(), EventBody { body: body.into(), ..stored }));
    }
    Ok(())
}
