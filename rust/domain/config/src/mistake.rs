//! What a configuration has wrong.

use std::fmt;

/// One field that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// JSON pointer of the field, such as `/connectors/0/chain`.
    pub pointer: String,
    /// What stands there.
    pub value: String,
    /// What would have been taken.
    pub expected: String,
}

impl Mistake {
    pub(crate) fn new(pointer: impl Into<String>, value: impl fmt::Display, expected: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), value: value.to_string(), expected: expected.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = if self.pointer.is_empty() { "the document" } else { &self.pointer };
        if self.value.is_empty() {
            write!(f, "{field}: expected {}", self.expected)
        } else {
            write!(f, "{field} is {}: expected {}", self.value, self.expected)
        }
    }
}

impl std::error::Error for Mistake {}
