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
mod fill;
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
use crate::project::{Projector, Settings, Zones};

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
    /// Whether there is room for the difference.
    is_prepared: bool,
    /// How often something of a person had been erased before anything was read.
    erasures: i64,
    counts: Vec<Counts>,
    projected: u64,
}

impl Rebuild {
    /// Makes the shadow, and gives it what is carried over. What an earlier rebuild left behind is cleared.
    ///
    /// An error where another rebuild is under way.
    pub fn begin(url: &DatabaseUrl, settings: &Settings) -> Result<Self> {
        Self::make(url, settings, false, |shadow, names, tables| {
            shadow.make_tables(|tx, made| {
                carry::find(tx, names, true)?;
                made()?;
                log::copy_accounts(tx, names)?;
                log::copy_forgotten(tx, names)?;
                tables.iter().try_for_each(|table| carry::seed(tx, names, table))?;
                carry::hold(tx, names)
            })
        })
    }

    /// Makes a shadow that is a copy of the mirror, with the selected events again pending.
    pub fn rehearse(url: &DatabaseUrl, settings: &Settings, selection: &Selection) -> Result<Self> {
        Self::make(url, settings, true, |shadow, names, tables| {
            shadow.make_tables(|tx, made| {
                carry::find(tx, names, false)?;
                made()?;
                log::copy_forgotten(tx, names)?;
                again::copy(tx, names, tables, selection)
            })?;
            again::set_pending(shadow, names)
        })
    }

    fn make(
        url: &DatabaseUrl,
        settings: &Settings,
        is_copy: bool,
        fill: impl FnOnce(&mut Shadow, &Names, &[Table]) -> Result<()>,
    ) -> Result<Self> {
        let (mut shadow, lock) = Shadow::begin(url)?;
        let (names, tables) = (Names::of(&shadow), tables::all());
        let erasures = shadow.transaction(|tx| log::erasures(tx, &names));
        let erasures = match erasures.and_then(|before| fill(&mut shadow, &names, &tables).map(|()| before)) {
            Ok(before) => before,
            // What cannot be removed now, the next rebuild removes.
            Err(error) => return shadow.remove().and(Err(error)),
        };
        // Accounts keep the zones they have in the mirror: the server knows its settings better than this shell may.
        let settings = Settings { zones: Zones::default(), ..settings.clone() };
        let mut projector = Projector::with_lock(shadow.database(), settings, lock).in_parts();
        projector.set_batch(BATCH);
        Ok(Self {
            shadow,
            projector,
            names,
            tables,
            is_copy,
            is_prepared: false,
            erasures,
            counts: Vec::new(),
            projected: 0,
        })
    }

    /// Projects the log into the shadow, until little is missing.
    pub fn project(&mut self, progress: Progress<'_>) -> Result<()> {
        for _ in 0..ROUNDS {
            if self.catch_up(progress)? <= FEW || self.shadow.transaction(|tx| log::is_near(tx, &self.names, FEW))? {
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
        if self.is_copy {
            // Its events are pending from the start.
            let pending = self.shadow.database().read(events::count_pending)?.unsigned_abs();
            fill::drain(&mut self.projector, &mut |done| progress(done, pending))?;
        }
        let Self { shadow, projector, names, tables, is_prepared, .. } = self;
        let prepare = |tx: &mut Tx<'_>| {
            if std::mem::replace(is_prepared, true) {
                return Ok(());
            }
            tables.iter().try_for_each(|table| difference::prepare(tx, names, table))
        };
        let mut shown = |done: i64| progress(done.unsigned_abs(), all.unsigned_abs());
        // What came late is projected after all that came in order.
        fill::fill(shadow, names, projector, 0..in_order, &mut shown, prepare)?;
        fill::fill(shadow, names, projector, in_order..all, &mut shown, |_| Ok(()))?;
        self.projected += all.unsigned_abs();
        Ok(all)
    }

    /// Pauses the live projector, catches up, and compares. With `to_apply` the projector stays paused.
    pub fn compare(&mut self, to_apply: bool) -> Result<Vec<Figures>> {
        self.shadow.pause()?;
        self.catch_up(&mut |_, _| {})?;
        let Self { shadow, names, tables, is_copy, erasures, .. } = self;
        shadow.transaction(|tx| {
            if !*is_copy {
                log::check_still_there(tx, names)?;
                carry::release(tx, names)?;
            }
            log::check_forgotten(tx, names, *erasures)
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
        let Self { shadow, names, tables, counts, erasures, .. } = self;
        shadow.write_live(|tx| {
            // On SQLite `forget` waits for no pause.
            log::check_forgotten(tx, names, *erasures)?;
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
