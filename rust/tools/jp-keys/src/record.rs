//! Who a unit is, as its TPM keeps it.

use serde::{Deserialize, Serialize};

use crate::Error;

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
    pub fn bytes(&self) -> Result<Vec<u8>, Error> {
        toml::to_string(self).map(String::into_bytes).map_err(|error| Error::Record(error.to_string()))
    }

    /// From what the TPM keeps.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(bytes).map_err(|error| Error::Record(error.to_string()))?;
        toml::from_str(text).map_err(|error| Error::Record(error.message().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_as_it_was_written_and_a_damaged_one_does_not() {
        let text = |text: &str| text.to_owned();
        let record = Record { serial: text("JP-1"), image: text("0.1.0+g\"1\""), made: text("2026-11-23T10:00:00Z") };
        assert_eq!(Record::read(&record.bytes().unwrap()).unwrap(), record);
        for bad in [&b"\xff\xff"[..], b"", b"serial = \"JP-1\"", b"serial = 1"] {
            assert!(matches!(Record::read(bad), Err(Error::Record(_))));
        }
    }
}
