//! What a station has: a CA, a licence master, its list.

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use keys::Fingerprint;
use ring::hmac;

use crate::{
    Failure,
    certify::{Ca, make_development_ca, write_new},
    failure::at,
};

/// What the licence key of a unit is derived for; the same words stand in `tpm/keys.toml`.
const LICENCE: &[u8] = b"joulepoint:licence:v1";

/// What a station makes units with.
#[derive(Debug)]
pub struct Station {
    /// Signs the units' certificates.
    pub ca: Ca,
    master: hmac::Key,
    /// One line a unit.
    pub list: PathBuf,
}

impl Station {
    /// A station of a folder: `ca.pem`, `licence-master` and `units.csv`, and the CA's key: `ca.key`, or what is given.
    pub fn open(folder: &Path, ca_key: Option<&str>) -> Result<Self, Failure> {
        let file = folder.join("ca.key");
        let key = ca_key.map_or_else(|| file.to_string_lossy().into_owned(), str::to_owned);
        let ca = Ca::open(&folder.join("ca.pem"), &key)?;
        let path = folder.join("licence-master");
        let master = std::fs::read(&path).map_err(at(&path))?;
        if master.len() != 32 {
            let found = format!("{} bytes", master.len());
            return Err(Failure::Content { path, found, expected: "32 random bytes".to_owned() });
        }
        Ok(Self { ca, master: hmac::Key::new(hmac::HMAC_SHA256, &master), list: folder.join("units.csv") })
    }

    /// The licence key of one unit: whoever has the master can answer for it, the unit for nobody else.
    pub fn licence_key(&self, fingerprint: &Fingerprint) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.master);
        context.update(LICENCE);
        context.update(fingerprint.bytes());
        context.sign().as_ref().try_into().unwrap_or_default()
    }
}

/// What a unit answers a message with, if its licence key is this one.
pub fn licence_tag(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().try_into().unwrap_or_default()
}

/// Makes a station for a desk, where there is nothing yet: a development CA and licence master of its own. One that stands
/// is left as it is, and so is anything else that the folder holds: it may be the only copy of a CA's key.
pub fn make_development_station(folder: &Path) -> Result<(), Failure> {
    let there = |name: &str| folder.join(name).exists();
    if there("ca.pem") && there("licence-master") {
        return Ok(());
    }
    if let Ok(mut entries) = std::fs::read_dir(folder)
        && let Some(found) = entries.next()
    {
        return Err(Failure::Content {
            path: folder.to_owned(),
            found: format!("{} and no whole station", found.map_err(at(folder))?.file_name().display()),
            expected: "a folder that is empty or not there yet, or one with ca.pem and licence-master".to_owned(),
        });
    }
    let mut random = [0; 40];
    getrandom::fill(&mut random).map_err(|error| Failure::Unit(format!("no random numbers: {error}")))?;
    let (name, master) = random.split_at(8);
    // Whole or not at all: it gets its name when everything is in it.
    let mut making = folder.components().as_path().as_os_str().to_owned();
    making.push(format!(".{}", HEXLOWER.encode(name)));
    let making = Path::new(&making);
    std::fs::create_dir_all(making).map_err(at(making))?;
    let made = make_development_ca(making)
        .and_then(|()| write_new(&making.join("licence-master"), master))
        .and_then(|()| std::fs::rename(making, folder).map_err(at(folder)));
    made.map_err(|failure| match std::fs::remove_dir_all(making) {
        Ok(()) => failure,
        // Nobody is to find a CA's key that nobody knows of.
        Err(left) => {
            Failure::Unit(format!("{failure}; {} with a CA's key cannot be removed: {left}", making.display()))
        }
    })
}
