//! What the unit itself does with its TPM's keys.

use std::{fmt::Write as _, path::Path};

use keys::{Lock, Secret, Unit};
use nix::sys::statfs::{TMPFS_MAGIC, statfs};

use crate::{Error, Record};

/// Who the unit is and what its TPM holds, as lines of text.
pub fn show(unit: &mut Unit) -> Result<String, Error> {
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
pub fn lock(unit: &mut Unit, secrets: &Path) -> Result<Locked, Error> {
    if unit.record()?.is_none() {
        return Ok(Locked::NotMade);
    }
    let wrong = |why: String| Error::Secrets { folder: secrets.to_owned(), why };
    // A secret that is gone at the next start would lock the keys for good.
    let kind = statfs(secrets).map_err(|error| wrong(error.to_string()))?.filesystem_type();
    if kind == TMPFS_MAGIC {
        return Err(wrong("a folder in memory".to_owned()));
    }
    for rule in unit.rules().factory.clone() {
        let secret = secret_of(secrets, &rule.secret)?;
        unit.lock(&rule.name, &secret, &secrets.join(format!("{}.wrapped", rule.credential)))?;
    }
    Ok(Locked::All)
}

/// The authorisation of a key, in a folder that need not be the unit's own.
pub fn secret_of(folder: &Path, rule: &Path) -> Result<Secret, Error> {
    Ok(Secret::read(&folder.join(rule.file_name().unwrap_or_default()))?)
}
