//! The daemon `ocpp`. See the library for what it does.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::Parser;
use ocpp::{
    daemon::{Daemon, Surroundings},
    http,
    queue::Queue,
    release,
};
use shell::{client::Client, exit};
use tokio::sync::mpsc;

/// Carries a charger's transactions to its CSMS, and the CSMS's commands to the charger (OCPP 1.6J).
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Where the daemons' sockets are.
    #[arg(long, env = "JOULEPOINT_RUN_DIR", default_value = "/run/joulepoint")]
    run_dir: PathBuf,
    /// Where the message queue is kept.
    #[arg(long, env = "JOULEPOINT_STATE_DIR", default_value = "/var/lib/joulepoint/ocpp")]
    state_dir: PathBuf,
    /// The roots of the manufacturer, whose signers may sign firmware (PEM, with revocation lists if there are any).
    #[arg(long, env = "JOULEPOINT_MANUFACTURER_ROOTS", default_value = "/etc/rauc/keyring.pem")]
    manufacturer_roots: PathBuf,
    /// Writes the OpenAPI document of this daemon's socket to stdout, and ends.
    #[arg(long)]
    print_openapi: bool,
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { 0 });
        }
    };
    if args.print_openapi {
        let written = serde_json::to_writer_pretty(std::io::stdout().lock(), &http::document());
        return if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(exit::INTERNAL) };
    }
    shell::log::init("ocpp");
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::from(exit::INTERNAL)
        }
    }
}

fn run(args: Args) -> anyhow::Result<()> {
    // One thread for the loop, which may wait for the disk, and one for the sockets meanwhile.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async move {
        std::fs::create_dir_all(&args.state_dir)
            .with_context(|| format!("cannot make {}", args.state_dir.display()))?;
        let path = args.state_dir.join("queue.db");
        let queue = Queue::open(&path).with_context(|| format!("cannot open {}", path.display()))?;
        let listener = shell::serve::listen(&args.run_dir, "ocpp.sock")
            .with_context(|| format!("cannot listen in {}", args.run_dir.display()))?;
        let (requests, asked) = mpsc::channel(16);
        let around = Surroundings {
            controller: Client::new(args.run_dir.join("controller.sock")),
            system: Client::new(args.run_dir.join("system.sock")),
            roots: args.manufacturer_roots,
            version: release::version(&std::fs::read_to_string("/etc/os-release").unwrap_or_default()),
        };
        let (daemon, ears) = Daemon::start(queue, around, asked)?;
        tokio::spawn(shell::serve::serve(http::router(requests), listener, std::future::pending()));
        shell::notify::ready();
        // `block_in_place` wants a worker, and the main thread is none.
        let run = tokio::spawn(daemon.run(ears));
        tokio::select! {
            ended = run => ended.context("the loop broke")?.context("the message queue failed")?,
            () = shell::shutdown() => shell::notify::stopping(),
        }
        Ok(())
    })
}
