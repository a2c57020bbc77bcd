//! `plc`: one chain's power lines. SLAC, discovery and V2G sessions with the chain's cars; every decision is the
//! controller's, told over the link (see `api::link`).
//!
//! One task a connector, each with its own interface, sockets and engines, so that what one car does reaches no other.
//! A car is answered from the controller's last snapshot while that holds, at once, and is told
//! `EVSE_EmergencyShutdown` after it.

mod chain;
mod connector;
mod link;
mod net;
mod supervisor;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{Json, Router, routing::get};
use clap::Parser;
use units::{ChainId, V2gEpoch};

use crate::{chain::Chain, link::Link, supervisor::Supervisor};

/// One chain's power lines.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Args {
    /// Which chain of the configuration.
    #[arg(long, env = "JOULEPOINT_CHAIN", value_parser = ChainId::new)]
    chain: ChainId,
    /// Where the daemons' sockets are.
    #[arg(long, env = "JOULEPOINT_RUN_DIR", default_value = "/run/joulepoint")]
    run_dir: PathBuf,
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
    shell::log::init("plc");
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::from(shell::exit::INTERNAL)
        }
    }
}

#[tokio::main(worker_threads = 2)]
async fn run(args: &Args) -> anyhow::Result<()> {
    // Seconds since boot: sessions of this process are numbered above all of an earlier one in the same boot.
    let first = u32::try_from(shell::clock::mono().millis() / 1_000).unwrap_or_default();
    let instance = uuid::Uuid::new_v4().to_string();
    let chain = Arc::new(Chain::new(args.chain.clone(), instance, V2gEpoch(first)));
    let name = format!("plc-{}.sock", args.chain);
    let listener = shell::serve::listen(&args.run_dir, &name)
        .with_context(|| format!("cannot listen on {}", args.run_dir.join(&name).display()))?;
    let link = Link::new(args.run_dir.join("controller.sock"), Arc::clone(&chain));
    let link = tokio::spawn(link.run(Supervisor::new(Arc::clone(&chain))));
    let state = get(move || std::future::ready(Json(chain.report())));
    tokio::spawn(async {
        let mut beat = tokio::time::interval(Duration::from_millis(500));
        loop {
            beat.tick().await;
            shell::notify::watchdog();
        }
    });
    shell::notify::ready();
    shell::serve::serve(Router::new().route("/v1/state", state), listener, shell::shutdown()).await;
    shell::notify::stopping();
    link.abort();
    Ok(())
}
