//! Fills the shadow: events are copied into it a page at a time, and projected. On PostgreSQL the next page is copied
//! meanwhile; a file has one writer.

use std::ops::Range;
use std::sync::mpsc::sync_channel;
use std::thread;

use super::log;
use super::tables::Names;
use crate::db::shadow::Shadow;
use crate::db::{Error, Result, Tx};
use crate::project::{Outcome, Projector};

/// Events that are copied at once, at most.
const PAGE: i64 = 100_000;
/// The first are fewer, where projecting waits for them; each page may be as large as all before it.
const FIRST: i64 = 4_000;
/// Pages that may be copied before they are projected.
const PAGES: usize = 1;

/// Copies and projects the listed events of these places, and says how far it is. Where copying is done, `rest` is what
/// is to be done in the shadow while the last ones are projected.
pub(super) fn fill(
    shadow: &mut Shadow,
    names: &Names,
    projector: &mut Projector,
    places: Range<i64>,
    progress: &mut dyn FnMut(i64),
    rest: impl FnOnce(&mut Tx<'_>) -> Result<()> + Send,
) -> Result<()> {
    if !shadow.is_postgres() || places.is_empty() {
        for page in pages(places, PAGE) {
            shadow.transaction(|tx| log::copy(tx, names, page.start, page.end))?;
            drain(projector, &mut |_| {})?;
            progress(page.end);
        }
        return shadow.transaction(rest);
    }
    thread::scope(|scope| {
        let (copied, arriving) = sync_channel(PAGES);
        let copy = move || {
            for page in pages(places, FIRST) {
                shadow.transaction(|tx| log::copy(tx, names, page.start, page.end))?;
                // Nobody waits for more after an error.
                if copied.send(page.end).is_err() {
                    return Ok(());
                }
            }
            drop(copied);
            shadow.transaction(rest)
        };
        let copying = scope.spawn(copy);
        // While a batch is projected, room is made for the page after the next.
        while let Ok(end) = arriving.recv() {
            let mut last = end;
            drain(projector, &mut |_| last = arriving.try_iter().last().unwrap_or(last))?;
            progress(last);
        }
        drop(arriving);
        copying.join().unwrap_or_else(|_| Err(Error::Panic("while events were copied".to_owned())))
    })
}

/// The places in pages, the first of this size.
fn pages(places: Range<i64>, first: i64) -> impl Iterator<Item = Range<i64>> + Send {
    let mut next = places.start;
    std::iter::from_fn(move || {
        let start = next;
        next = places.end.min(start + (start - places.start).clamp(first, PAGE));
        (start < next).then_some(start..next)
    })
}

/// Projects what waits in the shadow, and says how many events are done.
pub(super) fn drain(projector: &mut Projector, progress: &mut dyn FnMut(u64)) -> Result<()> {
    let span = tracing::info_span!("rebuild");
    let _entered = span.enter();
    let mut done = 0;
    loop {
        match projector.step()? {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_grow_and_leave_nothing_out() {
        let sizes = |places, first| pages(places, first).map(|page| page.end - page.start).collect::<Vec<_>>();
        assert_eq!(sizes(0..22_000, FIRST), [4_000, 4_000, 8_000, 6_000]);
        assert_eq!(sizes(7..8, FIRST), [1]);
        assert_eq!(sizes(5..5, FIRST), [0; 0]);
        assert_eq!(sizes(50..250_050, PAGE), [100_000, 100_000, 50_000]);
        let all: Vec<_> = pages(10..500_010, FIRST).collect();
        assert!(all.iter().all(|page| page.end - page.start <= PAGE));
        assert!(all.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!((all[0].start, all[all.len() - 1].end), (10, 500_010));
    }
}
