//! A car at one connector, in a thread of its own: its modem and the charger's, matching, discovery, the session.
//!
//! The thread lives as long as the simulation, car or not: the charger's modem always answers.

mod ether;
mod external;
mod modem;
mod session;

use std::{
    fs::File,
    io,
    net::{SocketAddrV6, UdpSocket},
    os::fd::AsFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sched::{CloneFlags, setns},
};
use tracing::{info, warn};
use units::Mono;
use v2g::{
    SDP_PORT, sdp,
    slac::{Frame, Mac, Mme, RunId, ev},
};

use crate::{
    cabinet::Plc,
    inlet::{Car, FromCar, Inlet, Slac, Speaker, Switch, ToCar},
    sim::Clock,
    wire::CarWire,
};
use ether::Ether;
use external::External;
use modem::{Line, Modem};
use session::{Going, Session, may_let_go};

const RETRY: Duration = Duration::from_millis(250);
/// From the duty cycle to the first probe.
const SETTLE: Duration = Duration::from_millis(200);
/// Between two attempts to match.
const AGAIN: Duration = Duration::from_secs(1);
const ATTEMPTS: u8 = 20;
const JOIN_TIMEOUT: Duration = Duration::from_secs(12);
const SDP_EVERY: Duration = Duration::from_millis(250);
const SDP_TRIES: u8 = 50;
const PLUGGED_POLL_MS: u8 = 5;
const IDLE_POLL_MS: u8 = 20;

/// Starts the thread of a connector's car. It ends when `over` is set.
pub fn spawn(
    connector: u8,
    wire: CarWire,
    plc: Plc,
    inlet: Inlet,
    clock: Clock,
    over: Arc<AtomicBool>,
) -> io::Result<()> {
    thread::Builder::new().name(format!("car-{connector}")).spawn(move || {
        let mut told = false;
        while let Err(error) = enter(&wire) {
            if over.load(Ordering::Relaxed) {
                return;
            }
            if !std::mem::replace(&mut told, true) {
                warn!(%wire, %error, "waiting for the car's namespace");
            }
            thread::sleep(RETRY);
        }
        Cockpit::new(wire, plc, inlet).run(clock, &over);
    })?;
    Ok(())
}

/// Moves this thread into the car's network namespace.
fn enter(wire: &CarWire) -> io::Result<()> {
    let Some(netns) = &wire.netns else { return Ok(()) };
    let namespace = File::open(format!("/run/netns/{netns}"))?;
    setns(namespace, CloneFlags::CLONE_NEWNET)?;
    Ok(())
}

#[derive(Debug)]
enum State {
    /// No plug, or nothing more to do for this one.
    Rest,
    /// Plugged in: waits for the duty cycle that asks for digital communication.
    Waiting {
        duty_since: Option<Mono>,
    },
    Matching {
        run: Box<ev::Ev>,
        attempt: u8,
    },
    Pausing {
        until: Mono,
        attempt: u8,
    },
    Joining {
        since: Mono,
        attempt: u8,
    },
    External(External),
    Discovering {
        socket: UdpSocket,
        next: Mono,
        tries: u8,
    },
    Session(Box<Session>),
    /// Left alone: waits for the current to go.
    Leaving {
        since: Mono,
    },
}

/// Everything that a connector's car thread holds.
#[derive(Debug)]
struct Cockpit {
    wire: CarWire,
    inlet: Inlet,
    ether: Option<Ether>,
    retry_at: Mono,
    told_missing: bool,
    modem: Modem,
    plug: Option<(u32, Car)>,
    state: State,
    from: FromCar,
    news: Vec<(&'static str, String)>,
}

impl Cockpit {
    fn new(wire: CarWire, plc: Plc, inlet: Inlet) -> Self {
        Self {
            wire,
            inlet,
            ether: None,
            retry_at: Mono::BOOT,
            told_missing: false,
            modem: Modem::new(plc),
            plug: None,
            state: State::Rest,
            from: FromCar::default(),
            news: Vec::new(),
        }
    }

    fn run(mut self, clock: Clock, over: &AtomicBool) {
        while !over.load(Ordering::Relaxed) {
            self.wait();
            let now = clock.now();
            let to = self.inlet.sides().to_car;
            if self.plug.map(|(number, _)| number) != to.plug.map(|(number, _)| number) {
                self.replug(to.plug);
            }
            self.modem.line = if to.plc_cut { Line::Cut } else { Line::Whole };
            self.hear(now, &to);
            self.step(now, &to);
            for frame in self.modem.due(now) {
                self.send(&frame.encode());
            }
            self.from.link_up = self.modem.link_up(now);
            self.report();
        }
    }

    /// Until something comes in or a moment has passed.
    fn wait(&self) {
        let mut fds = Vec::with_capacity(2);
        fds.extend(self.ether.as_ref().map(|ether| PollFd::new(ether.fd(), PollFlags::POLLIN)));
        match &self.state {
            State::Discovering { socket, .. } => fds.push(PollFd::new(socket.as_fd(), PollFlags::POLLIN)),
            State::Session(session) => fds.push(PollFd::new(session.fd(), PollFlags::POLLIN)),
            _ => {}
        }
        let timeout = if self.plug.is_some() { PLUGGED_POLL_MS } else { IDLE_POLL_MS };
        // Interrupted or not, everything is looked at next.
        let _ = poll(&mut fds, PollTimeout::from(timeout));
    }

    fn replug(&mut self, plug: Option<(u32, Car)>) {
        self.modem.leave();
        self.plug = plug;
        self.from = FromCar::default();
        self.state = match plug {
            Some(_) => State::Waiting { duty_since: None },
            None => State::Rest,
        };
        if plug.is_some() {
            self.from.phase = "waiting";
        }
    }

    /// Tells the physics, unless the plug was pulled meanwhile.
    fn report(&mut self) {
        let mut sides = self.inlet.sides();
        if sides.to_car.plug.map(|(number, _)| number) == self.plug.map(|(number, _)| number) {
            sides.from_car.clone_from(&self.from);
        }
        for (event, detail) in self.news.drain(..) {
            sides.tell(event, detail);
        }
    }

    /// Takes frames from the power line and lets the modem and the matching run answer.
    fn hear(&mut self, now: Mono, to: &ToCar) {
        if self.ether.is_none() && now >= self.retry_at {
            self.retry_at = now + RETRY;
            match Ether::open(&self.wire.interface) {
                Ok(ether) => {
                    info!(wire = %self.wire, mac = %ether.mac, "power line");
                    self.ether = Some(ether);
                }
                Err(error) if !std::mem::replace(&mut self.told_missing, true) => {
                    warn!(wire = %self.wire, %error, "waiting for the car's interface");
                }
                Err(_) => {}
            }
        }
        while let Some(ether) = &mut self.ether {
            let mac = ether.mac;
            match ether.receive() {
                Ok(None) => return,
                Ok(Some((bytes, frame))) => {
                    if let Some(answer) = frame.and_then(|frame| self.modem.receive(now, mac, &frame)) {
                        self.send(&answer.encode());
                    } else if let (State::Matching { run, .. }, false) = (&mut self.state, to.plc_cut) {
                        run.handle_frame(now, &bytes);
                    }
                }
                Err(error) => {
                    info!(wire = %self.wire, %error, "power line lost");
                    self.ether = None;
                }
            }
        }
    }

    fn send(&self, bytes: &[u8]) {
        if let Some(ether) = &self.ether {
            ether.send(bytes);
        }
    }

    fn step(&mut self, now: Mono, to: &ToCar) {
        let Some((_, car)) = self.plug else { return };
        if to.vanish && !matches!(self.state, State::Rest | State::Leaving { .. }) {
            self.news.push(("vanished", String::new()));
            self.from.phase = "vanished";
            // The pilot stays: nobody is there to open S2. The contactors fall when the current is gone.
            self.state = State::Leaving { since: now };
        }
        let state = std::mem::replace(&mut self.state, State::Rest);
        self.state = match state {
            State::Rest => State::Rest,
            State::Waiting { duty_since } => self.await_duty(now, to, duty_since),
            State::Pausing { until, attempt } if now >= until => self.match_now(now, attempt + 1),
            State::Matching { run, attempt } => self.matching(now, to, run, attempt),
            State::Joining { since, attempt } => self.joining(now, &car, since, attempt),
            State::External(mut external) => {
                external.step(now, to, &mut self.from);
                State::External(external)
            }
            State::Discovering { socket, next, tries } => self.discover(now, to, &car, socket, next, tries),
            State::Session(session) => self.session(now, to, &car, session),
            State::Leaving { since } if may_let_go(now, since, to) => {
                if to.vanish {
                    self.from.contactor = Switch::Open;
                } else {
                    self.from.let_go();
                }
                State::Rest
            }
            waits @ (State::Pausing { .. } | State::Leaving { .. }) => waits,
        };
    }

    fn await_duty(&mut self, now: Mono, to: &ToCar, duty_since: Option<Mono>) -> State {
        if to.output != mcu_link::PilotOutput::FivePercent {
            return State::Waiting { duty_since: None };
        }
        let since = duty_since.unwrap_or(now);
        if now.since(since) >= SETTLE { self.match_now(now, 1) } else { State::Waiting { duty_since: Some(since) } }
    }

    fn match_now(&mut self, now: Mono, attempt: u8) -> State {
        let Some(ether) = &self.ether else {
            return State::Pausing { until: now + RETRY, attempt: attempt - 1 };
        };
        self.modem.leave();
        let run_id = RunId(now.0.to_be_bytes());
        let mut random = [0; 16];
        for (to, from) in random.iter_mut().zip(now.0.to_le_bytes().into_iter().cycle()) {
            *to = from;
        }
        let mut run = Box::new(ev::Ev::new(ev::Config { mac: ether.mac, run_id, random, sounds: None }));
        run.start(now);
        self.from.slac = Slac::Matching;
        self.from.phase = "matching";
        State::Matching { run, attempt }
    }

    fn matching(&mut self, now: Mono, to: &ToCar, mut run: Box<ev::Ev>, attempt: u8) -> State {
        run.handle_timeout(now);
        for bytes in run.take_frames() {
            // Over a cut line neither the frame nor the sound in it arrives.
            if to.plc_cut {
                continue;
            }
            if let Ok(Frame { source, mme: Mme::MnbcSoundInd { .. }, .. }) = Frame::decode(&bytes) {
                self.modem.sound(now, source);
            }
            self.send(&bytes);
        }
        match run.poll_event() {
            None => State::Matching { run, attempt },
            Some(ev::Event::Matched { evse_mac, nmk, .. }) => {
                self.news.push(("matched", evse_mac.to_string()));
                self.modem.join(now, nmk);
                self.from.slac = Slac::Matched;
                self.from.phase = "joining";
                State::Joining { since: now, attempt }
            }
            Some(ev::Event::Failed(cause)) => {
                self.news.push(("matching_failed", format!("{cause:?}")));
                self.again(now, attempt)
            }
        }
    }

    fn again(&mut self, now: Mono, attempt: u8) -> State {
        self.from.slac = Slac::Failed;
        if attempt >= ATTEMPTS {
            self.from.phase = "failed: no match";
            return State::Rest;
        }
        State::Pausing { until: now + AGAIN, attempt }
    }

    fn joining(&mut self, now: Mono, car: &Car, since: Mono, attempt: u8) -> State {
        if !self.modem.link_up(now) {
            let late = now.since(since) >= JOIN_TIMEOUT;
            return if late { self.again(now, attempt) } else { State::Joining { since, attempt } };
        }
        match car.speaker {
            Speaker::SlacOnly => {
                self.from.phase = "linked";
                State::Rest
            }
            Speaker::External => State::External(External::new(now)),
            Speaker::Simulated => match UdpSocket::bind("[::]:0").and_then(|s| s.set_nonblocking(true).map(|()| s)) {
                Ok(socket) => {
                    self.from.phase = "discovering";
                    State::Discovering { socket, next: now, tries: 0 }
                }
                Err(error) => {
                    warn!(wire = %self.wire, %error, "discovery");
                    self.again(now, attempt)
                }
            },
        }
    }

    fn discover(&mut self, now: Mono, to: &ToCar, car: &Car, socket: UdpSocket, next: Mono, tries: u8) -> State {
        let (index, mac) = self.ether.as_ref().map_or((0, Mac::default()), |ether| (ether.index, ether.mac));
        let mut buffer = [0; sdp::MAX_LEN];
        while let Ok((length, _)) = socket.recv_from(&mut buffer) {
            if to.plc_cut {
                continue;
            }
            let Ok(found) = sdp::response(buffer.get(..length).unwrap_or_default()) else { continue };
            let address = SocketAddrV6::new(found.address, found.port, 0, index);
            match Session::connect(address, car, to, mac.0, now) {
                Ok(session) => {
                    self.news.push(("connected", address.to_string()));
                    return State::Session(Box::new(session));
                }
                Err(error) => self.news.push(("connect_failed", error.to_string())),
            }
        }
        if now < next {
            return State::Discovering { socket, next, tries };
        }
        if tries >= SDP_TRIES {
            self.from.phase = "failed: no answer to discovery";
            return State::Rest;
        }
        if !to.plc_cut {
            let all = SocketAddrV6::new(sdp::GROUP, SDP_PORT, 0, index);
            // Lost like any datagram; it is sent again.
            let _ = socket.send_to(&sdp::request(sdp::Security::None), all);
        }
        State::Discovering { socket, next: now + SDP_EVERY, tries: tries + 1 }
    }

    fn session(&mut self, now: Mono, to: &ToCar, car: &Car, mut session: Box<Session>) -> State {
        match session.step(now, car, to, &mut self.from) {
            Going::On => State::Session(session),
            Going::Finished => {
                self.from.phase = "finished";
                State::Leaving { since: now }
            }
            Going::Failed(why) => {
                self.news.push(("session_failed", why.to_owned()));
                self.from.phase = why;
                State::Leaving { since: now }
            }
        }
    }
}
