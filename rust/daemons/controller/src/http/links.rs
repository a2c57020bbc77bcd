//! The chains' links (D9): a WebSocket each, dialled by the chain's process.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use api::link::{FromPlc, ToPlc, VERSION};
use axum::{
    extract::{
        ConnectInfo, Path, State,
        ws::{Message as Frame, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use cabinet::{Input, LinkNews};
use config::Config;
use shell::{Problem, serve::Peer};
use tokio::sync::mpsc;
use units::ChainId;

use super::Service;
use crate::inbox::Inbox;

/// What may wait for a chain's process; one that is this far behind has hung, and its connection is cut.
const DEPTH: usize = 64;
/// The greeting comes within this.
const GREETING: Duration = Duration::from_secs(2);
/// A message is taken within this.
const SEND: Duration = Duration::from_secs(1);
/// The largest message of a chain's process.
const MAX_MESSAGE: usize = 64 * 1024;

/// The connected chains.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    connected: Arc<Mutex<HashMap<ChainId, Connection>>>,
    count: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Connection {
    number: u64,
    sender: mpsc::Sender<ToPlc>,
}

impl Links {
    /// Says something to a chain's process, if one is connected. Never blocks.
    pub(crate) fn tell(&self, chain: &ChainId, message: ToPlc) {
        let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = connected.get(chain)
            && connection.sender.try_send(message).is_err()
        {
            // Dropping the sender ends the connection's task; the process dials again and is told everything anew.
            tracing::warn!(%chain, "the chain's process does not read; its link is cut");
            connected.remove(chain);
        }
    }

    /// Cuts the links of chains that are no more.
    pub(crate) fn follow(&self, config: &Config) {
        let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        connected.retain(|chain, _| config.chains.iter().any(|known| known.id == *chain));
    }

    /// Takes the chain's place from whoever had it. The news go in under the lock, so that none overtakes another.
    fn join(&self, chain: &ChainId, inbox: &Inbox, news: LinkNews) -> (u64, mpsc::Receiver<ToPlc>) {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = mpsc::channel(DEPTH);
        let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        connected.insert(chain.clone(), Connection { number, sender });
        inbox.input(Input::Link(chain.clone(), news));
        (number, receiver)
    }

    /// Gives the place back, unless somebody else has it by now.
    fn leave(&self, chain: &ChainId, inbox: &Inbox, number: u64) {
        let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        if connected.get(chain).is_none_or(|connection| connection.number == number) {
            connected.remove(chain);
            tracing::warn!(%chain, "the chain's process is gone");
            inbox.input(Input::Link(chain.clone(), LinkNews::Down));
        }
    }
}

/// `GET /v1/chains/{chain}/link`.
pub(super) async fn link(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(chain): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let known =
        service.in_force.borrow().chains.iter().find(|known| known.id.as_str() == chain).map(|known| known.id.clone());
    let chain = known.ok_or_else(|| Problem::not_found(format!("there is no chain {chain:?}")))?;
    if !peer.is(&format!("jp-plc-{chain}")) {
        return Err(Problem::forbidden(format!("user {} is not the process of chain {chain}", peer.user)));
    }
    Ok(upgrade.max_message_size(MAX_MESSAGE).on_upgrade(move |socket| serve(service, chain, socket)))
}

async fn serve(service: Service, chain: ChainId, mut socket: WebSocket) {
    let greeting = tokio::time::timeout(GREETING, receive(&service, &mut socket)).await;
    let Ok(Some(FromPlc::Hello { version, chain: own, instance, running })) = greeting else {
        tracing::warn!(%chain, "a link without a greeting is closed");
        return;
    };
    if version != VERSION || own != chain {
        tracing::error!(%chain, version, said = %own, expected = VERSION, "a link of another version or chain is refused");
        return;
    }
    tracing::info!(%chain, instance, "the chain's process is connected");
    let (number, mut outgoing) = service.links.join(&chain, &service.inbox, LinkNews::Up { instance, running });
    loop {
        tokio::select! {
            message = outgoing.recv() => {
                let Some(message) = message else { break };
                let Ok(text) = serde_json::to_string(&message) else { continue };
                // A process that hangs takes no more at some point: then it is as good as dead.
                if !matches!(tokio::time::timeout(SEND, socket.send(Frame::Text(text.into()))).await, Ok(Ok(()))) {
                    break;
                }
            }
            message = receive(&service, &mut socket) => {
                let Some(message) = message else { break };
                if let Some(news) = news_of(message) {
                    service.inbox.input(Input::Link(chain.clone(), news));
                }
            }
        }
    }
    service.links.leave(&chain, &service.inbox, number);
}

/// The next message that can be read; `None` when the connection is over.
async fn receive(service: &Service, socket: &mut WebSocket) -> Option<FromPlc> {
    loop {
        match socket.recv().await? {
            Ok(Frame::Text(text)) => match serde_json::from_str(&text) {
                Ok(message) => return Some(message),
                Err(error) => {
                    service.inbox.counts().link.fetch_add(1, Ordering::Relaxed);
                    tracing::debug!(%error, "a message of a chain's process cannot be read");
                }
            },
            Ok(Frame::Binary(_)) => {
                service.inbox.counts().link.fetch_add(1, Ordering::Relaxed);
            }
            Ok(Frame::Ping(_) | Frame::Pong(_)) => {}
            Ok(Frame::Close(_)) | Err(_) => return None,
        }
    }
}

fn news_of(message: FromPlc) -> Option<LinkNews> {
    match message {
        FromPlc::Hello { .. } => None,
        FromPlc::Demand(demand) => Some(LinkNews::Demand(demand)),
        FromPlc::Event { seq, connector, plug_in_epoch, event } => {
            Some(LinkNews::Event { seq, connector, plug_in_epoch, event })
        }
        FromPlc::Health(health) => Some(LinkNews::Health(health)),
    }
}
