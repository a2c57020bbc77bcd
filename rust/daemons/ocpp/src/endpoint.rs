//! Where the CSMS is, from the configuration.

use std::{
    fmt::{self, Write as _},
    path::PathBuf,
};

use tokio_tungstenite::tungstenite::http::Uri;

/// How the configuration wants the CSMS to be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// Not at all.
    #[default]
    Off,
    /// In a way that this version cannot.
    Refused {
        /// Why, and what would do.
        why: String,
    },
    /// There.
    To(Endpoint),
}

/// A CSMS that can be reached over plain TCP. With TLS a kind is added to it, and to what `connection` opens.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The whole URL, with the charge point's identity.
    pub url: String,
    /// Host and port, for TCP.
    pub address: String,
    /// The identity: also the user of basic authentication.
    pub charge_point_id: String,
    /// The file that holds the password, if there is to be one. It is read at each attempt to connect, so that a new
    /// password needs no restart.
    pub password_file: Option<PathBuf>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

impl Target {
    /// `url` is without the identity.
    pub fn new(url: &str, charge_point_id: &str, password_file: Option<PathBuf>) -> Self {
        match endpoint(url, charge_point_id, password_file) {
            Ok(endpoint) => Self::To(endpoint),
            Err(why) => Self::Refused { why },
        }
    }
}

fn endpoint(url: &str, charge_point_id: &str, password_file: Option<PathBuf>) -> Result<Endpoint, String> {
    let uri: Uri = url.parse().map_err(|_| format!("ocpp.url is {url:?}, expected ws://HOST[:PORT]/PATH"))?;
    match uri.scheme_str() {
        Some("ws") => {}
        Some("wss") => return Err("ocpp.url asks for wss://: TLS is not in this version, use ws://".to_owned()),
        _ => return Err(format!("ocpp.url is {url:?}, expected ws://HOST[:PORT]/PATH")),
    }
    if uri.query().is_some() || uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("ocpp.url holds a query or a user: give the password by ocpp.password_file".to_owned());
    }
    let host = uri.host().filter(|host| !host.is_empty()).ok_or("ocpp.url names no host")?;
    let port = uri.port_u16().unwrap_or(80);
    if charge_point_id.is_empty() || charge_point_id.contains(':') {
        return Err("ocpp.charge_point_id is empty or holds ':', which basic authentication cannot say".to_owned());
    }
    let path = uri.path().trim_end_matches('/');
    let authority = uri.authority().map_or(host, |authority| authority.as_str());
    Ok(Endpoint {
        url: format!("ws://{authority}{path}/{}", percent_encoded(charge_point_id)),
        address: format!("{host}:{port}"),
        charge_point_id: charge_point_id.to_owned(),
        password_file,
    })
}

/// Everything but the unreserved characters of RFC 3986.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(url: &str, id: &str) -> Endpoint {
        match Target::new(url, id, None) {
            Target::To(endpoint) => endpoint,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_identity_is_the_last_part_of_the_path() {
        let endpoint = to("ws://csms.example/ocpp/", "JP BENCH|1");
        assert_eq!(endpoint.url, "ws://csms.example/ocpp/JP%20BENCH%7C1");
        assert_eq!(endpoint.address, "csms.example:80");
        assert_eq!(to("ws://[::1]:9000", "a").address, "[::1]:9000");
    }

    #[test]
    fn what_cannot_be_done_is_refused_with_a_reason() {
        let why = |url, id| match Target::new(url, id, None) {
            Target::Refused { why } => why,
            other => panic!("{other:?}"),
        };
        assert!(why("wss://csms.example", "a").contains("not in this version"));
        assert!(why("ws://me:secret@csms.example", "a").contains("password_file"));
        for (url, id) in [("http://x", "a"), ("", "a"), ("ws://", "a"), ("ws://x", ""), ("ws://x", "a:b"), ("x\n", "a")]
        {
            assert!(matches!(Target::new(url, id, None), Target::Refused { .. }), "{url} {id}");
        }
        assert!(!why("ws://me:secret@csms.example", "a").contains("secret"));
    }
}
