//! A unit's serial number.

use std::{fmt, str::FromStr};

use crate::Failure;

/// 4 to 20 capital letters, digits and hyphens: it fits OCPP's fields, a certificate's name and a small code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serial(String);

impl FromStr for Serial {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        let edges = |c: char| c != '-';
        if (4..=20).contains(&text.len())
            && text.chars().all(allowed)
            && text.chars().next().is_some_and(edges)
            && text.chars().last().is_some_and(edges)
        {
            return Ok(Self(text.to_owned()));
        }
        Err(Failure::Value {
            field: "serial number",
            value: text.to_owned(),
            expected: "4 to 20 of A-Z, 0-9 and -, such as JP-2026-000001",
        })
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serial {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_fits_every_place_that_it_goes_to() {
        for good in ["JP-2026-000001", "0001", "ABCDEFGHIJ0123456789"] {
            assert_eq!(good.parse::<Serial>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "JP1",
            "jp-000001",
            "JP,000001",
            "JP 000001",
            "-0001",
            "0001-",
            "ABCDEFGHIJ0123456789X",
            "JP\n0001",
            "Ü0001",
        ] {
            assert!(bad.parse::<Serial>().is_err(), "{bad:?}");
        }
    }
}
