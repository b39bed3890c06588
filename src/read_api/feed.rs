//! Where the list of changes ends: looked up now and then, once for all who wait for it to grow, while any do.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::sleep;

use super::ask;
use crate::app::AppState;
use crate::db::rows::Change;

/// Between two looks. Other instances and commands write changes too, so no signal in this process would do.
pub(super) const LOOK: Duration = Duration::from_millis(200);

/// What streams share.
#[derive(Clone)]
pub(super) struct Feed(Arc<Shared>);

struct Shared {
    last: watch::Sender<i64>,
    /// Whether somebody looks.
    looks: Mutex<bool>,
}

impl Feed {
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared { last: watch::Sender::new(0), looks: Mutex::default() }))
    }

    /// Waits until there are changes after this number.
    pub(super) async fn goes_beyond(&self, app: &AppState, after: i64) {
        let mut last = self.0.last.subscribe();
        self.look(app);
        // The sender lives as long as this does.
        let _ = last.wait_for(|last| *last > after).await;
    }

    /// Has somebody look, until nobody waits.
    fn look(&self, app: &AppState) {
        if std::mem::replace(&mut *self.0.looks.lock(), true) {
            return;
        }
        let (feed, app) = (self.clone(), app.clone());
        tokio::spawn(async move {
            loop {
                sleep(LOOK).await;
                {
                    let mut looks = feed.0.looks.lock();
                    if feed.0.last.receiver_count() == 0 {
                        *looks = false;
                        return;
                    }
                }
                if let Ok(last) = ask::by_key(&app, |tx| Ok(Change::last(tx)?)).await {
                    feed.0.last.send_replace(last);
                }
            }
        });
    }
}
