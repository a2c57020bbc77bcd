//! A key in the TPM.
//!
//! It is a child of the storage key that the TCG reserves a handle for, and that whoever is first makes (systemd does, where
//! it seals a disk). The file holds the child as that storage key has wrapped it: of no use to another TPM. Its
//! authorisation goes over the bus in an encrypted session only, and a wrong one does not count towards the lockout that
//! would shut the disk's key away as well.

use std::{fmt, path::Path, str::FromStr};

use tss_esapi::{
    Context,
    attributes::{ObjectAttributesBuilder, SessionAttributesBuilder},
    constants::{CapabilityType, SessionType, StructureTag},
    handles::{KeyHandle, PersistentTpmHandle, SessionHandle, TpmHandle},
    interface_types::{
        algorithm::{HashingAlgorithm, PublicAlgorithm},
        ecc::EccCurve,
        resource_handles::{Hierarchy, Provision},
        session_handles::AuthSession,
    },
    structures::{
        Auth, CapabilityData, Digest, EccParameter, EccPoint, EccScheme, HashScheme, HashcheckTicket,
        KeyDerivationFunctionScheme, Private, Public, PublicBuilder, PublicEccParametersBuilder,
        Signature as TpmSignature, SignatureScheme, SymmetricDefinition, SymmetricDefinitionObject,
    },
    tcti_ldr::TctiNameConf,
    traits::{Marshall as _, UnMarshall as _},
    tss2_esys::TPMT_TK_HASHCHECK,
};

use crate::{Error, Secret, Signature, file};

/// Where the TCG puts the storage key.
const STORAGE_KEY: u32 = 0x8100_0001;
/// What a key's file begins with.
const MAGIC: &[u8; 8] = b"JP-TPM-1";

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
fn refused(doing: &'static str) -> impl Fn(tss_esapi::Error) -> Error {
    move |error| Error::Tpm { doing, why: error.to_string() }
}

/// One key, loaded.
pub(crate) struct TpmKey {
    context: Context,
    parent: KeyHandle,
    key: KeyHandle,
    point: [u8; 65],
}

impl TpmKey {
    /// The key of this file; a new one if there is none.
    pub(crate) fn open(address: &TpmAddress, path: &Path, secret: &Secret) -> Result<Self, Error> {
        let mut context = Context::new(address.0.clone()).map_err(refused("answer"))?;
        let parent = storage_key(&mut context)?;
        let auth = || Auth::try_from(secret.bytes()).map_err(refused("take the authorisation"));
        let (public, private) = if let Some(content) = file::read(path)? {
            unpack(&content).ok_or_else(|| Error::Content {
                path: path.to_owned(),
                found: format!("{} bytes that are none", content.len()),
                expected: "a key that a TPM has wrapped",
            })?
        } else {
            let template = signing_key().map_err(refused("know the key's kind"))?;
            let auth = auth()?;
            let made = in_session(&mut context, parent, "make the key", |context| {
                context.create(parent, template, Some(auth), None, None, None)
            })?;
            let packed = pack(&made.out_public, &made.out_private)?;
            file::write(path, &packed)?;
            (made.out_public, made.out_private)
        };
        let point = point_of(&public).ok_or_else(|| Error::Content {
            path: path.to_owned(),
            found: "a key of another kind".to_owned(),
            expected: "a P-256 key",
        })?;
        let key = in_session(&mut context, parent, "load the key", |context| context.load(parent, private, public))?;
        context.tr_set_auth(key.into(), auth()?).map_err(refused("take the authorisation"))?;
        Ok(Self { context, parent, key, point })
    }

    pub(crate) const fn point(&self) -> [u8; 65] {
        self.point
    }

    pub(crate) fn sign(&mut self, digest: &[u8; 32]) -> Result<Signature, Error> {
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
        let key = self.key;
        let signed =
            in_session(&mut self.context, self.parent, doing, |context| context.sign(key, digest, scheme, ticket))?;
        let TpmSignature::EcDsa(signed) = signed else {
            return Err(Error::Signature("the TPM answers with another kind of signature".to_owned()));
        };
        match (padded(signed.signature_r()), padded(signed.signature_s())) {
            (Some(r), Some(s)) => Ok(Signature { r, s }),
            _ => Err(Error::Signature("the TPM answers with numbers of more than 32 bytes".to_owned())),
        }
    }
}

impl fmt::Debug for TpmKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TpmKey(…)")
    }
}

/// Does one thing in a session of its own, salted with the storage key: what it says can be neither read nor changed on
/// the way to the TPM.
fn in_session<T>(
    context: &mut Context,
    parent: KeyHandle,
    doing: &'static str,
    act: impl FnOnce(&mut Context) -> tss_esapi::Result<T>,
) -> Result<T, Error> {
    let refused = refused(doing);
    let session = context
        .start_auth_session(
            Some(parent),
            None,
            None,
            SessionType::Hmac,
            SymmetricDefinition::AES_128_CFB,
            HashingAlgorithm::Sha256,
        )
        .map_err(&refused)?
        .ok_or_else(|| Error::Tpm { doing, why: "it opens no session".to_owned() })?;
    let (attributes, mask) = SessionAttributesBuilder::new().with_decrypt(true).with_encrypt(true).build();
    let done = context
        .tr_sess_set_attributes(session, attributes, mask)
        .and_then(|()| context.execute_with_session(Some(session), act));
    context.flush_context(SessionHandle::from(session).into()).map_err(&refused)?;
    done.map_err(&refused)
}

/// The storage key; made at its handle if nobody has yet.
fn storage_key(context: &mut Context) -> Result<KeyHandle, Error> {
    let refused = refused("give its storage key");
    let handle = PersistentTpmHandle::new(STORAGE_KEY).map_err(&refused)?;
    let found = context.get_capability(CapabilityType::Handles, STORAGE_KEY, 1).map_err(&refused)?;
    let there = matches!(found, (CapabilityData::Handles(list), _)
        if list.clone().into_inner().contains(&TpmHandle::Persistent(handle)));
    if !there {
        let template = storage_template().map_err(&refused)?;
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

/// The TCG's template of a storage key on P-256.
fn storage_template() -> tss_esapi::Result<Public> {
    let attributes = ObjectAttributesBuilder::new()
        .with_fixed_tpm(true)
        .with_fixed_parent(true)
        .with_sensitive_data_origin(true)
        .with_user_with_auth(true)
        .with_no_da(true)
        .with_restricted(true)
        .with_decrypt(true)
        .build()?;
    let parameters = PublicEccParametersBuilder::new_restricted_decryption_key(
        SymmetricDefinitionObject::AES_128_CFB,
        EccCurve::NistP256,
    );
    let zero = || EccParameter::try_from(vec![0; 32]);
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::Ecc)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(attributes)
        .with_ecc_parameters(parameters.build()?)
        .with_ecc_unique_identifier(EccPoint::new(zero()?, zero()?))
        .build()
}

/// A key that signs, and that only its own TPM can have.
fn signing_key() -> tss_esapi::Result<Public> {
    let attributes = ObjectAttributesBuilder::new()
        .with_fixed_tpm(true)
        .with_fixed_parent(true)
        .with_sensitive_data_origin(true)
        .with_user_with_auth(true)
        .with_no_da(true)
        .with_sign_encrypt(true)
        .build()?;
    let scheme = EccScheme::EcDsa(HashScheme::new(HashingAlgorithm::Sha256));
    let parameters = PublicEccParametersBuilder::new_unrestricted_signing_key(scheme, EccCurve::NistP256)
        .with_key_derivation_function_scheme(KeyDerivationFunctionScheme::Null);
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::Ecc)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(attributes)
        .with_ecc_parameters(parameters.build()?)
        .with_ecc_unique_identifier(EccPoint::default())
        .build()
}

fn point_of(public: &Public) -> Option<[u8; 65]> {
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

/// Both halves in one file: the magic, then each with its length in front.
fn pack(public: &Public, private: &Private) -> Result<Vec<u8>, Error> {
    let public = public.marshall().map_err(refused("give the public key"))?;
    let mut packed = MAGIC.to_vec();
    for part in [public.as_slice(), private.value()] {
        packed.extend(u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
        packed.extend(part);
    }
    Ok(packed)
}

fn unpack(content: &[u8]) -> Option<(Public, Private)> {
    let rest = content.strip_prefix(MAGIC)?;
    let (public, rest) = part(rest)?;
    let (private, rest) = part(rest)?;
    if !rest.is_empty() {
        return None;
    }
    Some((Public::unmarshall(public).ok()?, Private::try_from(private).ok()?))
}

fn part(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = content.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
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
    fn what_the_tpm_holds_is_what_is_written_of_it() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tpm/keys.toml");
        let written: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
        let (storage, metering) = (&written["storage"], &written["metering"]);
        assert_eq!(storage["handle"].as_integer(), Some(STORAGE_KEY.into()));
        assert_eq!(storage["algorithm"].as_str(), Some("ecc-nist-p256"));
        assert!(metering["file"].as_str().unwrap().ends_with(crate::TPM_FILE));
        let Public::Ecc { object_attributes, parameters, .. } = signing_key().unwrap() else { panic!("not ECC") };
        let set = [
            ("fixed-tpm", object_attributes.fixed_tpm()),
            ("fixed-parent", object_attributes.fixed_parent()),
            ("sensitive-data-origin", object_attributes.sensitive_data_origin()),
            ("user-with-auth", object_attributes.user_with_auth()),
            ("no-da", object_attributes.no_da()),
            ("restricted", object_attributes.restricted()),
            ("decrypt", object_attributes.decrypt()),
            ("sign", object_attributes.sign_encrypt()),
        ];
        let set: Vec<&str> = set.into_iter().filter(|(_, set)| *set).map(|(name, _)| name).collect();
        let listed: Vec<&str> =
            metering["attributes"].as_array().unwrap().iter().filter_map(|name| name.as_str()).collect();
        assert_eq!(set, listed);
        assert_eq!(parameters.ecc_curve(), EccCurve::NistP256);
    }

    #[test]
    fn a_number_is_padded_in_front() {
        let number = EccParameter::try_from(vec![1, 2]).unwrap();
        assert_eq!(padded(&number).unwrap()[29..], [0, 1, 2]);
        assert_eq!(padded(&EccParameter::try_from(vec![1; 33]).unwrap()), None);
    }

    #[test]
    fn a_torn_file_is_no_key() {
        for torn in [&b""[..], b"JP-TPM-1", b"JP-TPM-1\0\x05abc", b"JP-TPM-1\0\x01a\0\x01b", b"-----BEGIN"] {
            assert!(unpack(torn).is_none());
        }
    }
}
