//! On certificates and signatures that another library made: `tests/signing/make`.

use super::*;

macro_rules! given {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/signing/", $name))
    };
}

/// In November 2026.
const NOW: i64 = 1_795_399_200_000;
const ROOT: &str = given!("root.pem");

fn checked(pem: &str) -> Result<(), CertificateError> {
    Roots::from_pem(ROOT.as_bytes()).check(pem, NOW)
}

fn verified(pem: &str, signature: &str) -> Result<(), SignatureError> {
    verify(pem, given!("bundle.sha256").trim(), signature)
}

#[test]
fn the_manufacturers_signers_are_known() {
    assert_eq!(checked(given!("rsa.pem")), Ok(()));
    assert_eq!(checked(given!("p256.pem")), Ok(()));
}

#[test]
fn nobody_else_is() {
    let path = |pem| assert!(matches!(checked(pem), Err(CertificateError::Path(_))), "{:?}", checked(pem));
    path(given!("stranger.pem"));
    path(given!("between.pem"));
    path(given!("expired.pem"));
    path(given!("tls.pem"));
    path(given!("authority.pem"));
    path(ROOT);
    for kind in [given!("short.pem"), given!("p384.pem"), given!("ed25519.pem")] {
        assert_eq!(checked(kind), Err(CertificateError::Key));
    }
}

#[test]
fn a_certificate_is_good_in_its_own_time_only() {
    let roots = Roots::from_pem(ROOT.as_bytes());
    assert!(roots.check(given!("rsa.pem"), 0).is_err());
    assert!(roots.check(given!("rsa.pem"), -1).is_err());
    assert_eq!(roots.check(given!("expired.pem"), 1_768_000_000_000), Ok(()));
}

#[test]
fn what_is_no_certificate_is_told() {
    let two = format!("{}{}", given!("rsa.pem"), given!("p256.pem"));
    let cut = &given!("rsa.pem")[..200];
    for bad in ["", "-----BEGIN CERTIFICATE-----", cut, two.as_str(), given!("revoked.crl"), "\u{0}"] {
        assert!(matches!(checked(bad), Err(CertificateError::Form(_))), "{bad:?}: {:?}", checked(bad));
    }
    for file in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let told = Roots::from_pem(file.as_bytes()).check(given!("rsa.pem"), NOW);
        assert!(matches!(told, Err(CertificateError::NoRoot(_))), "{told:?}");
    }
}

#[test]
fn a_revoked_certificate_is_told_from_an_invalid_one() {
    assert_eq!(checked(given!("revoked.pem")), Ok(()));
    let roots = Roots::from_pem(format!("{ROOT}{}", given!("revoked.crl")).as_bytes());
    assert_eq!(roots.check(given!("revoked.pem"), NOW), Err(CertificateError::Revoked));
    assert_eq!(roots.check(given!("rsa.pem"), NOW), Ok(()));
}

#[test]
fn signatures_of_another_library_hold() {
    assert_eq!(verified(given!("rsa.pem"), given!("rsa-pss.sig")), Ok(()));
    assert_eq!(verified(given!("rsa.pem"), given!("rsa-pss-long.sig")), Ok(()));
    assert_eq!(verified(given!("p256.pem"), given!("p256.sig")), Ok(()));
}

#[test]
fn no_other_signature_holds() {
    let wrong = Err(SignatureError::Wrong);
    assert_eq!(verified(given!("rsa.pem"), given!("rsa-pkcs1.sig")), wrong);
    assert_eq!(verified(given!("rsa.pem"), given!("p256.sig")), wrong);
    assert_eq!(verified(given!("p256.pem"), given!("rsa-pss.sig")), wrong);
    assert_eq!(verified(given!("rsa.pem"), ""), wrong);
    assert_eq!(verified(given!("rsa.pem"), "not base64!"), Err(SignatureError::Encoding));
    let another = given!("bundle.sha256").trim().replace('0', "1");
    assert_eq!(verify(given!("rsa.pem"), &another, given!("rsa-pss.sig")), wrong);
    assert_eq!(verify(given!("rsa.pem"), "00", given!("rsa-pss.sig")), Err(SignatureError::Digest("00".into())));
    let mut signature = BASE64.decode(given!("rsa-pss.sig").trim().as_bytes()).unwrap();
    for place in [0, 100, 383] {
        signature[place] ^= 1;
        assert_eq!(verified(given!("rsa.pem"), &BASE64.encode(&signature)), wrong);
        signature[place] ^= 1;
    }
}
