//! The WebSocket to the controller: dialled for ever, greeted, then both ways at once.

use std::{path::PathBuf, sync::Arc, time::Duration};

use api::link::{FromPlc, ToPlc, VERSION};
use futures_util::{SinkExt as _, StreamExt as _};
use shell::RateLimited;
use tokio::{
    net::UnixStream,
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{self, Message, http::StatusCode, protocol::WebSocketConfig},
};

use crate::{chain::Chain, supervisor::Supervisor};

/// Between two attempts to reach the controller.
const RETRY: Duration = Duration::from_millis(50);
/// The same while the controller knows no such chain.
const UNKNOWN: Duration = Duration::from_millis(500);
/// The controller speaks at least twice a second; a link silent for so long is dead, whatever the socket says.
const SILENCE: Duration = Duration::from_secs(3);
/// For a message to leave.
const SEND: Duration = Duration::from_secs(1);
const MAX_MESSAGE: usize = 256 * 1024;

/// Why a link ended.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("the controller does not answer at {path}: {source}")]
    Connect { path: PathBuf, source: std::io::Error },
    #[error("the WebSocket broke: {0}")]
    Broken(tungstenite::Error),
    #[error("the controller has no such chain")]
    NoSuchChain,
    #[error("the controller fell silent")]
    Silent,
    #[error("the controller closed the link")]
    Closed,
    #[error("the controller speaks version {theirs} of the link, this is version {VERSION}")]
    Version { theirs: u32 },
    #[error("a message cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl From<tungstenite::Error> for Lost {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Http(response) if response.status() == StatusCode::NOT_FOUND => Self::NoSuchChain,
            error => Self::Broken(error),
        }
    }
}

/// The plc end of the link.
#[derive(Debug)]
pub(crate) struct Link {
    path: PathBuf,
    chain: Arc<Chain>,
    lost: RateLimited,
    garbage: RateLimited,
}

impl Link {
    pub(crate) fn new(path: PathBuf, chain: Arc<Chain>) -> Self {
        Self { path, chain, lost: RateLimited::default(), garbage: RateLimited::default() }
    }

    /// Keeps the link up, for ever.
    pub(crate) async fn run(self, mut supervisor: Supervisor) {
        loop {
            let result = self.hold(&mut supervisor).await;
            self.chain.disconnected();
            let mut pause = RETRY;
            if let Err(Lost::NoSuchChain) = &result {
                // Its connectors may be another chain's by now: their interfaces are let go.
                supervisor.set_up(Vec::new());
                pause = UNKNOWN;
            }
            if let Err(error) = result
                && let Some(times) = self.lost.hit()
            {
                tracing::warn!(%error, times, "no link to the controller");
            }
            sleep(pause).await;
        }
    }

    /// One link, from dialling to its end.
    async fn hold(&self, supervisor: &mut Supervisor) -> Result<(), Lost> {
        let mut socket = timeout(SILENCE, self.dial()).await.map_err(|_| Lost::Silent)??;
        let hello = self.chain.connected();
        send(&mut socket, &hello).await?;
        tracing::info!("linked to the controller");
        // Whatever the last controller had not acknowledged is sent again.
        let mut sent = 0;
        let mut deadline = Instant::now() + SILENCE;
        loop {
            tokio::select! {
                message = timeout_at(deadline, socket.next()) => {
                    match message.map_err(|_| Lost::Silent)?.ok_or(Lost::Closed)?? {
                        Message::Text(text) => {
                            deadline = Instant::now() + SILENCE;
                            self.take(text.as_str(), supervisor)?;
                        }
                        Message::Close(_) => return Err(Lost::Closed),
                        // Pings are answered by the library.
                        _ => deadline = Instant::now() + SILENCE,
                    }
                }
                messages = self.chain.outgoing(sent) => {
                    for message in messages {
                        if let FromPlc::Event { seq, .. } = &message {
                            sent = *seq;
                        }
                        send(&mut socket, &message).await?;
                    }
                }
            }
        }
    }

    async fn dial(&self) -> Result<WebSocketStream<UnixStream>, Lost> {
        let stream = UnixStream::connect(&self.path)
            .await
            .map_err(|source| Lost::Connect { path: self.path.clone(), source })?;
        let url = format!("ws://joulepoint/v1/chains/{}/link", self.chain.id());
        let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        Ok(client_async_with_config(url, stream, Some(config)).await?.0)
    }

    fn take(&self, text: &str, supervisor: &mut Supervisor) -> Result<(), Lost> {
        match serde_json::from_str(text) {
            Ok(ToPlc::Setup { version, .. }) if version != VERSION => Err(Lost::Version { theirs: version }),
            Ok(ToPlc::Setup { connectors, .. }) => {
                supervisor.set_up(connectors);
                Ok(())
            }
            Ok(ToPlc::Snapshot(snapshot)) => {
                supervisor.snapshot(snapshot);
                Ok(())
            }
            Ok(ToPlc::Ack { seq }) => {
                self.chain.acknowledged(seq);
                Ok(())
            }
            Err(error) => {
                if let Some(times) = self.garbage.hit() {
                    tracing::warn!(%error, times, "the controller sent what is no message of the link");
                }
                Ok(())
            }
        }
    }
}

async fn send(socket: &mut WebSocketStream<UnixStream>, message: &FromPlc) -> Result<(), Lost> {
    let text = serde_json::to_string(message)?;
    timeout(SEND, socket.send(Message::text(text))).await.map_err(|_| Lost::Silent)?.map_err(Lost::Broken)
}
