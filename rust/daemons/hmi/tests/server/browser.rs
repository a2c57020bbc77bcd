//! A real server on a free port, with a browser's end of TLS and made-up daemons behind it.

use std::{collections::HashMap, net::SocketAddr, path::Path, sync::Arc};

use axum::Router;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, Response, StatusCode, body::Bytes, body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::oneshot, task::JoinHandle};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};

/// The daemon under test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) dir: tempfile::TempDir,
    pub(crate) password: String,
    tls: Arc<ClientConfig>,
    _stop: oneshot::Sender<()>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// `name=value` of the cookie that was set.
    pub(crate) fn cookie(&self) -> String {
        let cookie = self.headers["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (run, state, assets) = (dir.path().join("run"), dir.path().join("state"), dir.path().join("assets"));
        for path in [&run, &state, &assets] {
            std::fs::create_dir(path).unwrap();
        }
        std::fs::write(assets.join("index.html"), "<!doctype html><title>t</title>").unwrap();
        std::fs::write(dir.path().join("secret"), "secret").unwrap();
        let app = hmi::App::open(&run, &state, &assets).unwrap();
        let config = hmi::tls::config(&state).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(hmi::server::serve(app.router(), listener, config, async {
            let _ = stopped.await;
        }));
        let password = std::fs::read_to_string(state.join("initial-password")).unwrap().trim().to_owned();
        Self { address, tls: trust(&state), dir, password, _stop: stop }
    }

    pub(crate) fn state(&self) -> std::path::PathBuf {
        self.dir.path().join("state")
    }

    pub(crate) fn audit(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.state().join("audit.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Puts a made-up daemon behind the gateway.
    pub(crate) fn upstream(&self, socket: &str, router: Router) -> JoinHandle<()> {
        let listener = shell::serve::listen(&self.dir.path().join("run"), socket).unwrap();
        tokio::spawn(shell::serve::serve(router, listener, std::future::pending()))
    }

    pub(crate) async fn open(&self) -> http1::SendRequest<Full<Bytes>> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(self.tls.clone()).connect(name, stream).await.unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        self.open().await.send_request(request).await.unwrap()
    }

    /// One request as the page makes it: a cookie if there is one, and the mark on changes.
    pub(crate) async fn call(&self, method: Method, path: &str, cookie: &str, body: impl Into<Bytes>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("cookie", cookie)
            .header("content-type", "application/json")
            .header("x-joulepoint", "1")
            .body(Full::new(body.into()))
            .unwrap();
        answer(self.send(request).await).await
    }

    pub(crate) async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.call(Method::GET, path, cookie, "").await
    }

    pub(crate) async fn post(&self, path: &str, cookie: &str, body: impl Into<Bytes>) -> Answer {
        self.call(Method::POST, path, cookie, body).await
    }

    pub(crate) async fn try_sign_in(&self, user: &str, password: &str) -> Answer {
        let body = serde_json::to_vec(&HashMap::from([("user", user), ("password", password)])).unwrap();
        self.post("/api/sign-in", "", body).await
    }

    /// Signs in; gives the cookie.
    pub(crate) async fn sign_in(&self, user: &str, password: &str) -> String {
        let answer = self.try_sign_in(user, password).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.cookie()
    }

    pub(crate) async fn admin(&self) -> String {
        self.sign_in("admin", &self.password).await
    }
}

pub(crate) async fn answer(response: Response<Incoming>) -> Answer {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

fn trust(state: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(state.join("tls-certificate.pem")).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}
