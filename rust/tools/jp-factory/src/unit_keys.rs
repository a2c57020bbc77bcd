//! What the unit itself does with its TPM's keys: shows them, checks them, and locks them at its first start.

use std::{fmt::Write as _, path::Path};

use keys::{Lock, Unit};
use nix::sys::statfs::{TMPFS_MAGIC, statfs};

use crate::{Failure, failure::at, record::Record, verify::secret_of};

/// Who the unit is and what its TPM holds, as lines of text.
pub fn show(unit: &mut Unit) -> Result<String, Failure> {
    let mut text = String::new();
    let _ = match unit.record()? {
        Some(bytes) => {
            let record = Record::read(&bytes)?;
            writeln!(text, "serial       {}\nmade         {} with {}", record.serial, record.made, record.image)
        }
        None => writeln!(text, "serial       none: this unit was not made at a factory"),
    };
    let _ = writeln!(text, "fingerprint  {}", unit.fingerprint()?);
    for rule in unit.rules().factory.clone() {
        let state = match unit.lock_of(&rule.name)? {
            None => "missing",
            Some(Lock::Open) => "open: the unit has not locked it yet",
            Some(Lock::Locked) => "locked",
        };
        let certificate = match unit.certificate(&rule.name)? {
            Some(der) => format!(", certificate of {} bytes", der.len()),
            None => String::new(),
        };
        let _ = writeln!(text, "{:<12} {state}{certificate}", rule.name);
    }
    Ok(text)
}

/// Everything that is not as the rules want it.
pub fn check(unit: &mut Unit) -> Result<Vec<String>, Failure> {
    Ok(unit.check()?.iter().map(ToString::to_string).collect())
}

/// What locking came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    /// Every key asks for the unit's secret.
    All,
    /// The unit was not made at a factory: there is nothing to lock.
    NotMade,
}

/// Locks every key of the factory to the unit's secrets, which lie in this folder. At every start: it is done once, and
/// what a power cut left half done is finished.
pub fn lock(unit: &mut Unit, secrets: &Path) -> Result<Locked, Failure> {
    if unit.record()?.is_none() {
        return Ok(Locked::NotMade);
    }
    // A secret that is gone at the next start would lock the keys for good.
    let kind = statfs(secrets).map_err(|error| at(secrets)(error.into()))?.filesystem_type();
    if kind == TMPFS_MAGIC {
        return Err(Failure::Content {
            path: secrets.to_owned(),
            found: "a folder in memory".to_owned(),
            expected: "one on the sealed data partition".to_owned(),
        });
    }
    for rule in unit.rules().factory.clone() {
        let secret = secret_of(secrets, &rule.secret)?;
        unit.lock(&rule.name, &secret, &secrets.join(format!("{}.wrapped", rule.credential)))?;
    }
    Ok(Locked::All)
}
