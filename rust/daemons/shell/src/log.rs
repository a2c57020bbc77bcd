//! Logging to stderr, where the journal picks it up.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging; `RUST_LOG` filters, `info` by default. Says which build of which daemon starts.
pub fn init(daemon: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // The journal stamps its lines itself.
    let started = if journal { log.without_time().try_init() } else { log.try_init() };
    if started.is_ok() {
        tracing::info!(daemon, version = env!("CARGO_PKG_VERSION"), "starting");
    }
}
