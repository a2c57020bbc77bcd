//! A car whose messages come from a program that knows nothing of pilots and contactors: they are guessed from what the
//! inlet carries, the way a real car's would be found to be.

use std::time::Duration;

use units::Mono;

use crate::inlet::{FromCar, Switch, ToCar};

/// From the link to state C: the program is in its first messages then.
const ASK: Duration = Duration::from_millis(500);
/// Precharge is done when the inlet has been at the battery's voltage for so long.
const MATCHED_MV: i64 = 20_000;
const SETTLED: Duration = Duration::from_millis(200);
/// The charge is over when the current has been gone for so long after having flowed.
const FLOWS_MA: i64 = 1_000;
const GONE: Duration = Duration::from_millis(1_500);

#[derive(Debug)]
pub(super) struct External {
    linked: Mono,
    matched: Option<Mono>,
    flowed: Option<Mono>,
    over: bool,
}

impl External {
    pub(super) const fn new(now: Mono) -> Self {
        Self { linked: now, matched: None, flowed: None, over: false }
    }

    pub(super) fn step(&mut self, now: Mono, to: &ToCar, from: &mut FromCar) {
        from.phase = "external";
        if self.over {
            return;
        }
        if now.since(self.linked) >= ASK {
            from.s2 = Switch::Closed;
        }
        if (to.inlet_mv - to.battery_mv).abs() <= MATCHED_MV {
            let since = *self.matched.get_or_insert(now);
            if now.since(since) >= SETTLED {
                from.contactor = Switch::Closed;
            }
        } else {
            self.matched = None;
        }
        if to.current_ma > FLOWS_MA {
            self.flowed = Some(now);
        }
        if self.flowed.is_some_and(|last| now.since(last) >= GONE) {
            self.over = true;
            from.s2 = Switch::Open;
            from.contactor = Switch::Open;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_closes_after_precharge_and_opens_after_the_current() {
        let mut external = External::new(Mono::BOOT);
        let mut from = FromCar::default();
        let mut to = ToCar { battery_mv: 400_000, ..ToCar::default() };
        let mut at = |ms, to: &ToCar| {
            external.step(Mono::from_millis(ms), to, &mut from);
            (from.s2, from.contactor)
        };
        assert_eq!(at(499, &to), (Switch::Open, Switch::Open));
        assert_eq!(at(500, &to), (Switch::Closed, Switch::Open));
        to.inlet_mv = 390_000;
        assert_eq!(at(1_000, &to), (Switch::Closed, Switch::Open));
        assert_eq!(at(1_200, &to), (Switch::Closed, Switch::Closed));
        to.current_ma = 50_000;
        at(2_000, &to);
        to.current_ma = 0;
        assert_eq!(at(3_499, &to), (Switch::Closed, Switch::Closed));
        assert_eq!(at(3_500, &to), (Switch::Open, Switch::Open));
    }
}
