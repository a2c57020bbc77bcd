//! `plc`: one chain's power lines. SLAC, discovery and V2G sessions with the chain's cars; every decision is the
//! controller's, told over the link (see `api::link`).
//!
//! One task a connector, each with its own interface, sockets and engines, so that what one car does reaches no other.
//! A car is answered from the controller's last snapshot while that holds, at once, and is told
//! `EVSE_EmergencyShutdown` after it.

mod chain;
mod connector;
mod http;
mod link;
mod net;
mod supervisor;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use clap::Parser;
use units::{ChainId, V2gEpoch};

use crate::{chain::Chain, link::Link, supervisor::Supervisor};

/// One chain's power lines.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Args {
    /// Which chain of the configuration.
    #[arg(long, env = "JOULEPOINT_CHAIN", value_parser = ChainId::new, required_unless_present = "print_openapi")]
    chain: Option<ChainId>,
    /// Where the daemons' sockets are.
    #[arg(long, env = "JOULEPOINT_RUN_DIR", default_value = "/run/joulepoint")]
    run_dir: PathBuf,
    /// Writes the OpenAPI document of this daemon's socket to stdout, and ends.
    #[arg(long)]
    print_openapi: bool,
}

/// Fills `bytes` from the kernel's random source.
fn random(bytes: &mut [u8]) -> std::io::Result<()> {
    getrandom::fill(bytes).map_err(std::io::Error::other)
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Printing help can only fail where nobody reads.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { shell::exit::USAGE } else { 0 });
        }
    };
    let Some(id) = args.chain else {
        let written = serde_json::to_writer_pretty(std::io::stdout().lock(), &http::document());
        return ExitCode::from(if written.is_ok() { 0 } else { shell::exit::INTERNAL });
    };
    shell::log::init("plc");
    match run(id, &args.run_dir) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::from(shell::exit::INTERNAL)
        }
    }
}

#[tokio::main(worker_threads = 2)]
async fn run(id: ChainId, run_dir: &Path) -> anyhow::Result<()> {
    // Seconds since boot: sessions of this process are numbered above all of an earlier one in the same boot.
    let first = u32::try_from(shell::clock::mono().millis() / 1_000).unwrap_or_default();
    let instance = uuid::Uuid::new_v4().to_string();
    let name = format!("plc-{id}.sock");
    let chain = Arc::new(Chain::new(id, instance, V2gEpoch(first)));
    let listener = shell::serve::listen(run_dir, &name)
        .with_context(|| format!("cannot listen on {}", run_dir.join(&name).display()))?;
    let link = Link::new(run_dir.join("controller.sock"), Arc::clone(&chain));
    let link = tokio::spawn(link.run(Supervisor::new(Arc::clone(&chain))));
    tokio::spawn(async {
        let mut beat = tokio::time::interval(Duration::from_millis(500));
        loop {
            beat.tick().await;
            shell::notify::watchdog();
        }
    });
    shell::notify::ready();
    shell::serve::serve(http::router(chain), listener, shell::shutdown()).await;
    shell::notify::stopping();
    link.abort();
    Ok(())
}
