//! One connector: its interface, its SLAC machine, its V2G session, in one task that never waits for anything but them.

mod health;
mod session;
mod words;

use std::{io, sync::Arc, time::Duration};

use api::link::{ConnectorSetup, Event, Protocol, Snapshot};
use shell::{RateLimited, clock::mono};
use tokio::{net::TcpStream, sync::watch, time};
use units::{ConnectorId, Mono, PlugInEpoch};
use v2g::{
    sdp,
    secc::Close,
    slac::{MAX_FRAME_LEN, Nmk, evse},
};

use self::{
    health::HealthBook,
    session::{Session, Why},
};
use crate::{chain::Chain, net::Wire};

/// Between two attempts to open the interface, and between two looks at it.
const REOPEN: Duration = Duration::from_millis(250);
const LOOK: Duration = Duration::from_secs(1);
/// A connection is replaced by the car's next one when it has been silent for so long.
const STALE_CONNECTION: Duration = Duration::from_secs(3);

/// What comes to a connector.
#[derive(Debug)]
struct Inputs {
    setups: watch::Receiver<Option<ConnectorSetup>>,
    snapshots: watch::Receiver<Option<Snapshot>>,
}

/// Why a wire is no longer served.
#[derive(Debug)]
enum Ended {
    /// The set-up changed, and no session is in the way.
    SetUpAnew,
    /// The interface or a socket failed.
    Broken(String),
}

/// Serves a connector until its set-up is withdrawn.
pub(crate) async fn run(
    id: ConnectorId,
    chain: Arc<Chain>,
    setups: watch::Receiver<Option<ConnectorSetup>>,
    snapshots: watch::Receiver<Option<Snapshot>>,
) {
    let mut inputs = Inputs { setups, snapshots };
    let mut health = HealthBook::new(id, Arc::clone(&chain));
    let failures = RateLimited::default();
    loop {
        // Withdrawn, or nobody is left who could withdraw it.
        let orphaned = inputs.setups.has_changed().is_err();
        let Some(setup) = inputs.setups.borrow_and_update().clone().filter(|_| !orphaned) else { return };
        let trouble = match Wire::open(&setup.interface) {
            Ok(wire) => {
                tracing::info!(connector = %id, interface = wire.name, port = wire.port, "interface open");
                let connector = Connector::new(id, Arc::clone(&chain), setup, wire, &mut health);
                match connector.serve(&mut inputs).await {
                    Ended::SetUpAnew => continue,
                    Ended::Broken(reason) => reason,
                }
            }
            Err(problem) => problem.to_string(),
        };
        if let Some(times) = failures.hit() {
            tracing::warn!(connector = %id, reason = trouble, times, "the power line cannot be used");
        }
        health.out_of_order(trouble);
        tokio::select! {
            () = time::sleep(REOPEN) => {}
            changed = inputs.setups.changed() => if changed.is_err() { return },
        }
    }
}

/// A connector whose wire is open.
struct Connector<'a> {
    id: ConnectorId,
    chain: Arc<Chain>,
    setup: ConnectorSetup,
    wire: Wire,
    health: &'a mut HealthBook,
    slac: evse::Evse,
    plug_in_epoch: Option<PlugInEpoch>,
    snapshot: Option<Snapshot>,
    session: Option<Session>,
    garbage: RateLimited,
}

impl<'a> Connector<'a> {
    fn new(id: ConnectorId, chain: Arc<Chain>, setup: ConnectorSetup, wire: Wire, health: &'a mut HealthBook) -> Self {
        let slac = evse::Evse::new(evse::Config::new(wire.interface.mac));
        Self {
            id,
            chain,
            setup,
            wire,
            health,
            slac,
            plug_in_epoch: None,
            snapshot: None,
            session: None,
            garbage: RateLimited::default(),
        }
    }

    async fn serve(mut self, inputs: &mut Inputs) -> Ended {
        let mut frame = [0; MAX_FRAME_LEN];
        let mut datagram = [0; sdp::MAX_LEN];
        let mut look = time::interval(LOOK);
        inputs.snapshots.mark_changed();
        let ended = loop {
            if let Err(error) = self.settle() {
                break Ended::Broken(format!("the raw socket failed: {error}"));
            }
            if self.session.is_none() && inputs.setups.has_changed().unwrap_or(true) {
                break Ended::SetUpAnew;
            }
            let wake = self.next_wake();
            tokio::select! {
                biased;
                // The car's question first: it is owed an answer within 25 ms.
                bytes = Session::io(self.session.as_mut()) => self.car_said(&bytes),
                changed = inputs.snapshots.changed() => {
                    if changed.is_err() { break Ended::SetUpAnew }
                    let snapshot = inputs.snapshots.borrow_and_update().clone();
                    self.told(snapshot);
                }
                result = self.wire.raw.recv(&mut frame) => match result {
                    Ok(len) => {
                        let bytes = frame.get(..len).unwrap_or_default();
                        self.slac.handle(mono(), evse::Input::Frame(bytes));
                    }
                    Err(error) => break Ended::Broken(format!("the raw socket failed: {error}")),
                },
                result = self.wire.sdp.recv_from(&mut datagram) => match result {
                    Ok((len, from)) => self.asked_for_port(datagram.get(..len).unwrap_or_default(), from),
                    Err(error) => self.count_garbage(&error),
                },
                result = self.wire.tcp.accept() => match result {
                    Ok((stream, _)) => self.accept(stream),
                    Err(error) => self.count_garbage(&error),
                },
                () = sleep_until(wake) => self.slac.handle(mono(), evse::Input::Tick),
                _ = look.tick() => {
                    if let Err(problem) = self.wire.check() { break Ended::Broken(problem.to_string()) }
                }
                // With a session in the way it is looked at again, above, when that has ended.
                _ = inputs.setups.changed(), if self.session.is_none() => break Ended::SetUpAnew,
            }
        };
        let why = match &ended {
            Ended::SetUpAnew => "the connector was set up anew".to_owned(),
            Ended::Broken(reason) => reason.clone(),
        };
        self.lose_session(Why::Other(why));
        ended
    }

    fn next_wake(&self) -> Option<Mono> {
        let session = self.session.as_ref().and_then(Session::next_wake);
        [self.slac.next_wake(), session].into_iter().flatten().min()
    }

    /// Lets everything that is due happen, and carries out what the machines want.
    fn settle(&mut self) -> io::Result<()> {
        let now = mono();
        if self.slac.next_wake().is_some_and(|at| at <= now) {
            self.slac.handle(now, evse::Input::Tick);
        }
        while let Some(event) = self.slac.poll_event() {
            self.slac_event(now, event)?;
        }
        for frame in self.slac.take_frames() {
            self.wire.raw.send(&frame)?;
        }
        if let Some(session) = &mut self.session
            && let Some(why) = session.settle(now)
        {
            self.lose_session(why);
        }
        self.health.wire_works(&self.slac, self.session.as_ref(), self.plug_in_epoch);
        Ok(())
    }

    fn slac_event(&mut self, now: Mono, event: evse::Event) -> io::Result<()> {
        let connector = self.id;
        match event {
            evse::Event::KeyWanted => {
                let mut key = [0; 16];
                crate::random(&mut key)?;
                self.slac.handle(now, evse::Input::Key(Nmk(key)));
            }
            evse::Event::Modem(state) => tracing::info!(%connector, ?state, "modem"),
            evse::Event::Matching { ev_mac } => tracing::debug!(%connector, %ev_mac, "a car probes"),
            evse::Event::Matched { ev_mac, attenuation_db } => {
                tracing::info!(%connector, %ev_mac, attenuation_db, "the car chose this connector");
            }
            evse::Event::LinkUp { ev_mac, attenuation_db } => {
                self.health.attenuation(attenuation_db);
                self.tell(Event::SlacMatched { ev_mac: ev_mac.to_string(), attenuation_db });
            }
            evse::Event::LinkLost { .. } => self.lose_session(Why::Other("the power line fell".to_owned())),
            evse::Event::Failed(cause) => {
                self.health.slac_failed(cause);
                self.tell(Event::SlacFailed { reason: cause.to_string() });
            }
        }
        Ok(())
    }

    fn tell(&self, event: Event) {
        if let Some(epoch) = self.plug_in_epoch {
            self.chain.event(self.id, epoch, event);
        }
    }

    /// The controller spoke.
    fn told(&mut self, snapshot: Option<Snapshot>) {
        let now = mono();
        let Some(snapshot) = snapshot else { return };
        let epoch = snapshot.plugged.then_some(snapshot.plug_in_epoch);
        if self.plug_in_epoch != epoch {
            if self.plug_in_epoch.is_some() {
                self.lose_session(Why::Other("the car was unplugged".to_owned()));
                self.slac.handle(now, evse::Input::PluggedOut);
            }
            self.plug_in_epoch = epoch;
            self.health.plugged();
            if epoch.is_some() {
                self.slac.handle(now, evse::Input::PluggedIn);
            }
        }
        if let Some(session) = &mut self.session {
            session.told(now, &snapshot);
        }
        self.snapshot = Some(snapshot);
    }

    /// A datagram came to the discovery port.
    fn asked_for_port(&mut self, datagram: &[u8], from: std::net::SocketAddr) {
        let speaks = self.setup.protocols.contains(&Protocol::Iso15118Part2);
        match sdp::answer(datagram, self.wire.interface.address, self.wire.port) {
            // Only the car that was matched can be on this line; before that, it is not known to be at this cable.
            Ok(answer) if speaks && self.car_is_matched() => {
                self.slac.handle(mono(), evse::Input::CarHeard);
                tracing::info!(connector = %self.id, %from, port = self.wire.port, "told the car our port");
                if let Err(error) = self.wire.sdp.try_send_to(&answer, from) {
                    self.count_garbage(&error);
                }
            }
            Ok(_) => {}
            Err(error) => {
                self.health.dropped_sdp();
                self.count_garbage(&error);
            }
        }
    }

    fn car_is_matched(&self) -> bool {
        let fresh = self.snapshot.as_ref().is_some_and(|snapshot| mono() <= snapshot.valid_until);
        fresh && matches!(self.slac.status(), evse::Status::Joining | evse::Status::Matched)
    }

    fn accept(&mut self, stream: TcpStream) {
        let now = mono();
        let (Some(epoch), Some(snapshot), true) = (self.plug_in_epoch, &self.snapshot, self.car_is_matched()) else {
            return self.count_garbage(&"a connection without a matched car");
        };
        let snapshot = snapshot.clone();
        if self.session.as_ref().is_some_and(|session| now.since(session.last_heard()) < STALE_CONNECTION) {
            return self.count_garbage(&"a second connection: one session at a time");
        }
        self.lose_session(Why::Other("the car opened another connection".to_owned()));
        let v2g_epoch = self.chain.next_epoch();
        match Session::new(self.id, Arc::clone(&self.chain), stream, &self.setup.evse_id, epoch, v2g_epoch, &snapshot) {
            Ok(session) => self.session = Some(session),
            Err(error) => self.count_garbage(&error),
        }
    }

    /// The connection brought bytes, or its end.
    fn car_said(&mut self, said: &session::Said) {
        match (said, &mut self.session) {
            (session::Said::Bytes(bytes), Some(session)) => session.heard(mono(), bytes),
            (session::Said::End(reason), _) => self.lose_session(Why::Other(reason.clone())),
            _ => {}
        }
    }

    /// Ends the session, if there is one, and says so.
    fn lose_session(&mut self, why: Why) {
        if let Some(session) = self.session.take() {
            if why == Why::Engine(Close::Malformed) {
                self.health.dropped_v2g();
            }
            session.end(why);
        }
    }

    fn count_garbage(&self, error: &dyn std::fmt::Display) {
        if let Some(times) = self.garbage.hit() {
            tracing::warn!(connector = %self.id, %error, times, "dropped");
        }
    }
}

async fn sleep_until(at: Option<Mono>) {
    match at {
        Some(at) => time::sleep(at.since(mono())).await,
        None => std::future::pending().await,
    }
}
