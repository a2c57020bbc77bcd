//! The charger's matching machine, for one outlet and its modem.
//!
//! It keeps the modem on a fresh key, answers every car that it hears (neighbours' cars are heard as well, and are kept
//! apart by address and run id), gives the key to the car that chose this outlet, and watches the line
//! form and fall. Randomness comes in: on [`Event::KeyWanted`] the shell answers with [`Input::Key`].
//!
//! Matching is started over rather than failed, as many cars probe again at once.

mod modem;
mod run;
#[cfg(test)]
mod tests;
mod types;

use std::collections::{BTreeMap, VecDeque};

use units::Mono;

use super::{Frame, Mac, Mme, RunId};
use modem::Modem;
pub use modem::ModemState;
use run::{Run, Step};
pub use types::{Cause, Config, Counters, Event, Input, Status, Timings};

/// Cars that can be measured at the same time; more than can be heard from one outlet.
const MAX_RUNS: usize = 8;
/// Answers in a row that show nobody on our network before the line counts as lost.
const LOST_AFTER: u8 = 3;
/// Result of `CM_VALIDATE.CNF`: we do not validate.
const VALIDATE_FAILURE: u8 = 3;

#[derive(Clone, Copy, Debug)]
struct Match {
    ev_mac: Mac,
    run_id: RunId,
    attenuation_db: u8,
    link: Link,
}

#[derive(Clone, Copy, Debug)]
enum Link {
    Joining { until: Mono, poll: Mono },
    Up { poll: Mono, misses: u8 },
}

#[derive(Clone, Copy, Debug)]
enum Plug {
    Out,
    In { probe_by: Option<Mono> },
}

/// One outlet.
#[derive(Debug)]
pub struct Evse {
    config: Config,
    plug: Plug,
    modem: Modem,
    runs: BTreeMap<(Mac, RunId), Run>,
    matched: Option<Match>,
    /// How the last attempt ended, while there is no other.
    ended: Status,
    counters: Counters,
    frames: Vec<Frame>,
    events: VecDeque<Event>,
}

impl Evse {
    /// An outlet at power-up; it asks for a key at once.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            plug: Plug::Out,
            modem: Modem::default(),
            runs: BTreeMap::new(),
            matched: None,
            ended: Status::Unmatched,
            counters: Counters::default(),
            frames: Vec::new(),
            events: VecDeque::from([Event::KeyWanted]),
        }
    }

    /// Takes what happened.
    pub fn handle(&mut self, now: Mono, input: Input<'_>) {
        match input {
            Input::PluggedIn => {
                if matches!(self.plug, Plug::Out) {
                    self.plug = Plug::In { probe_by: Some(now + self.config.timings.slac_init) };
                    self.ended = Status::Unmatched;
                }
            }
            Input::PluggedOut => {
                if matches!(self.plug, Plug::In { .. }) {
                    self.plug = Plug::Out;
                    self.ended = Status::Unmatched;
                    self.start_over();
                }
            }
            Input::Frame(bytes) => match Frame::decode(bytes) {
                Ok(frame) => self.frame(now, &frame),
                Err(_) => self.counters.malformed += 1,
            },
            Input::Key(nmk) => self.modem.set_key(now, nmk),
            Input::CarHeard => self.link_seen(now),
            Input::Tick => {}
        }
        self.pass_time(now);
    }

    /// When [`Input::Tick`] is wanted.
    pub fn next_wake(&self) -> Option<Mono> {
        let probe = match self.plug {
            Plug::In { probe_by } => probe_by,
            Plug::Out => None,
        };
        let link = self.matched.map(|m| match m.link {
            Link::Joining { until, poll } => until.min(poll),
            Link::Up { poll, .. } => poll,
        });
        let runs = self.runs.values().map(Run::deadline);
        runs.chain(probe).chain(link).chain(self.modem.next_wake()).min()
    }

    /// Frames to be sent, in order.
    pub fn take_frames(&mut self) -> Vec<Vec<u8>> {
        self.frames.drain(..).map(|frame| frame.encode()).collect()
    }

    /// What happened, in order.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Where matching stands.
    pub fn status(&self) -> Status {
        match self.matched {
            Some(Match { link: Link::Up { .. }, .. }) => Status::Matched,
            Some(Match { link: Link::Joining { .. }, .. }) => Status::Joining,
            None if self.runs.is_empty() => self.ended,
            None => Status::Matching,
        }
    }

    /// How the modem is.
    pub const fn modem(&self) -> ModemState {
        self.modem.state()
    }

    /// What came in and was not used.
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Forgets all matching and asks for a fresh key, so that who knew the old one is out.
    fn start_over(&mut self) {
        self.runs.clear();
        self.matched = None;
        self.modem.forget_key();
        self.events.push_back(Event::KeyWanted);
    }

    fn frame(&mut self, now: Mono, frame: &Frame) {
        let source = frame.source;
        match &frame.mme {
            Mme::SlacParmReq { run_id } => self.probed(now, source, *run_id),
            Mme::StartAttenCharInd { num_sounds, run_id, .. } => {
                let timings = self.config.timings;
                self.with_run(source, *run_id, |run| run.announced(now, *num_sounds, &timings));
            }
            Mme::MnbcSoundInd { run_id, remaining, .. } => {
                let timings = self.config.timings;
                self.with_run(source, *run_id, |run| run.sounded(now, *remaining, &timings));
            }
            Mme::AttenProfileInd { ev_mac, attenuation } => {
                // It names the car but not the run: it belongs to whichever of the car's runs is being sounded.
                let timings = self.config.timings;
                let mut used = false;
                for (_, run) in self.runs.iter_mut().filter(|((mac, _), _)| mac == ev_mac) {
                    used |= run.measured(now, attenuation, &timings);
                }
                self.counters.ignored += u64::from(!used);
            }
            Mme::AttenCharRsp { ev_mac, run_id, .. } => {
                let timings = self.config.timings;
                self.with_run(*ev_mac, *run_id, |run| run.acknowledged(now, &timings));
            }
            Mme::SlacMatchReq { ev_mac, evse_mac, run_id } if *evse_mac == self.config.mac => {
                self.chosen(now, source, *ev_mac, *run_id);
            }
            Mme::ValidateReq { signal_type, .. } => {
                let signal_type = *signal_type;
                self.send(source, Mme::ValidateCnf { signal_type, toggles: 0, result: VALIDATE_FAILURE });
            }
            Mme::SetKeyCnf { .. } => self.modem.confirmed(now),
            Mme::NwInfoCnf { networks } => self.modem.networks(now, networks),
            Mme::DiscoverListCnf { stations } => {
                self.modem.lists_stations();
                self.link_reported(now, stations.iter().any(|station| station.same_network));
            }
            // Weak: only believed of a modem that does not list its stations.
            Mme::LinkStatusCnf { up } if !self.modem.can_list_stations() => self.link_reported(now, *up),
            Mme::LinkStatusCnf { .. } => {}
            Mme::Other { .. } => self.counters.unknown += 1,
            _ => self.counters.ignored += 1,
        }
    }

    fn with_run(&mut self, ev_mac: Mac, run_id: RunId, act: impl FnOnce(&mut Run) -> bool) {
        let used = self.runs.get_mut(&(ev_mac, run_id)).is_some_and(act);
        self.counters.ignored += u64::from(!used);
    }

    fn probed(&mut self, now: Mono, ev_mac: Mac, run_id: RunId) {
        let Plug::In { probe_by } = &mut self.plug else {
            self.counters.ignored += 1;
            return;
        };
        // While the line stands a probe is a neighbour's, or our car's whose line is about to be found dead.
        if self.modem.key().is_none() || matches!(self.matched, Some(Match { link: Link::Up { .. }, .. })) {
            self.counters.ignored += 1;
            return;
        }
        *probe_by = None;
        if self.matched.is_some_and(|m| m.ev_mac == ev_mac) {
            self.matched = None;
        }
        if self.runs.len() >= MAX_RUNS && !self.runs.contains_key(&(ev_mac, run_id)) {
            let oldest = self.runs.iter().min_by_key(|(_, run)| run.deadline()).map(|(key, _)| *key);
            oldest.and_then(|key| self.runs.remove(&key));
        }
        // A repeated probe starts its run over [V2G3-A09-16].
        let run = Run::new(now, &self.config.timings);
        self.send(
            ev_mac,
            Mme::SlacParmCnf { num_sounds: run::SOUNDS, timeout: run::TIMEOUT_100MS, forwarding_sta: ev_mac, run_id },
        );
        if self.runs.insert((ev_mac, run_id), run).is_none() {
            self.events.push_back(Event::Matching { ev_mac });
        }
    }

    fn chosen(&mut self, now: Mono, source: Mac, ev_mac: Mac, run_id: RunId) {
        let Some(nmk) = self.modem.key() else { return };
        let again = self.matched.is_some_and(|m| (m.ev_mac, m.run_id) == (ev_mac, run_id));
        if !again {
            let measured = self.runs.get(&(ev_mac, run_id)).and_then(Run::reported);
            let (Some(attenuation_db), None) = (measured, self.matched) else {
                self.counters.ignored += 1;
                return;
            };
            self.runs.clear();
            let link = Link::Joining { until: now + self.config.timings.join, poll: now };
            self.matched = Some(Match { ev_mac, run_id, attenuation_db, link });
            self.events.push_back(Event::Matched { ev_mac, attenuation_db });
        }
        // The car asks again if it did not hear the answer.
        let evse_mac = self.config.mac;
        self.send(source, Mme::SlacMatchCnf { ev_mac, evse_mac, run_id, nid: nmk.nid(), nmk });
    }

    fn link_seen(&mut self, now: Mono) {
        let poll = now + self.config.timings.watch_poll;
        let Some(matched) = &mut self.matched else { return };
        if let Link::Joining { .. } = matched.link {
            let (ev_mac, attenuation_db) = (matched.ev_mac, matched.attenuation_db);
            self.events.push_back(Event::LinkUp { ev_mac, attenuation_db });
            matched.link = Link::Up { poll, misses: 0 };
        } else if let Link::Up { misses, .. } = &mut matched.link {
            *misses = 0;
        }
    }

    fn link_reported(&mut self, now: Mono, up: bool) {
        if up {
            return self.link_seen(now);
        }
        let Some(Match { ev_mac, link: Link::Up { misses, .. }, .. }) = &mut self.matched else { return };
        *misses += 1;
        if *misses >= LOST_AFTER {
            let ev_mac = *ev_mac;
            self.events.push_back(Event::LinkLost { ev_mac });
            self.ended = Status::Lost;
            self.start_over();
        }
    }

    fn pass_time(&mut self, now: Mono) {
        if let Some(mme) = self.modem.pass_time(now) {
            self.send(Mac::LOCAL_MODEM, mme);
        }
        self.events.extend(self.modem.take_change().map(Event::Modem));
        self.pass_runs(now);
        self.pass_link(now);
        if let Plug::In { probe_by } = &mut self.plug
            && probe_by.take_if(|at| *at <= now).is_some()
        {
            self.fail(Cause::NoRequest);
        }
    }

    fn pass_runs(&mut self, now: Mono) {
        let config = self.config;
        let mut over = Vec::new();
        let mut reports = Vec::new();
        for (&(ev_mac, run_id), run) in &mut self.runs {
            match run.pass_time(now, &config) {
                Step::Wait => {}
                Step::Report { num_sounds, attenuation } => {
                    reports.push((ev_mac, Mme::AttenCharInd { ev_mac, run_id, num_sounds, attenuation }));
                }
                Step::Over(cause) => over.push(((ev_mac, run_id), cause)),
            }
        }
        for (ev_mac, mme) in reports {
            self.send(ev_mac, mme);
        }
        for (key, cause) in over {
            self.runs.remove(&key);
            // A car that chose another outlet, or that left another run of its own going, is no failure of ours.
            if let Some(cause) = cause
                && self.runs.is_empty()
                && self.matched.is_none()
            {
                self.fail(cause);
            }
        }
    }

    fn pass_link(&mut self, now: Mono) {
        let timings = self.config.timings;
        let Some(matched) = &mut self.matched else { return };
        match &mut matched.link {
            Link::Joining { until, .. } if *until <= now => {
                self.fail(Cause::NoJoin);
                return self.start_over();
            }
            Link::Joining { poll, .. } if *poll <= now => *poll = now + timings.join_poll,
            Link::Up { poll, .. } if *poll <= now => *poll = now + timings.watch_poll,
            Link::Joining { .. } | Link::Up { .. } => return,
        }
        self.send(Mac::LOCAL_MODEM, Mme::DiscoverListReq);
        if !self.modem.can_list_stations() {
            self.send(Mac::LOCAL_MODEM, Mme::LinkStatusReq);
        }
    }

    fn fail(&mut self, cause: Cause) {
        self.ended = Status::Failed;
        self.events.push_back(Event::Failed(cause));
    }

    fn send(&mut self, destination: Mac, mme: Mme) {
        self.frames.push(Frame { destination, source: self.config.mac, mme });
    }
}
