//! A typed client for a daemon's Unix socket.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::{Stream, StreamExt as _, stream};
use http_body_util::{BodyExt as _, BodyStream, Full, Limited};
pub use hyper::{Method, StatusCode, header};
use hyper::{
    Request,
    body::{Bytes, Incoming},
};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use tokio::net::UnixStream;

use crate::serve::MAX_BODY;

/// How long an answer may take unless the call says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(2);

/// Why a call gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody listens.
    #[error("no daemon answers at {path}: {source}")]
    Connect {
        /// The socket.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// The connection broke.
    #[error("the connection to {path} broke: {reason}")]
    Broken {
        /// The socket.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
    /// No answer in time.
    #[error("{path} did not answer within {after:?}")]
    Timeout {
        /// The socket.
        path: PathBuf,
        /// The limit.
        after: Duration,
    },
    /// The daemon refused.
    #[error("{}: {}", .problem.code, .problem.message)]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        problem: api::problem::Problem,
    },
    /// The answer is not what the type wants.
    #[error("{path} answered something else than expected: {source}")]
    Answer {
        /// The socket.
        path: PathBuf,
        /// What does not fit.
        source: serde_json::Error,
    },
}

/// A call in full, for those that need more than a method and a body of JSON.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub uri: String,
    /// Headers beside the ones that every call has.
    pub headers: Vec<(header::HeaderName, String)>,
    /// The body, and what it is.
    pub body: Option<(&'static str, Vec<u8>)>,
}

/// An answer in full, whatever its status.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: StatusCode,
    /// The `ETag`, as it came.
    pub etag: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// One daemon's socket. Each call opens a connection of its own: they are cheap, and none can go stale.
#[derive(Clone, Debug)]
pub struct Client {
    path: PathBuf,
}

impl Client {
    /// The daemon behind `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The socket's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `GET` within [`TIMEOUT`].
    pub async fn get<T: DeserializeOwned>(&self, uri: &str) -> Result<T, Error> {
        self.get_within(uri, TIMEOUT).await
    }

    /// `GET` within `limit`, for long polls.
    pub async fn get_within<T: DeserializeOwned>(&self, uri: &str, limit: Duration) -> Result<T, Error> {
        self.call(Method::GET, uri, Bytes::new(), limit).await
    }

    /// `POST` of a JSON body within [`TIMEOUT`].
    pub async fn post<B: Serialize + Sync, T: DeserializeOwned>(&self, uri: &str, body: &B) -> Result<T, Error> {
        let body = serde_json::to_vec(body).map_err(|source| Error::Answer { path: self.path.clone(), source })?;
        self.call(Method::POST, uri, body.into(), TIMEOUT).await
    }

    /// `PUT` of a JSON body within [`TIMEOUT`].
    pub async fn put<B: Serialize + Sync, T: DeserializeOwned>(&self, uri: &str, body: &B) -> Result<T, Error> {
        let body = serde_json::to_vec(body).map_err(|source| Error::Answer { path: self.path.clone(), source })?;
        self.call(Method::PUT, uri, body.into(), TIMEOUT).await
    }

    /// `PATCH` of a JSON body within [`TIMEOUT`].
    pub async fn patch<B: Serialize + Sync, T: DeserializeOwned>(&self, uri: &str, body: &B) -> Result<T, Error> {
        let body = serde_json::to_vec(body).map_err(|source| Error::Answer { path: self.path.clone(), source })?;
        self.call(Method::PATCH, uri, body.into(), TIMEOUT).await
    }

    /// `DELETE` within [`TIMEOUT`].
    pub async fn delete<T: DeserializeOwned>(&self, uri: &str) -> Result<T, Error> {
        self.call(Method::DELETE, uri, Bytes::new(), TIMEOUT).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        uri: &str,
        body: Bytes,
        limit: Duration,
    ) -> Result<T, Error> {
        self.read(&self.within(limit, request(method, uri).body(Full::new(body))).await?)
    }

    /// Any call within `limit`; an answer that refuses is an answer too.
    pub async fn exchange(&self, call: Call, limit: Duration) -> Result<Reply, Error> {
        let Call { method, uri, headers, body } = call;
        let mut request = request(method, &uri);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let (kind, body) = body.unwrap_or(("application/json", Vec::new()));
        // The last one of a name counts.
        if let Some(headers) = request.headers_mut() {
            headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
        }
        self.within(limit, request.body(Full::new(body.into()))).await
    }

    /// An answer of the daemon as a value of the program, or the refusal that it is.
    pub fn read<T: DeserializeOwned>(&self, reply: &Reply) -> Result<T, Error> {
        let (status, bytes) = (reply.status, reply.body.as_slice());
        if status.is_success() {
            // A call without an answer reads as `null`.
            let text = if bytes.is_empty() { b"null" } else { bytes };
            return serde_json::from_slice(text).map_err(|source| Error::Answer { path: self.path.clone(), source });
        }
        let problem = serde_json::from_slice(bytes).unwrap_or_else(|_| api::problem::Problem {
            code: status.as_str().to_owned(),
            message: String::from_utf8_lossy(bytes).into_owned(),
            pointer: None,
        });
        Err(Error::Refused { status: status.as_u16(), problem })
    }

    async fn within(
        &self,
        limit: Duration,
        request: Result<Request<Full<Bytes>>, hyper::http::Error>,
    ) -> Result<Reply, Error> {
        let exchange = async {
            let response = self.open(request).await?;
            let status = response.status();
            let etag = response.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
            let body = Limited::new(response.into_body(), 16 * MAX_BODY).collect().await;
            Ok(Reply { status, etag, body: body.map_err(|error| self.broken(error))?.to_bytes().into() })
        };
        tokio::time::timeout(limit, exchange)
            .await
            .map_err(|_| Error::Timeout { path: self.path.clone(), after: limit })?
    }

    async fn open(
        &self,
        request: Result<Request<Full<Bytes>>, hyper::http::Error>,
    ) -> Result<hyper::Response<Incoming>, Error> {
        let request = request.map_err(|error| self.broken(error))?;
        let stream = UnixStream::connect(&self.path)
            .await
            .map_err(|source| Error::Connect { path: self.path.clone(), source })?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| self.broken(error))?;
        tokio::spawn(connection);
        sender.send_request(request).await.map_err(|error| self.broken(error))
    }

    /// The `data` of each Server-Sent Event of a stream named `event`, until it breaks. Heartbeats are swallowed, but a
    /// stream that is silent for longer than `silence` is taken for broken.
    pub async fn events(
        &self,
        uri: &str,
        event: &'static str,
        silence: Duration,
    ) -> Result<impl Stream<Item = Result<String, Error>> + use<>, Error> {
        let request = request(Method::GET, uri).body(Full::new(Bytes::new()));
        let response = tokio::time::timeout(TIMEOUT, self.open(request))
            .await
            .map_err(|_| Error::Timeout { path: self.path.clone(), after: TIMEOUT })??;
        let reader =
            EventReader { path: self.path.clone(), body: BodyStream::new(response.into_body()), buffer: Vec::new() };
        Ok(stream::unfold(Some(reader), move |reader| async move {
            let mut reader = reader?;
            match reader.next(event, silence).await {
                Ok(data) => Some((Ok(data), Some(reader))),
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed())
    }

    fn broken(&self, error: impl std::fmt::Display) -> Error {
        Error::Broken { path: self.path.clone(), reason: error.to_string() }
    }
}

/// What every request has.
fn request(method: Method, uri: &str) -> hyper::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(uri)
        .header(header::HOST, "joulepoint")
        .header(header::CONTENT_TYPE, "application/json")
}

/// Cuts a Server-Sent-Events body into events.
struct EventReader {
    path: PathBuf,
    body: BodyStream<Incoming>,
    buffer: Vec<u8>,
}

impl EventReader {
    async fn next(&mut self, event: &str, silence: Duration) -> Result<String, Error> {
        loop {
            while let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
                if let Some(data) = data_of(&String::from_utf8_lossy(&block), event) {
                    return Ok(data);
                }
            }
            if self.buffer.len() > 16 * MAX_BODY {
                return Err(Error::Broken { path: self.path.clone(), reason: "an event without end".to_owned() });
            }
            let frame = tokio::time::timeout(silence, self.body.next())
                .await
                .map_err(|_| Error::Timeout { path: self.path.clone(), after: silence })?;
            match frame {
                Some(Ok(frame)) => self.buffer.extend(frame.into_data().unwrap_or_default()),
                Some(Err(error)) => return Err(Error::Broken { path: self.path.clone(), reason: error.to_string() }),
                None => return Err(Error::Broken { path: self.path.clone(), reason: "the stream ended".to_owned() }),
            }
        }
    }
}

/// The data of one event block, if it is of the wanted name.
fn data_of(block: &str, wanted: &str) -> Option<String> {
    let mut name = "message";
    let mut data: Option<String> = None;
    for line in block.lines() {
        if let Some(value) = line.strip_prefix("event:") {
            name = value.trim();
        } else if let Some(value) = line.strip_prefix("data:") {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut data {
                Some(text) => {
                    text.push('\n');
                    text.push_str(value);
                }
                None => data = Some(value.to_owned()),
            }
        }
    }
    data.filter(|_| name == wanted)
}

#[cfg(test)]
mod tests {
    use super::data_of;

    #[test]
    fn an_event_is_read_and_a_heartbeat_is_not() {
        assert_eq!(data_of("event: state\ndata: {}\n\n", "state").as_deref(), Some("{}"));
        assert_eq!(data_of("event: state\ndata: a\ndata: b\n\n", "state").as_deref(), Some("a\nb"));
        assert_eq!(data_of(": heartbeat\n\n", "state"), None);
        assert_eq!(data_of("event: other\ndata: 1\n\n", "state"), None);
    }
}
