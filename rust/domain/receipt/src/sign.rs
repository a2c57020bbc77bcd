//! The record.

use ocmf::{
    BuildError, ChargePointIdType, CurrentType, Curve, Limits, Pagination, Profile, Record, TransactionMarker, Unit,
    sign::{ReadingSpec, RecordBuilder, Signer},
};

use crate::{
    Charge, KeyKind, PublicKey, Reading, Signature,
    dating::{date, flags, time},
    holder::writable,
};

/// What every record is signed by.
pub const ALGORITHM: &str = "ECDSA-secp256r1-SHA256";

/// Active energy delivered, in total, at the meter: no loss of the cable is taken off.
const OBIS: &str = "01-00:B0.08.00*FF";

/// Why there is no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A register that no decimal number holds.
    #[error("the register is {digits} times 10^{exponent} Wh: expected what 28 digits can hold in kWh")]
    Register {
        /// Its digits.
        digits: u64,
        /// Its exponent.
        exponent: i8,
    },
    /// The last register is less than the first, or counts in other steps.
    #[error("the registers run from {begin} to {end}: expected one meter that counts up in the same steps")]
    NotOneCount {
        /// The earlier one.
        begin: String,
        /// The later one.
        end: String,
    },
    /// An instant that has no date.
    #[error("{ms} ms after 1970 is not in the years 1 to 9999")]
    Time {
        /// The instant.
        ms: i64,
    },
    /// The public key is none.
    #[error("the public key is not an uncompressed point: expected 65 bytes that begin with 4")]
    Key,
    /// The key does not sign, or not what it was given.
    #[error("the key did not sign: {0}")]
    Signer(String),
    /// The record would not be one.
    #[error("the record cannot be built: {0}")]
    Record(String),
    /// A record that its key has not signed, or that cannot be checked.
    #[error("the record does not verify: {0}")]
    NotVerified(String),
    /// A text that is no record.
    #[error("this is no OCMF record: {0}")]
    NoRecord(String),
}

/// Signs a charge as the `page`-th record of its key, counted from 1.
///
/// `sign` is given the SHA-256 digest of the payload's bytes. The record is read and verified again before it is returned.
pub fn sign(
    charge: &Charge,
    page: u64,
    kind: KeyKind,
    key: &PublicKey,
    sign: impl Fn(&[u8; 32]) -> Result<Signature, String>,
) -> Result<String, Error> {
    let readings = || core::iter::once(&charge.begin).chain(&charge.between).chain(core::iter::once(&charge.end));
    let mut previous = &charge.begin;
    for next in readings() {
        if next.exponent != previous.exponent || next.digits < previous.digits {
            let words = |reading: &Reading| format!("{}e{}", reading.digits, reading.exponent);
            return Err(Error::NotOneCount { begin: words(previous), end: words(next) });
        }
        previous = next;
    }

    let name = key.name();
    let tag = writable(&charge.holder.tag);
    let serial = writable(&charge.meter.serial);
    let who = charge.holder.assignment(&tag);
    let mut builder = RecordBuilder::new()
        .gateway(kind.gateway(), &name, &charge.version)
        .pagination(Pagination::transaction(page))
        .identification(who.assigned, who.level, who.flags, who.kind, who.data);
    builder = match &charge.meter.make {
        Some((vendor, model)) => builder.meter(vendor, model, &serial, ""),
        None => builder.meter_serial(&serial),
    };
    if let Some(evse_id) = &charge.evse_id {
        builder = builder.charge_point(ChargePointIdType::EvseId, evse_id);
    }
    let last = charge.between.len() + 1;
    for (index, (reading, wall)) in readings().zip(date(readings())).enumerate() {
        let marker = match index {
            0 => TransactionMarker::Begin,
            _ if index == last => charge.ended.marker(),
            _ => TransactionMarker::Charging,
        };
        let spec = ReadingSpec::new(time(wall)?, reading.kilowatt_hours()?, OBIS, Unit::KWh)
            .transaction(marker)
            .current_type(CurrentType::Dc)
            .error_flags(flags(wall));
        builder = builder.reading(spec);
    }

    let signer = Once { key, sign, failed: core::cell::RefCell::new(None) };
    match builder.sign(&signer) {
        Ok(record) => Ok(record.as_str().to_owned()),
        Err(error) => Err(match signer.failed.into_inner() {
            Some(why) => Error::Signer(why),
            None => Error::Record(error.to_string()),
        }),
    }
}

/// Whether a record is signed by a key, which is given as [`PublicKey::hex`] gives it.
pub fn verify(record: &str, public_key: &str) -> Result<(), Error> {
    let parsed = Record::parse(record).map_err(|error| Error::NoRecord(error.to_string()))?;
    match ocmf::verify_key_text(&parsed, public_key) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::NotVerified(error.to_string())),
    }
}

/// Whether a text is shaped as a record, so that it can be kept as one. What its fields say is its maker's affair.
pub fn is_record(text: &str) -> Result<(), Error> {
    match Record::parse_with(text, Profile::Interop, &Limits::DEFAULT) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::NoRecord(error.to_string())),
    }
}

/// A signer that remembers why it failed.
struct Once<'a, F> {
    key: &'a PublicKey,
    sign: F,
    failed: core::cell::RefCell<Option<String>>,
}

impl<F: Fn(&[u8; 32]) -> Result<Signature, String>> Signer for Once<'_, F> {
    fn curve(&self) -> Curve {
        Curve::Secp256r1
    }

    fn public_key(&self) -> Result<ocmf::PublicKey, BuildError> {
        Ok(self.key.inner().clone())
    }

    fn sign_prehash(&self, digest: &[u8; 32]) -> Result<(Vec<u8>, Vec<u8>), BuildError> {
        match (self.sign)(digest) {
            Ok(Signature { r, s }) => Ok((r.to_vec(), s.to_vec())),
            Err(why) => {
                self.failed.replace(Some(why));
                Err(BuildError::Signer)
            }
        }
    }
}
