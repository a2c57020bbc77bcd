//! Receipts: sessions' meter readings, signed (OCMF), and the keys that sign them.

use serde::{Deserialize, Serialize};
use units::SessionId;
use utoipa::ToSchema;

use crate::session::Stamp;

/// Who has signed a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Signer {
    /// The meter itself; its record is handed on byte for byte.
    Meter,
    /// The controller, with a key in the TPM.
    Tpm,
    /// The controller, with a key in a file: there is no TPM.
    Software,
}

/// A session's signed record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// Which session's.
    pub session: SessionId,
    /// Who has signed it.
    pub signer: Signer,
    /// The record, as it was signed: one line of OCMF.
    pub record: String,
    /// The public key: a DER `SubjectPublicKeyInfo` in hexadecimal. A meter's may not be known.
    pub public_key: Option<String>,
}

/// A key that the controller signs with, or has signed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MeteringKey {
    /// What its records name it (`GS`).
    pub name: String,
    /// Where its private half is.
    pub kind: Signer,
    /// What it signs by.
    pub algorithm: String,
    /// The public key: a DER `SubjectPublicKeyInfo` in hexadecimal.
    pub public_key: String,
    /// When it was first used.
    pub since: Stamp,
    /// How many records it has signed.
    pub records: u64,
}

/// The keys that the controller signs sessions with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MeteringKeys {
    /// The name of the one in use; none while there is none.
    pub current: Option<String>,
    /// Why sessions wait to be signed, if they do.
    pub problem: Option<String>,
    /// All that were ever used here, the newest first: more than one where the key has changed.
    pub keys: Vec<MeteringKey>,
}
