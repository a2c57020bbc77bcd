//! Each phase's own transitions.

use units::{Milliamps, Mono};

use super::{Authorised, Machine, Row, test_voltage};
use crate::{
    CableCheck, Effect, EndReason, Feedback, Isolation, Lock, Modules, Observed, Phase, Pilot, Purpose, Rating, Reach,
    Stage, Stopping, Trouble,
    limits::{
        CLOSE_TIME, COMMIT_TIME, DISCHARGE_TIME, EMERGENCY_RAMP_TIME, LAST_READING_TIME, MATCH_TOLERANCE, MEASURE_TIME,
        MUTE_CAR_TIME, OPEN_TIME, OPENING_CURRENT, POLITE_TIME, PRECHARGE_TIME, PREPARE_TIME, RAISE_TIME, RAMP_TIME,
        SAFE_VOLTAGE, SETTLE_TIME, SILENT_MCU_TIME, TEST_TOLERANCE, WELDING_TIME,
    },
};

impl Machine {
    /// The phase's own transitions.
    pub(super) fn step(&mut self, now: Mono, world: &Observed, rating: &Rating, effects: &mut Vec<Effect>) {
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
                    self.enter(now, self.stopping(EndReason::Vehicle, None));
                } else if stage.is_some_and(|stage| stage >= Stage::PowerDelivery) && matched {
                    self.ramp = (now, Milliamps::ZERO);
                    self.enter(now, Phase::Charging);
                } else if self.waited(now, PRECHARGE_TIME) {
                    self.emergency(now, Trouble::PreCharge);
                }
            }
            Phase::Charging => {
                let reason = self.stop.map_or(EndReason::Vehicle, |(reason, _)| reason);
                let impolite = self.stop.is_some_and(|(_, asked)| now.since(asked) >= POLITE_TIME);
                let ended = stage.is_some_and(|stage| stage >= Stage::PowerDown) || world.pilot == Pilot::B;
                let heard = world.demand.map_or(self.since, |demand| demand.valid_until.max(self.since));
                if impolite || ended {
                    self.enter(now, self.stopping(reason, None));
                } else if now.since(heard) >= MUTE_CAR_TIME {
                    self.emergency(now, Trouble::Vehicle);
                } else if world.meter == Reach::Silent && self.stop.is_none() {
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
    pub(super) fn settle(&mut self, now: Mono, trouble: Option<Trouble>, effects: &mut Vec<Effect>) {
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
            // Not in an emergency: there the MCU waits for the current, and no longer than it must.
            let settled = stopping.trouble.is_some() || self.waited(now, SETTLE_TIME);
            let low = !silent && settled && world.current.abs() <= OPENING_CURRENT;
            if low || open_already || self.waited(now, limit) {
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
}
