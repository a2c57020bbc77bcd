//! Names of things: connectors, contactors, chains, modules, and the epochs that keep old news apart from new.

use core::{fmt, num::NonZeroU8};

/// One DC outlet; also its OCPP EVSE id. Counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct ConnectorId(NonZeroU8);

impl ConnectorId {
    /// `None` for 0, which OCPP keeps for the whole station.
    pub const fn new(id: u8) -> Option<Self> {
        match NonZeroU8::new(id) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// The bare number, 1 to 255.
    pub const fn get(self) -> u8 {
        self.0.get()
    }
}

impl fmt::Display for ConnectorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ConnectorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connector {}", self.0)
    }
}

/// One contactor of the cabinet's layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, utoipa::ToSchema))]
pub struct ContactorId(pub u8);

macro_rules! epoch {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema, utoipa::ToSchema))]
        pub struct $name(pub u32);

        impl $name {
            /// The one after this.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.wrapping_add(1))
            }
        }
    };
}

epoch! {
    /// Steps at every plug-in. What belongs to one is never used in another.
    PlugInEpoch
}
epoch! {
    /// Steps at every new V2G session.
    V2gEpoch
}

#[cfg(feature = "schema")]
mod schema {
    extern crate alloc;
    use super::ConnectorId;
    use alloc::borrow::Cow;

    impl schemars::JsonSchema for ConnectorId {
        fn schema_name() -> Cow<'static, str> {
            "ConnectorId".into()
        }
        fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
            schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": 255 })
        }
    }

    impl utoipa::PartialSchema for ConnectorId {
        fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
            utoipa::openapi::ObjectBuilder::new()
                .schema_type(utoipa::openapi::schema::Type::Integer)
                .minimum(Some(1))
                .maximum(Some(255))
                .into()
        }
    }

    impl utoipa::ToSchema for ConnectorId {}
}

#[cfg(feature = "alloc")]
pub use named::{ChainId, IdTag, InvalidName, ModuleId, SessionId};

#[cfg(feature = "alloc")]
mod named {
    use alloc::string::{String, ToString};
    use core::fmt;

    /// A name that cannot be used, and why.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct InvalidName {
        /// What was given.
        pub value: String,
        /// What would have been taken.
        pub expected: &'static str,
    }

    impl fmt::Display for InvalidName {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{:?} is not {}", self.value, self.expected)
        }
    }

    impl core::error::Error for InvalidName {}

    macro_rules! name {
        ($(#[$doc:meta])* $name:ident, $max:literal, $allowed:expr, $expected:literal) => {
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
            #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "String", into = "String"))]
            #[cfg_attr(feature = "schema", derive(schemars::JsonSchema, utoipa::ToSchema))]
            #[cfg_attr(feature = "schema", schemars(with = "String"), schema(value_type = String))]
            pub struct $name(String);

            impl $name {
                /// Checks and takes a name.
                pub fn new(value: &str) -> Result<Self, InvalidName> {
                    let allowed: fn(char) -> bool = $allowed;
                    if value.is_empty() || value.len() > $max || !value.chars().all(allowed) {
                        return Err(InvalidName { value: value.to_string(), expected: $expected });
                    }
                    Ok(Self(value.to_string()))
                }

                /// The text.
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            impl TryFrom<String> for $name {
                type Error = InvalidName;
                fn try_from(value: String) -> Result<Self, InvalidName> {
                    Self::new(&value)
                }
            }

            impl From<$name> for String {
                fn from(name: $name) -> Self {
                    name.0
                }
            }
        };
    }

    macro_rules! shown {
        ($name:ident) => {
            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }
            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }
        };
    }

    name! {
        /// A PLC chain. It names a process, a socket and a user, so its alphabet is theirs.
        ChainId, 32, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
        "1 to 32 of a-z, 0-9 and '-'"
    }
    shown!(ChainId);

    name! {
        /// A power module as the configuration names it.
        ModuleId, 32, |c| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '.',
        "1 to 32 letters, digits, '-', '_' or '.'"
    }
    shown!(ModuleId);

    name! {
        /// A session: a random UUID that the shell provides; also the OCPP 2.0.1 transaction id.
        SessionId, 36, |c| c.is_ascii_hexdigit() || c == '-',
        "a UUID of 36 characters"
    }
    shown!(SessionId);

    name! {
        /// Who asks to charge: an RFID UID, an eMAID, a remote tag. Printed in part only, as it can be cloned.
        IdTag, 36, |c| !c.is_control() && c.is_ascii(),
        "1 to 36 printable ASCII characters"
    }

    impl fmt::Debug for IdTag {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let tail = self.0.get(self.0.len().saturating_sub(2)..).unwrap_or("");
            write!(f, "…{tail}")
        }
    }

    impl fmt::Display for IdTag {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            fmt::Debug::fmt(self, f)
        }
    }

    #[cfg(test)]
    mod tests {
        extern crate std;
        use super::*;
        use std::format;

        #[test]
        fn a_chain_is_named_like_a_process() {
            assert!(ChainId::new("main-2").is_ok());
            for bad in ["", "Main", "a/b", "..", &"x".repeat(33)] {
                assert!(ChainId::new(bad).is_err(), "{bad}");
            }
        }

        #[test]
        fn a_card_is_never_printed_whole() {
            let tag = IdTag::new("04A1B2C3D4E5F6").unwrap();
            assert_eq!(format!("{tag} {tag:?}"), "…F6 …F6");
        }
    }
}
