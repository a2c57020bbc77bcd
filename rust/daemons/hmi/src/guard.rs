//! What every request must show and every answer must say, so that other sites can neither act here nor frame this one.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use shell::Problem;

/// A header that a form or a link of another site cannot send; required with everything but `GET` and `HEAD`.
const MARK: &str = "x-joulepoint";

/// Only this server's own files and requests. Styles may also stand in the document: the component library sets its
/// colours that way; scripts may not.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Adds the headers to an answer.
pub(crate) async fn secure(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Refuses a change that a page of another site could have made.
pub(crate) async fn same_origin(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !(reads || marked(request.headers()) && own(request.headers())) {
        return Problem::forbidden(format!("changes need the header {MARK}: 1, and an Origin of this server if any"))
            .into_response();
    }
    next.run(request).await
}

fn marked(headers: &HeaderMap) -> bool {
    headers.get(MARK).is_some_and(|value| value == "1")
}

/// A browser tells with each change which site the page is from.
fn own(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.strip_prefix("https://"));
    origin.is_some() && origin == host
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn another_sites_origin_is_refused() {
        assert!(own(&headers(&[("host", "box:8443")])));
        assert!(own(&headers(&[("host", "box:8443"), ("origin", "https://box:8443")])));
        for origin in ["https://box", "http://box:8443", "https://evil", "null", ""] {
            assert!(!own(&headers(&[("host", "box:8443"), ("origin", origin)])), "{origin}");
        }
    }
}
