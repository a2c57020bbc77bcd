//! One V2G session: a TCP connection, the engine behind it, and what the controller is told of it.

use std::{collections::BTreeSet, io, sync::Arc, time::Duration};

use api::link::{Demand, Event, Protocol, Snapshot};
use shell::clock::mono;
use tokio::{
    io::AsyncReadExt as _,
    net::TcpStream,
    time::{sleep, timeout},
};
use units::{ConnectorId, Mono, Percent, PlugInEpoch, V2gEpoch};
use v2g::{
    Stage,
    secc::{self, Close, Readiness, Secc},
};

use super::words;
use crate::chain::Chain;

/// A charge loop asks four times a second or more: a wish that is not repeated for so long has lapsed.
const LOOP_WISH: Duration = Duration::from_millis(1_500);
/// Between its other messages a car may take up to the sequence timeout.
const OTHER_WISH: Duration = Duration::from_secs(61);
/// The most that waits for a car that does not read.
const MAX_OUT: usize = 64 * 1_024;
/// After our last word the connection stays for the car to read it and to close.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_POLL: Duration = Duration::from_millis(20);

/// What came from the connection.
#[derive(Debug)]
pub(super) enum Said {
    /// Bytes.
    Bytes(Vec<u8>),
    /// There is room for more of our bytes.
    Room,
    /// Nothing more will come, because of this.
    End(String),
}

/// Why a session ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The engine closed it.
    Engine(Close),
    /// Something around it.
    Other(String),
}

/// A session under way.
#[derive(Debug)]
pub(super) struct Session {
    connector: ConnectorId,
    chain: Arc<Chain>,
    stream: TcpStream,
    secc: Secc,
    plug_in_epoch: PlugInEpoch,
    v2g_epoch: V2gEpoch,
    /// Whether the car opened a session on this connection, and the controller was told.
    started: bool,
    stages: BTreeSet<Stage>,
    soc: Option<Percent>,
    last_heard: Mono,
    out: Vec<u8>,
}

impl Session {
    /// A session on a fresh connection.
    pub(super) fn new(
        connector: ConnectorId,
        chain: Arc<Chain>,
        stream: TcpStream,
        evse_id: &str,
        plug_in_epoch: PlugInEpoch,
        v2g_epoch: V2gEpoch,
        snapshot: &Snapshot,
    ) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let now = mono();
        let mut session_id = [0; 8];
        crate::random(&mut session_id)?;
        // All zero means "no session".
        let [first, ..] = &mut session_id;
        *first |= 1;
        let config = secc::Config { evse_id: evse_id.to_owned(), session_id };
        let secc = Secc::new(config, words::snapshot(snapshot, v2g_epoch), now);
        tracing::info!(%connector, epoch = v2g_epoch.0, "the car connected");
        Ok(Self {
            connector,
            chain,
            stream,
            secc,
            plug_in_epoch,
            v2g_epoch,
            started: false,
            stages: BTreeSet::new(),
            soc: None,
            last_heard: now,
            out: Vec::new(),
        })
    }

    /// Waits for the connection: bytes, room for bytes, or its end. For ever if there is none.
    pub(super) async fn io(session: Option<&mut Self>) -> Said {
        let Some(session) = session else { return std::future::pending().await };
        let writes = !session.out.is_empty();
        tokio::select! {
            ready = session.stream.readable() => match ready {
                Ok(()) => session.read(),
                Err(error) => Said::End(format!("the connection failed: {error}")),
            },
            ready = session.stream.writable(), if writes => match ready {
                Ok(()) => Said::Room,
                Err(error) => Said::End(format!("the connection failed: {error}")),
            },
        }
    }

    fn read(&self) -> Said {
        let mut buffer = [0; 4_096];
        match self.stream.try_read(&mut buffer) {
            Ok(0) => Said::End("the car closed the connection".to_owned()),
            Ok(len) => Said::Bytes(buffer.get(..len).unwrap_or_default().to_vec()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Said::Room,
            Err(error) => Said::End(format!("the connection failed: {error}")),
        }
    }

    /// The car spoke.
    pub(super) fn heard(&mut self, now: Mono, bytes: &[u8]) {
        self.last_heard = now;
        self.secc.handle_input(now, bytes);
    }

    /// The controller spoke.
    pub(super) fn told(&mut self, now: Mono, snapshot: &Snapshot) {
        if snapshot.plug_in_epoch == self.plug_in_epoch {
            self.secc.set_snapshot(now, words::snapshot(snapshot, self.v2g_epoch));
        }
    }

    /// When [`Session::settle`] wants to be called.
    pub(super) fn next_wake(&self) -> Option<Mono> {
        self.secc.next_wake()
    }

    /// When the car was last heard.
    pub(super) const fn last_heard(&self) -> Mono {
        self.last_heard
    }

    /// The session's number, once the car opened it.
    pub(super) fn epoch(&self) -> Option<V2gEpoch> {
        self.started.then_some(self.v2g_epoch)
    }

    /// The car's state of charge, if it said.
    pub(super) const fn soc(&self) -> Option<Percent> {
        self.soc
    }

    /// Lets time pass, sends what is to be sent and tells what happened. `Some` once the session is over.
    pub(super) fn settle(&mut self, now: Mono) -> Option<Why> {
        if self.secc.next_wake().is_some_and(|at| at <= now) {
            self.secc.handle_timeout(now);
        }
        // The answer leaves before anything is told of it.
        self.out.extend(self.secc.take_transmit());
        if let Err(reason) = self.write() {
            return Some(Why::Other(reason));
        }
        let mut over = None;
        while let Some(event) = self.secc.poll_event() {
            match event {
                secc::Event::Started { evcc_id } => self.start(&evcc_id),
                secc::Event::Stage(stage) => self.reach(stage),
                secc::Event::Demand(demand) => self.wish(now, &demand),
                secc::Event::Failed { request, reason } => {
                    tracing::warn!(connector = %self.connector, request, %reason, "the car was refused");
                }
                secc::Event::Closed(why) => over = Some(Why::Engine(why)),
                _ => {}
            }
        }
        over
    }

    fn write(&mut self) -> Result<(), String> {
        while !self.out.is_empty() {
            match self.stream.try_write(&self.out) {
                Ok(len) => drop(self.out.drain(..len)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(format!("the connection failed: {error}")),
            }
        }
        if self.out.len() > MAX_OUT {
            return Err("the car does not read its answers".to_owned());
        }
        Ok(())
    }

    fn tell(&self, event: Event) {
        self.chain.event(self.connector, self.plug_in_epoch, event);
    }

    fn start(&mut self, evcc_id: &[u8]) {
        self.started = true;
        self.chain.session_runs(self.connector, self.plug_in_epoch, self.v2g_epoch);
        let (v2g_epoch, evcc_id) = (self.v2g_epoch, words::hex(evcc_id));
        self.tell(Event::SessionStarted { v2g_epoch, protocol: Protocol::Iso15118Part2, evcc_id });
    }

    fn reach(&mut self, stage: Stage) {
        if self.stages.insert(stage) {
            self.tell(Event::Stage { v2g_epoch: self.v2g_epoch, stage: words::stage(stage) });
        }
    }

    fn wish(&mut self, now: Mono, demand: &secc::Demand) {
        self.soc = demand.soc;
        let lasts = if demand.stage == Stage::CurrentDemand { LOOP_WISH } else { OTHER_WISH };
        self.chain.demand(Demand {
            connector: self.connector,
            plug_in_epoch: self.plug_in_epoch,
            v2g_epoch: self.v2g_epoch,
            valid_until: now + lasts,
            stage: words::stage(demand.stage),
            target_voltage: demand.target_voltage,
            target_current: demand.target_current,
            limits: words::limits(demand.limits),
            soc: demand.soc,
            ready: demand.ready == Readiness::Ready,
        });
    }

    /// Tells how the session ended, and closes the connection once the car has read our last word.
    pub(super) fn end(self, why: Why) {
        let v2g_epoch = self.v2g_epoch;
        self.chain.session_over(self.connector);
        if self.started {
            self.tell(match why {
                Why::Engine(Close::Stopped) => Event::SessionStopped { v2g_epoch, pause: false },
                Why::Engine(Close::Paused) => Event::SessionStopped { v2g_epoch, pause: true },
                Why::Engine(other) => Event::SessionLost { v2g_epoch, reason: other.to_string() },
                Why::Other(reason) => Event::SessionLost { v2g_epoch, reason },
            });
        } else {
            tracing::info!(connector = %self.connector, ?why, "a connection without a session ended");
        }
        tokio::spawn(timeout(LINGER, linger(self.stream, self.out)));
    }
}

/// Sends the rest, then waits for the car to close: closing first with unread bytes would take our last word back.
async fn linger(mut stream: TcpStream, mut out: Vec<u8>) {
    while !out.is_empty() {
        match stream.try_write(&out) {
            Ok(len) => drop(out.drain(..len)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(LINGER_POLL).await,
            Err(_) => return,
        }
    }
    // Failure means that the car has closed already.
    let _ = tokio::io::AsyncWriteExt::shutdown(&mut stream).await;
    let mut rest = [0; 512];
    while matches!(stream.read(&mut rest).await, Ok(len) if len > 0) {}
}
