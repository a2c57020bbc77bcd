//! The machine itself: what it keeps, what it takes in, what it must notice in every phase.
//!
//! [`step`] has each phase's own transitions, [`want`] what follows from where it is.

mod step;
mod want;

use core::time::Duration;

use serde::{Deserialize, Serialize};
use units::{Milliamps, Millivolts, Mono, PlugInEpoch, V2gEpoch};

use crate::{
    Demand, Effect, EndReason, Feedback, Happened, Isolation, Modules, Observed, Phase, Pilot, Purpose, Rating, Reach,
    Stopping, Trip, Trouble, limits::CLEARED_TIME,
};

/// One connector's life. Serialisable, so that a charge can be adopted after a restart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    phase: Phase,
    since: Mono,
    plug_in_epoch: PlugInEpoch,
    v2g_epoch: Option<V2gEpoch>,
    authorised: Authorised,
    session: Row,
    /// Asked to end, and when, while the car still takes energy.
    stop: Option<(EndReason, Mono)>,
    /// The ramp: the current allowed, and when that was.
    ramp: (Mono, Milliamps),
}

/// Whether somebody may charge here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Authorised {
    #[default]
    Unasked,
    Yes,
    No,
}

/// The session's row in the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Row {
    #[default]
    None,
    Writing,
    Written,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            phase: Phase::Available,
            since: Mono::BOOT,
            plug_in_epoch: PlugInEpoch::default(),
            v2g_epoch: None,
            authorised: Authorised::Unasked,
            session: Row::None,
            stop: None,
            ramp: (Mono::BOOT, Milliamps::ZERO),
        }
    }
}

impl Machine {
    /// At rest since `now`.
    pub fn starting(now: Mono) -> Self {
        Self { since: now, ..Self::default() }
    }

    /// Where it is.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Since when it is there.
    pub const fn since(&self) -> Mono {
        self.since
    }

    /// The running plug-in, or the last one.
    pub const fn plug_in_epoch(&self) -> PlugInEpoch {
        self.plug_in_epoch
    }

    /// The running V2G session.
    pub const fn v2g_epoch(&self) -> Option<V2gEpoch> {
        self.v2g_epoch
    }

    /// Whether a session's row is being written or open.
    pub fn has_session(&self) -> bool {
        self.session != Row::None
    }

    /// Whether it would take an authorisation now.
    pub fn wants_authorisation(&self) -> bool {
        matches!(self.phase, Phase::Matching | Phase::Authorising) && self.authorised != Authorised::Yes
    }

    /// The charge cannot be adopted after a restart: it is taken down as the last process left it.
    pub fn abandon(&mut self, now: Mono) {
        if self.phase.is_energised() || self.phase.is_charge() {
            let opening = matches!(self.phase, Phase::Stopping(Stopping { opening: true, .. }));
            let (reason, trouble, holding) = (EndReason::Restart, Some(Trouble::Chain), self.holding());
            self.enter(now, Phase::Stopping(Stopping { reason, trouble, holding, opening }));
        }
    }

    /// Takes in one thing that happened and all that is observed; tells what is to be done once.
    pub fn handle(&mut self, now: Mono, happened: Option<Happened>, world: &Observed, rating: &Rating) -> Vec<Effect> {
        let mut effects = Vec::new();
        if let Some(happened) = happened {
            self.take(now, happened, world, &mut effects);
        }
        // Each step moves forward in the phase's graph; the bound only guards against a mistake in it.
        for _ in 0..16 {
            let before = self.phase;
            self.watch(now, world, &mut effects);
            self.step(now, world, rating, &mut effects);
            if self.phase == before {
                break;
            }
        }
        self.advance_ramp(now, world, rating);
        effects
    }

    fn take(&mut self, now: Mono, happened: Happened, world: &Observed, effects: &mut Vec<Effect>) {
        match happened {
            Happened::Matched if self.phase == Phase::Matching => self.enter(now, Phase::Authorising),
            Happened::SessionStarted(epoch) => {
                if matches!(self.phase, Phase::Matching | Phase::Authorising) {
                    self.v2g_epoch = Some(epoch);
                    self.enter(now, Phase::Authorising);
                } else if self.phase.is_energised() {
                    // A second session on a live line: the first is dead, whatever it says.
                    self.v2g_epoch = Some(epoch);
                    self.emergency(now, Trouble::Vehicle);
                }
            }
            Happened::SessionStopped(epoch) if self.v2g_epoch == Some(epoch) => {
                self.v2g_epoch = None;
                self.car_left(now, None, effects);
            }
            Happened::SessionLost(epoch) if self.v2g_epoch == Some(epoch) => {
                self.v2g_epoch = None;
                self.car_left(now, Some(Trouble::Vehicle), effects);
            }
            Happened::Authorised if self.wants_authorisation() => self.authorised = Authorised::Yes,
            Happened::Replugged => self.replugged(now, effects),
            Happened::Committed if self.session == Row::Writing => self.session = Row::Written,
            Happened::Stop(reason) => self.ask_to_stop(now, reason, effects),
            Happened::ClearFault => self.clear(now, world, effects),
            _ => {}
        }
    }

    /// The V2G session is over; `trouble` if it was not ended as the protocol has it.
    fn car_left(&mut self, now: Mono, trouble: Option<Trouble>, effects: &mut Vec<Effect>) {
        match self.phase {
            // Who may charge in this plug-in still may: the car can try again.
            Phase::Authorising => self.enter(now, Phase::Matching),
            Phase::Preparing => self.end_dead(now, EndReason::Vehicle, trouble, effects),
            Phase::CableCheck(_) | Phase::PreCharge | Phase::Charging => {
                // Ended in the middle of it, politely or not: nobody takes the energy any more.
                self.emergency(now, trouble.unwrap_or(Trouble::Vehicle));
            }
            Phase::WeldingCheck { reason, opened } => self.enter(now, Phase::Ending { reason, opened, trouble: None }),
            _ => {}
        }
    }

    fn ask_to_stop(&mut self, now: Mono, reason: EndReason, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::Matching | Phase::Authorising => self.authorised = Authorised::No,
            Phase::Preparing => self.end_dead(now, reason, None, effects),
            Phase::CableCheck(_) | Phase::PreCharge => {
                self.enter(now, self.stopping(reason, None));
            }
            Phase::Charging if self.stop.is_none() => self.stop = Some((reason, now)),
            _ => {}
        }
    }

    fn clear(&mut self, now: Mono, world: &Observed, effects: &mut Vec<Effect>) {
        let Phase::Faulted(trouble) = self.phase else { return };
        let gone = match trouble {
            Trouble::EmergencyStop => !world.emergency_stop,
            Trouble::Contactor => world.contactor.feedback == Feedback::Open,
            _ => true,
        };
        if gone {
            effects.push(Effect::Clear(trouble));
            self.enter(now, Phase::Finishing);
        }
    }

    /// Ends a charge whose line was never live.
    fn end_dead(&mut self, now: Mono, reason: EndReason, trouble: Option<Trouble>, effects: &mut Vec<Effect>) {
        if self.session == Row::None {
            self.settle(now, trouble, effects);
        } else {
            self.enter(now, Phase::Ending { reason, opened: now, trouble });
        }
    }

    fn emergency(&mut self, now: Mono, trouble: Trouble) {
        let reason = match (self.stop, trouble) {
            (_, Trouble::EmergencyStop) => EndReason::EmergencyStop,
            (Some((reason, _)), _) => reason,
            (None, Trouble::Vehicle) => EndReason::Vehicle,
            (None, _) => EndReason::Fault,
        };
        self.enter(now, self.stopping(reason, Some(trouble)));
    }

    /// What must be noticed in every phase.
    fn watch(&mut self, now: Mono, world: &Observed, effects: &mut Vec<Effect>) {
        if let Phase::Stopping(_) | Phase::Faulted(_) | Phase::WeldingCheck { .. } | Phase::Ending { .. } = self.phase {
            return;
        }
        if world.emergency_stop {
            if self.phase.is_energised() {
                self.emergency(now, Trouble::EmergencyStop);
            } else {
                self.end_dead(now, EndReason::EmergencyStop, Some(Trouble::EmergencyStop), effects);
            }
            return;
        }
        if self.phase.is_energised() {
            if let Some((reason, trouble)) = self.trouble_of(world) {
                self.emergency(now, trouble);
                if let (Some(reason), Phase::Stopping(stopping)) = (reason, &mut self.phase) {
                    stopping.reason = reason;
                }
            }
        } else if self.phase.is_charge() {
            if let Some((reason, trouble)) = self.trouble_of(world) {
                self.end_dead(now, reason.unwrap_or(EndReason::Fault), Some(trouble), effects);
            }
        } else if self.phase == Phase::Available {
            // A weld that only the MCU remembers, as after a restart without memory, is one until somebody has seen to it.
            let remembered = world.contactor.trip == Some(Trip::Welded) && self.waited(now, CLEARED_TIME);
            if world.contactor.feedback == Feedback::Welded || remembered {
                effects.push(Effect::Raise(Trouble::Contactor));
                self.enter(now, Phase::Faulted(Trouble::Contactor));
            }
        } else if world.mcu == Reach::Heard && world.pilot == Pilot::A {
            self.unplugged(now, effects);
        } else if world.chain == Reach::Silent && self.phase == Phase::Authorising {
            self.v2g_epoch = None;
            self.enter(now, Phase::Matching);
        }
    }

    /// The first thing that forbids a charge to go on, and why the charge is then said to have ended.
    fn trouble_of(&self, world: &Observed) -> Option<(Option<EndReason>, Trouble)> {
        if world.mcu == Reach::Silent {
            return Some((None, Trouble::Mcu));
        }
        if let Some(trip) = world.contactor.trip {
            return Some(match trip {
                Trip::EmergencyStop => (Some(EndReason::EmergencyStop), Trouble::EmergencyStop),
                Trip::Lease => (None, Trouble::Mcu),
                Trip::Isolation => (None, Trouble::Isolation),
                Trip::OverCurrent => (None, Trouble::OverCurrent),
                Trip::OverTemperature => (None, Trouble::OverTemperature),
                Trip::Pilot if world.pilot == Pilot::A => (Some(EndReason::Unplugged), Trouble::Pilot),
                Trip::Pilot => (Some(EndReason::Vehicle), Trouble::Pilot),
                Trip::Lock => (None, Trouble::Lock),
                Trip::Welded | Trip::DidNotClose => (None, Trouble::Contactor),
            });
        }
        if world.pilot == Pilot::A {
            return Some((Some(EndReason::Unplugged), Trouble::Pilot));
        }
        if world.pilot == Pilot::Error {
            return Some((None, Trouble::Pilot));
        }
        if world.chain == Reach::Silent {
            return Some((None, Trouble::Chain));
        }
        match world.modules {
            Modules::Silent => return Some((None, Trouble::ModuleSilent)),
            Modules::Faulted => return Some((None, Trouble::ModuleFault)),
            Modules::Ready => {}
        }
        if matches!(self.phase, Phase::PreCharge | Phase::Charging) {
            // Opened by the MCU without a trip, or never what it was thought to be.
            if world.contactor.granted != Purpose::Energy || world.contactor.feedback == Feedback::Open {
                let gone = if world.pilot == Pilot::B { Trouble::Vehicle } else { Trouble::Contactor };
                return Some((None, gone));
            }
        }
        if matches!(world.isolation, Isolation::Failed(_)) && world.contactor.granted == Purpose::Energy {
            return Some((None, Trouble::Isolation));
        }
        None
    }

    /// Another plug-in than the one that everything here belongs to.
    fn replugged(&mut self, now: Mono, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::CableCheck(_) | Phase::PreCharge | Phase::Charging => self.emergency(now, Trouble::Mcu),
            Phase::Preparing => self.end_dead(now, EndReason::Unplugged, Some(Trouble::Pilot), effects),
            Phase::Matching | Phase::Authorising | Phase::Finishing => self.unplugged(now, effects),
            Phase::Faulted(trouble) if !trouble.latched() => {
                effects.push(Effect::Clear(trouble));
                self.unplugged(now, effects);
            }
            _ => {}
        }
    }

    /// A charge that is being stopped, from wherever it is.
    fn stopping(&self, reason: EndReason, trouble: Option<Trouble>) -> Phase {
        Phase::Stopping(Stopping { reason, trouble, holding: self.holding(), opening: false })
    }

    /// What the contactor is asked to be closed for in this phase, at most.
    fn holding(&self) -> Purpose {
        match self.phase {
            Phase::PreCharge | Phase::Charging => Purpose::Energy,
            Phase::CableCheck(_) => Purpose::TestClose,
            Phase::Stopping(stopping) => stopping.holding,
            _ => Purpose::Open,
        }
    }

    fn unplugged(&mut self, now: Mono, effects: &mut Vec<Effect>) {
        effects.push(Effect::Unplugged);
        self.v2g_epoch = None;
        self.authorised = Authorised::Unasked;
        self.stop = None;
        self.enter(now, Phase::Available);
    }

    fn enter(&mut self, now: Mono, phase: Phase) {
        self.phase = phase;
        self.since = now;
    }

    fn waited(&self, now: Mono, span: Duration) -> bool {
        now.since(self.since) >= span
    }

    /// The car's demand, if it is of this V2G session and still holds.
    fn demand(&self, now: Mono, world: &Observed) -> Option<Demand> {
        world.demand.filter(|demand| Some(demand.v2g_epoch) == self.v2g_epoch && now < demand.valid_until)
    }
}

/// The voltage that this car's cable is tested with.
fn test_voltage(world: &Observed, rating: &Rating) -> Millivolts {
    rating.test_voltage(world.demand.and_then(|demand| demand.max_voltage))
}
