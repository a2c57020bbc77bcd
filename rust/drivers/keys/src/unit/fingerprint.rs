//! Who a piece of hardware is.

use std::fmt;

use sha2::{Digest as _, Sha256};
use tss_esapi::{
    abstraction::{AsymmetricAlgorithmSelection, ek::create_ek_public_from_default_template_2},
    interface_types::{ecc::EccCurve, resource_handles::Hierarchy},
};

use crate::{
    Error,
    tpm::{Tpm, point_of, refused},
};

/// Crockford's alphabet: no I, L, O or U, which people mistake.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Who a piece of hardware is: 32 bytes that no copy of a disk brings along.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of the public point of a key.
    pub(crate) fn of(prefix: &str, point: &[u8; 65]) -> Self {
        Self(Sha256::new().chain_update(prefix.as_bytes()).chain_update(point).finalize().into())
    }

    /// The bytes themselves.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 52 characters, as they are typed and compared.
    pub fn text(&self) -> String {
        // Five bits a character, the highest first; the last character is filled up with zeros.
        let bit = |at: usize| self.0.get(at / 8).is_some_and(|byte| byte & (0x80 >> (at % 8)) != 0);
        (0..52)
            .map(|at| {
                let value = (0..5).fold(0_usize, |value, next| value * 2 + usize::from(bit(at * 5 + next)));
                ALPHABET.get(value).copied().map_or('?', char::from)
            })
            .collect()
    }
}

impl fmt::Display for Fingerprint {
    /// In groups of four, as people read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, character) in self.text().chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{character}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// The public point of the TCG's endorsement key on P-256. It is made anew from the TPM's seed each time, always the same.
pub(super) fn endorsement_point(tpm: &mut Tpm) -> Result<[u8; 65], Error> {
    let doing = "give its endorsement key";
    let template =
        create_ek_public_from_default_template_2(AsymmetricAlgorithmSelection::Ecc(EccCurve::NistP256), None)
            .map_err(refused(doing))?;
    let made = tpm
        .as_owner(doing, |context| context.create_primary(Hierarchy::Endorsement, template, None, None, None, None))?;
    tpm.unload(made.key_handle.into())?;
    point_of(&made.out_public)
        .ok_or_else(|| Error::Tpm { doing, why: "it answers with a key of another kind".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_as_it_is_written_elsewhere() {
        // An outside vector of this notation.
        let hex = "7d237cf5f3ec5b03241f84baa3fa8f305ba5472251e0fa5755d288f7b2c5630a";
        let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect();
        let fingerprint = Fingerprint(bytes.try_into().unwrap());
        assert_eq!(fingerprint.text(), "FMHQSXFKXHDG690ZGJXA7YMF61DTAHS2A7GFMNTNTA4FFCP5CC50");
        assert!(fingerprint.to_string().starts_with("FMHQ-SXFK-XHDG-"));
        assert_eq!(fingerprint.to_string().len(), 64);
    }

    #[test]
    fn another_prefix_or_another_key_is_another_fingerprint() {
        let one = Fingerprint::of("a", &[4; 65]);
        assert_ne!(one, Fingerprint::of("b", &[4; 65]));
        assert_ne!(one, Fingerprint::of("a", &[5; 65]));
    }
}
