//! The one error body of all daemons.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a request was not carried out, in words for a person and a code for a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Stable, in `snake_case`: `not_found`, `bad_request`, `conflict`, `forbidden`, `unavailable`, …
    pub code: String,
    /// What is wrong and what would have been right.
    pub message: String,
    /// The JSON pointer of the field that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

/// One thing that a configuration has wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mistake {
    /// The JSON pointer of the field.
    pub pointer: String,
    /// What stands there, as text.
    pub value: String,
    /// What would have been taken.
    pub expected: String,
    /// The two in a sentence.
    pub message: String,
}
