//! See the library crate `jp_keys` for what this tool is responsible for.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;
use jp_keys::{
    Error, Locked,
    args::{Command, Keys},
    lock, show,
};
use keys::{Unit, rules::Rules};

fn main() -> ExitCode {
    let args = match Keys::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 64 } else { 0 });
        }
    };
    match run(&args) {
        Ok(said) => {
            let _ = writeln!(io::stdout(), "{}", said.trim_end());
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "jp-keys: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Keys) -> Result<String, Error> {
    let mut unit = Unit::open(&args.tpm.tpm, Rules::read(&args.tpm.rules)?)?;
    match &args.command {
        Command::Show => show(&mut unit),
        Command::Check => {
            let faults: Vec<String> = unit.check()?.iter().map(ToString::to_string).collect();
            if faults.is_empty() {
                Ok("as the rules want it".to_owned())
            } else {
                Err(Error::Faults(faults.join("; ")))
            }
        }
        Command::Lock { secrets } => Ok(match lock(&mut unit, secrets)? {
            Locked::All => "the factory's keys are locked to this unit's secrets".to_owned(),
            Locked::NotMade => "this unit was not made at a factory: there is nothing to lock".to_owned(),
        }),
    }
}
