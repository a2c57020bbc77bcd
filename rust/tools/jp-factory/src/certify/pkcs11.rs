//! The CA's key in a PKCS#11 token: a smart card, an HSM, or SoftHSM for a test.

use std::{fmt, path::PathBuf};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::{Attribute, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    types::AuthPin,
};
use p256::ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier as _};
use rcgen::{PKCS_ECDSA_P256_SHA256, PublicKeyData, SignatureAlgorithm, SigningKey};
use sha2::{Digest as _, Sha256};

use super::wrong;
use crate::{Failure, failure::at};

/// A key on P-256 in a token; it signs and never leaves it.
pub(super) struct TokenKey {
    session: Session,
    key: ObjectHandle,
    point: Vec<u8>,
}

/// What a URI of a key says (RFC 7512), as far as a CA needs it.
#[derive(Debug, PartialEq, Eq)]
struct Uri {
    token: String,
    object: String,
    module: PathBuf,
    pin: PathBuf,
}

impl Uri {
    fn parse(text: &str) -> Result<Self, Failure> {
        let bad = || Failure::Value {
            field: "CA key",
            value: text.to_owned(),
            expected: "pkcs11:token=LABEL;object=LABEL?module-path=/….so&pin-source=/file/with/the/pin",
        };
        let (path, query) = text.strip_prefix("pkcs11:").and_then(|rest| rest.split_once('?')).ok_or_else(bad)?;
        let field = |text: &str, separator: char, name: &str| {
            text.split(separator)
                .filter_map(|field| field.split_once('='))
                .find(|(key, _)| *key == name)
                .and_then(|(_, value)| decoded(value))
                .ok_or_else(bad)
        };
        let file = |name: &str| {
            let value = field(query, '&', name)?;
            Ok::<PathBuf, Failure>(value.strip_prefix("file:").unwrap_or(&value).into())
        };
        Ok(Self {
            token: field(path, ';', "token")?,
            object: field(path, ';', "object")?,
            module: file("module-path")?,
            pin: file("pin-source")?,
        })
    }
}

/// Undoes `%20` and its like.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

impl TokenKey {
    /// Opens the token and finds the key; it must be the one of `point`.
    pub(super) fn open(uri: &str, point: &[u8]) -> Result<Self, Failure> {
        let uri = Uri::parse(uri)?;
        let pin = std::fs::read_to_string(&uri.pin).map_err(at(&uri.pin))?;
        let library = Pkcs11::new(&uri.module).map_err(|error| wrong(format!("{}: {error}", uri.module.display())))?;
        library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).map_err(wrong)?;
        let mut slots = library.get_slots_with_initialized_token().map_err(wrong)?;
        slots.retain(|slot| library.get_token_info(*slot).is_ok_and(|info| info.label() == uri.token));
        let slot =
            slots.first().ok_or_else(|| wrong(format!("no token {:?} in {}", uri.token, uri.module.display())))?;
        let session = library.open_ro_session(*slot).map_err(wrong)?;
        session.login(UserType::User, Some(&AuthPin::new(pin.trim().to_owned().into()))).map_err(|error| {
            wrong(format!("token {:?} refuses the PIN of {}: {error}", uri.token, uri.pin.display()))
        })?;
        let wanted = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(uri.object.clone().into_bytes())];
        let found = session.find_objects(&wanted).map_err(wrong)?;
        let &[key] = found.as_slice() else {
            return Err(wrong(format!(
                "{} private keys {:?} in token {:?}; expected one",
                found.len(),
                uri.object,
                uri.token
            )));
        };
        let this = Self { session, key, point: point.to_vec() };
        let digest = Sha256::digest(b"is this the CA's key?");
        let signature = this.raw(&digest)?;
        let right =
            VerifyingKey::from_sec1_bytes(point).is_ok_and(|public| public.verify_prehash(&digest, &signature).is_ok());
        if right {
            Ok(this)
        } else {
            Err(wrong(format!("key {:?} in the token is not the CA certificate's", uri.object)))
        }
    }

    fn raw(&self, digest: &[u8]) -> Result<Signature, Failure> {
        let signature = self.session.sign(&Mechanism::Ecdsa, self.key, digest).map_err(wrong)?;
        Signature::from_slice(&signature).map_err(wrong)
    }
}

impl PublicKeyData for TokenKey {
    fn der_bytes(&self) -> &[u8] {
        &self.point
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for TokenKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = self.raw(&Sha256::digest(message)).map_err(|_| rcgen::Error::RemoteKeyError)?;
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_names_module_token_key_and_pin() {
        let uri = Uri::parse("pkcs11:token=The%20factory;object=ca?module-path=/lib/p11.so&pin-source=file:/run/pin")
            .unwrap();
        assert_eq!((uri.token.as_str(), uri.object.as_str()), ("The factory", "ca"));
        assert_eq!((uri.module, uri.pin), ("/lib/p11.so".into(), "/run/pin".into()));
        for bad in [
            "pkcs11:token=a;object=b",
            "pkcs11:token=a?module-path=/x&pin-source=/y",
            "pkcs11:token=%2;object=b?module-path=/x&pin-source=/y",
        ] {
            assert!(Uri::parse(bad).is_err(), "{bad}");
        }
    }
}
