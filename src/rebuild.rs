//! Projects the log anew into a shadow while the mirror goes on, and applies the difference in one transaction.
//!
//! What it, or a replay, would change can be looked at before. The shadow has a [`Projector`] like any other.

mod again;
mod apply;
mod carry;
mod changes;
mod compare;
mod difference;
mod figures;
mod log;
mod tables;

pub use changes::Change;
pub use figures::{Counts, Figures};

use log::Missing;
use tables::{Names, Table};

use crate::db::events::{self, Selection};
use crate::db::shadow::Shadow;
use crate::db::statement::number;
use crate::db::{DatabaseUrl, Error, Result, Tx};
use crate::fault;
use crate::project::{Outcome, Projector, Settings, Zones};

/// Events that are copied, then projected, before the next are.
const PAGE: i64 = 100_000;
/// Events in a batch of the shadow's projector: nobody waits for it.
const BATCH: usize = 2_000;
/// So few events that the live projector may be kept waiting for them.
const FEW: i64 = 500;

/// Rounds of catching up with a busy mirror before its projector is paused.
const ROUNDS: usize = 20;

/// Called with how many events of how many are done.
pub type Progress<'p> = &'p mut dyn FnMut(u64, u64);

/// A rebuild under way, or the rehearsal of a replay.
pub struct Rebuild {
    shadow: Shadow,
    projector: Projector,
    names: Names,
    tables: [Table; 13],
    /// Whether the shadow began as a copy of the mirror: to see what a replay would do.
    is_copy: bool,
    counts: Vec<Counts>,
    projected: u64,
}

impl Rebuild {
    /// Makes the shadow, and gives it what is carried over. What an earlier rebuild left behind is cleared.
    ///
    /// An error where another rebuild is under way.
    pub fn begin(url: &DatabaseUrl, settings: &Settings) -> Result<Self> {
        let mut rebuild = Self::new(url, settings, false)?;
        let Self { shadow, names, tables, .. } = &mut rebuild;
        let filled = shadow.transaction(|tx| {
            log::copy_accounts(tx, names)?;
            log::copy_forgotten(tx, names)?;
            carry::find(tx, names, true)?;
            tables.iter().try_for_each(|table| carry::seed(tx, names, table))?;
            carry::hold(tx, names)
        });
        rebuild.unless(filled)
    }

    /// Makes a shadow that is a copy of the mirror, with the selected events again pending.
    pub fn rehearse(url: &DatabaseUrl, settings: &Settings, selection: &Selection) -> Result<Self> {
        let mut rebuild = Self::new(url, settings, true)?;
        let Self { shadow, names, tables, .. } = &mut rebuild;
        let filled = shadow.transaction(|tx| {
            carry::find(tx, names, false)?;
            log::copy_forgotten(tx, names)?;
            again::copy(tx, names, tables, selection)
        });
        let filled = filled.and_then(|()| again::set_pending(shadow, names));
        rebuild.unless(filled)
    }

    /// Leaves nothing behind where the shadow could not be filled.
    fn unless(self, filled: Result<()>) -> Result<Self> {
        match filled {
            Ok(()) => Ok(self),
            // What cannot be removed now, the next rebuild removes.
            Err(error) => self.end().and(Err(error)),
        }
    }

    fn new(url: &DatabaseUrl, settings: &Settings, is_copy: bool) -> Result<Self> {
        let (shadow, lock) = Shadow::make(url)?;
        // Accounts keep the zones they have in the mirror: the server knows its settings better than this shell may.
        let settings = Settings { zones: Zones::default(), ..settings.clone() };
        let mut projector = Projector::with_lock(shadow.database(), settings, lock);
        projector.set_batch(BATCH);
        let (names, tables) = (Names::of(&shadow), tables::all());
        Ok(Self { shadow, projector, names, tables, is_copy, counts: Vec::new(), projected: 0 })
    }

    /// Projects the log into the shadow, until little is missing.
    pub fn project(&mut self, progress: Progress<'_>) -> Result<()> {
        for _ in 0..ROUNDS {
            if self.catch_up(progress)? <= FEW {
                break;
            }
        }
        Ok(())
    }

    /// Projects what the mirror has settled and the shadow has not; returns how many events that were.
    fn catch_up(&mut self, progress: Progress<'_>) -> Result<i64> {
        let Missing { in_order, all } = self.shadow.transaction(|tx| {
            log::copy_accounts(tx, &self.names)?;
            log::list_missing(tx, &self.names)
        })?;
        // A rehearsal has events pending from the start.
        let pending = self.shadow.database().read(events::count_pending)?;
        self.drain(&mut |done| progress(done, pending.unsigned_abs()))?;
        let mut done = 0;
        while done < all {
            // What came late is projected after all that came in order.
            let end = if done < in_order { in_order } else { all };
            let to = end.min(done + PAGE);
            self.shadow.transaction(|tx| log::copy(tx, &self.names, done, to))?;
            self.drain(&mut |_| {})?;
            done = to;
            progress(done.unsigned_abs(), all.unsigned_abs());
        }
        self.projected += all.unsigned_abs();
        Ok(all)
    }

    fn drain(&mut self, progress: &mut dyn FnMut(u64)) -> Result<()> {
        let span = tracing::info_span!("rebuild");
        let _entered = span.enter();
        let mut done = 0;
        loop {
            match self.projector.step()? {
                Outcome::Done(count) => {
                    done += count as u64;
                    progress(done);
                }
                Outcome::Died => {}
                Outcome::Empty => return Ok(()),
                Outcome::Busy => return Err(Error::Schema("another projector fills the shadow".to_owned())),
            }
        }
    }

    /// Pauses the live projector, catches up, and compares. With `to_apply` the projector stays paused.
    pub fn compare(&mut self, to_apply: bool) -> Result<Vec<Figures>> {
        self.shadow.pause()?;
        self.catch_up(&mut |_, _| {})?;
        let Self { shadow, names, tables, is_copy, .. } = self;
        shadow.transaction(|tx| {
            if !*is_copy {
                log::check_still_there(tx, names)?;
                carry::release(tx, names)?;
            }
            log::check_forgotten(tx, names)
        })?;
        let (counts, figures) = compare::compare(shadow, names, tables, to_apply)?;
        self.counts = counts;
        Ok(figures)
    }

    /// How many rows of each table the difference has.
    pub fn counts(&self) -> &[Counts] {
        &self.counts
    }

    /// How many events were projected into the shadow.
    pub fn projected(&self) -> u64 {
        self.projected
    }

    /// How many events would belong to another account: `CHECKFRONT_HOST` may not be what it was.
    pub fn moved(&mut self) -> Result<i64> {
        let diff = self.names.diff("webhook_events");
        let moved = format!("SELECT count(*) AS v FROM {diff} WHERE o_account_id <> n_account_id");
        self.shadow.transaction(|tx| number(tx, &moved))
    }

    /// Hands out the difference, table by table.
    pub fn changes<E: From<Error>>(
        &mut self,
        mut each: impl FnMut(Change) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let Self { shadow, names, tables, .. } = self;
        for table in tables.iter() {
            for number in 0.. {
                let page = shadow.transaction(|tx| changes::page(tx, names, table, number))?;
                if page.is_empty() {
                    break;
                }
                page.into_iter().try_for_each(&mut each)?;
            }
        }
        Ok(())
    }

    /// Applies the difference to the live tables, all or nothing, with what `note` writes; then the projector goes on.
    pub fn apply(&mut self, note: impl FnOnce(&mut Tx<'_>) -> Result<()>) -> Result<()> {
        let Self { shadow, names, tables, counts, .. } = self;
        shadow.write_live(|tx| {
            // On SQLite `forget` waits for no pause.
            log::check_forgotten(tx, names)?;
            apply::apply(tx, names, tables, counts)?;
            note(tx)?;
            fault::point("rebuild_before_commit");
            Ok(())
        })?;
        fault::point("rebuild_after_commit");
        shadow.go_on()
    }

    /// Removes the shadow.
    pub fn end(self) -> Result<()> {
        let Self { shadow, projector, .. } = self;
        drop(projector);
        shadow.remove()
    }
}
