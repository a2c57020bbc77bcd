//! Who may sign firmware: the certificate that the CSMS names, and the signature over the file.
//!
//! The certificate must be issued by one of the manufacturer's roots itself, with nothing between (the white paper forbids
//! it), be valid now, be no authority, and be meant for code if it says what it is for. The signature is RSA-PSS with
//! SHA-256 over the whole file, with a salt of 32 bytes or as long as fits; ECDSA on P-256 is an extension of ours. PKCS #1 v1.5 is neither.
//!
//! The file is hashed by whoever fetches it, so only its digest comes here. This says nothing about what the bundle holds:
//! RAUC checks its own signature besides.

use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use p256::ecdsa;
use rsa::{
    RsaPublicKey, pkcs8::DecodePublicKey as _, pss, sha2::Sha256, signature::hazmat::PrehashVerifier as _,
    traits::PublicKeyParts as _,
};
use rustls_pki_types::{
    CertificateDer, CertificateRevocationListDer, TrustAnchor, UnixTime,
    pem::{self, PemObject as _},
};
use webpki::{
    ALL_VERIFICATION_ALGS, CertRevocationList, EndEntityCert, KeyUsage, OwnedCertRevocationList,
    RevocationOptionsBuilder, UnknownStatusPolicy, anchor_from_trusted_cert,
};

/// RFC 5280's `id-kp-codeSigning`.
const CODE_SIGNING: [u8; 8] = [0x2b, 6, 1, 5, 5, 7, 3, 3];
/// SHA-256.
const DIGEST_LENGTH: usize = 32;
/// The shortest RSA key that counts.
const RSA_BITS: usize = 2_048;

/// Why a certificate is not one of the manufacturer's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// There is nobody to trust.
    #[error("the unit knows no root of its manufacturer: {0}")]
    NoRoot(String),
    /// It is not one certificate in PEM.
    #[error("signingCertificate is not one X.509 certificate in PEM: {0}")]
    Form(String),
    /// It does not lead to a root, or not now.
    #[error("signingCertificate was not issued by the manufacturer, or is not valid now: {0}")]
    Path(String),
    /// The manufacturer took it back.
    #[error("signingCertificate was revoked by the manufacturer")]
    Revoked,
    /// Its key is of a kind that is not taken.
    #[error("signingCertificate holds a key that is neither RSA of 2048 to 4096 bits nor ECDSA on P-256")]
    Key,
}

/// Why a signature does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is not base64.
    #[error("signature is not base64")]
    Encoding,
    /// The digest is not one of SHA-256.
    #[error("the file's digest is {0:?}, expected 64 hexadecimal digits")]
    Digest(String),
    /// It is not this file's, or not this key's.
    #[error(
        "signature is not that of the whole file by the key of signingCertificate (RSA-PSS or ECDSA P-256, SHA-256)"
    )]
    Wrong,
    /// The certificate cannot be read any more.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// The manufacturer's roots, and what it has revoked.
#[derive(Debug)]
pub struct Roots {
    anchors: Vec<TrustAnchor<'static>>,
    revoked: Vec<CertRevocationList<'static>>,
    /// Why there is no anchor, if there is none.
    why: String,
}

impl Roots {
    /// From a text that holds certificates and revocation lists in PEM; anything else in it is passed over.
    pub fn from_pem(text: &[u8]) -> Self {
        let mut why = "its file holds no certificate".to_owned();
        let mut anchors = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(text) {
            let certificate = certificate.map_err(|error| format!("{error:?}"));
            match certificate.and_then(|der| {
                anchor_from_trusted_cert(&der).map(|anchor| anchor.to_owned()).map_err(|error| error.to_string())
            }) {
                Ok(anchor) => anchors.push(anchor),
                Err(error) => why = format!("its file cannot be read: {error}"),
            }
        }
        let lists = CertificateRevocationListDer::pem_slice_iter(text).flatten();
        let lists = lists.filter_map(|der| OwnedCertRevocationList::from_der(&der).ok());
        Self { anchors, revoked: lists.map(CertRevocationList::from).collect(), why }
    }

    /// From a file that could not be read.
    pub const fn none(why: String) -> Self {
        Self { anchors: Vec::new(), revoked: Vec::new(), why }
    }

    /// Whether the manufacturer issued this certificate, for an instant in ms since the epoch.
    pub fn check(&self, pem: &str, at_ms: i64) -> Result<(), CertificateError> {
        if self.anchors.is_empty() {
            return Err(CertificateError::NoRoot(self.why.clone()));
        }
        let der = only_certificate(pem)?;
        let path = |error: webpki::Error| match error {
            webpki::Error::CertRevoked => CertificateError::Revoked,
            other => CertificateError::Path(other.to_string()),
        };
        let certificate = EndEntityCert::try_from(&der).map_err(|error| CertificateError::Form(error.to_string()))?;
        let at = UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(at_ms).unwrap_or(0)));
        let lists: Vec<_> = self.revoked.iter().collect();
        // Without a list of its issuer a certificate is not revoked: nobody can be asked from a site without a network.
        let revocation = RevocationOptionsBuilder::new(&lists)
            .ok()
            .map(|options| options.with_status_policy(UnknownStatusPolicy::Allow).build());
        let usage = KeyUsage::required_if_present(&CODE_SIGNING);
        certificate
            .verify_for_usage(ALL_VERIFICATION_ALGS, &self.anchors, &[], at, usage, revocation, None)
            .map_err(path)?;
        Key::of(&certificate).map(|_| ())
    }
}

/// Whether the certificate's key signed the file of this digest. The certificate itself was checked when it came.
pub fn verify(pem: &str, sha256: &str, signature: &str) -> Result<(), SignatureError> {
    let der = only_certificate(pem)?;
    let certificate = EndEntityCert::try_from(&der).map_err(|error| CertificateError::Form(error.to_string()))?;
    let digest = HEXLOWER_PERMISSIVE.decode(sha256.as_bytes()).ok().filter(|digest| digest.len() == DIGEST_LENGTH);
    let digest = digest.ok_or_else(|| SignatureError::Digest(sha256.to_owned()))?;
    let packed: String = signature.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    let signature = BASE64.decode(packed.as_bytes()).map_err(|_| SignatureError::Encoding)?;
    if Key::of(&certificate)?.signed(&digest, &signature) { Ok(()) } else { Err(SignatureError::Wrong) }
}

fn only_certificate(pem: &str) -> Result<CertificateDer<'static>, CertificateError> {
    let form = |error: pem::Error| CertificateError::Form(format!("{error:?}"));
    let mut found = CertificateDer::pem_slice_iter(pem.as_bytes());
    let first = found.next().ok_or_else(|| CertificateError::Form("there is none".to_owned()))?.map_err(form)?;
    match found.next() {
        None => Ok(first),
        Some(_) => Err(CertificateError::Form("there is more than one".to_owned())),
    }
}

/// A key that may sign firmware.
enum Key {
    Rsa(RsaPublicKey),
    P256(ecdsa::VerifyingKey),
}

impl Key {
    fn of(certificate: &EndEntityCert<'_>) -> Result<Self, CertificateError> {
        let info = certificate.subject_public_key_info();
        if let Ok(key) = RsaPublicKey::from_public_key_der(&info) {
            return if key.n().bits() >= RSA_BITS { Ok(Self::Rsa(key)) } else { Err(CertificateError::Key) };
        }
        ecdsa::VerifyingKey::from_public_key_der(&info).map(Self::P256).map_err(|_| CertificateError::Key)
    }

    fn signed(&self, digest: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rsa(key) => {
                let Ok(signature) = pss::Signature::try_from(signature) else { return false };
                // The standard names no salt length: as long as the digest is usual, and as long as fits.
                let longest = key.size().saturating_sub(DIGEST_LENGTH + 2);
                [DIGEST_LENGTH, longest].into_iter().any(|salt| {
                    let key = pss::VerifyingKey::<Sha256>::new_with_salt_len(key.clone(), salt);
                    key.verify_prehash(digest, &signature).is_ok()
                })
            }
            Self::P256(key) => {
                let signature = ecdsa::Signature::from_der(signature);
                signature.is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok())
            }
        }
    }
}

#[cfg(test)]
mod tests;
