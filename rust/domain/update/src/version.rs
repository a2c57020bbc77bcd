//! Which version is taken: order by SemVer, pin, floor.

use std::{fmt, str::FromStr};

use api::update::{Code, Refused};
use serde::{Deserialize, Serialize};

use crate::rule::Rule;

/// A version of the image. Its build (`+g1a2b3c4`) tells builds apart and does not count in the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(semver::Version);

/// Text that is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is no version ({reason}); expected one like 0.2.0 or 0.2.0+g1a2b3c4 (SemVer)")]
pub struct BadVersion {
    /// What stood there.
    pub value: String,
    /// What is wrong with it.
    pub reason: String,
}

impl FromStr for Version {
    type Err = BadVersion;
    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let bad = |reason: String| BadVersion { value: text.chars().take(80).collect(), reason };
        if text.len() > 64 {
            return Err(bad("longer than 64 characters".to_owned()));
        }
        semver::Version::parse(text).map(Self).map_err(|error| bad(error.to_string()))
    }
}

impl TryFrom<String> for Version {
    type Error = BadVersion;
    fn try_from(text: String) -> Result<Self, BadVersion> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Version {
    /// Whether this is older. Builds of one version are equally old.
    #[must_use]
    pub fn is_older_than(&self, other: &Self) -> bool {
        self.0.cmp_precedence(&other.0).is_lt()
    }

    /// Whether a unit that is pinned to this takes `other`. A pin without a build takes every build.
    #[must_use]
    pub fn pins(&self, other: &Self) -> bool {
        if self.0.build.is_empty() { self.0.cmp_precedence(&other.0).is_eq() } else { self == other }
    }
}

/// What a bundle says of itself, once its signature was found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Its version, as written.
    pub version: String,
    /// The hardware that it is for.
    pub compatible: String,
    /// In its maker's words.
    pub description: Option<String>,
    /// What its contents are bound by: what was looked at is what is installed.
    pub manifest_hash: String,
}

/// What a unit takes.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// The unit's own hardware.
    pub compatible: &'a str,
    /// What runs.
    pub running: &'a str,
    /// The one version that is taken.
    pub pin: &'a Rule,
    /// The oldest that is taken.
    pub floor: &'a Rule,
    /// Whether what runs already is taken again.
    pub force: bool,
}

impl Policy<'_> {
    /// Whether the bundle is taken.
    ///
    /// # Errors
    /// Why not: what is wrong, and what would be taken.
    pub fn admit(&self, bundle: &Bundle) -> Result<(), Refused> {
        let refused = |code, reason| Err(Refused { code, reason });
        if bundle.compatible != self.compatible {
            let (is, expected) = (&bundle.compatible, self.compatible);
            return refused(
                Code::Compatible,
                format!("the bundle is for {is:?}, expected {expected:?}: this hardware"),
            );
        }
        let version: Version = match bundle.version.parse() {
            Ok(version) => version,
            Err(error) => return refused(Code::BadVersion, error.to_string()),
        };
        if let Some(why) = self.pin.unread("pin") {
            return refused(Code::Pinned, why);
        }
        if let Some(why) = self.floor.unread("floor") {
            return refused(Code::BelowFloor, why);
        }
        if let Some(pin) = self.pin.version().filter(|pin| !pin.pins(&version)) {
            return refused(Code::Pinned, format!("the bundle is {version}, expected {pin}: the unit is pinned to it"));
        }
        if let Some(floor) = self.floor.version().filter(|floor| version.is_older_than(floor)) {
            return refused(Code::BelowFloor, format!("the bundle is {version}, expected {floor} or newer: the floor"));
        }
        if bundle.version == self.running && !self.force {
            return refused(Code::SameVersion, format!("{version} runs already; force it to install it once more"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    fn bundle(version: &str) -> Bundle {
        let (compatible, manifest_hash) = ("joulepoint-qemu".to_owned(), "00".to_owned());
        Bundle { version: version.to_owned(), compatible, description: None, manifest_hash }
    }

    fn admit(text: &str, pin: Option<&str>, floor: Option<&str>, force: bool) -> Option<Code> {
        let (pin, floor) = (pin.map(version), floor.map(version));
        let (pin, floor) = (&pin.into(), &floor.into());
        let policy = Policy { compatible: "joulepoint-qemu", running: "0.2.0+gaa", pin, floor, force };
        policy.admit(&bundle(text)).err().map(|refused| refused.code)
    }

    #[test]
    fn versions_are_ordered_as_semver_says() {
        for (older, newer) in [
            ("0.9.0", "0.10.0"),
            ("1.0.0-rc.1", "1.0.0"),
            ("1.0.0-rc.2", "1.0.0-rc.10"),
            ("1.0.0-alpha", "1.0.0-beta"),
            ("1.0.0+gff", "1.0.1+g00"),
        ] {
            assert!(version(older).is_older_than(&version(newer)), "{older} {newer}");
            assert!(!version(newer).is_older_than(&version(older)), "{older} {newer}");
        }
        // Which build came first nobody can see from its name.
        assert!(!version("1.0.0+g00").is_older_than(&version("1.0.0+gff")));
        assert!(!version("1.0.0+gff").is_older_than(&version("1.0.0+g00")));
    }

    #[test]
    fn a_pinned_unit_takes_no_other_version() {
        assert_eq!(admit("0.2.1+gbb", Some("0.2.1"), None, false), None);
        assert_eq!(admit("0.2.1+gbb", Some("0.2.1+gbb"), None, false), None);
        for other in ["0.2.2", "0.1.9", "0.2.1-rc.1", "0.2.1+gcc"] {
            assert_eq!(admit(other, Some("0.2.1+gbb"), None, true), Some(Code::Pinned), "{other}");
        }
        assert_eq!(admit("0.2.1-rc.1", Some("0.2.1"), None, true), Some(Code::Pinned));
    }

    #[test]
    fn older_than_the_floor_is_refused_even_by_force() {
        assert_eq!(admit("0.1.9", None, Some("0.2.0"), true), Some(Code::BelowFloor));
        assert_eq!(admit("0.2.0-rc.1", None, Some("0.2.0"), true), Some(Code::BelowFloor));
        assert_eq!(admit("0.2.0+gbb", None, Some("0.2.0+gaa"), false), None);
        // Above the floor a downgrade is somebody's wish.
        assert_eq!(admit("0.1.9", None, Some("0.1.0"), false), None);
    }

    #[test]
    fn what_runs_is_installed_again_by_force_only() {
        assert_eq!(admit("0.2.0+gaa", None, None, false), Some(Code::SameVersion));
        assert_eq!(admit("0.2.0+gaa", None, None, true), None);
        assert_eq!(admit("0.2.0+gbb", None, None, false), None);
    }

    #[test]
    fn other_hardware_and_no_version_are_refused_in_words() {
        let policy = Policy {
            compatible: "joulepoint-imx8mp",
            running: "0.1.0",
            pin: &Rule::Free,
            floor: &Rule::Free,
            force: true,
        };
        let refused = policy.admit(&bundle("0.2.0")).unwrap_err();
        assert_eq!(refused.code, Code::Compatible);
        assert!(refused.reason.contains("joulepoint-qemu") && refused.reason.contains("joulepoint-imx8mp"));
        for bad in ["", "1.0", "v1.0.0", "01.0.0", "latest", &"9".repeat(65)] {
            assert_eq!(admit(bad, None, None, true), Some(Code::BadVersion), "{bad}");
        }
    }
}
