//! See the library crate `system` for what this daemon is responsible for.

use std::{io::Write as _, process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::Parser as _;
use shell::exit;
use system::{Machine, Places, Updates, args::Args, data::Data, server};
use utoipa::OpenApi as _;

/// Shorter than a third of the watchdog time in the unit.
const ALIVE_EVERY: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS };
        }
    };
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "system: {error:#}");
            ExitCode::from(exit::INTERNAL)
        }
    }
}

fn run(args: &Args) -> anyhow::Result<()> {
    if args.print_openapi {
        writeln!(std::io::stdout(), "{}", server::Document::openapi().to_pretty_json()?)?;
        return Ok(());
    }
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(args))
}

async fn serve(args: &Args) -> anyhow::Result<()> {
    shell::log::init("system");
    let machine = Machine::new("/", &args.state_dir);
    let places = Places {
        run_dir: args.run_dir.clone(),
        state_dir: args.state_dir.clone(),
        usb_dir: args.usb_dir.clone(),
        authorities: args.ca_file.clone(),
        hmi: args.hmi,
    };
    let router = server::router(machine.clone(), Updates::start(&machine, places), Data::new(&args.run_dir));
    let listener = shell::serve::listen(&args.run_dir, server::SOCKET)
        .with_context(|| format!("cannot listen at {}", args.run_dir.join(server::SOCKET).display()))?;
    shell::notify::ready();
    let alive = tokio::spawn(async {
        let mut tick = tokio::time::interval(ALIVE_EVERY);
        loop {
            tick.tick().await;
            shell::notify::watchdog();
        }
    });
    shell::serve::serve(router, listener, shell::shutdown()).await;
    alive.abort();
    shell::notify::stopping();
    Ok(())
}
