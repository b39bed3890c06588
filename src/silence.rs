//! Says when an account has been silent for improbably long, beside what it usually sends at these hours of its week.

mod alarm;
mod alert;
mod history;
pub mod rates;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

pub use alarm::{Alarm, Change, Silence};
pub use alert::Alerts;
pub use history::{learn, silences};
use rates::Rates;

use crate::config::Config;
use crate::db::{Database, Result};
use crate::record::Recorder;

/// Below this probability a silence is told.
pub const IMPROBABLE: f64 = 0.001;
/// Between two looks for new deliveries.
const LOOK: Duration = Duration::from_mins(1);
/// Looks before what is usual is learned again.
const LOOKS: u32 = 60;

/// What is usual of each account, by host.
pub type Usual = BTreeMap<String, Rates>;

/// The accounts that are silent for improbably long now, for whoever shows them.
#[derive(Debug, Clone, Default)]
pub struct Standing(Arc<Mutex<Vec<Silence>>>);

impl Standing {
    /// Those that were found last.
    pub fn now(&self) -> Vec<Silence> {
        self.0.lock().clone()
    }

    /// Those of what was seen.
    pub fn are(&self, seen: &[Silence]) {
        *self.0.lock() = seen.iter().filter(|silence| silence.is_improbable()).cloned().collect();
    }
}

/// Watches for silences while a server runs; what is found is logged, counted, shown, and sent to `ALERT_URL`.
pub fn watch(
    config: &Config,
    database: Database,
    recorder: &Recorder,
    standing: Standing,
    shutdown: CancellationToken,
) {
    let (mut alarm, mut usual, mut look) = (Alarm::default(), Usual::new(), 0);
    let alerts = Alerts::start(config);
    let (state, metrics) = (recorder.state.clone(), recorder.metrics().clone());
    tokio::spawn(async move {
        loop {
            // What waits in the spool is no silence.
            if state.database_is_up() && state.spool().events == 0 {
                let (database, known, again) = (database.clone(), std::mem::take(&mut usual), look % LOOKS == 0);
                let seen = tokio::task::spawn_blocking(move || see(&database, known, again, Utc::now())).await;
                match seen {
                    Ok((kept, Ok(seen))) => {
                        usual = kept;
                        look += 1;
                        standing.are(&seen);
                        tell(alarm.take(seen, &metrics), alerts.as_ref());
                    }
                    Ok((kept, Err(error))) => {
                        usual = kept;
                        tracing::debug!(%error, "cannot look for silences now");
                    }
                    Err(error) => tracing::error!(%error, "looking for silences failed: a bug, please report it"),
                }
            }
            if shutdown.run_until_cancelled(sleep(LOOK)).await.is_none() {
                return;
            }
        }
    });
}

/// Learns what is usual, where that is due, and looks who is silent. What was known stays known through a fault.
fn see(database: &Database, mut usual: Usual, again: bool, now: DateTime<Utc>) -> (Usual, Result<Vec<Silence>>) {
    let seen = database.read(|tx| {
        if again {
            usual = learn(tx)?;
        }
        silences(tx, &usual, now)
    });
    (usual, seen)
}

/// Once for each silence, and once when it ends.
fn tell(changes: Vec<Change>, alerts: Option<&Alerts>) {
    for change in changes {
        match &change {
            Change::Began(silence) => tracing::warn!(
                host = silence.host,
                last_delivery = %silence.minute(),
                expected_deliveries = silence.expected.map_or(0.0, |expected| expected.deliveries),
                "no delivery for improbably long: see whether Checkfront still sends, and reaches this server"
            ),
            Change::Ended(silence) => {
                tracing::info!(host = silence.host, delivery = %silence.minute(), "deliveries are back");
            }
        }
        if let Some(alerts) = alerts {
            alerts.send(change);
        }
    }
}
