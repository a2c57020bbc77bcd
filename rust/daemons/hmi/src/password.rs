//! Passwords: argon2id hashes, and the first one.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use ring::rand::{SecureRandom as _, SystemRandom};

/// The shortest password that is taken.
pub const MIN_LENGTH: usize = 10;
/// The longest, so that hashing has a bounded input.
pub const MAX_LENGTH: usize = 256;

/// Letters and digits that cannot be mistaken for one another on a label.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";

/// The machine gave no random bytes, or a hash could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No entropy.
    #[error("the kernel gave no random bytes")]
    Random,
    /// The hash function refused.
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
    /// Too short or too long.
    #[error("password: {found} bytes long, expected {MIN_LENGTH} to {MAX_LENGTH}")]
    Length {
        /// How long it is.
        found: usize,
    },
}

/// `N` random bytes.
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Random)?;
    Ok(bytes)
}

/// A password of 20 characters, 100 bits.
pub fn generate() -> Result<String, Error> {
    let pick = |byte: u8| ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or(b'x');
    Ok(random::<20>()?.into_iter().map(|byte| char::from(pick(byte))).collect())
}

/// The PHC string of a password.
pub fn hash(password: &str) -> Result<String, Error> {
    let found = password.len();
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&found) {
        return Err(Error::Length { found });
    }
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|error| Error::Hash(error.to_string()))?;
    Ok(hash.to_string())
}

/// Whether `password` is the one behind the PHC string. Takes tens of milliseconds and 19 MiB: not for an async thread.
pub fn verify(password: &str, phc: &str) -> bool {
    let Ok(hash) = PasswordHash::new(phc) else { return false };
    password.len() <= MAX_LENGTH && Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_password_only() {
        let phc = hash("correct horse").unwrap();
        assert!(phc.starts_with("$argon2id$"), "{phc}");
        assert!(verify("correct horse", &phc));
        assert!(!verify("correct horsf", &phc));
        assert!(!verify("correct horse", "not a hash"));
        assert_ne!(phc, hash("correct horse").unwrap(), "salted");
    }

    #[test]
    fn lengths_are_bounded() {
        assert!(matches!(hash("short"), Err(Error::Length { found: 5 })));
        assert!(matches!(hash(&"x".repeat(257)), Err(Error::Length { found: 257 })));
    }

    #[test]
    fn generated_ones_differ() {
        let (a, b) = (generate().unwrap(), generate().unwrap());
        assert_eq!(a.len(), 20);
        assert_ne!(a, b);
    }
}
