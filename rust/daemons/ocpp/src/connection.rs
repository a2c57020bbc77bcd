//! One WebSocket to the CSMS, as a task with a channel each way.
//!
//! TCP is what `dial` opens; TLS will be another thing that it opens, and nothing else here will change.

use std::time::Duration;

use data_encoding::BASE64;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        self, Message,
        client::IntoClientRequest as _,
        http::{HeaderValue, Request, header},
        protocol::WebSocketConfig,
    },
};

use crate::endpoint::Endpoint;

/// What we speak.
const SUBPROTOCOL: HeaderValue = HeaderValue::from_static("ocpp1.6");
/// For name, TCP and handshake together.
const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// For one message to leave.
const SEND_WITHIN: Duration = Duration::from_secs(20);
/// The largest message that is taken. The largest that OCPP 1.6 Core knows is a few kB.
const MAX_MESSAGE: usize = 256 * 1024;
/// How many messages may wait to leave.
const OUTGOING: usize = 32;

/// What the connection tells.
#[derive(Debug)]
pub enum Event {
    /// It is open.
    Opened,
    /// It could not be opened, or is gone. Nothing follows.
    Closed {
        /// Why.
        why: String,
    },
    /// A text arrived.
    Text(String),
    /// Something that is no text arrived.
    Binary,
    /// A ping or pong arrived.
    Heard,
}

/// What it is told.
#[derive(Debug)]
enum Order {
    Text(String),
    Ping,
}

/// A connection; dropped, it closes.
#[derive(Debug)]
pub struct Connection {
    /// Tells this connection's events from those of one before it.
    generation: u64,
    orders: mpsc::Sender<Order>,
}

impl Connection {
    /// Starts to connect. Events come with `generation`.
    pub fn open(endpoint: Endpoint, generation: u64, events: mpsc::Sender<(u64, Event)>) -> Self {
        let (orders, mut queue) = mpsc::channel(OUTGOING);
        tokio::spawn(async move {
            let why = match run(&endpoint, generation, &events, &mut queue).await {
                Ok(()) => return,
                Err(why) => why,
            };
            let _ = events.send((generation, Event::Closed { why })).await;
        });
        Self { generation, orders }
    }

    /// Which one this is.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Sends a text; `false` if the connection is stuck or gone.
    pub fn send(&self, text: String) -> bool {
        self.orders.try_send(Order::Text(text)).is_ok()
    }

    /// Sends a ping; `false` if the connection is stuck or gone.
    pub fn ping(&self) -> bool {
        self.orders.try_send(Order::Ping).is_ok()
    }
}

/// Something that bytes go through both ways.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// `Ok` if the owner let go of it.
async fn run(
    endpoint: &Endpoint,
    generation: u64,
    events: &mpsc::Sender<(u64, Event)>,
    orders: &mut mpsc::Receiver<Order>,
) -> Result<(), String> {
    let socket = tokio::select! {
        socket = timeout(CONNECT_WITHIN, connect(endpoint)) => {
            socket.map_err(|_| format!("{} did not answer within {CONNECT_WITHIN:?}", endpoint.url))??
        }
        // Nothing is ordered before it is open, so this is the owner letting go.
        _ = orders.recv() => return Ok(()),
    };
    let told = events.send((generation, Event::Opened)).await;
    let (mut sink, mut stream) = socket.split();
    if told.is_err() {
        return Ok(());
    }
    loop {
        let event = tokio::select! {
            received = stream.next() => match received {
                Some(Ok(Message::Text(text))) => Event::Text(text.as_str().to_owned()),
                Some(Ok(Message::Binary(_))) => Event::Binary,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => Event::Heard,
                Some(Ok(Message::Close(frame))) => {
                    let why = frame.map(|frame| format!(" ({} {})", frame.code, frame.reason)).unwrap_or_default();
                    return Err(format!("the CSMS closed the connection{why}"));
                }
                Some(Ok(Message::Frame(_))) => continue,
                Some(Err(error)) => return Err(format!("the connection broke: {error}")),
                None => return Err("the CSMS closed the connection".to_owned()),
            },
            order = orders.recv() => {
                let message = match order {
                    Some(Order::Text(text)) => Message::text(text),
                    Some(Order::Ping) => Message::Ping(tungstenite::Bytes::new()),
                    None => {
                        let _ = timeout(Duration::from_secs(1), sink.close()).await;
                        return Ok(());
                    }
                };
                match timeout(SEND_WITHIN, sink.send(message)).await {
                    Ok(Ok(())) => continue,
                    Ok(Err(error)) => return Err(format!("the connection broke: {error}")),
                    Err(_) => return Err(format!("the CSMS took no message for {SEND_WITHIN:?}")),
                }
            }
        };
        if events.send((generation, event)).await.is_err() {
            return Ok(());
        }
    }
}

async fn connect(endpoint: &Endpoint) -> Result<WebSocketStream<Box<dyn Wire>>, String> {
    let request = request(endpoint).await?;
    let wire = dial(endpoint).await?;
    let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
    match client_async_with_config(request, wire, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(response)) => {
            Err(format!("{} refused the connection: HTTP {}", endpoint.url, response.status()))
        }
        Err(error) => Err(format!("{} cannot be reached: {error}", endpoint.url)),
    }
}

async fn dial(endpoint: &Endpoint) -> Result<Box<dyn Wire>, String> {
    let failed = |error| format!("{} cannot be reached: {error}", endpoint.address);
    let stream = TcpStream::connect(&endpoint.address).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    Ok(Box::new(stream))
}

async fn request(endpoint: &Endpoint) -> Result<Request<()>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", endpoint.url);
    let mut request = endpoint.url.as_str().into_client_request().map_err(|error| failed(&error))?;
    request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
    if let Some(path) = &endpoint.password_file {
        let password = tokio::fs::read(path)
            .await
            .map_err(|error| format!("ocpp.password_file {} cannot be read: {error}", path.display()))?;
        let mut secret = format!("{}:", endpoint.charge_point_id).into_bytes();
        secret.extend_from_slice(password.trim_ascii_end());
        let mut value =
            HeaderValue::from_str(&format!("Basic {}", BASE64.encode(&secret))).map_err(|error| failed(&error))?;
        value.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    Ok(request)
}
