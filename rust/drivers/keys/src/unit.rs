//! The TPM of one unit as the factory and the first start see it: keys that stay in it, and who it is.
//!
//! A key is *open* from the factory on: it has no authorisation. The unit's first start draws one on its sealed data
//! partition and *locks* the key to it. A power cut in between leaves the key open or locked, and never lost: its wrapped
//! form is in a file before the TPM lets go of it.

mod check;
mod fingerprint;
mod memory;

use std::path::Path;

use tss_esapi::{
    handles::KeyHandle,
    interface_types::algorithm::HashingAlgorithm,
    structures::{Auth, MaxBuffer, Private, Public, SensitiveData},
};

pub use check::Fault;
pub use fingerprint::Fingerprint;

use crate::{
    Error, Secret, Signature, TpmAddress, file,
    rules::{Algorithm, KeyRule, Rules},
    tpm::{Tpm, point_of, refused, template, wrapped},
};

/// Whether a key asks for an authorisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// It does not: as the factory leaves it.
    Open,
    /// It does: the unit has started.
    Locked,
}

/// The TPM of one unit.
#[derive(Debug)]
pub struct Unit {
    tpm: Tpm,
    rules: Rules,
}

impl Unit {
    /// Connects to the unit's TPM; its storage key is made if nobody has yet.
    pub fn open(address: &TpmAddress, rules: Rules) -> Result<Self, Error> {
        Ok(Self { tpm: Tpm::open(address)?, rules })
    }

    /// What the TPM is to hold.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Who this hardware is.
    pub fn fingerprint(&mut self) -> Result<Fingerprint, Error> {
        let point = fingerprint::endorsement_point(&mut self.tpm)?;
        Ok(Fingerprint::of(&self.rules.fingerprint.prefix, &point))
    }

    /// Makes a key at its handle, open. `value` is its secret half, for a key that the TPM does not draw itself.
    pub fn make(&mut self, name: &str, value: Option<&[u8; 32]>) -> Result<(), Error> {
        let rule = self.rules.key(name)?.clone();
        let template = template::key(rule.algorithm, &rule.attributes).map_err(refused("know the key's kind"))?;
        let sensitive = value
            .map(|value| SensitiveData::try_from(value.as_slice()))
            .transpose()
            .map_err(refused("take the key's value"))?;
        let storage = self.tpm.storage;
        let made = self
            .tpm
            .in_session("make a key", |context| context.create(storage, template, None, sensitive, None, None))?;
        self.keep(&rule, made.out_public, made.out_private)
    }

    /// The public point of a key; `None` where there is no such key.
    pub fn point(&mut self, name: &str) -> Result<Option<[u8; 65]>, Error> {
        Ok(self.public(name)?.and_then(|(_, public)| point_of(&public)))
    }

    /// Signs a SHA-256 digest; without a secret for a key that is open.
    pub fn sign(&mut self, name: &str, digest: &[u8; 32], secret: Option<&Secret>) -> Result<Signature, Error> {
        let key = self.authorised(name, secret)?;
        self.tpm.sign(key, digest)
    }

    /// Authenticates a message of up to 1 KiB; without a secret for a key that is open.
    pub fn authenticate(&mut self, name: &str, message: &[u8], secret: Option<&Secret>) -> Result<[u8; 32], Error> {
        let doing = "authenticate";
        let key = self.authorised(name, secret)?;
        let message = MaxBuffer::try_from(message).map_err(refused(doing))?;
        let tag = self.tpm.in_session(doing, |context| context.hmac(key.into(), message, HashingAlgorithm::Sha256))?;
        tag.value().try_into().map_err(|_| Error::Signature("the TPM answers with another length".to_owned()))
    }

    /// Whether a key asks for an authorisation; `None` where there is no such key.
    pub fn lock_of(&mut self, name: &str) -> Result<Option<Lock>, Error> {
        if self.public(name)?.is_none() {
            return Ok(None);
        }
        // A wrong authorisation counts nowhere (`no-da`), so the question may be asked by trying.
        Ok(Some(if self.try_out(name, None).is_ok() { Lock::Open } else { Lock::Locked }))
    }

    /// Locks a key to its secret. `wrapped` is a file for the time in between; a cut is made good at the next call.
    pub fn lock(&mut self, name: &str, secret: &Secret, wrapped: &Path) -> Result<(), Error> {
        let rule = self.rules.key(name)?.clone();
        match self.public(name)? {
            None => self.restore(&rule, wrapped)?,
            Some(_) if self.try_out(name, Some(secret)).is_ok() => {}
            Some((key, _)) => {
                self.wrap(name, secret, wrapped)?;
                self.tpm.keep_or_evict(key, rule.handle)?;
                self.restore(&rule, wrapped)?;
            }
        }
        self.try_out(name, Some(secret))?;
        file::remove(wrapped)
    }

    /// The first half of [`Unit::lock`]: the key's locked form is in a file, and the TPM still has the open one.
    pub fn wrap(&mut self, name: &str, secret: &Secret, wrapped: &Path) -> Result<(), Error> {
        let handle = self.rules.key(name)?.handle;
        let (key, public) = self.public(name)?.ok_or_else(|| Error::NotMade { name: name.to_owned(), handle })?;
        self.tpm.context.tr_set_auth(key.into(), Auth::default()).map_err(refused("take the authorisation"))?;
        let auth = Auth::try_from(secret.bytes()).map_err(refused("take the authorisation"))?;
        let storage = self.tpm.storage;
        let private = self
            .tpm
            .in_session("lock a key", |context| context.object_change_auth(key.into(), storage.into(), auth))?;
        wrapped::write(wrapped, &public, &private)
    }

    /// Takes a key away, for good.
    pub fn remove(&mut self, name: &str) -> Result<(), Error> {
        let rule = self.rules.key(name)?.clone();
        if let Some(key) = self.tpm.persistent(rule.handle)? {
            self.tpm.keep_or_evict(key, rule.handle)?;
        }
        Ok(())
    }

    /// Uses a key for nothing, to see whether its authorisation is right.
    fn try_out(&mut self, name: &str, secret: Option<&Secret>) -> Result<(), Error> {
        match self.rules.key(name)?.algorithm {
            Algorithm::EcdsaNistP256Sha256 => self.sign(name, &[0; 32], secret).map(|_| ()),
            Algorithm::HmacSha256 => self.authenticate(name, b"", secret).map(|_| ()),
        }
    }

    /// Brings a key back from its wrapped form.
    fn restore(&mut self, rule: &KeyRule, wrapped: &Path) -> Result<(), Error> {
        let missing = || Error::NotMade { name: rule.name.clone(), handle: rule.handle };
        let (public, private) = wrapped::read(wrapped)?.ok_or_else(missing)?;
        self.keep(rule, public, private)
    }

    fn keep(&mut self, rule: &KeyRule, public: Public, private: Private) -> Result<(), Error> {
        let storage = self.tpm.storage;
        let loaded = self.tpm.in_session("load a key", |context| context.load(storage, private, public))?;
        let kept = self.tpm.keep_or_evict(loaded, rule.handle);
        self.tpm.unload(loaded.into())?;
        kept
    }

    fn public(&mut self, name: &str) -> Result<Option<(KeyHandle, Public)>, Error> {
        let handle = self.rules.key(name)?.handle;
        let Some(key) = self.tpm.persistent(handle)? else { return Ok(None) };
        let (public, ..) = self
            .tpm
            .context
            .execute_without_session(|context| context.read_public(key))
            .map_err(refused("show a key's public half"))?;
        Ok(Some((key, public)))
    }

    fn authorised(&mut self, name: &str, secret: Option<&Secret>) -> Result<KeyHandle, Error> {
        let handle = self.rules.key(name)?.handle;
        let missing = || Error::NotMade { name: name.to_owned(), handle };
        let key = self.tpm.persistent(handle)?.ok_or_else(missing)?;
        let auth = match secret {
            Some(secret) => Auth::try_from(secret.bytes()).map_err(refused("take the authorisation"))?,
            None => Auth::default(),
        };
        self.tpm.context.tr_set_auth(key.into(), auth).map_err(refused("take the authorisation"))?;
        Ok(key)
    }
}
