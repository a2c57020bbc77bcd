//! The machine itself.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use units::{Milliamps, Millivolts, Mono, PlugInEpoch, V2gEpoch};

use crate::{
    CableCheck, Demand, Effect, EndReason, Feedback, Grant, Grants, Happened, Isolation, Lock, Modules, Observed,
    Phase, Pilot, PilotOutput, Purpose, Rating, Reach, Setpoint, Stage, StopCall, Stopping, Trip, Trouble, Wish,
    limits::{
        CLOSE_TIME, COMMIT_TIME, DISCHARGE_TIME, EMERGENCY_RAMP_TIME, LAST_READING_TIME, MATCH_TOLERANCE, MEASURE_TIME,
        OPEN_TIME, OPENING_CURRENT, POLITE_TIME, PRECHARGE_CURRENT, PRECHARGE_TIME, PREPARE_TIME, RAISE_TIME,
        RAMP_STEP, RAMP_TIME, SAFE_VOLTAGE, SILENT_MCU_TIME, TEST_CURRENT, TEST_TOLERANCE, WELDING_TIME,
    },
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
            let trouble = Some(Trouble::Chain);
            self.enter(now, Phase::Stopping(Stopping { reason: EndReason::Restart, trouble, opening: false }));
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
            Happened::Refused if self.wants_authorisation() => self.authorised = Authorised::No,
            Happened::Committed if self.session == Row::Writing => self.session = Row::Written,
            Happened::Stop(reason) => self.ask_to_stop(now, reason, effects),
            Happened::ClearFault => self.clear(now, world, effects),
            _ => {}
        }
    }

    /// The V2G session is over; `trouble` if it was not ended as the protocol has it.
    fn car_left(&mut self, now: Mono, trouble: Option<Trouble>, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::Authorising => {
                self.authorised = Authorised::Unasked;
                self.enter(now, Phase::Matching);
            }
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
                self.enter(now, Phase::Stopping(Stopping { reason, trouble: None, opening: false }));
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
        self.enter(now, Phase::Stopping(Stopping { reason, trouble: Some(trouble), opening: false }));
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
            if let Some((reason, trouble)) = Self::trouble_of(world) {
                self.emergency(now, trouble);
                if let (Some(reason), Phase::Stopping(stopping)) = (reason, &mut self.phase) {
                    stopping.reason = reason;
                }
            }
        } else if self.phase.is_charge() {
            if let Some((reason, trouble)) = Self::trouble_of(world) {
                self.end_dead(now, reason.unwrap_or(EndReason::Fault), Some(trouble), effects);
            }
        } else if self.phase == Phase::Available {
            if world.contactor.feedback == Feedback::Welded {
                effects.push(Effect::Raise(Trouble::Contactor));
                self.enter(now, Phase::Faulted(Trouble::Contactor));
            }
        } else if world.mcu == Reach::Heard && world.pilot == Pilot::A {
            self.unplugged(now, effects);
        } else if world.chain == Reach::Silent && self.phase == Phase::Authorising {
            self.v2g_epoch = None;
            self.authorised = Authorised::Unasked;
            self.enter(now, Phase::Matching);
        }
    }

    /// The first thing that forbids a charge to go on, and why the charge is then said to have ended.
    fn trouble_of(world: &Observed) -> Option<(Option<EndReason>, Trouble)> {
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
        if matches!(world.isolation, Isolation::Failed(_)) && world.contactor.granted == Purpose::Energy {
            return Some((None, Trouble::Isolation));
        }
        None
    }

    fn unplugged(&mut self, now: Mono, effects: &mut Vec<Effect>) {
        effects.push(Effect::Unplugged);
        self.v2g_epoch = None;
        self.authorised = Authorised::Unasked;
        self.stop = None;
        self.enter(now, Phase::Available);
    }

    /// The phase's own transitions.
    fn step(&mut self, now: Mono, world: &Observed, rating: &Rating, effects: &mut Vec<Effect>) {
        let stage = self.demand(now, world).map(|demand| demand.stage);
        match self.phase {
            Phase::Available => {
                if world.mcu == Reach::Heard && matches!(world.pilot, Pilot::B | Pilot::Ready) {
                    self.plug_in_epoch = self.plug_in_epoch.next();
                    effects.push(Effect::PluggedIn);
                    self.enter(now, Phase::Matching);
                }
            }
            Phase::Matching | Phase::Finishing => {}
            Phase::Authorising => {
                let can = world.modules == Modules::Ready && world.meter == Reach::Heard;
                let asks = stage.is_some_and(|stage| stage >= Stage::Authorisation);
                if self.authorised == Authorised::Yes && asks && can {
                    self.session = Row::Writing;
                    effects.push(Effect::OpenSession);
                    self.enter(now, Phase::Preparing);
                }
            }
            Phase::Preparing => {
                if stage == Some(Stage::CableCheck) && world.pilot == Pilot::Ready && world.lock == Lock::Locked {
                    self.enter(now, Phase::CableCheck(CableCheck::Closing));
                } else if self.waited(now, PREPARE_TIME) {
                    self.end_dead(now, EndReason::Vehicle, Some(Trouble::Vehicle), effects);
                }
            }
            Phase::CableCheck(check) => self.step_cable_check(now, check, world, rating, effects),
            Phase::PreCharge => {
                let matched = self.demand(now, world).is_some_and(|demand| {
                    world.voltage.distance(demand.target_voltage) <= MATCH_TOLERANCE
                        || demand.stage == Stage::CurrentDemand
                });
                if stage.is_some_and(|stage| stage >= Stage::PowerDown) {
                    self.enter(
                        now,
                        Phase::Stopping(Stopping { reason: EndReason::Vehicle, trouble: None, opening: false }),
                    );
                } else if stage.is_some_and(|stage| stage >= Stage::PowerDelivery) && matched {
                    self.ramp = (now, Milliamps::ZERO);
                    self.enter(now, Phase::Charging);
                } else if self.waited(now, PRECHARGE_TIME) {
                    self.emergency(now, Trouble::PreCharge);
                }
            }
            Phase::Charging => {
                let reason = self.stop.map_or(EndReason::Vehicle, |(reason, _)| reason);
                let stopping = Phase::Stopping(Stopping { reason, trouble: None, opening: false });
                let impolite = self.stop.is_some_and(|(_, asked)| now.since(asked) >= POLITE_TIME);
                if impolite || stage.is_some_and(|stage| stage >= Stage::PowerDown) {
                    self.enter(now, stopping);
                } else if world.meter == Reach::Silent && self.stop.is_none() {
                    effects.push(Effect::Raise(Trouble::Meter));
                    self.stop = Some((EndReason::Fault, now));
                }
            }
            Phase::Stopping(stopping) => self.step_stopping(now, stopping, world, effects),
            Phase::WeldingCheck { reason, opened } => {
                let left = self.v2g_epoch.is_none() || world.chain == Reach::Silent || world.pilot == Pilot::A;
                if left || self.waited(now, WELDING_TIME) {
                    self.enter(now, Phase::Ending { reason, opened, trouble: None });
                }
            }
            Phase::Ending { reason, opened, trouble } => {
                let read = world.meter_read.is_some_and(|read| read > opened);
                if read || self.waited(now, LAST_READING_TIME) {
                    if self.session != Row::None {
                        effects.push(Effect::CloseSession { reason, at: opened });
                        self.session = Row::None;
                    }
                    self.settle(now, trouble, effects);
                }
            }
            Phase::Faulted(trouble) => {
                if !trouble.latched() && world.mcu == Reach::Heard && world.pilot == Pilot::A {
                    effects.push(Effect::Clear(trouble));
                    self.unplugged(now, effects);
                }
            }
        }
    }

    /// Where a charge that has ended comes to rest.
    fn settle(&mut self, now: Mono, trouble: Option<Trouble>, effects: &mut Vec<Effect>) {
        self.stop = None;
        self.authorised = Authorised::Unasked;
        match trouble {
            Some(trouble) => {
                effects.push(Effect::Raise(trouble));
                self.enter(now, Phase::Faulted(trouble));
            }
            None => self.enter(now, Phase::Finishing),
        }
    }

    fn step_cable_check(
        &mut self,
        now: Mono,
        check: CableCheck,
        world: &Observed,
        rating: &Rating,
        effects: &mut Vec<Effect>,
    ) {
        let closed = world.contactor.feedback == Feedback::Closed;
        match check {
            CableCheck::Closing if closed && world.contactor.granted == Purpose::TestClose => {
                self.enter(now, Phase::CableCheck(CableCheck::Raising));
            }
            CableCheck::Closing if self.waited(now, CLOSE_TIME) => self.emergency(now, Trouble::Contactor),
            CableCheck::Raising if world.voltage.distance(test_voltage(world, rating)) <= TEST_TOLERANCE => {
                effects.push(Effect::StartIsolationTest);
                self.enter(now, Phase::CableCheck(CableCheck::Measuring));
            }
            CableCheck::Raising if self.waited(now, RAISE_TIME) => self.emergency(now, Trouble::CableCheck),
            CableCheck::Measuring => match world.isolation {
                // A verdict from before the test was started does not count; the MCU forgets it at the start.
                Isolation::Valid(_) if now > self.since => self.enter(now, Phase::CableCheck(CableCheck::Discharging)),
                Isolation::Failed(_) if now > self.since => self.emergency(now, Trouble::CableCheck),
                _ if self.waited(now, MEASURE_TIME) => self.emergency(now, Trouble::CableCheck),
                _ => {}
            },
            CableCheck::Discharging if world.voltage < SAFE_VOLTAGE => {
                self.enter(now, Phase::CableCheck(CableCheck::Permitting));
            }
            CableCheck::Discharging if self.waited(now, DISCHARGE_TIME) => self.emergency(now, Trouble::CableCheck),
            CableCheck::Permitting if closed && world.contactor.granted == Purpose::Energy => {
                self.enter(now, Phase::PreCharge);
            }
            CableCheck::Permitting if self.waited(now, COMMIT_TIME) => {
                let trouble = if self.session == Row::Written { Trouble::Contactor } else { Trouble::Store };
                self.emergency(now, trouble);
            }
            _ => {}
        }
    }

    fn step_stopping(&mut self, now: Mono, stopping: Stopping, world: &Observed, effects: &mut Vec<Effect>) {
        let silent = world.mcu == Reach::Silent;
        if !stopping.opening {
            let limit = if stopping.trouble.is_some() { EMERGENCY_RAMP_TIME } else { RAMP_TIME };
            let open_already = !silent && world.contactor.feedback == Feedback::Open;
            if (!silent && world.current.abs() <= OPENING_CURRENT) || open_already || self.waited(now, limit) {
                self.enter(now, Phase::Stopping(Stopping { opening: true, ..stopping }));
            }
            return;
        }
        let open = !silent && world.contactor.feedback == Feedback::Open;
        let given_up = silent && self.waited(now, SILENT_MCU_TIME);
        if open || given_up {
            match stopping.trouble {
                None => self.enter(now, Phase::WeldingCheck { reason: stopping.reason, opened: now }),
                trouble => self.enter(now, Phase::Ending { reason: stopping.reason, opened: now, trouble }),
            }
        } else if !silent && self.waited(now, OPEN_TIME) {
            // It did not open: welded, whatever else was wrong.
            effects.push(Effect::Raise(Trouble::Contactor));
            let trouble = Some(Trouble::Contactor);
            self.enter(now, Phase::Ending { reason: stopping.reason, opened: now, trouble });
        }
    }

    /// What the connector wants, from now until the next call.
    pub fn wish(&self, now: Mono, world: &Observed, rating: &Rating) -> Wish {
        let mut wish = Wish { grants: self.grants(now, world), ..Wish::default() };
        wish.pilot = match self.phase {
            Phase::Faulted(Trouble::EmergencyStop | Trouble::Contactor) => PilotOutput::NotAvailable,
            Phase::Available | Phase::Finishing | Phase::Faulted(_) => PilotOutput::Steady,
            _ => PilotOutput::FivePercent,
        };
        wish.locked = match self.phase {
            Phase::Preparing
            | Phase::CableCheck(_)
            | Phase::PreCharge
            | Phase::Charging
            | Phase::Stopping(_)
            | Phase::WeldingCheck { .. } => true,
            // A live line stays locked, whatever the phase.
            _ => world.lock == Lock::Locked && world.voltage >= SAFE_VOLTAGE,
        };
        match self.phase {
            Phase::CableCheck(check) => {
                let test = Setpoint::On { voltage: test_voltage(world, rating), current: TEST_CURRENT };
                (wish.purpose, wish.setpoint) = match check {
                    CableCheck::Raising | CableCheck::Measuring => (Purpose::TestClose, test),
                    // The first energy close waits for the session's row.
                    CableCheck::Permitting if self.session == Row::Written => (Purpose::Energy, Setpoint::Off),
                    CableCheck::Closing | CableCheck::Discharging | CableCheck::Permitting => {
                        (Purpose::TestClose, Setpoint::Off)
                    }
                };
            }
            Phase::PreCharge => {
                wish.purpose = Purpose::Energy;
                if let Some(demand) = self.demand(now, world)
                    && demand.stage >= Stage::PreCharge
                {
                    let current = PRECHARGE_CURRENT.min(demand.target_current.max(TEST_CURRENT));
                    wish.setpoint = Setpoint::On { voltage: bounded(&demand, rating), current };
                }
            }
            Phase::Charging => {
                wish.purpose = Purpose::Energy;
                if let Some(demand) = self.demand(now, world) {
                    wish.setpoint = Setpoint::On { voltage: bounded(&demand, rating), current: self.ramp.1 };
                }
            }
            // Held closed only while the current comes down. What an unheard MCU holds closed is not opened under load.
            Phase::Stopping(stopping) if !stopping.opening => {
                wish.purpose = if world.mcu == Reach::Heard { world.contactor.granted } else { Purpose::Energy };
            }
            _ => {}
        }
        wish
    }

    fn grants(&self, now: Mono, world: &Observed) -> Grants {
        let granted = |yes: bool| if yes { Grant::Granted } else { Grant::Pending };
        let mut grants = Grants::default();
        match self.phase {
            Phase::Matching | Phase::Authorising => {
                grants.authorisation = if self.authorised == Authorised::No { Grant::Refused } else { Grant::Pending };
            }
            Phase::Preparing | Phase::CableCheck(_) | Phase::PreCharge | Phase::Charging => {
                grants.authorisation = Grant::Granted;
                grants.cable_check = granted(matches!(self.phase, Phase::PreCharge | Phase::Charging));
                grants.power = granted(self.phase == Phase::Charging && self.demand(now, world).is_some());
                if self.stop.is_some() {
                    grants.stop = StopCall::Normal;
                }
            }
            Phase::Stopping(Stopping { trouble: None, .. }) => {
                grants.authorisation = Grant::Granted;
                grants.cable_check = Grant::Granted;
                grants.stop = StopCall::Normal;
            }
            Phase::WeldingCheck { .. } => {
                grants.authorisation = Grant::Granted;
                grants.cable_check = Grant::Granted;
                grants.powered_down = true;
                grants.stop = StopCall::Normal;
            }
            Phase::Ending { trouble: None, .. } | Phase::Finishing => {
                grants.powered_down = true;
                grants.stop = StopCall::Normal;
            }
            Phase::Stopping(_) | Phase::Ending { .. } | Phase::Faulted(_) => {
                grants.authorisation = Grant::Refused;
                grants.cable_check = Grant::Refused;
                grants.power = Grant::Refused;
                grants.stop = StopCall::Emergency;
            }
            Phase::Available => {}
        }
        grants
    }

    /// When to be called again although nothing happens.
    pub fn next_wake(&self, now: Mono, world: &Observed) -> Option<Mono> {
        let limit = |span: Duration| Some(self.since + span);
        let own = match self.phase {
            Phase::Available | Phase::Matching | Phase::Authorising | Phase::Finishing | Phase::Faulted(_) => None,
            Phase::Preparing => limit(PREPARE_TIME),
            Phase::CableCheck(check) => limit(match check {
                CableCheck::Closing => CLOSE_TIME,
                CableCheck::Raising => RAISE_TIME,
                CableCheck::Measuring => MEASURE_TIME,
                CableCheck::Discharging => DISCHARGE_TIME,
                CableCheck::Permitting => COMMIT_TIME,
            }),
            Phase::PreCharge => limit(PRECHARGE_TIME),
            Phase::Charging => Some(now + RAMP_STEP),
            Phase::Stopping(stopping) => limit(match stopping {
                Stopping { opening: false, trouble: None, .. } => RAMP_TIME,
                Stopping { opening: false, .. } => EMERGENCY_RAMP_TIME,
                Stopping { .. } if world.mcu == Reach::Silent => SILENT_MCU_TIME,
                Stopping { .. } => OPEN_TIME,
            }),
            Phase::WeldingCheck { .. } => limit(WELDING_TIME),
            Phase::Ending { .. } => limit(LAST_READING_TIME),
        };
        // A demand that runs out takes the power away by itself.
        let void = self.demand(now, world).map(|demand| demand.valid_until);
        own.into_iter().chain(void.filter(|_| self.phase.is_energised())).min()
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

    /// Raises the allowed current by the ramp, or lowers it at once.
    fn advance_ramp(&mut self, now: Mono, world: &Observed, rating: &Rating) {
        let wanted = match (self.phase, self.demand(now, world)) {
            (Phase::Charging, Some(demand)) => {
                let voltage = world.voltage.max(bounded(&demand, rating));
                let car = demand.max_current.unwrap_or(rating.max_current);
                demand.target_current.min(car).min(rating.max_current).min(world.allowance.current_at(voltage))
            }
            _ => Milliamps::ZERO,
        }
        .max(Milliamps::ZERO);
        let (last, current) = self.ramp;
        let elapsed = now.since(last).min(Duration::from_secs(1));
        let step = rating.ramp_per_second.get().saturating_mul(i64::try_from(elapsed.as_millis()).unwrap_or(0)) / 1_000;
        // Time passes only in steps that move the ramp, so that many short calls do not round it away.
        if wanted <= current {
            self.ramp = (now, wanted);
        } else if step > 0 {
            self.ramp = (now, wanted.min(current + Milliamps(step)));
        }
    }
}

/// The car's voltage within what station and car are built for.
fn bounded(demand: &Demand, rating: &Rating) -> Millivolts {
    let car = demand.max_voltage.unwrap_or(rating.max_voltage);
    demand.target_voltage.min(car).min(rating.max_voltage).max(Millivolts::ZERO)
}

/// The voltage that this car's cable is tested with.
fn test_voltage(world: &Observed, rating: &Rating) -> Millivolts {
    rating.test_voltage(world.demand.and_then(|demand| demand.max_voltage))
}
