//! What the owner has set, a pin or a floor, or what stands there instead.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::version::Version;

/// A pin or a floor as it is kept. One that cannot be read does not mean that there is none: somebody may have set it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// There is none.
    #[default]
    Free,
    /// It is this.
    Set(Version),
    /// Nobody knows whether there is one. What stands there is kept as it is, so that whoever reads it next, this version
    /// or another, is as careful or understands it.
    Unread(Value),
}

impl Rule {
    /// Where the whole record could not be read.
    #[must_use]
    pub fn lost() -> Self {
        Self::Unread(Value::String("not readable".to_owned()))
    }

    /// The version, if it is known.
    #[must_use]
    pub const fn version(&self) -> Option<&Version> {
        match self {
            Self::Set(version) => Some(version),
            Self::Free | Self::Unread(_) => None,
        }
    }

    /// Why nothing is taken until somebody has set or lifted it, if so. `name` is what it is.
    #[must_use]
    pub fn unread(&self, name: &str) -> Option<String> {
        let Self::Unread(value) = self else { return None };
        let shown: String = value.to_string().chars().take(80).collect();
        Some(format!("the {name} is {shown}, expected a version or nothing; set it or lift it (jpctl update {name})"))
    }
}

impl From<Option<Version>> for Rule {
    fn from(to: Option<Version>) -> Self {
        to.map_or(Self::Free, Self::Set)
    }
}

impl From<Value> for Rule {
    fn from(value: Value) -> Self {
        match &value {
            Value::Null => Self::Free,
            Value::String(text) => text.parse().map_or(Self::Unread(value), Self::Set),
            _ => Self::Unread(value),
        }
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Free => serializer.serialize_none(),
            Self::Set(version) => version.serialize(serializer),
            Self::Unread(value) => value.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}
