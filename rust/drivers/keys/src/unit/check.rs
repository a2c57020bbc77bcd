//! Whether a TPM holds what the rules ask for.

use std::fmt;

use super::Unit;
use crate::{
    Error,
    tpm::{refused, template},
};

/// What is not as the rules want it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A key is not there.
    Missing {
        /// Which.
        key: String,
        /// Where it should be.
        handle: u32,
    },
    /// Something else stands at a key's handle.
    Another {
        /// Which key should.
        key: String,
        /// Where.
        handle: u32,
    },
    /// A key is no child of the storage key.
    Stray {
        /// Which.
        key: String,
    },
    /// A key has no certificate.
    NoCertificate {
        /// Which.
        key: String,
        /// Where it should be.
        index: u32,
    },
    /// The unit does not know who it is.
    NoRecord {
        /// Where it should be written.
        index: u32,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { key, handle } => write!(f, "key {key} is missing; expected at {handle:#x}"),
            Self::Another { key, handle } => write!(f, "at {handle:#x} is a key of another kind; expected {key}"),
            Self::Stray { key } => write!(f, "key {key} is not wrapped by the storage key; expected a child of it"),
            Self::NoCertificate { key, index } => write!(f, "key {key} has no certificate; expected at {index:#x}"),
            Self::NoRecord { index } => write!(f, "no record of who this unit is; expected at {index:#x}"),
        }
    }
}

impl Unit {
    /// Everything that is not as the rules want it; nothing for a unit that is made.
    pub fn check(&mut self) -> Result<Vec<Fault>, Error> {
        let mut faults = Vec::new();
        for rule in self.rules.factory.clone() {
            let key = rule.name.clone();
            match self.public(&key)? {
                None => faults.push(Fault::Missing { key: key.clone(), handle: rule.handle }),
                Some((_, public)) => {
                    let right = template::is(&public, rule.algorithm, &rule.attributes)
                        .map_err(refused("know the key's kind"))?;
                    if !right {
                        faults.push(Fault::Another { key: key.clone(), handle: rule.handle });
                    } else if !self.is_child(&key)? {
                        faults.push(Fault::Stray { key: key.clone() });
                    }
                }
            }
            if let Some(index) = rule.certificate
                && self.certificate(&key)?.is_none_or(|der| der.is_empty())
            {
                faults.push(Fault::NoCertificate { key, index });
            }
        }
        if self.record()?.is_none_or(|record| record.is_empty()) {
            faults.push(Fault::NoRecord { index: self.rules.record.nv });
        }
        Ok(faults)
    }

    /// Whether a key's qualified name is that of a child of our storage key: a hash over all its ancestors.
    fn is_child(&mut self, name: &str) -> Result<bool, Error> {
        use sha2::{Digest as _, Sha256};
        let Some((key, _)) = self.public(name)? else { return Ok(false) };
        let storage = self.tpm.storage;
        let read = |tpm: &mut crate::tpm::Tpm, key| {
            tpm.context
                .execute_without_session(|context| context.read_public(key))
                .map_err(refused("show a key's public half"))
        };
        let (_, _, parent) = read(&mut self.tpm, storage)?;
        let (_, own, qualified) = read(&mut self.tpm, key)?;
        let mut wanted = vec![0x00, 0x0b];
        wanted.extend(Sha256::new().chain_update(parent.value()).chain_update(own.value()).finalize());
        Ok(qualified.value() == wanted)
    }
}
