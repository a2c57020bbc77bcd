//! What a unit's TPM is to hold: the content of `tpm/keys.toml`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{Error, file, tpm::STORAGE_KEY};

/// The rules of every unit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The key above all others.
    pub storage: Storage,
    /// The key of the meter records, which its daemon makes.
    pub metering: Metering,
    /// Who the hardware is.
    pub fingerprint: FingerprintRule,
    /// Who the unit is.
    pub record: Record,
    /// The keys that the factory makes, in this order.
    pub factory: Vec<KeyRule>,
}

/// The TCG's storage key: written down for every reader, fixed in the code.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// Its handle.
    pub handle: u32,
    /// Whose seed it comes from.
    pub hierarchy: String,
    /// What it is.
    pub algorithm: String,
    /// How it wraps its children.
    pub wraps: String,
}

/// A key that a daemon makes at the unit's first start, and keeps as a wrapped file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metering {
    /// Whose it is.
    pub daemon: String,
    /// Where it is kept.
    pub file: PathBuf,
    /// What it is.
    pub algorithm: Algorithm,
    /// What it may and may not.
    pub attributes: Vec<Attribute>,
    /// The systemd credential with its authorisation.
    pub credential: String,
    /// The file of that authorisation.
    pub secret: PathBuf,
}

/// How the fingerprint is made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FingerprintRule {
    /// What the hash begins with: another use of the same key has another value.
    pub prefix: String,
    /// Of which key.
    pub of: FingerprintOf,
}

/// What tells one TPM from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FingerprintOf {
    /// The TCG's endorsement key on P-256: it comes from a seed that no owner can change.
    EndorsementKeyNistP256,
}

/// Where the TPM keeps who the unit is, for every reader.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The index of the TPM's memory.
    pub nv: u32,
}

/// A key that stays in the TPM.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRule {
    /// What it is called.
    pub name: String,
    /// Which daemon uses it.
    pub daemon: String,
    /// Where it stays.
    pub handle: u32,
    /// What it is.
    pub algorithm: Algorithm,
    /// What it may and may not.
    pub attributes: Vec<Attribute>,
    /// Where it comes from.
    pub origin: Origin,
    /// The index of the TPM's memory with its certificate, if it has one.
    pub certificate: Option<u32>,
    /// The systemd credential with its authorisation.
    pub credential: String,
    /// The file of that authorisation, made at the unit's first start.
    pub secret: PathBuf,
}

/// What a key can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// Signs SHA-256 digests by ECDSA on P-256.
    #[serde(rename = "ecdsa-nist-p256-sha256")]
    EcdsaNistP256Sha256,
    /// Authenticates by HMAC with SHA-256.
    #[serde(rename = "hmac-sha256")]
    HmacSha256,
}

/// What a key may and may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attribute {
    /// It cannot leave its TPM.
    FixedTpm,
    /// It cannot leave its storage key.
    FixedParent,
    /// The TPM has drawn it itself.
    SensitiveDataOrigin,
    /// Its authorisation is enough to use it.
    UserWithAuth,
    /// A wrong authorisation locks nothing.
    NoDa,
    /// It signs.
    Sign,
}

/// Where a key's secret half comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The TPM draws it, and nobody else ever has it.
    Tpm,
    /// The station derives it from its own master key and the unit's fingerprint, so that its owner can answer for the unit.
    Station,
}

impl Rules {
    /// The rules of a file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let wrong = |found: String, expected| Error::Content { path: path.to_owned(), found, expected };
        let content = file::read(path)?.ok_or_else(|| wrong("nothing".to_owned(), "the rules of the TPM's keys"))?;
        let text = String::from_utf8(content).map_err(|error| wrong(error.to_string(), "text"))?;
        let rules: Self =
            toml::from_str(&text).map_err(|error| wrong(error.to_string(), "the rules of the TPM's keys"))?;
        rules.check().map_err(|found| wrong(found, "rules that fit each other"))?;
        Ok(rules)
    }

    fn check(&self) -> Result<(), String> {
        if self.storage.handle != STORAGE_KEY {
            return Err(format!("storage.handle {:#x}, the TCG's is {STORAGE_KEY:#x}", self.storage.handle));
        }
        let mut taken = vec![self.storage.handle, self.record.nv];
        for key in &self.factory {
            let name = &key.name;
            if !(0x8100_0000..0x8180_0000).contains(&key.handle) {
                return Err(format!("{name}.handle {:#x}, the owner's are 0x81000000 to 0x817fffff", key.handle));
            }
            let drawn = key.attributes.contains(&Attribute::SensitiveDataOrigin);
            if drawn != (key.origin == Origin::Tpm) {
                return Err(format!("{name}: origin and sensitive-data-origin contradict each other"));
            }
            if key.algorithm == Algorithm::HmacSha256 && key.certificate.is_some() {
                return Err(format!("{name}: a key of this kind has no certificate"));
            }
            taken.push(key.handle);
            taken.extend(key.certificate);
        }
        let indexes = self.factory.iter().filter_map(|key| key.certificate).chain([self.record.nv]);
        if let Some(index) = indexes.into_iter().find(|index| !(0x0180_0000..0x01c0_0000).contains(index)) {
            return Err(format!("index {index:#x}, the owner's are 0x01800000 to 0x01bfffff"));
        }
        taken.sort_unstable();
        match taken.windows(2).find(|pair| matches!(pair, [one, other] if one == other)) {
            Some(pair) => Err(format!("{:#x} twice", pair.first().copied().unwrap_or_default())),
            None => Ok(()),
        }
    }

    /// The rule of a key.
    pub fn key(&self, name: &str) -> Result<&KeyRule, Error> {
        self.factory.iter().find(|key| key.name == name).ok_or_else(|| Error::NoSuchKey(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tpm::template;

    fn path() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tpm/keys.toml")
    }

    #[test]
    fn the_rules_of_this_checkout_are_good_and_the_metering_key_keeps_to_them() {
        let rules = Rules::read(&path()).unwrap();
        assert_eq!((rules.storage.algorithm.as_str(), rules.storage.hierarchy.as_str()), ("ecc-nist-p256", "owner"));
        assert_eq!(rules.metering.attributes, template::METERING);
        assert_eq!(rules.metering.algorithm, Algorithm::EcdsaNistP256Sha256);
        assert!(rules.metering.file.ends_with(crate::TPM_FILE));
        let names: Vec<&str> = rules.factory.iter().map(|key| key.name.as_str()).collect();
        assert_eq!(names, ["identity", "ocpp", "licence"]);
    }

    #[test]
    fn rules_that_do_not_fit_are_refused_with_what_is_wrong() {
        let good = std::fs::read_to_string(path()).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        for (from, to, says) in [
            ("0x81000001", "0x81000002", "storage.handle 0x81000002"),
            ("0x81100002", "0x81100001", "0x81100001 twice"),
            ("0x81100002", "0x81800002", "the owner's are"),
            ("0x01810001", "0x01c00002", "index 0x1c00002"),
            ("origin = \"station\"", "origin = \"tpm\"", "contradict"),
            ("ecdsa-nist-p256-sha256", "rsa", "unknown variant"),
            ("[record]", "[recrod]", "recrod"),
        ] {
            let bad = good.replace(from, to);
            assert_ne!(bad, good, "{from}");
            std::fs::write(file.path(), bad).unwrap();
            let error = Rules::read(file.path()).unwrap_err().to_string();
            assert!(error.contains(says), "{from} -> {to}: {error}");
        }
    }
}
