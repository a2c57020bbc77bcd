//! What a station has: a CA, a licence master, its list.

use std::path::{Path, PathBuf};

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

/// Makes a station for a desk, where there is none: a development CA and a licence master of its own.
pub fn make_development_station(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(at(folder))?;
    if folder.join("licence-master").exists() {
        return Ok(());
    }
    for left in ["ca.pem", "ca.key"] {
        let path = folder.join(left);
        if path.exists() {
            std::fs::remove_file(&path).map_err(at(&path))?;
        }
    }
    make_development_ca(folder)?;
    let mut master = [0; 32];
    getrandom::fill(&mut master).map_err(|error| Failure::Unit(format!("no random numbers: {error}")))?;
    write_new(&folder.join("licence-master"), &master)
}
