//! A TPM: how it is reached, its storage key, and sessions that nobody on the bus can read.
//!
//! Every key of ours is a child of the storage key that the TCG reserves a handle for, and that whoever is first makes
//! (systemd does, where it seals a disk). A key's authorisation goes over the bus in an encrypted session only, and a wrong
//! one does not count towards the lockout that would shut the disk's key away as well.

pub(crate) mod template;
pub(crate) mod wrapped;

use std::{fmt, str::FromStr};

use tss_esapi::{
    Context,
    attributes::SessionAttributesBuilder,
    constants::{CapabilityType, SessionType, StructureTag},
    handles::{KeyHandle, ObjectHandle, PersistentTpmHandle, SessionHandle, TpmHandle},
    interface_types::{
        algorithm::HashingAlgorithm,
        dynamic_handles::Persistent,
        resource_handles::{Hierarchy, Provision},
        session_handles::AuthSession,
    },
    structures::{
        CapabilityData, Digest, EccParameter, HashScheme, HashcheckTicket, Public, Signature as TpmSignature,
        SignatureScheme, SymmetricDefinition,
    },
    tcti_ldr::TctiNameConf,
    tss2_esys::TPMT_TK_HASHCHECK,
};

use crate::{Error, Signature};

/// Where the TCG puts the storage key.
pub(crate) const STORAGE_KEY: u32 = 0x8100_0001;

/// How a TPM is reached: `device:/dev/tpmrm0`, or `swtpm:host=127.0.0.1,port=2321` for one that is simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TpmAddress(TctiNameConf);

impl FromStr for TpmAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match TctiNameConf::from_str(text) {
            Ok(address @ (TctiNameConf::Device(_) | TctiNameConf::Swtpm(_))) => Ok(Self(address)),
            _ => Err(Error::Address(text.to_owned())),
        }
    }
}

/// What the TPM answers, in our words.
pub(crate) fn refused(doing: &'static str) -> impl Fn(tss_esapi::Error) -> Error {
    move |error| Error::Tpm { doing, why: error.to_string() }
}

/// A connection to a TPM that has its storage key.
pub(crate) struct Tpm {
    pub(crate) context: Context,
    pub(crate) storage: KeyHandle,
}

impl Tpm {
    /// Connects, and makes the storage key if nobody has yet.
    pub(crate) fn open(address: &TpmAddress) -> Result<Self, Error> {
        let mut context = Context::new(address.0.clone()).map_err(refused("answer"))?;
        let storage = storage_key(&mut context)?;
        Ok(Self { context, storage })
    }

    /// Does one thing in a session of its own, salted with the storage key: what it says can be neither read nor changed on
    /// the way to the TPM.
    pub(crate) fn in_session<T>(
        &mut self,
        doing: &'static str,
        act: impl FnOnce(&mut Context) -> tss_esapi::Result<T>,
    ) -> Result<T, Error> {
        let refused = refused(doing);
        let session = self
            .context
            .start_auth_session(
                Some(self.storage),
                None,
                None,
                SessionType::Hmac,
                SymmetricDefinition::AES_128_CFB,
                HashingAlgorithm::Sha256,
            )
            .map_err(&refused)?
            .ok_or_else(|| Error::Tpm { doing, why: "it opens no session".to_owned() })?;
        let (attributes, mask) = SessionAttributesBuilder::new().with_decrypt(true).with_encrypt(true).build();
        let done = self
            .context
            .tr_sess_set_attributes(session, attributes, mask)
            .and_then(|()| self.context.execute_with_session(Some(session), act));
        self.context.flush_context(SessionHandle::from(session).into()).map_err(&refused)?;
        done.map_err(&refused)
    }

    /// Does one thing as the TPM's owner, whose authorisation is empty: it may make and remove what stays in the TPM.
    pub(crate) fn as_owner<T>(
        &mut self,
        doing: &'static str,
        act: impl FnOnce(&mut Context) -> tss_esapi::Result<T>,
    ) -> Result<T, Error> {
        self.context.execute_with_session(Some(AuthSession::Password), act).map_err(refused(doing))
    }

    /// Gives back the room of an object that is only loaded.
    pub(crate) fn unload(&mut self, object: ObjectHandle) -> Result<(), Error> {
        self.context
            .execute_without_session(|context| context.flush_context(object))
            .map_err(refused("forget an object"))
    }

    /// What stands at a persistent handle.
    pub(crate) fn persistent(&mut self, at: u32) -> Result<Option<KeyHandle>, Error> {
        let refused = refused("say which keys it has");
        let handle = TpmHandle::Persistent(PersistentTpmHandle::new(at).map_err(&refused)?);
        if !has_handle(&mut self.context, at, handle).map_err(&refused)? {
            return Ok(None);
        }
        self.context.tr_from_tpm_public(handle).map(|key| Some(key.into())).map_err(&refused)
    }

    /// Makes a loaded key stay, at a handle; or takes the one away that stands there.
    pub(crate) fn keep_or_evict(&mut self, key: KeyHandle, at: u32) -> Result<(), Error> {
        let doing = "keep or remove a key";
        let handle = Persistent::Persistent(PersistentTpmHandle::new(at).map_err(refused(doing))?);
        self.as_owner(doing, |context| context.evict_control(Provision::Owner, key.into(), handle)).map(|_| ())
    }

    /// Signs a digest with a key whose authorisation is set.
    pub(crate) fn sign(&mut self, key: KeyHandle, digest: &[u8; 32]) -> Result<Signature, Error> {
        let doing = "sign";
        let digest = Digest::try_from(digest.as_slice()).map_err(refused(doing))?;
        let scheme = SignatureScheme::EcDsa { hash_scheme: HashScheme::new(HashingAlgorithm::Sha256) };
        // The key signs what it is given: the digest need not be one that the TPM has made.
        let unchecked = TPMT_TK_HASHCHECK {
            tag: StructureTag::Hashcheck.into(),
            hierarchy: tss_esapi::constants::tss::TPM2_RH_NULL,
            digest: tss_esapi::tss2_esys::TPM2B_DIGEST::default(),
        };
        let ticket = HashcheckTicket::try_from(unchecked).map_err(refused(doing))?;
        let signed = self.in_session(doing, |context| context.sign(key, digest, scheme, ticket))?;
        let TpmSignature::EcDsa(signed) = signed else {
            return Err(Error::Signature("the TPM answers with another kind of signature".to_owned()));
        };
        match (padded(signed.signature_r()), padded(signed.signature_s())) {
            (Some(r), Some(s)) => Ok(Signature { r, s }),
            _ => Err(Error::Signature("the TPM answers with numbers of more than 32 bytes".to_owned())),
        }
    }
}

impl fmt::Debug for Tpm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tpm(…)")
    }
}

/// Whether the TPM has this handle.
pub(crate) fn has_handle(context: &mut Context, at: u32, handle: TpmHandle) -> tss_esapi::Result<bool> {
    let found = context.execute_without_session(|context| context.get_capability(CapabilityType::Handles, at, 1))?;
    Ok(matches!(found, (CapabilityData::Handles(list), _) if list.clone().into_inner().contains(&handle)))
}

/// The storage key; made at its handle if nobody has yet.
fn storage_key(context: &mut Context) -> Result<KeyHandle, Error> {
    let refused = refused("give its storage key");
    let handle = PersistentTpmHandle::new(STORAGE_KEY).map_err(&refused)?;
    if !has_handle(context, STORAGE_KEY, TpmHandle::Persistent(handle)).map_err(&refused)? {
        let template = template::storage_key().map_err(&refused)?;
        context
            .execute_with_session(Some(AuthSession::Password), |context| {
                let made = context.create_primary(Hierarchy::Owner, template, None, None, None, None)?.key_handle;
                context.evict_control(Provision::Owner, made.into(), handle.into())?;
                context.execute_without_session(|context| context.flush_context(made.into()))
            })
            .map_err(&refused)?;
    }
    context.tr_from_tpm_public(TpmHandle::Persistent(handle)).map(KeyHandle::from).map_err(&refused)
}

/// The public point of a key on P-256: 4, x, y.
pub(crate) fn point_of(public: &Public) -> Option<[u8; 65]> {
    let Public::Ecc { unique, .. } = public else { return None };
    let mut point = [4; 65];
    point.get_mut(1..33)?.copy_from_slice(&padded(unique.x())?);
    point.get_mut(33..)?.copy_from_slice(&padded(unique.y())?);
    Some(point)
}

/// A number in 32 bytes: a TPM may leave out zeros in front.
fn padded(number: &EccParameter) -> Option<[u8; 32]> {
    let bytes = number.value();
    let mut whole = [0; 32];
    whole.get_mut(32_usize.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_device_or_a_simulated_tpm_has_an_address() {
        for good in ["device:/dev/tpmrm0", "swtpm:host=127.0.0.1,port=2321"] {
            assert!(good.parse::<TpmAddress>().is_ok(), "{good}");
        }
        for bad in ["", "/dev/tpmrm0", "tabrmd", "cmd:rm -rf /", "none"] {
            assert!(bad.parse::<TpmAddress>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_number_is_padded_in_front() {
        let number = EccParameter::try_from(vec![1, 2]).unwrap();
        assert_eq!(padded(&number).unwrap()[29..], [0, 1, 2]);
        assert_eq!(padded(&EccParameter::try_from(vec![1; 33]).unwrap()), None);
    }
}
