//! A small HTTP client: one `GET`, over TCP or TLS.

use std::{path::PathBuf, sync::Arc, time::Duration};

use data_encoding::BASE64;
use http_body_util::Empty;
use hyper::{
    Request, Response, Uri,
    body::{Bytes, Incoming},
    client::conn::http1,
    header,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};

/// A connection, and then the head of an answer, takes at most so long.
const PATIENCE: Duration = Duration::from_secs(30);
/// A server may send us on so often.
const MOST_MOVES: usize = 5;

/// Whom to trust: certificate authorities, in a file of PEM.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) authorities: PathBuf,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoAnswer(pub(super) String);

impl Client {
    /// The answer to a `GET`, wherever the server sends us on to.
    pub(super) async fn get(
        &self,
        url: &str,
        headers: &[(header::HeaderName, String)],
    ) -> Result<Response<Incoming>, NoAnswer> {
        let mut url = url.to_owned();
        for _ in 0..=MOST_MOVES {
            let answer = timeout(PATIENCE, self.ask(&url, headers))
                .await
                .map_err(|_| NoAnswer(format!("{} does not answer within {} s", host(&url), PATIENCE.as_secs())))??;
            let moved = answer.status().is_redirection().then(|| answer.headers().get(header::LOCATION));
            let Some(to) = moved.flatten().and_then(|to| to.to_str().ok()) else { return Ok(answer) };
            url = moved_to(&url, to)?;
        }
        Err(NoAnswer(format!("{} sends us on more than {MOST_MOVES} times", host(&url))))
    }

    async fn ask(&self, url: &str, headers: &[(header::HeaderName, String)]) -> Result<Response<Incoming>, NoAnswer> {
        let uri: Uri = url.parse().map_err(|error| NoAnswer(format!("this is no URL: {error}")))?;
        let authority = uri.authority().ok_or_else(|| NoAnswer("the URL names no host".to_owned()))?;
        let tls = uri.scheme_str() == Some("https");
        let name = authority.host().trim_start_matches('[').trim_end_matches(']');
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let wire = TcpStream::connect((name, port))
            .await
            .map_err(|error| NoAnswer(format!("{name} port {port} cannot be reached: {error}")))?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let at = authority.as_str();
        let (user, place) = at.rsplit_once('@').map_or((None, at), |(user, place)| (Some(user), place));
        let mut request = Request::get(path).header(header::HOST, place).header(header::USER_AGENT, "joulepoint");
        if let Some(user) = user {
            request =
                request.header(header::AUTHORIZATION, format!("Basic {}", BASE64.encode(decoded(user).as_slice())));
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Empty::new()).map_err(|error| NoAnswer(error.to_string()))?;
        if !tls {
            return send(wire, request).await;
        }
        let server =
            ServerName::try_from(name.to_owned()).map_err(|_| NoAnswer(format!("{name} is no host's name")))?;
        let config = self.trust()?;
        let wire = TlsConnector::from(config)
            .connect(server, wire)
            .await
            .map_err(|error| NoAnswer(format!("no TLS with {name}: {error}")))?;
        send(wire, request).await
    }

    fn trust(&self) -> Result<Arc<ClientConfig>, NoAnswer> {
        let path = self.authorities.display();
        let mut roots = RootCertStore::empty();
        let read = CertificateDer::pem_file_iter(&self.authorities)
            .map_err(|error| NoAnswer(format!("{path}: certificate authorities cannot be read: {error}")))?;
        // A single one that is odd costs no other.
        roots.add_parsable_certificates(read.flatten());
        if roots.is_empty() {
            return Err(NoAnswer(format!("{path} holds no certificate authority")));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| NoAnswer(error.to_string()))?;
        Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
    }
}

/// Sends a request over a connection that is used for nothing else.
pub(super) async fn send(
    wire: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Empty<Bytes>>,
) -> Result<Response<Incoming>, NoAnswer> {
    let broke = |error: hyper::Error| NoAnswer(format!("the connection broke: {error}"));
    let (mut sender, connection) = http1::handshake(TokioIo::new(wire)).await.map_err(broke)?;
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(broke)
}

fn host(url: &str) -> String {
    update::without_password(url)
}

/// Where an answer sends us on to. From TLS only to TLS.
fn moved_to(from: &str, to: &str) -> Result<String, NoAnswer> {
    let absolute = to.starts_with("http://") || to.starts_with("https://");
    if from.starts_with("https://") && to.starts_with("http://") {
        return Err(NoAnswer(format!("{} sends us on to a place without TLS", host(from))));
    }
    if absolute {
        return Ok(to.to_owned());
    }
    let end = from.find("://").and_then(|at| from.get(at + 3..)?.find('/').map(|slash| at + 3 + slash));
    match (to.starts_with('/'), end) {
        (true, Some(end)) => Ok(format!("{}{to}", from.get(..end).unwrap_or(from))),
        (true, None) => Ok(format!("{from}{to}")),
        (false, _) => Err(NoAnswer(format!("{} sends us on to {to:?}, expected a URL or a path", host(from)))),
    }
}

/// User and password as they are, where a URL must write them as `%XX`.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let coded = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = coded.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| *first == b'%');
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_send_us_on_but_not_out_of_tls() {
        assert_eq!(moved_to("https://x/y/z", "/a").unwrap(), "https://x/a");
        assert_eq!(moved_to("https://x", "/a").unwrap(), "https://x/a");
        assert_eq!(moved_to("http://x/y", "https://z/a").unwrap(), "https://z/a");
        assert!(moved_to("https://x/y", "http://x/y").is_err());
        assert!(moved_to("https://x/y", "a").is_err());
    }

    #[test]
    fn a_password_is_sent_as_it_is() {
        assert_eq!(decoded("u:p%40ss%"), b"u:p@ss%");
    }
}
