//! Who a unit is, as its TPM keeps it.

use serde::{Deserialize, Serialize};

use crate::Failure;

/// Who a unit is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its serial number.
    pub serial: String,
    /// The image that it left the factory with.
    pub image: String,
    /// When, as RFC 3339.
    pub made: String,
}

impl Record {
    /// As the TPM keeps it.
    pub fn bytes(&self) -> Result<Vec<u8>, Failure> {
        toml::to_string(self).map(String::into_bytes).map_err(|error| Failure::Unit(format!("record: {error}")))
    }

    /// From what the TPM keeps.
    pub fn read(bytes: &[u8]) -> Result<Self, Failure> {
        let wrong =
            |why: String| Failure::Unit(format!("the TPM's record of this unit is damaged ({why}); make it --again"));
        let text = std::str::from_utf8(bytes).map_err(|error| wrong(error.to_string()))?;
        toml::from_str(text).map_err(|error| wrong(error.message().to_owned()))
    }
}
