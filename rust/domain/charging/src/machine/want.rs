//! What a connector wants, given where it is: the wish, the grants, the ramp, and when to be called again.

use core::time::Duration;

use units::{Milliamps, Millivolts, Mono};

use super::{Authorised, Machine, Row, test_voltage};
use crate::{
    CableCheck, Demand, Grant, Grants, Lock, Observed, Phase, PilotOutput, Purpose, Rating, Reach, Setpoint, Stage,
    StopCall, Stopping, Trouble, Wish,
    limits::{
        CLOSE_TIME, COMMIT_TIME, DISCHARGE_TIME, EMERGENCY_RAMP_TIME, LAST_READING_TIME, MEASURE_TIME, MUTE_CAR_TIME,
        OPEN_TIME, POLITE_TIME, PRECHARGE_CURRENT, PRECHARGE_TIME, PREPARE_TIME, RAISE_TIME, RAMP_STEP, RAMP_TIME,
        SAFE_VOLTAGE, SETTLE_TIME, SILENT_MCU_TIME, TEST_CURRENT, WELDING_TIME,
    },
};

impl Machine {
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
                let heard = world.mcu == Reach::Heard;
                wish.purpose = if heard { world.contactor.granted.min(stopping.holding) } else { stopping.holding };
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
    pub fn next_wake(&self, now: Mono, world: &Observed, rating: &Rating) -> Option<Mono> {
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
            Phase::Charging => {
                let heard = world.demand.map_or(self.since, |demand| demand.valid_until.max(self.since));
                let ramp = (self.wanted(now, world, rating) > self.ramp.1).then(|| now + RAMP_STEP);
                let polite = self.stop.map(|(_, asked)| asked + POLITE_TIME);
                ramp.into_iter().chain(polite).chain([heard + MUTE_CAR_TIME]).min()
            }
            Phase::Stopping(Stopping { opening: false, trouble: None, .. }) if !self.waited(now, SETTLE_TIME) => {
                limit(SETTLE_TIME)
            }
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

    /// The current that the car may have once the ramp is through: its own wish within every limit.
    fn wanted(&self, now: Mono, world: &Observed, rating: &Rating) -> Milliamps {
        let wanted = match (self.phase, self.demand(now, world)) {
            (Phase::Charging, Some(demand)) => {
                let voltage = world.voltage.max(bounded(&demand, rating));
                let car = demand.max_current.unwrap_or(rating.max_current);
                demand.target_current.min(car).min(rating.max_current).min(world.allowance.current_at(voltage))
            }
            _ => Milliamps::ZERO,
        };
        wanted.max(Milliamps::ZERO)
    }

    /// Raises the allowed current by the ramp, or lowers it at once.
    pub(super) fn advance_ramp(&mut self, now: Mono, world: &Observed, rating: &Rating) {
        let wanted = self.wanted(now, world, rating);
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
