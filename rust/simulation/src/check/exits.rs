//! No state without an exit: every phase that is bounded leaves within its bound, whatever the world does; without a plug a
//! connector is free; and when all is over every connector is free, and charges the next car.

use core::time::Duration;

use charging::{CableCheck, Phase};
use mcu_link::LockFeedback;

use super::Rule;
use crate::world::World;

/// A wake-up, a message, a coincidence.
const SLACK: Duration = Duration::from_millis(1_500);
/// Without a plug, and the MCU says so, a connector is free after this.
const FREE: Duration = Duration::from_secs(6);

/// How long a phase may last; for ever if it waits for people.
const fn bound(phase: Phase) -> Option<Duration> {
    let seconds = match phase {
        Phase::Available
        | Phase::Matching
        | Phase::Authorising
        | Phase::Charging
        | Phase::Finishing
        | Phase::Faulted(_) => {
            return None;
        }
        Phase::Preparing => 120,
        Phase::CableCheck(check) => match check {
            CableCheck::Closing => 3,
            CableCheck::Raising => 10,
            CableCheck::Measuring => 15,
            CableCheck::Discharging => 8,
            CableCheck::Permitting => 5,
        },
        Phase::PreCharge | Phase::WeldingCheck { .. } => 20,
        Phase::Stopping(stopping) => {
            if stopping.opening {
                2
            } else {
                5
            }
        }
        Phase::Ending { .. } => 3,
    };
    Some(Duration::from_secs(seconds))
}

impl World {
    pub(crate) fn watch_exits(&mut self) {
        let now = self.now;
        if self.check.gone {
            return;
        }
        let well = self.powered && self.mcu.running && !self.mcu.cut && self.mcu.loss == 0;
        for place in 0..self.outlets.len() {
            let (phase, since) = self.phases[place];
            if let Some(bound) = bound(phase) {
                let spent = now.since(since.max(self.check.back));
                if spent > bound + SLACK {
                    self.check.broken(now, Rule::Exit, || format!("place {place} has been in {phase:?} for {spent:?}"));
                }
            }
            let latched = matches!(phase, Phase::Faulted(trouble) if trouble.latched());
            if self.outlets[place].car.is_some()
                || !well
                || phase == Phase::Available
                || latched
                || bound(phase).is_some()
            {
                self.check.free[place] = None;
            } else {
                let from = (*self.check.free[place].get_or_insert(now)).max(self.check.back);
                if now.since(from) > FREE {
                    self.check.broken(now, Rule::Exit, || {
                        format!("nobody is plugged in at place {place}, and it is in {phase:?}")
                    });
                }
            }
        }
    }

    /// The cabinet's next wake-up lies ahead.
    pub(crate) fn watch_wake(&mut self, wake: units::Mono) {
        let now = self.now;
        // A start has all its work to do at once.
        if wake < now || (wake == now && self.check.back != now) {
            self.check.broken(now, Rule::Wake, || format!("it wants to be woken at {wake:?}"));
        }
    }

    /// When all is over.
    pub(crate) fn watch_all_free(&mut self) {
        for place in 0..self.outlets.len() {
            let (phase, _) = self.phases[place];
            let lock = self.outlets[place].lock.state;
            let plugged = self.outlets[place].car.is_some();
            if phase != Phase::Available || lock == LockFeedback::Locked || plugged {
                self.check.broken(self.now, Rule::Exit, || {
                    format!("all is well again, and place {place} is in {phase:?}, {lock:?}, plugged {plugged}")
                });
            }
        }
    }

    /// And every connector charges the next good car.
    pub(crate) fn watch_all_charge(&mut self) {
        for place in 0..self.outlets.len() {
            let (phase, _) = self.phases[place];
            let current = self.outlets[place].current;
            if phase != Phase::Charging {
                self.check.broken(self.now, Rule::Exit, || {
                    format!("all is well again, and a good car at place {place} gets {current} mA in {phase:?}")
                });
            }
        }
    }
}
