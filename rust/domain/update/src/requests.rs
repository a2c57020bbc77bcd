//! What may be asked, and when.

use api::{
    state::{Connector, ControllerState, Phase},
    update::{FetchBundle, Install, Source},
};

use crate::version::BadVersion;

/// Whether cars charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occupancy {
    /// None does.
    Idle,
    /// These connectors are in use.
    Busy(Vec<u8>),
    /// Nobody can say, and why.
    Unknown(String),
}

impl Occupancy {
    /// Whose charge an update would disturb: a car that may charge or does. One that is only plugged in, before its
    /// authorisation or after its charge, is not.
    #[must_use]
    pub fn of(state: &ControllerState) -> Self {
        let in_use = |connector: &&Connector| {
            let phase = matches!(
                connector.phase,
                Phase::Preparing
                    | Phase::CableCheck
                    | Phase::PreCharge
                    | Phase::Charging
                    | Phase::Stopping
                    | Phase::WeldingCheck
            );
            phase || connector.session.is_some()
        };
        let busy: Vec<u8> = state.connectors.iter().filter(in_use).map(|connector| connector.id.get()).collect();
        if busy.is_empty() { Self::Idle } else { Self::Busy(busy) }
    }

    /// Why an update has to wait, in words.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Idle => None,
            Self::Busy(connectors) => {
                let list: Vec<String> = connectors.iter().map(u8::to_string).collect();
                let plural = if list.len() == 1 { "connector" } else { "connectors" };
                Some(format!("a car is served at {plural} {}", list.join(", ")))
            }
            Self::Unknown(why) => Some(format!("whether cars charge is not known: {why}")),
        }
    }
}

/// Why a request is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Another update or download is under way.
    #[error("{what} is under way; wait for it, or cancel it")]
    Busy {
        /// What.
        what: String,
    },
    /// Cars charge, or nobody knows.
    #[error("{reason}; wait, or force it")]
    Charging {
        /// In words.
        reason: String,
    },
    /// There is nothing to restart into, or to cancel.
    #[error("there is nothing to {what}")]
    NothingPending {
        /// What was asked.
        what: &'static str,
    },
    /// The other side is being written, or was.
    #[error("the update cannot be cancelled any more: {why}")]
    TooLate {
        /// How far it is.
        why: &'static str,
    },
    /// This unit cannot be updated.
    #[error("this unit cannot be updated: {why}")]
    Unavailable {
        /// Why not.
        why: String,
    },
    /// A field cannot be so.
    #[error("{pointer} is {value:?}, expected {expected}")]
    Field {
        /// Its JSON pointer.
        pointer: &'static str,
        /// What stands there.
        value: String,
        /// What would be taken.
        expected: &'static str,
    },
    /// A version is none.
    #[error("{0}")]
    Version(#[from] BadVersion),
}

pub(crate) fn field(pointer: &'static str, value: &str, expected: &'static str) -> Rejection {
    Rejection::Field { pointer, value: value.chars().take(80).collect(), expected }
}

pub(crate) fn install(ask: &Install) -> Result<(), Rejection> {
    source(&ask.source)?;
    if let Some(sha256) = &ask.sha256
        && !(sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        return Err(field("/sha256", sha256, "64 hexadecimal digits"));
    }
    asker(&ask.asked_by, ask.reference.as_deref())
}

pub(crate) fn fetch(ask: &FetchBundle) -> Result<(), Rejection> {
    url("/url", &ask.url)?;
    if ask.retries > 100 {
        return Err(field("/retries", &ask.retries.to_string(), "0 to 100"));
    }
    if !(1..=86_400).contains(&ask.retry_interval_s) {
        return Err(field("/retry_interval_s", &ask.retry_interval_s.to_string(), "1 to 86,400 s"));
    }
    asker(&ask.asked_by, ask.reference.as_deref())
}

/// Whether a source can be meant.
///
/// # Errors
/// When it cannot: the field, what stands there, and what would be taken.
pub fn source(source: &Source) -> Result<(), Rejection> {
    let plain = |text: &str| text.len() <= 1_024 && !text.chars().any(char::is_control);
    let climbs = |path: &str| path.split('/').any(|part| part == ".." || part == ".");
    match source {
        Source::Url(address) => url("/source/url", address),
        Source::File(path) if path.starts_with('/') && plain(path) && !climbs(path) => Ok(()),
        Source::File(path) => Err(field("/source/file", path, "an absolute path without . and ..")),
        Source::Usb(name) => match name.split_once('/') {
            Some((stick, file)) if !stick.is_empty() && is_file_name(file) && plain(name) && !climbs(name) => Ok(()),
            _ => Err(field("/source/usb", name, "a name of GET /v1/update/usb, like sda1/joulepoint.raucb")),
        },
        Source::Downloaded(id) if !id.is_empty() && plain(id) => Ok(()),
        Source::Downloaded(id) => Err(field("/source/downloaded", id, "the id of a download that is done")),
    }
}

fn is_file_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('/')
}

fn url(pointer: &'static str, address: &str) -> Result<(), Rejection> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let plain = address.len() <= 2_048 && address.bytes().all(|byte| byte.is_ascii_graphic());
    if host.is_empty() || host.starts_with(':') || !plain {
        return Err(field(pointer, &without_password(address), "http://HOST/… or https://HOST/…"));
    }
    Ok(())
}

fn asker(asked_by: &str, reference: Option<&str>) -> Result<(), Rejection> {
    let fits = |text: &str, most| (1..=most).contains(&text.len()) && !text.chars().any(char::is_control);
    if !fits(asked_by, 64) {
        return Err(field("/asked_by", asked_by, "1 to 64 characters"));
    }
    match reference {
        Some(reference) if !fits(reference, 128) => Err(field("/reference", reference, "1 to 128 characters")),
        _ => Ok(()),
    }
}

/// A URL as it may be shown: without user and password, and without what stands in its query.
#[must_use]
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_that_cannot_be_meant_are_refused_by_field() {
        for (bad, pointer) in [
            (Source::Url("ftp://x/y".to_owned()), "/source/url"),
            (Source::Url("https://".to_owned()), "/source/url"),
            (Source::Url("https://user@/x".to_owned()), "/source/url"),
            (Source::Url("http://x/a b".to_owned()), "/source/url"),
            (Source::File("x.raucb".to_owned()), "/source/file"),
            (Source::File("/data/../etc/shadow".to_owned()), "/source/file"),
            (Source::Usb("x.raucb".to_owned()), "/source/usb"),
            (Source::Usb("../x.raucb".to_owned()), "/source/usb"),
            (Source::Usb("sda1/a/b".to_owned()), "/source/usb"),
            (Source::Downloaded(String::new()), "/source/downloaded"),
        ] {
            let Err(Rejection::Field { pointer: found, .. }) = source(&bad) else { panic!("{bad:?} is taken") };
            assert_eq!(found, pointer, "{bad:?}");
        }
        for good in [Source::Url("https://u:p@x:8/y?z".to_owned()), Source::Usb("sda1/a b.raucb".to_owned())] {
            assert_eq!(source(&good), Ok(()));
        }
    }

    #[test]
    fn no_password_is_shown() {
        assert_eq!(without_password("https://u:secret@x:8/y.raucb?token=1#z"), "https://x:8/y.raucb");
        assert_eq!(without_password("http://u:secret@x"), "http://x");
        let Err(refused) = source(&Source::Url("https://u:secret@:8/ y".to_owned())) else { panic!("it is taken") };
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}
