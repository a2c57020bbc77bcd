//! The unit's own look at its TPM: who it is, what the factory left there, and locking it at the first start.
//!
//! The factory leaves its keys without an authorisation, since the place for one, the sealed data partition, is not there
//! yet. The unit's first start draws one for each key there and locks the key to it ([`lock`]); from then on a key is of use
//! to whoever has the unit's data open, on this unit, and to nobody else.

pub mod args;
mod record;
mod unit;

use std::path::PathBuf;

pub use record::Record;
pub use unit::{Locked, lock, secret_of, show};

/// Why the unit's keys cannot be shown or locked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The TPM or its keys.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// What the TPM keeps of the unit is not readable.
    #[error(
        "the TPM's record of this unit is damaged ({0}); expected one that the factory wrote: make the unit --again"
    )]
    Record(String),
    /// The folder of the secrets is not there.
    #[error("{}: {why}; expected a folder on the sealed data partition", folder.display())]
    Secrets {
        /// Which.
        folder: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Not as the rules want it.
    #[error("{0}")]
    Faults(String),
}
