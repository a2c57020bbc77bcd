//! A key in a file, as the storage key has wrapped it: of no use to another TPM.

use std::{fmt, path::Path};

use tss_esapi::{
    handles::KeyHandle,
    structures::{Auth, Private, Public},
    traits::{Marshall as _, UnMarshall as _},
};

use super::{Tpm, TpmAddress, point_of, refused, template};
use crate::{Error, Secret, Signature, file, rules::Algorithm};

/// What a key's file begins with.
const MAGIC: &[u8; 8] = b"JP-TPM-1";

/// One key, loaded.
pub(crate) struct TpmKey {
    tpm: Tpm,
    key: KeyHandle,
    point: [u8; 65],
}

impl TpmKey {
    /// The key of this file; a new one if there is none.
    pub(crate) fn open(address: &TpmAddress, path: &Path, secret: &Secret) -> Result<Self, Error> {
        let mut tpm = Tpm::open(address)?;
        let storage = tpm.storage;
        let auth = || Auth::try_from(secret.bytes()).map_err(refused("take the authorisation"));
        let (public, private) = if let Some(found) = read(path)? {
            found
        } else {
            let template = template::key(Algorithm::EcdsaNistP256Sha256, template::METERING)
                .map_err(refused("know the key's kind"))?;
            let auth = auth()?;
            let made = tpm.in_session("make the key", |context| {
                context.create(storage, template, Some(auth), None, None, None)
            })?;
            write(path, &made.out_public, &made.out_private)?;
            (made.out_public, made.out_private)
        };
        let point = point_of(&public).ok_or_else(|| Error::Content {
            path: path.to_owned(),
            found: "a key of another kind".to_owned(),
            expected: "a P-256 key",
        })?;
        let key = tpm.in_session("load the key", |context| context.load(storage, private, public))?;
        tpm.context.tr_set_auth(key.into(), auth()?).map_err(refused("take the authorisation"))?;
        Ok(Self { tpm, key, point })
    }

    pub(crate) const fn point(&self) -> [u8; 65] {
        self.point
    }

    pub(crate) fn sign(&mut self, digest: &[u8; 32]) -> Result<Signature, Error> {
        self.tpm.sign(self.key, digest)
    }
}

impl fmt::Debug for TpmKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TpmKey(…)")
    }
}

/// The wrapped key in a file; `None` where there is no file.
pub(crate) fn read(path: &Path) -> Result<Option<(Public, Private)>, Error> {
    let Some(content) = file::read(path)? else { return Ok(None) };
    unpack(&content).map(Some).ok_or_else(|| Error::Content {
        path: path.to_owned(),
        found: format!("{} bytes that are none", content.len()),
        expected: "a key that a TPM has wrapped",
    })
}

/// Writes a wrapped key, whole and on the disk.
pub(crate) fn write(path: &Path, public: &Public, private: &Private) -> Result<(), Error> {
    file::write(path, &pack(public, private)?)
}

/// Both halves in one file: the magic, then each with its length in front.
fn pack(public: &Public, private: &Private) -> Result<Vec<u8>, Error> {
    let public = public.marshall().map_err(refused("give the public key"))?;
    let mut packed = MAGIC.to_vec();
    for part in [public.as_slice(), private.value()] {
        packed.extend(u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
        packed.extend(part);
    }
    Ok(packed)
}

fn unpack(content: &[u8]) -> Option<(Public, Private)> {
    let rest = content.strip_prefix(MAGIC)?;
    let (public, rest) = part(rest)?;
    let (private, rest) = part(rest)?;
    if !rest.is_empty() {
        return None;
    }
    Some((Public::unmarshall(public).ok()?, Private::try_from(private).ok()?))
}

fn part(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = content.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_file_is_no_key() {
        for torn in [&b""[..], b"JP-TPM-1", b"JP-TPM-1\0\x05abc", b"JP-TPM-1\0\x01a\0\x01b", b"-----BEGIN"] {
            assert!(unpack(torn).is_none());
        }
    }
}
