//! The factory's keys in a TPM that a real swtpm simulates.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod swtpm;

use std::{fs, path::Path};

use keys::{Error, Fault, Lock, Secret, Unit, rules::Rules};
use p256::ecdsa::{Signature as Raw, VerifyingKey, signature::hazmat::PrehashVerifier as _};
use swtpm::Tpm;

fn rules() -> Rules {
    Rules::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tpm/keys.toml")).unwrap()
}

fn unit(tpm: &Tpm) -> Unit {
    Unit::open(&tpm.address(), rules()).unwrap()
}

fn made(tpm: &Tpm) -> Unit {
    let mut unit = unit(tpm);
    unit.make("identity", None).unwrap();
    unit.make("ocpp", None).unwrap();
    unit.make("licence", Some(&[7; 32])).unwrap();
    unit.write_certificate("identity", &[1; 700]).unwrap();
    unit.write_certificate("ocpp", &[2; 1500]).unwrap();
    unit.write_record(b"serial = \"JP-1\"").unwrap();
    unit
}

fn secret(folder: &Path, byte: u8) -> Secret {
    let path = folder.join(format!("secret-{byte}"));
    fs::write(&path, [byte; 32]).unwrap();
    Secret::read(&path).unwrap()
}

fn signs(unit: &mut Unit, name: &str, secret: Option<&Secret>) -> bool {
    let Ok(signature) = unit.sign(name, &[9; 32], secret) else { return false };
    let key = VerifyingKey::from_sec1_bytes(&unit.point(name).unwrap().unwrap()).unwrap();
    key.verify_prehash(&[9; 32], &Raw::from_scalars(signature.r, signature.s).unwrap()).is_ok()
}

#[test]
fn a_unit_is_made_checked_and_found_again_after_the_power_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let tpm = Tpm::start(&dir.path().join("tpm"));
    let mut unit = unit(&tpm);
    // Three keys, two certificates, one record.
    assert_eq!(unit.check().unwrap().len(), 6);
    assert_eq!(unit.lock_of("identity").unwrap(), None);
    drop(unit);
    let mut unit = made(&tpm);
    assert_eq!(unit.check().unwrap(), []);
    let (fingerprint, point) = (unit.fingerprint().unwrap(), unit.point("identity").unwrap().unwrap());
    assert_ne!(Some(point), unit.point("ocpp").unwrap());
    drop(unit);
    drop(tpm);
    let tpm = Tpm::start(&dir.path().join("tpm"));
    let mut again = self::unit(&tpm);
    assert_eq!(again.check().unwrap(), []);
    assert_eq!((again.fingerprint().unwrap(), again.point("identity").unwrap()), (fingerprint, Some(point)));
    assert_eq!(again.certificate("ocpp").unwrap().unwrap(), [2; 1500]);
    assert_eq!(again.record().unwrap().unwrap(), b"serial = \"JP-1\"");
    assert!(signs(&mut again, "identity", None) && signs(&mut again, "ocpp", None));
}

#[test]
fn two_tpms_are_two_units() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (Tpm::start(&dir.path().join("one")), Tpm::start(&dir.path().join("other")));
    let (mut one, mut other) = (made(&one), made(&other));
    assert_ne!(one.fingerprint().unwrap(), other.fingerprint().unwrap());
    for key in ["identity", "ocpp"] {
        assert_ne!(one.point(key).unwrap(), other.point(key).unwrap());
    }
}

#[test]
fn the_licence_key_is_the_one_that_the_station_gave() {
    use sha2::{Digest as _, Sha256};
    let dir = tempfile::tempdir().unwrap();
    let tpm = Tpm::start(&dir.path().join("tpm"));
    let tag = made(&tpm).authenticate("licence", b"a code", None).unwrap();
    // HMAC, written out.
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().take(32).for_each(|byte| *byte ^= 7);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(b"a code").finalize();
    let outer = Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize();
    assert_eq!(tag[..], outer[..]);
}

#[test]
fn a_locked_key_serves_its_secret_alone_and_locks_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let tpm = Tpm::start(&dir.path().join("tpm"));
    let mut unit = made(&tpm);
    let (right, wrong) = (secret(dir.path(), 1), secret(dir.path(), 2));
    let wrapped = dir.path().join("identity.tpm");
    let point = unit.point("identity").unwrap();
    assert_eq!(unit.lock_of("identity").unwrap(), Some(Lock::Open));
    for key in ["identity", "licence"] {
        unit.lock(key, &right, &wrapped).unwrap();
        assert_eq!(unit.lock_of(key).unwrap(), Some(Lock::Locked));
    }
    assert_eq!(unit.point("identity").unwrap(), point);
    assert!(!wrapped.exists());
    for _ in 0..40 {
        assert!(
            unit.sign("identity", &[9; 32], None).is_err() && unit.sign("identity", &[9; 32], Some(&wrong)).is_err()
        );
    }
    assert!(signs(&mut unit, "identity", Some(&right)));
    assert!(
        unit.authenticate("licence", b"x", None).is_err() && unit.authenticate("licence", b"x", Some(&right)).is_ok()
    );
    // Again, as at every start; and with another secret, which is nobody's.
    unit.lock("identity", &right, &wrapped).unwrap();
    assert!(matches!(unit.lock("identity", &wrong, &wrapped), Err(Error::Tpm { .. })));
    assert!(signs(&mut unit, "identity", Some(&right)));
    assert_eq!(unit.check().unwrap(), []);
}

#[test]
fn a_power_cut_while_a_key_is_locked_loses_no_key() {
    let dir = tempfile::tempdir().unwrap();
    let tpm = Tpm::start(&dir.path().join("tpm"));
    let mut unit = made(&tpm);
    let right = secret(dir.path(), 1);
    let wrapped = dir.path().join("identity.tpm");
    let point = unit.point("identity").unwrap();
    // Cut when the locked form is on the disk, and the TPM still has the open one.
    unit.wrap("identity", &right, &wrapped).unwrap();
    drop(unit);
    let mut unit = self::unit(&tpm);
    assert_eq!(unit.lock_of("identity").unwrap(), Some(Lock::Open));
    // Cut again, when the TPM has let go of the open one.
    unit.wrap("identity", &right, &wrapped).unwrap();
    unit.remove("identity").unwrap();
    drop(unit);
    let mut unit = self::unit(&tpm);
    unit.lock("identity", &right, &wrapped).unwrap();
    assert_eq!((unit.point("identity").unwrap(), unit.lock_of("identity").unwrap()), (point, Some(Lock::Locked)));
    assert!(signs(&mut unit, "identity", Some(&right)) && !wrapped.exists());
    // Without that file there is nothing to bring back.
    unit.remove("ocpp").unwrap();
    assert!(matches!(unit.lock("ocpp", &right, &wrapped), Err(Error::NotMade { handle: 0x8110_0002, .. })));
}

#[test]
fn what_is_not_as_the_rules_want_it_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let tpm = Tpm::start(&dir.path().join("tpm"));
    let mut unit = made(&tpm);
    unit.remove("ocpp").unwrap();
    unit.forget_certificate("identity").unwrap();
    assert_eq!(
        unit.check().unwrap(),
        [
            Fault::NoCertificate { key: "identity".to_owned(), index: 0x0181_0001 },
            Fault::Missing { key: "ocpp".to_owned(), handle: 0x8110_0002 },
        ]
    );
    assert!(matches!(unit.sign("ocpp", &[0; 32], None), Err(Error::NotMade { .. })));
    assert!(matches!(unit.sign("nobody", &[0; 32], None), Err(Error::NoSuchKey(_))));
    // Another kind of key at the place of one.
    let mut swapped = rules();
    for key in &mut swapped.factory {
        key.handle = match key.name.as_str() {
            "identity" => 0x8110_0003,
            "licence" => 0x8110_0001,
            _ => key.handle,
        };
    }
    drop(unit);
    let faults = Unit::open(&tpm.address(), swapped).unwrap().check().unwrap();
    assert!(faults.contains(&Fault::Another { key: "licence".to_owned(), handle: 0x8110_0001 }), "{faults:?}");
}
