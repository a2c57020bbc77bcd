//! Network keys and the network numbers derived from them.

use core::fmt;

use sha2::{Digest, Sha256};

/// The key of a powerline network. Never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Nmk(pub [u8; 16]);

impl fmt::Debug for Nmk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nmk(…)")
    }
}

/// The number of a powerline network.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nid(pub [u8; 7]);

impl fmt::Debug for Nid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Nmk {
    /// The network number of this key: five rounds of SHA-256, the first 52 bits, security level 0.
    pub fn nid(&self) -> Nid {
        let mut hash: [u8; 32] = Sha256::digest(self.0).into();
        for _ in 1..5 {
            hash = Sha256::digest(hash).into();
        }
        let [mut nid @ .., _] = *hash.first_chunk::<8>().unwrap_or(&[0; 8]);
        let [.., last] = &mut nid;
        *last >>= 4;
        Nid(nid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_key_of_homeplug_has_its_published_number() {
        // "HomePlugAV" as every modem leaves the factory: NMK 50D3E4933F855B7040784DF815AA8DB7, NID B0F2E695666B03.
        let nmk = Nmk([0x50, 0xD3, 0xE4, 0x93, 0x3F, 0x85, 0x5B, 0x70, 0x40, 0x78, 0x4D, 0xF8, 0x15, 0xAA, 0x8D, 0xB7]);
        assert_eq!(nmk.nid(), Nid([0xB0, 0xF2, 0xE6, 0x95, 0x66, 0x6B, 0x03]));
    }

    #[test]
    fn a_key_is_never_printed() {
        assert_eq!(format!("{:?}", Nmk([0x55; 16])), "Nmk(…)");
    }
}
