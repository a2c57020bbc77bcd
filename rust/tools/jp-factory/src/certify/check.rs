//! Whether a unit's certificate is the CA's, the unit's and the key's.

use keys::{Secret, Unit};
use p256::ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier as _};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use super::wrong;
use crate::{Failure, serial::Serial};

/// Checks the certificate of one key: signed by the CA, for this serial number, of the very key in the TPM, which proves that
/// it can sign. A key that is locked needs its secret.
pub fn check(unit: &mut Unit, key: &str, ca: &[u8], serial: &Serial, secret: Option<&Secret>) -> Result<(), Failure> {
    let bad = |why: &str| wrong(format!("{key}: {why}"));
    let der = unit.certificate(key)?.ok_or_else(|| bad("there is none in the TPM"))?;
    let (_, certificate) = X509Certificate::from_der(&der).map_err(|error| bad(&error.to_string()))?;
    let (_, ca) = X509Certificate::from_der(ca).map_err(wrong)?;
    if certificate.issuer() != ca.subject() || certificate.verify_signature(Some(ca.public_key())).is_err() {
        return Err(bad("it is not signed by this CA"));
    }
    if certificate.is_ca() {
        return Err(bad("it is a CA's"));
    }
    let names: Vec<&str> = certificate.subject().iter_common_name().filter_map(|name| name.as_str().ok()).collect();
    if names != [serial.as_str()] {
        return Err(bad(&format!("it is for {}, not for {serial}", names.join(", "))));
    }
    let point = unit.point(key)?.ok_or_else(|| bad("the key is not in the TPM"))?;
    if certificate.public_key().subject_public_key.data.as_ref() != point {
        return Err(bad("it is another key's"));
    }
    let mut challenge = [0; 32];
    getrandom::fill(&mut challenge).map_err(wrong)?;
    let signature = unit.sign(key, &challenge, secret)?;
    let signature = Signature::from_scalars(signature.r, signature.s).map_err(wrong)?;
    let public = VerifyingKey::from_sec1_bytes(&point).map_err(wrong)?;
    public.verify_prehash(&challenge, &signature).map_err(|_| bad("the key in the TPM signs wrongly"))
}
