//! What systemd wants to know. Everything here does nothing when no service manager listens.

use sd_notify::NotifyState;

/// The daemon serves: configuration taken, store open, socket bound.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// One line for `systemctl status`.
pub fn status(text: &str) {
    tell(&[NotifyState::Status(text)]);
}

/// Still alive. To be called by the loop whose hanging would matter, never by a helper.
pub fn watchdog() {
    tell(&[NotifyState::Watchdog]);
}

/// About to end.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager was not told");
    }
}
