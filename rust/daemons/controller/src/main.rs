//! `controller`: the cabinet on its wires.

use std::process::ExitCode;

use clap::Parser as _;
use controller::{Args, StartError, openapi, run};

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { shell::exit::USAGE.into() } else { ExitCode::SUCCESS };
        }
    };
    if args.print_openapi {
        #[expect(clippy::print_stdout, reason = "this is what was asked for")]
        {
            println!("{}", openapi());
        }
        return ExitCode::SUCCESS;
    }
    shell::log::init("controller");
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(StartError::Configuration(mistakes)) => {
            for mistake in mistakes {
                tracing::error!("configuration: {mistake}");
            }
            shell::exit::CONFIG.into()
        }
        Err(error) => {
            tracing::error!("{error}");
            shell::exit::INTERNAL.into()
        }
    }
}
