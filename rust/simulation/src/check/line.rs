//! No voltage on a connector that can be pulled out.

use core::time::Duration;

use mcu_link::LockFeedback;
use units::Mono;

use super::Rule;
use crate::world::World;

/// IEC 61851-23: 60 V DC.
const LIVE: i64 = 60_000;
/// A lock that breaks cannot be foreseen: the line is dead after this. A cut line and a car that must notice count in it.
const AFTER_BREAKING: Duration = Duration::from_secs(8);
/// A cable that was torn out discharges.
const AFTER_TEARING: Duration = Duration::from_secs(4);
/// A plug is not held on a dead line for longer than this when its driver wants to go.
const HELD: Duration = Duration::from_mins(4);

impl World {
    pub(crate) fn watch_line(&mut self, place: usize) {
        let now = self.now;
        let outlet = &self.outlets[place];
        let open = outlet.lock.state != LockFeedback::Locked;
        if outlet.line < LIVE || !open || !self.powered {
            self.check.live[place] = None;
            return;
        }
        let since = *self.check.live[place].get_or_insert(now);
        let mut allowed = Duration::ZERO;
        if outlet.lock.broken {
            allowed = AFTER_BREAKING;
        }
        if now.since(self.check.torn[place]) < AFTER_TEARING {
            allowed = AFTER_TEARING;
        }
        let volts = outlet.line / 1_000;
        if now.since(since) > allowed || (allowed.is_zero() && since == now) {
            self.check.broken(now, Rule::Lock, || format!("{volts} V on the unlocked connector at place {place}"));
        }
    }

    /// A driver wants to go and cannot.
    pub(crate) fn checks_held_plug(&mut self, place: usize, now: Mono) {
        let outlet = &self.outlets[place];
        let held = outlet.lock.state == LockFeedback::Locked && outlet.line < LIVE && !outlet.lock.broken;
        let well = self.powered && self.mcu.running && !self.mcu.cut && self.mcu.loss == 0 && self.is_controlled();
        if !held || !well {
            self.check.held[place] = None;
            return;
        }
        let since = *self.check.held[place].get_or_insert(now);
        if now.since(since) > HELD {
            let phase = self.phases[place].0;
            self.check
                .broken(now, Rule::Exit, || format!("the plug at place {place} is held on a dead line in {phase:?}"));
        }
    }
}
