//! Who stands behind a request.

use api::configuration::AUTHOR;
use axum::http::HeaderMap;
use shell::serve::Peer;

/// Who asks in somebody's name, and is believed.
const SPEAKERS: &[&str] = &["jp-hmi", "jp-ocpp", "jp-system"];

/// The person or authority that a believed daemon names in `x-joulepoint-author`, else the user at the other end of the socket.
pub(super) fn author(peer: &Peer, headers: &HeaderMap) -> String {
    let named = headers.get(AUTHOR).and_then(|value| value.to_str().ok()).map(str::trim);
    let plain = |name: &&str| (1..=64).contains(&name.len()) && !name.chars().any(char::is_control);
    let believed = SPEAKERS.iter().any(|user| peer.is(user));
    named.filter(|_| believed).filter(plain).unwrap_or(&peer.user).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_daemon_that_signs_people_in_speaks_for_them() {
        let peer = |uid, user: &str| Peer { uid, pid: None, user: user.into() };
        let headers = HeaderMap::from_iter([(AUTHOR.parse().unwrap(), "anna".parse().unwrap())]);
        assert_eq!(author(&peer(900, "jp-hmi"), &headers), "anna");
        assert_eq!(author(&peer(1000, "eve"), &headers), "eve");
        assert_eq!(author(&peer(900, "jp-hmi"), &HeaderMap::new()), "jp-hmi");
    }
}
