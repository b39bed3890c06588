//! Tells systemd, where it started us, how we are.

use sd_notify::NotifyState;

/// Deliveries are taken. From now on the watchdog is told that the runtime is alive, where it wants to know.
pub(super) fn ready() {
    tell(NotifyState::Ready);
    if let Some(limit) = sd_notify::watchdog_enabled() {
        tokio::spawn(async move {
            let mut clock = tokio::time::interval(limit / 3);
            loop {
                clock.tick().await;
                tell(NotifyState::Watchdog);
            }
        });
    }
}

/// The end was called.
pub(super) fn stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "systemd could not be told");
    }
}
