//! Waits until set-again events are projected: by the server where one runs, else here.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::config::Config;
use crate::db::rows::Event;
use crate::db::{Database, events};
use crate::project::{Outcome, Projector};

/// Between two looks at a server's progress.
const LOOK: Duration = Duration::from_millis(200);

/// On PostgreSQL a server that does nothing for so long is none: it looks at least once a second.
const SERVED: Duration = Duration::from_secs(3);

/// A bar on stderr, where that is a terminal.
pub(super) fn bar(length: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}

/// Watches a server project what is pending by now; where none does, projects it here.
pub(super) fn until_done(database: &Database, config: &Config) -> anyhow::Result<()> {
    // What comes meanwhile is not waited for: on a busy mirror something always is pending.
    let newest = database.read(Event::highest_id)?;
    let count = || database.read(|tx| events::count_pending_until(tx, newest));
    let total = u64::try_from(count()?)?;
    let bar = bar(total, "projecting");
    let mut projector = Projector::new(database, config.accounts.clone());
    let (mut last, mut idle) = (total, Instant::now());
    // A server knows its accounts' settings better than this shell may. Beside a SQLite file the lock tells of it.
    let mut served = matches!(database, Database::Postgres(_));
    loop {
        let pending = u64::try_from(count()?)?;
        bar.set_position(total.saturating_sub(pending));
        if pending == 0 {
            break;
        }
        if pending < last {
            (last, idle) = (pending, Instant::now());
        }
        served = served && idle.elapsed() < SERVED;
        if served || projector.step()? == Outcome::Busy {
            std::thread::sleep(LOOK);
        }
    }
    bar.finish_and_clear();
    Ok(())
}
