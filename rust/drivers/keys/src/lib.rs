//! What a unit's TPM holds: the key that meter records are signed with, and the factory's keys.
//!
//! [`MeteringKey`] is P-256, in the TPM where there is one, else in a file. Responsibilities: to make the key at its first use, to find the same one ever after, to say where it is, and to sign a
//! digest. Signing with a TPM takes from milliseconds to tenths of a second and blocks: it belongs on a thread of its own.
//!
//! From the TPM there is no way back: a unit that has once made a key in it gets an error when the TPM is away, not a key in
//! a file. The other way there is one: a unit with a key in a file that finds a TPM makes another key there, and whoever
//! opens it sees so by [`MeteringKey::point`], and has to tell.
//!
//! What the TPM holds, under which handle and with which authorisation, stands in `tpm/keys.toml` ([`rules`]). By it
//! [`Unit`] makes, checks and locks the keys that stay in the TPM, tells who the hardware is, and keeps who the unit is.

mod file;
pub mod rules;
mod secret;
mod software;
mod tpm;
mod unit;

use std::{io, path::PathBuf};

pub use secret::Secret;
pub use tpm::TpmAddress;
pub use unit::{Fault, Fingerprint, Lock, Unit};

/// The file of a key in the TPM: of no use without that TPM.
const TPM_FILE: &str = "metering.tpm";
/// The file of a key without a TPM.
const SOFTWARE_FILE: &str = "metering.pem";

/// Where the private half of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In the TPM; it cannot leave it.
    Tpm,
    /// In a file.
    Software,
}

/// Why there is no key, or no signature.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or written.
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
        expected: &'static str,
    },
    /// No such address of a TPM.
    #[error("{0:?} is no address of a TPM; expected device:PATH or swtpm:host=ADDRESS,port=NUMBER")]
    Address(String),
    /// The key is in a TPM, and there is none.
    #[error("{} is a key in a TPM, but there is no TPM; expected the one that made it", .0.display())]
    TpmMissing(PathBuf),
    /// The TPM refuses.
    #[error("the TPM does not {doing}: {why}")]
    Tpm {
        /// What was asked of it.
        doing: &'static str,
        /// Its answer.
        why: String,
    },
    /// The rules know no such key.
    #[error("no key {0:?} in the rules of the TPM's keys")]
    NoSuchKey(String),
    /// The factory has not made this key, or another TPM has it.
    #[error("this TPM has no key {name} at {handle:#x}; expected one that the factory made")]
    NotMade {
        /// Which.
        name: String,
        /// Where it should be.
        handle: u32,
    },
    /// No random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// The key does not sign.
    #[error("the key does not sign: {0}")]
    Signature(String),
}

/// An ECDSA signature: r and s, big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The first number.
    pub r: [u8; 32],
    /// The second number.
    pub s: [u8; 32],
}

/// Where the key's files are, and the TPM if there is one.
#[derive(Clone, Debug)]
pub struct Place {
    /// The folder of the key's file; made if it is not there.
    pub folder: PathBuf,
    /// How the TPM is reached.
    pub tpm: Option<TpmAddress>,
    /// The file with the authorisation of a key in the TPM; one is made in the folder without it.
    pub secret: Option<PathBuf>,
}

/// The key.
#[derive(Debug)]
pub struct MeteringKey(Inner);

#[derive(Debug)]
enum Inner {
    Tpm(tpm::wrapped::TpmKey),
    Software(software::SoftwareKey),
}

impl MeteringKey {
    /// The key at its place: the one that is there, else a new one, in the TPM if one is named.
    pub fn open(place: &Place) -> Result<Self, Error> {
        file::make_folder(&place.folder)?;
        let in_tpm = place.folder.join(TPM_FILE);
        match &place.tpm {
            Some(address) => {
                let secret = match &place.secret {
                    Some(path) => Secret::read(path)?,
                    None => Secret::made_at(&place.folder.join("metering.secret"))?,
                };
                Ok(Self(Inner::Tpm(tpm::wrapped::TpmKey::open(address, &in_tpm, &secret)?)))
            }
            None if in_tpm.exists() => Err(Error::TpmMissing(in_tpm)),
            None => Ok(Self(Inner::Software(software::SoftwareKey::open(&place.folder.join(SOFTWARE_FILE))?))),
        }
    }

    /// Where its private half is.
    pub const fn kind(&self) -> Kind {
        match self.0 {
            Inner::Tpm(_) => Kind::Tpm,
            Inner::Software(_) => Kind::Software,
        }
    }

    /// The public half: an uncompressed point, that is 4, x, y.
    pub fn point(&self) -> [u8; 65] {
        match &self.0 {
            Inner::Tpm(key) => key.point(),
            Inner::Software(key) => key.point(),
        }
    }

    /// Signs a SHA-256 digest.
    pub fn sign(&mut self, digest: &[u8; 32]) -> Result<Signature, Error> {
        match &mut self.0 {
            Inner::Tpm(key) => key.sign(digest),
            Inner::Software(key) => key.sign(digest),
        }
    }
}
