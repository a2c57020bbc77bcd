//! What every daemon's `main` needs and none should write again.
//!
//! - [`log`]: one line a record on stderr, as the journal wants it, and [`RateLimited`] for what outsiders can provoke.
//! - [`clock`]: the machine's two clocks as the domain's types.
//! - `database` (a feature): SQLite, durable and migrated in steps.
//! - [`reserve`]: room on the disk for the day when it is full.
//! - [`serve`]: a Unix socket, handed over by systemd or bound here, with the caller known by `SO_PEERCRED`.
//! - [`client`]: the other end of it.
//! - [`notify`]: systemd's readiness and watchdog.
//! - [`Problem`]: the one error body.

pub mod client;
pub mod clock;
#[cfg(feature = "database")]
pub mod database;
pub mod log;
pub mod notify;
mod problem;
mod rate;
pub mod reserve;
pub mod serve;

pub use problem::Problem;
pub use rate::RateLimited;

/// Exit codes (`sysexits.h`), so that systemd and scripts can tell causes apart.
pub mod exit {
    /// The command line is wrong.
    pub const USAGE: u8 = 64;
    /// Something failed inside.
    pub const INTERNAL: u8 = 70;
    /// There is no usable configuration; systemd does not restart on this one.
    pub const CONFIG: u8 = 78;
}

/// Resolves when the process is asked to end (SIGTERM or SIGINT).
pub async fn shutdown() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        tracing::error!("cannot listen for signals; only SIGKILL will end this process");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}
