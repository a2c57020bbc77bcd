//! The numbers that the rules rest on.

use core::time::Duration;
use units::{Milliamps, Millivolts};

/// A line at or above this is live (IEC 61851-23: 60 V DC).
pub(crate) const SAFE_VOLTAGE: Millivolts = Millivolts::from_volts(60);
/// The most current while the cable is tested (IEC 61851-23 CC.4.1.2).
pub(crate) const TEST_CURRENT: Milliamps = Milliamps::from_amps(1);
/// The most current while the voltage is matched (IEC 61851-23 CC.3.4).
pub(crate) const PRECHARGE_CURRENT: Milliamps = Milliamps::from_amps(2);
/// How near the test voltage must come.
pub(crate) const TEST_TOLERANCE: Millivolts = Millivolts::from_volts(10);
/// How near the car's voltage must be before power is delivered (ISO 15118-2: 20 V).
pub(crate) const MATCH_TOLERANCE: Millivolts = Millivolts::from_volts(20);
/// Contactors open below this.
pub(crate) const OPENING_CURRENT: Milliamps = Milliamps::from_amps(1);

/// A contactor closes within this (ISO 15118-2: 3 s; the drives are quicker).
pub(crate) const CLOSE_TIME: Duration = Duration::from_secs(3);
/// A module reaches the test voltage within this.
pub(crate) const RAISE_TIME: Duration = Duration::from_secs(10);
/// An isolation monitor has a verdict within this; the car waits 40 s for the whole cable check.
pub(crate) const MEASURE_TIME: Duration = Duration::from_secs(15);
/// The line is discharged within this.
pub(crate) const DISCHARGE_TIME: Duration = Duration::from_secs(8);
/// The session's row is on disk within this.
pub(crate) const COMMIT_TIME: Duration = Duration::from_secs(5);
/// The car is ready for power within this (its own precharge time-out is 7 s).
pub(crate) const PRECHARGE_TIME: Duration = Duration::from_secs(20);
/// An authorised car reaches the cable check within this.
pub(crate) const PREPARE_TIME: Duration = Duration::from_mins(2);
/// A car that is asked to stop does so within this; then it is stopped.
pub(crate) const POLITE_TIME: Duration = Duration::from_secs(10);
/// A charging car whose demand has lapsed says something within this; its charge loop turns several times a second.
pub(crate) const MUTE_CAR_TIME: Duration = Duration::from_secs(3);
/// The current falls within this in a normal stop.
pub(crate) const RAMP_TIME: Duration = Duration::from_secs(5);
/// The current falls within this in an emergency; then the contactor opens under what is left.
pub(crate) const EMERGENCY_RAMP_TIME: Duration = Duration::from_millis(500);
/// What the MCU measures may be this old, and modules take a while: a low current counts as such only when it is still low
/// so long after they were told to stop.
pub(crate) const SETTLE_TIME: Duration = Duration::from_millis(250);
/// A contactor opens within this.
pub(crate) const OPEN_TIME: Duration = Duration::from_secs(1);
/// A silent MCU has let the longest lease lapse and opened everything after this.
pub(crate) const SILENT_MCU_TIME: Duration = Duration::from_secs(2);
/// The car ends welding detection and its session within this.
pub(crate) const WELDING_TIME: Duration = Duration::from_secs(20);
/// The meter is read once more within this.
pub(crate) const LAST_READING_TIME: Duration = Duration::from_secs(3);
/// The MCU's word on a trip that was cleared is gone within this.
pub(crate) const CLEARED_TIME: Duration = Duration::from_secs(1);
/// How often the current's ramp is advanced.
pub(crate) const RAMP_STEP: Duration = Duration::from_millis(100);

/// What the connector and its modules are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rating {
    /// Highest voltage of cable, inlet and modules.
    pub max_voltage: Millivolts,
    /// Lowest voltage that the modules regulate.
    pub min_voltage: Millivolts,
    /// Highest current of the cable.
    pub max_current: Milliamps,
    /// How fast the current may rise, in mA/s.
    pub ramp_per_second: Milliamps,
}

impl Rating {
    /// The voltage that the cable is tested with (IEC 61851-23:2023 CC.4.1.2): up to 500 V for cars of up to 500 V, else
    /// a tenth above the car's maximum, and never above what the station is built for.
    pub(crate) fn test_voltage(&self, car: Option<Millivolts>) -> Millivolts {
        const STEP: Millivolts = Millivolts::from_volts(500);
        let wanted = match car {
            Some(car) if car <= STEP => STEP.min(car + Millivolts::from_volts(50)),
            Some(car) => Millivolts(car.get().saturating_mul(11) / 10),
            None => STEP,
        };
        wanted.min(self.max_voltage).max(self.min_voltage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_voltage_follows_the_car() {
        let rating = Rating {
            max_voltage: Millivolts::from_volts(1_000),
            min_voltage: Millivolts::from_volts(150),
            max_current: Milliamps::from_amps(200),
            ramp_per_second: Milliamps::from_amps(100),
        };
        let volts = |car: i64| rating.test_voltage(Some(Millivolts::from_volts(car))).get() / 1_000;
        assert_eq!([volts(400), volts(500), volts(800), volts(950), volts(50)], [450, 500, 880, 1_000, 150]);
    }
}
