//! A key in a file: PKCS#8, in PEM, for its owner alone.

use std::path::Path;

use p256::{
    SecretKey,
    ecdsa::{Signature as Raw, SigningKey, signature::hazmat::PrehashSigner as _},
    elliptic_curve::sec1::ToEncodedPoint as _,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding},
};

use crate::{Error, Signature, file};

/// One key.
pub(crate) struct SoftwareKey(SigningKey);

impl SoftwareKey {
    /// The key of this file; a new one if there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let wrong = |found: String| Error::Content {
            path: path.to_owned(),
            found,
            expected: "a P-256 private key as PKCS#8 in PEM",
        };
        if let Some(content) = file::read(path)? {
            let text = String::from_utf8(content).map_err(|_| wrong("no text".to_owned()))?;
            let key = SecretKey::from_pkcs8_pem(&text).map_err(|error| wrong(error.to_string()))?;
            return Ok(Self(key.into()));
        }
        let key = fresh()?;
        let text = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| wrong(error.to_string()))?;
        file::write(path, text.as_bytes())?;
        Ok(Self(key.into()))
    }

    pub(crate) fn point(&self) -> [u8; 65] {
        let point = self.0.verifying_key().as_affine().to_encoded_point(false);
        let mut bytes = [0; 65];
        if point.len() == bytes.len() {
            bytes.copy_from_slice(point.as_bytes());
        }
        bytes
    }

    /// Deterministic (RFC 6979): no random number can give the key away.
    pub(crate) fn sign(&self, digest: &[u8; 32]) -> Result<Signature, Error> {
        let raw: Raw = self.0.sign_prehash(digest).map_err(|error| Error::Signature(error.to_string()))?;
        let (r, s) = raw.split_bytes();
        Ok(Signature { r: r.into(), s: s.into() })
    }
}

fn fresh() -> Result<SecretKey, Error> {
    loop {
        let mut scalar = [0; 32];
        getrandom::fill(&mut scalar).map_err(Error::Random)?;
        // All but one in 2^32 are below the order of the curve.
        if let Ok(key) = SecretKey::from_slice(&scalar) {
            return Ok(key);
        }
    }
}

impl std::fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SoftwareKey(…)")
    }
}
