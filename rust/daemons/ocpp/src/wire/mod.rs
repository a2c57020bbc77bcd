//! OCPP 1.6 payloads. The only place that names types of `rust-ocpp`: everything else speaks the words of this module.
//!
//! [`ours`] are the questions that we ask, [`answers`] what the CSMS says to them, [`theirs`] the questions of the CSMS
//! and [`replies`] our answers, with [`charging`], [`tags`] and [`firmware`] for those that carry profiles, the local list and
//! firmware updates.

pub mod answers;
pub mod charging;
pub mod firmware;
pub mod ours;
pub mod replies;
pub mod tags;
pub mod theirs;

use serde_json::{Map, Value};

/// The longest id tag of OCPP 1.6 (`CiString20`).
pub const ID_TAG_LENGTH: usize = 20;

/// A payload as JSON. It cannot fail: the types are structs whose fields are strings, numbers and lists of such.
fn payload(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_else(|_| Value::Object(Map::new()))
}

/// At most so many characters.
fn cut(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}
