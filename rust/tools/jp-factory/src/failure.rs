//! Why a unit is not made.

use std::{io, path::PathBuf};

/// What failed, in words that say what to do.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A file or disk cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{}: {found}; expected {expected}", path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// What is there.
        found: String,
        /// What should be.
        expected: String,
    },
    /// A value that somebody gave is not one.
    #[error("{field} {value:?}; expected {expected}")]
    Value {
        /// Which field.
        field: &'static str,
        /// What was given.
        value: String,
        /// What should be.
        expected: &'static str,
    },
    /// The unit has been made before.
    #[error("this TPM is {serial} since {made}; expected one that is not made yet, or --again with that serial number")]
    MadeAlready {
        /// Who it is.
        serial: String,
        /// Since when.
        made: String,
    },
    /// The list has this serial number or this hardware already.
    #[error("{}, line {line}: {what} is there already; expected a new one, or --again with both as they are", path.display())]
    Listed {
        /// The list.
        path: PathBuf,
        /// Where in it.
        line: usize,
        /// What.
        what: String,
    },
    /// What was written does not come back.
    #[error("{}: bytes {from} to {to} read back differently; expected a disk that keeps what it is given", disk.display())]
    ReadBack {
        /// The disk.
        disk: PathBuf,
        /// From here.
        from: u64,
        /// To here.
        to: u64,
    },
    /// What was made zero does not read as zeros.
    #[error("{}: byte {at} reads back as {found:#04x}; expected 0: the disk was told to make zeros there", disk.display())]
    NotZero {
        /// The disk.
        disk: PathBuf,
        /// Where.
        at: u64,
        /// What is there.
        found: u8,
    },
    /// Something of the unit is not as it should be.
    #[error("{0}")]
    Unit(String),
    /// The TPM or its keys.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// What the TPM says of the unit.
    #[error(transparent)]
    Told(#[from] jp_keys::Error),
    /// A certificate or the CA.
    #[error("certificate: {0}")]
    Certificate(String),
    /// A program that was called.
    #[error("{program} failed: {why}")]
    Program {
        /// Which.
        program: String,
        /// What it said.
        why: String,
    },
}

/// An error of the system at a path.
pub(crate) fn at(path: &std::path::Path) -> impl Fn(io::Error) -> Failure + '_ {
    |source| Failure::File { path: path.to_owned(), source }
}
