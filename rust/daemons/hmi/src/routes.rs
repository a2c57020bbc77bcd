//! Which requests are passed on to which daemon, and who may make them. What is not in this table does not exist.

use axum::http::Method;

use crate::role::Role;

/// One request that is passed on.
#[derive(Clone, Debug)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path below `/api`. `{}` stands for one segment of letters, digits, `-`, `_` and `.`.
    pub path: &'static str,
    /// The least role.
    pub role: Role,
}

const fn get(path: &'static str) -> Route {
    read(path, Role::Viewer)
}

const fn read(path: &'static str, role: Role) -> Route {
    Route { method: Method::GET, path, role }
}

const fn post(path: &'static str, role: Role) -> Route {
    Route { method: Method::POST, path, role }
}

const fn put(path: &'static str, role: Role) -> Route {
    Route { method: Method::PUT, path, role }
}

const fn patch(path: &'static str, role: Role) -> Route {
    Route { method: Method::PATCH, path, role }
}

/// All of them. The first segment is the daemon; `plc` takes the chain after it.
pub const ROUTES: &[Route] = &[
    get("/controller/v1/state"),
    get("/controller/v1/events"),
    // It holds tags and the like: not for everybody's eyes.
    read("/controller/v1/config", Role::Service),
    get("/controller/v1/config/schema"),
    put("/controller/v1/config", Role::Service),
    patch("/controller/v1/config", Role::Service),
    post("/controller/v1/config/check", Role::Service),
    read("/controller/v1/config/history", Role::Service),
    read("/controller/v1/config/history/{}", Role::Service),
    post("/controller/v1/config/revert/{}", Role::Service),
    get("/controller/v1/sessions"),
    get("/controller/v1/sessions/{}"),
    get("/controller/v1/faults"),
    post("/controller/v1/connectors/{}/start", Role::Operator),
    post("/controller/v1/connectors/{}/stop", Role::Operator),
    post("/controller/v1/connectors/{}/clear-fault", Role::Operator),
    get("/ocpp/v1/state"),
    get("/system/v1/state"),
    get("/plc/{}/v1/state"),
];

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The daemon's name; its socket is `NAME.sock`, or `plc-CHAIN.sock`.
    pub daemon: &'a str,
    /// The chain, for `plc`.
    pub chain: Option<&'a str>,
    /// The path that the daemon sees.
    pub path: &'a str,
    /// The least role.
    pub role: Role,
}

impl Target<'_> {
    /// The socket's file name.
    pub fn socket(&self) -> String {
        match self.chain {
            Some(chain) => format!("{}-{chain}.sock", self.daemon),
            None => format!("{}.sock", self.daemon),
        }
    }
}

/// Looks up a request by its path below `/api`.
pub fn find<'a>(method: &Method, path: &'a str) -> Option<Target<'a>> {
    let route = ROUTES.iter().find(|route| route.method == *method && matches(route.path, path))?;
    let mut split = path.strip_prefix('/')?.splitn(2, '/');
    let (daemon, mut rest) = (split.next()?, split.next()?);
    let mut chain = None;
    if daemon == "plc" {
        (chain, rest) = rest.split_once('/').map(|(chain, rest)| (Some(chain), rest))?;
    }
    let path = path.get(path.len().checked_sub(rest.len() + 1)?..)?;
    Some(Target { daemon, chain, path, role: route.role })
}

fn matches(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some("{}"), Some(found)) if is_name(found) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => return false,
        }
    }
}

/// A name that means the same in a path, in a URL and in a file's name.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !text.is_empty() && text.len() <= 64 && !text.starts_with('.') && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_finds_its_daemon() {
        let target = find(&Method::GET, "/controller/v1/sessions/0b5c").unwrap();
        assert_eq!((target.socket().as_str(), target.path), ("controller.sock", "/v1/sessions/0b5c"));
        let target = find(&Method::GET, "/plc/main/v1/state").unwrap();
        assert_eq!((target.socket().as_str(), target.path), ("plc-main.sock", "/v1/state"));
        let target = find(&Method::POST, "/controller/v1/connectors/2/stop").unwrap();
        assert_eq!((target.path, target.role), ("/v1/connectors/2/stop", Role::Operator));
    }

    #[test]
    fn what_is_not_listed_does_not_exist() {
        for path in [
            "/controller/v1/outbox",
            "/controller/v1/outbox/ack",
            "/controller/v1/chains/main/link",
            "/controller/v1/authorisations/1",
            "/controller/v1/state/",
            "/controller//v1/state",
            "/controller/v1/sessions/",
            "/controller/v1/sessions/..",
            "/controller/v1/sessions/%2e%2e",
            "/controller/v1/sessions/a/b",
            "/plc/../v1/state",
            "/plc/a%2Fb/v1/state",
            "/plc//v1/state",
            "/shell/v1/state",
            "/",
            "",
        ] {
            assert_eq!(find(&Method::GET, path), None, "{path}");
        }
        assert_eq!(find(&Method::POST, "/controller/v1/state"), None);
        assert_eq!(find(&Method::GET, "/controller/v1/connectors/1/stop"), None);
        assert_eq!(find(&Method::GET, &format!("/plc/{}/v1/state", "x".repeat(65))), None);
    }

    #[test]
    fn whoever_changes_something_is_more_than_a_viewer() {
        for route in ROUTES.iter().filter(|route| route.method != Method::GET) {
            assert!(route.role > Role::Viewer, "{}", route.path);
        }
    }
}
