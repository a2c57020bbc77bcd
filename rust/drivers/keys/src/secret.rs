//! What authorises the use of a key in the TPM.

use std::{fmt, path::Path};

use crate::{Error, file};

/// The authorisation of one key: 16 to 32 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// From a file that somebody else keeps.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let content = file::read(path)?.unwrap_or_default();
        if !(16..=32).contains(&content.len()) {
            let found = format!("{} bytes", content.len());
            return Err(Error::Content {
                path: path.to_owned(),
                found,
                expected: "an authorisation of 16 to 32 bytes",
            });
        }
        Ok(Self(content))
    }

    /// From a file that is made if it is not there.
    pub fn made_at(path: &Path) -> Result<Self, Error> {
        if file::read(path)?.is_none() {
            let mut fresh = [0; 32];
            getrandom::fill(&mut fresh).map_err(Error::Random)?;
            file::write(path, &fresh)?;
        }
        Self::read(path)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
