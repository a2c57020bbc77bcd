//! The partition that holds what must be kept, and what opens it: `GET /v1/data` of `system` (D18).
//!
//! It is sealed to the unit's TPM. Where the TPM does not release the key, the unit runs without its data and charges
//! nothing until somebody enters the *recovery key*: 256 bits as 64 letters, made at the factory or on demand, kept nowhere.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The letters of a recovery key: those that every keyboard layout has at the same place.
const LETTERS: &str = "cbdefghijklnrtuv";
/// So many letters, in groups of eight.
const LENGTH: usize = 64;
const GROUP: usize = 8;

/// What is true of the data partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DataState {
    /// Whether it is open.
    pub partition: Partition,
    /// Whether there is a recovery key that would open it.
    pub recovery_key: RecoveryKeyPresence,
}

/// Whether the data can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Partition {
    /// It can.
    Open,
    /// It cannot: the unit is in no-data mode.
    Locked {
        /// Why.
        reason: LockReason,
        /// The same in words for a person, and what to do.
        message: String,
    },
}

/// Why the data cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LockReason {
    /// The TPM does not release the key: another machine, other firmware keys, or an image that others have signed.
    TpmRefuses,
    /// There is no TPM.
    TpmAbsent,
    /// The disk has no partition `data`.
    PartitionAbsent,
    /// The partition could not be made at the first start.
    NotEncrypted,
    /// The partition was not sealed at the first start.
    NotSealed,
    /// It is open, and its file system cannot be used.
    Unreadable,
    /// Something else.
    #[serde(other)]
    Other,
}

/// Whether a recovery key was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryKeyPresence {
    /// There is one.
    Made,
    /// Nobody has made one: if the TPM fails, the data is lost.
    None,
    /// This machine has no sealed data partition.
    Unknown,
}

/// `POST /v1/data/unlock`.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unlock {
    /// The recovery key, with or without hyphens and spaces.
    pub recovery_key: String,
    /// What of the sealing.
    #[serde(default)]
    pub sealing: Sealing,
}

// Written by hand so that no log line can ever hold a key.
impl core::fmt::Debug for Unlock {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Unlock").field("sealing", &self.sealing).finish_non_exhaustive()
    }
}

/// Whether what was opened by its recovery key is sealed anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sealing {
    /// To this machine and to those who sign its images, as they are now: the next start opens it.
    #[default]
    Renew,
    /// Not: the next start asks again, unless the old state of affairs is back.
    Keep,
}

/// The data is open; what waited for it starts now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unlocked {
    /// What became of the sealing.
    pub sealing: Sealed,
}

/// What became of the sealing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Sealed {
    /// The next start opens the data by itself.
    Renewed,
    /// It is as it was.
    Kept,
    /// It could not be renewed: the next start asks again.
    Failed {
        /// Why.
        message: String,
    },
}

/// A new recovery key, told once. The one before opens nothing any more.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewRecoveryKey {
    /// The key, to be printed or written down.
    #[schema(value_type = String)]
    pub recovery_key: RecoveryKey,
}

impl core::fmt::Debug for NewRecoveryKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("NewRecoveryKey").finish_non_exhaustive()
    }
}

/// A recovery key as it is enrolled: eight groups of eight letters with hyphens between.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecoveryKey(String);

/// Why a text is no recovery key. It never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotARecoveryKey {
    /// It has another number of letters.
    Length(usize),
    /// A character is none of a key's, at this place (from 1, hyphens and spaces not counted).
    Character(usize),
}

impl core::fmt::Display for NotARecoveryKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Length(found) => write!(f, "a recovery key has {LENGTH} letters, expected as many, not {found}"),
            Self::Character(place) => {
                write!(f, "character {place} cannot be in a recovery key, expected one of {LETTERS}")
            }
        }
    }
}

impl core::error::Error for NotARecoveryKey {}

impl RecoveryKey {
    /// Reads one as a person types it: in any case, grouped in any way.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, NotARecoveryKey> {
        let letters = text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_lowercase());
        let mut key = String::new();
        let mut count = 0;
        for letter in letters {
            if !LETTERS.contains(letter) {
                return Err(NotARecoveryKey::Character(count + 1));
            }
            if count > 0 && count % GROUP == 0 {
                key.push('-');
            }
            key.push(letter);
            count += 1;
        }
        if count == LENGTH { Ok(Self(key)) } else { Err(NotARecoveryKey::Length(count)) }
    }

    /// The key itself: for the printer and for what opens the partition.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RecoveryKey(…)")
    }
}

impl TryFrom<String> for RecoveryKey {
    type Error = NotARecoveryKey;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<RecoveryKey> for String {
    fn from(key: RecoveryKey) -> Self {
        key.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "knbbeiil-rirblrvg-rbvbbhge-drjgjkfc-fihcjfvb-rnbuvrdl-iulkirfb-jbjbdbgj";

    #[test]
    fn a_key_is_read_as_people_type_it() {
        for typed in [
            KEY.to_owned(),
            KEY.replace('-', ""),
            KEY.replace('-', " ").to_uppercase(),
            format!("  {}\n", KEY.replace('-', "- ")),
        ] {
            assert_eq!(RecoveryKey::parse(&typed).unwrap().reveal(), KEY);
        }
    }

    #[test]
    fn what_is_none_says_where() {
        assert_eq!(RecoveryKey::parse(""), Err(NotARecoveryKey::Length(0)));
        assert_eq!(RecoveryKey::parse(&KEY[..70]), Err(NotARecoveryKey::Length(63)));
        assert_eq!(RecoveryKey::parse(&format!("{KEY}c")), Err(NotARecoveryKey::Length(65)));
        assert_eq!(RecoveryKey::parse("kn b-a"), Err(NotARecoveryKey::Character(4)));
        assert_eq!(RecoveryKey::parse("é"), Err(NotARecoveryKey::Character(1)));
    }

    #[test]
    fn no_key_gets_into_a_log() {
        let key = RecoveryKey::parse(KEY).unwrap();
        let unlock = Unlock { recovery_key: KEY.to_owned(), sealing: Sealing::Renew };
        let texts = [
            format!("{key:?}"),
            format!("{unlock:?}"),
            format!("{:?}", NewRecoveryKey { recovery_key: key }),
            format!("{:?}", serde_json::from_str::<NewRecoveryKey>(r#"{"recovery_key":"knbbeiilx"}"#)),
        ];
        assert!(texts.iter().all(|text| !text.contains("knbb")), "{texts:?}");
    }

    #[test]
    fn a_reason_of_a_newer_version_is_a_reason() {
        assert_eq!(serde_json::from_str::<LockReason>(r#""eaten_by_mice""#).unwrap(), LockReason::Other);
    }
}
