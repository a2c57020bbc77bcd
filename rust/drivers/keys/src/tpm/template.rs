//! What a key is asked to be: the rules' words as the TPM's.

use tss_esapi::{
    attributes::{ObjectAttributes, ObjectAttributesBuilder},
    interface_types::{
        algorithm::{HashingAlgorithm, PublicAlgorithm},
        ecc::EccCurve,
    },
    structures::{
        Digest, EccParameter, EccPoint, EccScheme, HashScheme, KeyDerivationFunctionScheme, KeyedHashScheme, Public,
        PublicBuilder, PublicEccParametersBuilder, PublicKeyedHashParameters, SymmetricDefinitionObject,
    },
};

use crate::rules::{Algorithm, Attribute};

/// What the key of the meter records is; `tpm/keys.toml` says the same.
pub(crate) const METERING: &[Attribute] = &[
    Attribute::FixedTpm,
    Attribute::FixedParent,
    Attribute::SensitiveDataOrigin,
    Attribute::UserWithAuth,
    Attribute::NoDa,
    Attribute::Sign,
];

/// The TCG's template of a storage key on P-256.
pub(crate) fn storage_key() -> tss_esapi::Result<Public> {
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

/// A key of ours.
pub(crate) fn key(algorithm: Algorithm, attributes: &[Attribute]) -> tss_esapi::Result<Public> {
    let public = PublicBuilder::new()
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(set(attributes)?);
    match algorithm {
        Algorithm::EcdsaNistP256Sha256 => {
            let scheme = EccScheme::EcDsa(HashScheme::new(HashingAlgorithm::Sha256));
            let parameters = PublicEccParametersBuilder::new_unrestricted_signing_key(scheme, EccCurve::NistP256)
                .with_key_derivation_function_scheme(KeyDerivationFunctionScheme::Null);
            public
                .with_public_algorithm(PublicAlgorithm::Ecc)
                .with_ecc_parameters(parameters.build()?)
                .with_ecc_unique_identifier(EccPoint::default())
                .build()
        }
        Algorithm::HmacSha256 => public
            .with_public_algorithm(PublicAlgorithm::KeyedHash)
            .with_keyed_hash_parameters(PublicKeyedHashParameters::new(KeyedHashScheme::HMAC_SHA_256))
            .with_keyed_hash_unique_identifier(Digest::default())
            .build(),
    }
}

/// Whether a key that is there is what its rule asks for, whatever its value.
pub(crate) fn is(public: &Public, algorithm: Algorithm, attributes: &[Attribute]) -> tss_esapi::Result<bool> {
    let wanted = key(algorithm, attributes)?;
    Ok(match (public, wanted) {
        (
            Public::Ecc { object_attributes, name_hashing_algorithm, auth_policy, parameters, .. },
            Public::Ecc {
                object_attributes: attributes,
                name_hashing_algorithm: name,
                auth_policy: policy,
                parameters: kind,
                ..
            },
        ) => {
            (object_attributes, name_hashing_algorithm, auth_policy, parameters) == (&attributes, &name, &policy, &kind)
        }
        (
            Public::KeyedHash { object_attributes, name_hashing_algorithm, auth_policy, parameters, .. },
            Public::KeyedHash {
                object_attributes: attributes,
                name_hashing_algorithm: name,
                auth_policy: policy,
                parameters: kind,
                ..
            },
        ) => {
            (object_attributes, name_hashing_algorithm, auth_policy, parameters) == (&attributes, &name, &policy, &kind)
        }
        _ => false,
    })
}

fn set(attributes: &[Attribute]) -> tss_esapi::Result<ObjectAttributes> {
    let mut builder = ObjectAttributesBuilder::new();
    for attribute in attributes {
        builder = match attribute {
            Attribute::FixedTpm => builder.with_fixed_tpm(true),
            Attribute::FixedParent => builder.with_fixed_parent(true),
            Attribute::SensitiveDataOrigin => builder.with_sensitive_data_origin(true),
            Attribute::UserWithAuth => builder.with_user_with_auth(true),
            Attribute::NoDa => builder.with_no_da(true),
            Attribute::Sign => builder.with_sign_encrypt(true),
        };
    }
    builder.build()
}
