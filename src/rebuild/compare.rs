//! Compares the tables, several at once, all as they are at one moment.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::difference;
use super::figures::{Counts, Figures};
use super::tables::{Names, Table};
use crate::db::shadow::{Shadow, View};
use crate::db::{Error, Result};

/// Tables that are compared at once, at most.
const THREADS: usize = 4;

/// What was found of each table.
type Found = Vec<(usize, Counts, Figures)>;

/// Compares all. Without `is_paused` the live projector goes on as soon as it is settled what is seen.
pub(super) fn compare(
    shadow: &mut Shadow,
    names: &Names,
    tables: &[Table],
    is_paused: bool,
) -> Result<(Vec<Counts>, Vec<Figures>)> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS);
    let views = shadow.views(threads, is_paused)?;
    let next = &AtomicUsize::new(0);
    let mut found = thread::scope(|scope| {
        let threads: Vec<_> = views.into_iter().map(|view| scope.spawn(|| find(view, names, tables, next))).collect();
        let ended = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(panicked())));
        ended.collect::<Result<Vec<Found>>>()
    })?
    .concat();
    found.sort_unstable_by_key(|(index, ..)| *index);
    Ok(found.into_iter().map(|(_, counts, figures)| (counts, figures)).unzip())
}

/// Compares tables that nobody else does, until none is left.
fn find(mut view: View, names: &Names, tables: &[Table], next: &AtomicUsize) -> Result<Found> {
    let own = names.with_diffs_in(view.own_schema());
    let mut found = Found::new();
    while let Some((index, table)) = take(tables, next) {
        let tx = &mut view.tx();
        difference::find(tx, &own, table)?;
        let counts = Counts::of(tx, &own, table)?;
        let figures = Figures::of(tx, &own, table, &counts)?;
        found.push((index, counts, figures));
    }
    view.end()?;
    for (index, counts, _) in &found {
        difference::keep(&mut view.tx(), &own, names, &tables[*index], counts)?;
    }
    Ok(found)
}

/// The next table: those that are widest and have most rows come first.
fn take<'t>(tables: &'t [Table], next: &AtomicUsize) -> Option<(usize, &'t Table)> {
    let place = next.fetch_add(1, Ordering::Relaxed);
    let mut order: Vec<_> = tables.iter().enumerate().collect();
    order.sort_by_key(|(_, table)| table.rank());
    order.get(place).copied()
}

fn panicked() -> Error {
    Error::Panic("while tables were compared".to_owned())
}
