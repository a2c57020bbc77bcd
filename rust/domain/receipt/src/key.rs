//! The key, as far as a record shows it.

use ocmf::{Curve, PublicKey as Key};

use crate::sign::Error;

/// Where the private half of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// In the TPM; it cannot leave it.
    Tpm,
    /// In a file.
    Software,
}

impl KeyKind {
    /// `GI`: what has made the record. The variant says where its key is.
    pub(crate) const fn gateway(self) -> &'static str {
        match self {
            Self::Tpm => "Joulepoint, TPM key",
            Self::Software => "Joulepoint, software key",
        }
    }
}

/// A public key on P-256 (secp256r1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(Key);

impl PublicKey {
    /// From an uncompressed point: 4, x, y.
    pub fn new(point: &[u8; 65]) -> Result<Self, Error> {
        Key::from_sec1(Curve::Secp256r1, point).map(Self).map_err(|_| Error::Key)
    }

    /// As a DER `SubjectPublicKeyInfo` in hexadecimal: what verifiers of OCMF take.
    pub fn hex(&self) -> String {
        ocmf::encoding::hex_encode_upper(&self.0.to_spki())
    }

    pub(crate) const fn inner(&self) -> &Key {
        &self.0
    }

    /// The signer's name in `GS`: the tail of its key. Each key counts its own records, so it is its own gateway.
    pub fn name(&self) -> String {
        let hex = self.hex();
        hex.get(hex.len().saturating_sub(16)..).unwrap_or(&hex).to_owned()
    }
}

/// An ECDSA signature on P-256: r and s, big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The first number.
    pub r: [u8; 32],
    /// The second number.
    pub s: [u8; 32],
}
