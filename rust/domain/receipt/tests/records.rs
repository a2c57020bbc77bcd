//! Records as a verifier sees them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::cell::Cell;

use ocmf::{
    Limits, Profile, Record, TimeStatus,
    sign::{Secp256r1Signer, Signer as _},
};
use proptest::prelude::*;
use receipt::{
    Charge, Ended, Error, Holder, KeyKind, Meter, Moment, PublicKey, Reading, Signature, Way, is_record, sign,
};
use units::{BootId, ClockQuality, Mono, Wall};

const TEN: i64 = 1_795_000_000_000;

fn key() -> (Secp256r1Signer, PublicKey) {
    let signer = Secp256r1Signer::from_bytes(&[7; 32]).unwrap();
    let point: [u8; 65] = signer.public_key().unwrap().sec1_bytes().try_into().unwrap();
    (signer, PublicKey::new(&point).unwrap())
}

fn signed(charge: &Charge, page: u64) -> Result<String, Error> {
    let (signer, key) = key();
    sign(charge, page, KeyKind::Software, &key, |digest| {
        let (r, s) = signer.sign_prehash(digest).map_err(|error| error.to_string())?;
        Ok(Signature { r: r.try_into().unwrap(), s: s.try_into().unwrap() })
    })
}

fn reading(digits: u64, exponent: i8, s: u64, quality: ClockQuality) -> Reading {
    let wall = Wall { ms: TEN + i64::try_from(s).unwrap() * 1_000, quality };
    Reading { digits, exponent, at: Moment { boot: BootId("b".into()), mono: Mono::from_millis(s * 1_000), wall } }
}

fn charge() -> Charge {
    Charge {
        version: "0.1.0".into(),
        meter: Meter { make: Some(("Acrel".into(), "DJSF1352-RN".into())), serial: "meter1".into() },
        holder: Holder { tag: "04A1B2C3D4E5F6".into(), way: Way::CardAndCsms },
        evse_id: Some("DE*JPT*E1".into()),
        begin: reading(123_450, 1, 0, ClockQuality::Synchronised),
        between: Vec::new(),
        end: reading(125_000, 1, 3_600, ClockQuality::Synchronised),
        ended: Ended::Locally,
    }
}

fn verify(text: &str) {
    let record = Record::parse_with(text, Profile::Strict, &Limits::DEFAULT).unwrap();
    Record::parse_with(text, Profile::Reference, &Limits::DEFAULT).unwrap();
    assert!(record.deviations().is_empty());
    receipt::verify(text, &key().1.hex()).unwrap();
}

#[test]
fn a_record_says_what_is_known_and_verifies() {
    let text = signed(&charge(), 42).unwrap();
    verify(&text);
    let name = key().1.name();
    let payload = text.split('|').nth(1).unwrap();
    assert_eq!(
        payload,
        format!(
            "{{\"FV\":\"1.0\",\"GI\":\"Joulepoint, software key\",\"GS\":\"{name}\",\"GV\":\"0.1.0\",\"PG\":\"T42\",\
             \"MV\":\"Acrel\",\"MM\":\"DJSF1352-RN\",\"MS\":\"meter1\",\"MF\":\"\",\"IS\":true,\"IL\":\"TRUSTED\",\
             \"IF\":[\"RFID_PLAIN\",\"OCPP_AUTH\",\"ISO15118_NONE\",\"PLMN_NONE\"],\"IT\":\"ISO14443\",\
             \"ID\":\"04A1B2C3D4E5F6\",\"CT\":\"EVSEID\",\"CI\":\"DE*JPT*E1\",\"RD\":[\
             {{\"TM\":\"2026-11-18T11:06:40,000+0000 S\",\"TX\":\"B\",\"RV\":1234.50,\"RI\":\"01-00:B0.08.00*FF\",\
             \"RU\":\"kWh\",\"RT\":\"DC\",\"EF\":\"\",\"ST\":\"G\"}},\
             {{\"TM\":\"2026-11-18T12:06:40,000+0000 S\",\"TX\":\"L\",\"RV\":1250.00,\"RI\":\"01-00:B0.08.00*FF\",\
             \"RU\":\"kWh\",\"RT\":\"DC\",\"EF\":\"\",\"ST\":\"G\"}}]}}"
        )
    );
}

#[test]
fn a_check_component_finds_nothing_in_a_row_of_records() {
    let texts: Vec<String> = (1..=3).map(|page| signed(&charge(), page).unwrap()).collect();
    for text in &texts {
        let report = ocmf::session::validate(&[Record::parse(text).unwrap()]);
        assert!(report.is_clean(), "{:?}", report.findings());
        assert_eq!(report.totals()[0].delta.to_string(), "15.50");
        assert_eq!(report.clock(), Some(TimeStatus::Synchronized));
    }
}

#[test]
fn readings_between_stand_between() {
    let mut charge = charge();
    charge.between = vec![reading(124_000, 1, 900, ClockQuality::Informative)];
    let text = signed(&charge, 1).unwrap();
    verify(&text);
    let record = Record::parse(&text).unwrap();
    let letters: String = record.payload().readings().iter().map(|r| r.transaction().unwrap().letter()).collect();
    assert_eq!(letters, "BCL");
}

#[test]
fn an_unset_clock_is_not_hidden() {
    let mut charge = charge();
    charge.begin.at.wall.quality = ClockQuality::Unset;
    charge.end.at.wall.quality = ClockQuality::Unset;
    let text = signed(&charge, 1).unwrap();
    verify(&text);
    let record = Record::parse(&text).unwrap();
    for reading in record.payload().readings() {
        assert_eq!(reading.time().unwrap().status, Some(TimeStatus::Unknown));
        assert!(reading.error_flags().time_unusable() && !reading.error_flags().energy_unusable());
    }
}

#[test]
fn two_meters_are_never_one_record() {
    let mut other = charge();
    other.end.exponent = 0;
    assert!(matches!(signed(&other, 1), Err(Error::NotOneCount { .. })));
    let mut back = charge();
    back.end.digits = 1;
    assert!(matches!(signed(&back, 1), Err(Error::NotOneCount { .. })));
}

#[test]
fn a_key_that_does_not_sign_says_why() {
    let asked = Cell::new(0);
    let refused = sign(&charge(), 1, KeyKind::Tpm, &key().1, |_| {
        asked.set(asked.get() + 1);
        Err("the TPM is in lockout".to_owned())
    });
    assert_eq!(refused, Err(Error::Signer("the TPM is in lockout".into())));
    assert_eq!(asked.get(), 1);
}

#[test]
fn another_keys_signature_is_not_let_out() {
    let other = Secp256r1Signer::from_bytes(&[9; 32]).unwrap();
    let made = sign(&charge(), 1, KeyKind::Software, &key().1, |digest| {
        let (r, s) = other.sign_prehash(digest).unwrap();
        Ok(Signature { r: r.try_into().unwrap(), s: s.try_into().unwrap() })
    });
    assert!(matches!(made, Err(Error::Record(_))));
}

#[test]
fn meters_records_are_recognised_whatever_they_say() {
    let corpus: serde_json::Value = serde_json::from_str(include_str!("corpus.json")).unwrap();
    let records = corpus["records"].as_array().unwrap();
    assert_eq!(records.len(), 16);
    for record in records {
        is_record(record["record"].as_str().unwrap()).unwrap();
    }
    for wrong in ["", "OCMF", "OCMF|{}", "hello", "OCMF|[]|{}"] {
        assert!(is_record(wrong).is_err(), "{wrong}");
    }
}

fn quality() -> impl Strategy<Value = ClockQuality> {
    prop_oneof![Just(ClockQuality::Unset), Just(ClockQuality::Informative), Just(ClockQuality::Synchronised)]
}

fn way() -> impl Strategy<Value = Way> {
    use Way::{Card, CardAndCache, CardAndCsms, CardAndList, Contract, Free, Remote, Unknown, Vehicle};
    proptest::sample::select(vec![
        Unknown,
        Card,
        CardAndCsms,
        CardAndList,
        CardAndCache,
        Remote,
        Vehicle,
        Contract,
        Free,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_session_gets_a_record_that_verifies(
        tag in "[ -~]{1,36}", serial in "[ -~]{1,32}", way in way(), page in 1_u64..u64::MAX, exponent in -3_i8..=6,
        begin in 0_u64..1 << 62, more in 0_u64..1 << 40, span in 0_u64..1_000_000, clocks in (quality(), quality()),
    ) {
        let charge = Charge {
            meter: Meter { make: None, serial },
            holder: Holder { tag, way },
            begin: reading(begin, exponent, 5, clocks.0),
            end: reading(begin + more, exponent, 5 + span, clocks.1),
            ..charge()
        };
        verify(&signed(&charge, page).unwrap());
    }
}
