//! The car's matching machine, for simulators: probes, sounds, chooses the loudest charger, asks it for the key.
//!
//! Ours rather than the library's, because a car must acknowledge an attenuation report within 200 ms and the library's
//! does so after more than a second.

use core::time::Duration;

use units::Mono;

use super::{Frame, Mac, Mme, Nid, Nmk, RunId};

const MATCH_RESPONSE: Duration = Duration::from_millis(200);
const BATCH_INTERVAL: Duration = Duration::from_millis(30);
const ATTENUATION_RESULTS: Duration = Duration::from_millis(1_200);
/// After the first report, others (neighbours that heard us too) get so long to report.
const FURTHER_RESULTS: Duration = Duration::from_millis(100);
const RETRIES: u8 = 2;
/// Real cars repeat the probe far more often than the standard's two times.
const PROBE_RETRIES: u8 = 50;
const STARTS: u8 = 3;
const TIMEOUT_100MS: u8 = 6;

/// What a car brings to a matching run.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// The car's address.
    pub mac: Mac,
    /// A number for this run; another one for each run.
    pub run_id: RunId,
    /// What is sounded.
    pub random: [u8; 16],
    /// How often to sound; `None`: as often as the charger asks.
    pub sounds: Option<u8>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The charger gave its key; the car's modem is to take it.
    Matched {
        /// Which charger.
        evse_mac: Mac,
        /// Its network.
        nid: Nid,
        /// The key of it.
        nmk: Nmk,
    },
    /// Nobody answered, or too late.
    Failed(Cause),
}

/// Why a run failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// No `CM_SLAC_PARM.CNF`.
    NoCharger,
    /// No `CM_ATTEN_CHAR.IND`.
    NoReport,
    /// No `CM_SLAC_MATCH.CNF`.
    NoKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Probing { tries: u8 },
    Starting { left: u8 },
    Sounding { left: u8 },
    Listening,
    Asking { tries: u8 },
    Over,
}

/// One matching run of a car.
#[derive(Debug)]
pub struct Ev {
    config: Config,
    state: State,
    deadline: Option<Mono>,
    sounds: u8,
    /// The loudest charger so far.
    best: Option<(Mac, u8)>,
    out: Vec<Frame>,
    event: Option<Event>,
}

impl Ev {
    /// A car that has not begun.
    pub const fn new(config: Config) -> Self {
        Self { config, state: State::Idle, deadline: None, sounds: 0, best: None, out: Vec::new(), event: None }
    }

    /// Begins.
    pub fn start(&mut self, now: Mono) {
        self.best = None;
        self.probe(now, 0);
    }

    /// Takes an Ethernet frame; what does not concern this run is ignored.
    pub fn handle_frame(&mut self, now: Mono, bytes: &[u8]) {
        let Ok(frame) = Frame::decode(bytes) else { return };
        let ours = self.config;
        match frame.mme {
            Mme::SlacParmCnf { num_sounds, run_id, .. }
                if run_id == ours.run_id && matches!(self.state, State::Probing { .. }) =>
            {
                self.sounds = ours.sounds.unwrap_or(num_sounds);
                self.state = State::Starting { left: STARTS };
                self.step(now);
            }
            Mme::AttenCharInd { ev_mac, run_id, attenuation, .. } if run_id == ours.run_id && ev_mac == ours.mac => {
                // Acknowledged whatever else: the charger waits for 200 ms only.
                self.send(frame.source, Mme::AttenCharRsp { ev_mac, run_id, result: 0 });
                if !matches!(self.state, State::Sounding { .. } | State::Listening) {
                    return;
                }
                let db = attenuation.mean().unwrap_or(u8::MAX);
                if self.best.is_none_or(|(_, best)| db < best) {
                    self.best = Some((frame.source, db));
                }
                self.state = State::Listening;
                let soon = now + FURTHER_RESULTS;
                self.deadline = Some(self.deadline.map_or(soon, |at| at.min(soon)));
            }
            Mme::SlacMatchCnf { ev_mac, evse_mac, run_id, nid, nmk }
                if run_id == ours.run_id && ev_mac == ours.mac && matches!(self.state, State::Asking { .. }) =>
            {
                self.finish(Event::Matched { evse_mac, nid, nmk });
            }
            _ => {}
        }
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Mono) {
        if self.deadline.is_some_and(|at| at <= now) {
            self.step(now);
        }
    }

    /// When [`Ev::handle_timeout`] wants to be called.
    pub const fn next_wake(&self) -> Option<Mono> {
        self.deadline
    }

    /// Frames to be sent, in order.
    pub fn take_frames(&mut self) -> Vec<Vec<u8>> {
        self.out.drain(..).map(|frame| frame.encode()).collect()
    }

    /// How it ended, once.
    pub const fn poll_event(&mut self) -> Option<Event> {
        self.event.take()
    }

    fn step(&mut self, now: Mono) {
        let Config { mac, run_id, random, .. } = self.config;
        self.deadline = None;
        match self.state {
            State::Idle | State::Over => {}
            State::Probing { tries } if tries >= PROBE_RETRIES => self.finish(Event::Failed(Cause::NoCharger)),
            State::Probing { tries } => self.probe(now, tries + 1),
            State::Starting { left } => {
                self.send(
                    Mac::BROADCAST,
                    Mme::StartAttenCharInd {
                        num_sounds: self.sounds,
                        timeout: TIMEOUT_100MS,
                        forwarding_sta: mac,
                        run_id,
                    },
                );
                self.state =
                    if left > 1 { State::Starting { left: left - 1 } } else { State::Sounding { left: self.sounds } };
                self.deadline = Some(now + BATCH_INTERVAL);
            }
            State::Sounding { left: 0 } => {
                self.state = State::Listening;
                self.deadline = Some(now + ATTENUATION_RESULTS);
            }
            State::Sounding { left } => {
                self.send(Mac::BROADCAST, Mme::MnbcSoundInd { remaining: left - 1, run_id, random });
                self.state = State::Sounding { left: left - 1 };
                self.deadline = Some(now + BATCH_INTERVAL);
            }
            State::Listening if self.best.is_none() => self.finish(Event::Failed(Cause::NoReport)),
            State::Listening => self.ask(now, 0),
            State::Asking { tries } if tries >= RETRIES => self.finish(Event::Failed(Cause::NoKey)),
            State::Asking { tries } => self.ask(now, tries + 1),
        }
    }

    fn probe(&mut self, now: Mono, tries: u8) {
        let run_id = self.config.run_id;
        self.send(Mac::BROADCAST, Mme::SlacParmReq { run_id });
        self.state = State::Probing { tries };
        self.deadline = Some(now + MATCH_RESPONSE);
    }

    fn ask(&mut self, now: Mono, tries: u8) {
        let Some((evse_mac, _)) = self.best else { return };
        let Config { mac: ev_mac, run_id, .. } = self.config;
        self.send(evse_mac, Mme::SlacMatchReq { ev_mac, evse_mac, run_id });
        self.state = State::Asking { tries };
        self.deadline = Some(now + MATCH_RESPONSE);
    }

    fn finish(&mut self, event: Event) {
        self.state = State::Over;
        self.deadline = None;
        self.event = Some(event);
    }

    fn send(&mut self, destination: Mac, mme: Mme) {
        self.out.push(Frame { destination, source: self.config.mac, mme });
    }
}
