//! Waits until set-again events are projected: by the server where one runs, else here.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::config::Config;
use crate::db::{Database, events};
use crate::project::{Outcome, Projector};

/// Between two looks at a server's progress.
const LOOK: Duration = Duration::from_millis(200);

/// A bar on stderr, where that is a terminal.
pub(super) fn bar(length: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}

/// Projects what is pending, or watches the server do it, until nothing is.
pub(super) fn until_done(database: &Database, config: &Config) -> anyhow::Result<()> {
    let total = u64::try_from(database.read(events::count_pending)?)?;
    let bar = bar(total, "projecting");
    let mut projector = Projector::new(database, config.accounts.clone());
    loop {
        match projector.step()? {
            Outcome::Done(count) => bar.inc(count as u64),
            Outcome::Empty => break,
            Outcome::Busy => {
                let pending = u64::try_from(database.read(events::count_pending)?)?;
                if pending == 0 {
                    break;
                }
                bar.set_position(total.saturating_sub(pending));
                std::thread::sleep(LOOK);
            }
        }
    }
    bar.finish_and_clear();
    Ok(())
}
