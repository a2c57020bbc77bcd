//! TCP, TLS and HTTP/1.1 for browsers, with a bound on everything that a stranger can hold open.

use std::{
    collections::HashMap,
    future::Future,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::Router;
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use shell::RateLimited;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use crate::app::From;

/// Connections at once.
const MAX_CONNECTIONS: usize = 256;
/// Connections at once from one address.
const MAX_PER_ADDRESS: usize = 64;
/// A handshake, and the head of a request, must be complete within this time.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often systemd is told that connections are still taken.
const WATCHDOG: Duration = Duration::from_secs(5);

/// Serves until `until` resolves.
pub async fn serve(router: Router, listener: TcpListener, tls: Arc<ServerConfig>, until: impl Future<Output = ()>) {
    let server = Arc::new(Server {
        acceptor: TlsAcceptor::from(tls),
        router,
        slots: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        per_address: Mutex::new(HashMap::new()),
        refused: RateLimited::default(),
    });
    let mut watchdog = time::interval(WATCHDOG);
    tokio::pin!(until);
    loop {
        tokio::select! {
            () = &mut until => return,
            _ = watchdog.tick() => shell::notify::watchdog(),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => server.clone().take(stream, peer),
                Err(error) => {
                    server.refuse(&format!("accept: {error}"));
                    // Out of descriptors, most likely: without a pause this would spin.
                    time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
}

struct Server {
    acceptor: TlsAcceptor,
    router: Router,
    slots: Arc<Semaphore>,
    per_address: Mutex<HashMap<IpAddr, usize>>,
    refused: RateLimited,
}

/// One connection's place among the allowed ones; given back on drop.
struct Place {
    server: Arc<Server>,
    address: IpAddr,
    _slot: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut per_address = self.server.per_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = per_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                per_address.remove(&self.address);
            }
        }
    }
}

impl Server {
    fn take(self: Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let Some(place) = self.clone().place(peer.ip().to_canonical()) else {
            self.refuse("too many connections");
            return;
        };
        tokio::spawn(async move {
            if let Err(reason) = self.converse(stream, place.address).await {
                self.refuse(&reason);
            }
            drop(place);
        });
    }

    fn place(self: Arc<Self>, address: IpAddr) -> Option<Place> {
        let slot = self.slots.clone().try_acquire_owned().ok()?;
        {
            let mut per_address = self.per_address.lock().unwrap_or_else(PoisonError::into_inner);
            let count = per_address.entry(address).or_insert(0);
            if *count >= MAX_PER_ADDRESS {
                return None;
            }
            *count += 1;
        }
        Some(Place { server: self, address, _slot: slot })
    }

    async fn converse(&self, stream: TcpStream, address: IpAddr) -> Result<(), String> {
        // Small events must not wait for more.
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let stream = time::timeout(PATIENCE, self.acceptor.accept(stream))
            .await
            .map_err(|_| "slow handshake".to_owned())?
            .map_err(|error| format!("handshake: {error}"))?;
        let service = service_fn(|request: hyper::Request<Incoming>| {
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(From(address));
            TowerToHyperService::new(self.router.clone()).call(request)
        });
        // Browsers leave in the middle of a stream and without a word; only what is no HTTP is worth a line.
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .max_buf_size(64 * 1024)
            .serve_connection(TokioIo::new(stream), service)
            .await
            .or_else(|error| if error.is_parse() { Err(format!("http: {error}")) } else { Ok(()) })
    }

    fn refuse(&self, reason: &str) {
        if let Some(times) = self.refused.hit() {
            tracing::info!(reason, times, "a connection ended early");
        }
    }
}
