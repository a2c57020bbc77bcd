//! The factory's CA: a certificate, and a key in a file or in a PKCS#11 token.

use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PublicKeyData, SignatureAlgorithm, SigningKey, date_time_ymd,
};
use x509_parser::{certificate::X509Certificate, pem::parse_x509_pem, prelude::FromDer as _};

use super::{pkcs11::TokenKey, wrong};
use crate::{Failure, failure::at};

/// A CA that can sign.
#[derive(Debug)]
pub struct Ca {
    pub(super) issuer: Issuer<'static, CaKey>,
    pub(super) organisation: String,
    der: Vec<u8>,
    name: String,
}

/// Where the CA's key is.
#[derive(Debug)]
pub(super) enum CaKey {
    File(Box<KeyPair>),
    Token(TokenKey),
}

impl PublicKeyData for CaKey {
    fn der_bytes(&self) -> &[u8] {
        match self {
            Self::File(key) => key.der_bytes(),
            Self::Token(key) => key.der_bytes(),
        }
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self {
            Self::File(key) => PublicKeyData::algorithm(key.as_ref()),
            Self::Token(key) => PublicKeyData::algorithm(key),
        }
    }
}

impl SigningKey for CaKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        match self {
            Self::File(key) => key.sign(message),
            Self::Token(key) => key.sign(message),
        }
    }
}

impl Ca {
    /// A CA of a certificate in PEM and a key: a file in PEM, or a PKCS#11 URI
    /// (`pkcs11:token=T;object=O?module-path=/….so&pin-source=/…`).
    pub fn open(certificate: &Path, key: &str) -> Result<Self, Failure> {
        let text = std::fs::read(certificate).map_err(at(certificate))?;
        let bad = |found: String| Failure::Content {
            path: certificate.to_owned(),
            found,
            expected: "the certificate of a CA with a key on P-256, in PEM".to_owned(),
        };
        let (_, pem) = parse_x509_pem(&text).map_err(|error| bad(error.to_string()))?;
        let (_, parsed) = X509Certificate::from_der(&pem.contents).map_err(|error| bad(error.to_string()))?;
        if !parsed.is_ca() {
            return Err(bad("a certificate of no CA".to_owned()));
        }
        let point = parsed.public_key().subject_public_key.data.to_vec();
        if point.len() != 65 {
            return Err(bad("a key of another kind".to_owned()));
        }
        let first = |mut names: Box<dyn Iterator<Item = String> + '_>| names.next();
        let text_of = |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| {
            attribute.as_str().unwrap_or_default().to_owned()
        };
        let organisation = first(Box::new(parsed.subject().iter_organization().map(text_of)))
            .ok_or_else(|| bad("a subject without O".to_owned()))?;
        let name = first(Box::new(parsed.subject().iter_common_name().map(text_of))).unwrap_or_default();
        let key = if key.starts_with("pkcs11:") {
            CaKey::Token(TokenKey::open(key, &point)?)
        } else {
            let path = Path::new(key);
            let text = std::fs::read_to_string(path).map_err(at(path))?;
            let pair = KeyPair::from_pem(&text).map_err(|error| Failure::Content {
                path: path.to_owned(),
                found: error.to_string(),
                expected: "the CA's private key, PKCS#8 in PEM".to_owned(),
            })?;
            if pair.der_bytes() != point {
                return Err(bad("another key's".to_owned()));
            }
            CaKey::File(Box::new(pair))
        };
        let issuer = Issuer::from_ca_cert_der(&pem.contents.clone().into(), key).map_err(wrong)?;
        Ok(Self { issuer, organisation, der: pem.contents, name })
    }

    /// Its certificate, in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Makes a CA for a desk: `ca.pem` and `ca.key`. Never a product's.
pub fn make_development_ca(folder: &Path) -> Result<(), Failure> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Joulepoint development");
    params.distinguished_name.push(DnType::CommonName, "Joulepoint development factory CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(9999, 12, 31);
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(wrong)?;
    let certificate = params.self_signed(&pair).map_err(wrong)?;
    write_new(&folder.join("ca.key"), pair.serialize_pem().as_bytes())?;
    write_new(&folder.join("ca.pem"), certificate.pem().as_bytes())
}

/// A file for its owner alone, where there is none.
pub(crate) fn write_new(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(at(path))?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(at(path))
}
