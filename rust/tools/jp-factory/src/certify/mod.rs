//! Certificates for a unit's keys, signed by the factory's CA.

mod ca;
mod check;
mod pkcs11;

pub(crate) use ca::write_new;
pub use ca::{Ca, make_development_ca};
pub use check::check;

use std::sync::{Mutex, PoisonError};

use keys::Unit;
use p256::ecdsa::Signature;
use rcgen::{
    CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber, SignatureAlgorithm, SigningKey,
    date_time_ymd,
};
use sha2::{Digest as _, Sha256};

use crate::{Failure, serial::Serial};

/// Everything about certificates fails in words.
pub(crate) fn wrong(error: impl std::fmt::Display) -> Failure {
    Failure::Certificate(error.to_string())
}

/// A key of the unit, as a maker of certificates wants it. It is open: the unit has not started yet.
struct UnitKey<'a> {
    unit: Mutex<&'a mut Unit>,
    name: &'a str,
    point: [u8; 65],
}

impl PublicKeyData for UnitKey<'_> {
    fn der_bytes(&self) -> &[u8] {
        &self.point
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for UnitKey<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let mut unit = self.unit.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = Sha256::digest(message).into();
        let signature = unit.sign(self.name, &digest, None).map_err(|_| rcgen::Error::RemoteKeyError)?;
        let signature = Signature::from_scalars(signature.r, signature.s).map_err(|_| rcgen::Error::RemoteKeyError)?;
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

/// The request for a certificate of one of the unit's keys, in PEM, signed by that key.
pub fn request(unit: &mut Unit, key: &str, serial: &Serial) -> Result<String, Failure> {
    let point = unit.point(key)?.ok_or_else(|| Failure::Unit(format!("the TPM has no key {key}")))?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, serial.as_str());
    let signer = UnitKey { unit: Mutex::new(unit), name: key, point };
    params.serialize_request(&signer).and_then(|request| request.pem()).map_err(wrong)
}

/// Signs a request: the key and the proof of having it come from the request, everything else from here. The certificate in
/// DER.
pub fn sign(
    ca: &Ca,
    request: &str,
    key: &str,
    serial: &Serial,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<u8>, Failure> {
    use chrono::Datelike as _;
    let asked = CertificateSigningRequestParams::from_pem(request).map_err(wrong)?;
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, ca.organisation.as_str());
    name.push(DnType::OrganizationalUnitName, key);
    name.push(DnType::CommonName, serial.as_str());
    if !asked.params.distinguished_name.iter().any(|(kind, value)| {
        *kind == DnType::CommonName && matches!(value, rcgen::DnValue::Utf8String(name) if name == serial.as_str())
    }) {
        return Err(wrong(format!("the request is not for {serial}")));
    }
    let mut number = [0; 16];
    getrandom::fill(&mut number).map_err(wrong)?;
    // A positive number, and the first byte not zero.
    if let Some(first) = number.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    let mut params = CertificateParams::default();
    params.distinguished_name = name;
    params.serial_number = Some(SerialNumber::from_slice(&number));
    params.not_before =
        date_time_ymd(now.year(), u8::try_from(now.month()).unwrap_or(1), u8::try_from(now.day()).unwrap_or(1));
    // A unit's identity does not end (IEEE 802.1AR).
    params.not_after = date_time_ymd(9999, 12, 31);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&asked.public_key, &ca.issuer).map_err(wrong)?;
    Ok(certificate.der().to_vec())
}
