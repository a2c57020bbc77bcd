//! See the library crate `jpctl` for what this tool is responsible for.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;
use jpctl::{args::Args, run};
use shell::exit;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = writeln!(io::stderr(), "jpctl: {error}");
            return ExitCode::from(exit::INTERNAL);
        }
    };
    match runtime.block_on(run(&args, &mut io::stdout().lock())) {
        Ok(code) => ExitCode::from(code),
        // `jpctl … | head` is no failure.
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "jpctl: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
