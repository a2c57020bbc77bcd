//! The unit's own look at its TPM's keys; see the library crate `jp_factory`.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;
use jp_factory::{
    Failure,
    args::{Keys, KeysCommand},
    unit_keys::{self, Locked},
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
        Err(failure) => {
            let _ = writeln!(io::stderr(), "jp-keys: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Keys) -> Result<String, Failure> {
    let mut unit = Unit::open(&args.tpm.tpm, Rules::read(&args.tpm.rules)?)?;
    match &args.command {
        KeysCommand::Show => unit_keys::show(&mut unit),
        KeysCommand::Check => {
            let faults = unit_keys::check(&mut unit)?;
            if faults.is_empty() {
                Ok("as the rules want it".to_owned())
            } else {
                Err(Failure::Unit(faults.join("; ")))
            }
        }
        KeysCommand::Lock { secrets } => Ok(match unit_keys::lock(&mut unit, secrets)? {
            Locked::All => "the factory's keys are locked to this unit's secrets".to_owned(),
            Locked::NotMade => "this unit was not made at a factory: there is nothing to lock".to_owned(),
        }),
    }
}
