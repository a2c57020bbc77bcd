//! The key in a file, and in a TPM that a real swtpm simulates.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod swtpm;

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use keys::{Error, Kind, MeteringKey, Place, Signature};
use p256::ecdsa::{Signature as Raw, VerifyingKey, signature::hazmat::PrehashVerifier as _};
use swtpm::Tpm;

fn place(folder: &Path, tpm: Option<&Tpm>) -> Place {
    Place { folder: folder.join("keys"), tpm: tpm.map(Tpm::address), secret: None }
}

fn good(key: &MeteringKey, digest: &[u8; 32], Signature { r, s }: &Signature) -> bool {
    let raw = Raw::from_scalars(*r, *s).unwrap();
    VerifyingKey::from_sec1_bytes(&key.point()).unwrap().verify_prehash(digest, &raw).is_ok()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_key_in_a_file_is_made_once_and_nobody_elses() {
    let dir = tempfile::tempdir().unwrap();
    let place = place(dir.path(), None);
    let mut key = MeteringKey::open(&place).unwrap();
    assert_eq!(key.kind(), Kind::Software);
    assert_eq!((mode(&place.folder), mode(&place.folder.join("metering.pem"))), (0o700, 0o600));
    let signature = key.sign(&[3; 32]).unwrap();
    assert!(good(&key, &[3; 32], &signature) && !good(&key, &[4; 32], &signature));
    let mut again = MeteringKey::open(&place).unwrap();
    assert_eq!((again.point(), again.sign(&[3; 32]).unwrap()), (key.point(), signature));
}

#[test]
fn a_torn_file_is_refused_and_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let place = place(dir.path(), None);
    MeteringKey::open(&place).unwrap();
    let path = place.folder.join("metering.pem");
    fs::write(&path, "-----BEGIN PRIVATE KEY-----\nMIG").unwrap();
    assert!(matches!(MeteringKey::open(&place), Err(Error::Content { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "-----BEGIN PRIVATE KEY-----\nMIG");
}

#[test]
fn a_key_in_the_tpm_signs_and_outlives_process_and_power() {
    let dir = tempfile::tempdir().unwrap();
    let tpm = Tpm::start(&dir.path().join("tpm"));
    let mut key = MeteringKey::open(&place(dir.path(), Some(&tpm))).unwrap();
    assert_eq!(key.kind(), Kind::Tpm);
    for digest in [[3; 32], [0; 32], [255; 32]] {
        let signature = key.sign(&digest).unwrap();
        assert!(good(&key, &digest, &signature));
    }
    let point = key.point();
    drop(key);
    assert_eq!(mode(&dir.path().join("keys/metering.tpm")), 0o600);
    drop(tpm);
    let tpm = Tpm::start(&dir.path().join("tpm"));
    let mut again = MeteringKey::open(&place(dir.path(), Some(&tpm))).unwrap();
    assert_eq!(again.point(), point);
    let signature = again.sign(&[7; 32]).unwrap();
    assert!(good(&again, &[7; 32], &signature));
}

#[test]
fn another_authorisation_does_not_sign_and_locks_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let tpm = Tpm::start(&dir.path().join("tpm"));
    drop(MeteringKey::open(&place(dir.path(), Some(&tpm))).unwrap());
    let wrong = dir.path().join("wrong");
    fs::write(&wrong, [1; 32]).unwrap();
    let stranger = Place { secret: Some(wrong), ..place(dir.path(), Some(&tpm)) };
    for _ in 0..40 {
        let mut key = MeteringKey::open(&stranger).unwrap();
        assert!(matches!(key.sign(&[3; 32]), Err(Error::Tpm { .. })));
    }
    let mut key = MeteringKey::open(&place(dir.path(), Some(&tpm))).unwrap();
    key.sign(&[3; 32]).unwrap();
}

#[test]
fn another_tpm_has_no_use_for_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let tpm = Tpm::start(&dir.path().join("tpm"));
    drop(MeteringKey::open(&place(dir.path(), Some(&tpm))).unwrap());
    drop(tpm);
    let other = Tpm::start(&dir.path().join("other"));
    assert!(matches!(MeteringKey::open(&place(dir.path(), Some(&other))), Err(Error::Tpm { .. })));
}

#[test]
fn a_tpm_that_is_gone_is_not_replaced_by_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let tpm = Tpm::start(&dir.path().join("tpm"));
    drop(MeteringKey::open(&place(dir.path(), Some(&tpm))).unwrap());
    let gone = place(dir.path(), Some(&tpm));
    drop(tpm);
    assert!(matches!(MeteringKey::open(&gone), Err(Error::Tpm { .. })));
    assert!(matches!(MeteringKey::open(&place(dir.path(), None)), Err(Error::TpmMissing(_))));
}
