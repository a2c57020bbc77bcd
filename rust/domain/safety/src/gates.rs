//! The gates: pure functions from sensors to a verdict.

use mcu_link::{EStop, Gate, Isolation, LockFeedback, PlugCount, Purpose, Trip};
use units::{DeciCelsius, Milliamps, Millivolts, Ohms};

use crate::{connector::Connector, contactor::Contactor, io::Position};

/// Below this on both sides a contactor may close for a test.
pub const SAFE_VOLTAGE: Millivolts = Millivolts(60_000);
/// The sides may differ by so much when a contactor closes for energy.
pub const MATCH_WINDOW: Millivolts = Millivolts(20_000);
/// No more than this may flow while closed for a test, and no more may be interrupted gently.
pub const SMALL_CURRENT: Milliamps = Milliamps(2_000);
/// A hot contact must have cooled by so much before it may close again.
pub const COOL_DOWN: DeciCelsius = DeciCelsius(100);

/// When to trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// More current than this opens the contactor.
    pub max_current: Milliamps,
    /// A hotter contact opens the contactor.
    pub max_temperature: DeciCelsius,
    /// Less isolation than this is not valid.
    pub min_isolation: Ohms,
}

impl Default for Limits {
    /// A 500 A connector; 90 °C; 100 Ω per volt of a 1,000 V system.
    fn default() -> Self {
        Self { max_current: Milliamps(550_000), max_temperature: DeciCelsius(900), min_isolation: Ohms(100_000) }
    }
}

/// The first gate that forbids an open contactor to close for `purpose`.
pub(crate) fn to_close(
    purpose: Purpose,
    wanted_plug: PlugCount,
    contactor: &Contactor,
    connector: &Connector,
    e_stop: EStop,
    limits: &Limits,
) -> Result<(), Gate> {
    let sensors = &connector.readings;
    require(e_stop == EStop::Released, Gate::EStop)?;
    require(contactor.trip.is_none(), Gate::Tripped)?;
    require(contactor.position == Position::Open, Gate::Welded)?;
    require(connector.plug_count == wanted_plug, Gate::PlugCount)?;
    require(sensors.pilot.wants_energy(), Gate::Pilot)?;
    require(sensors.lock == LockFeedback::Locked, Gate::Lock)?;
    require(sensors.temperature <= limits.max_temperature - COOL_DOWN, Gate::Temperature)?;
    require(sensors.current.abs() <= SMALL_CURRENT, Gate::Current)?;
    match purpose {
        Purpose::Open => Ok(()),
        Purpose::TestClose => require(
            sensors.bus_voltage.abs() < SAFE_VOLTAGE && sensors.connector_voltage.abs() < SAFE_VOLTAGE,
            Gate::Voltage,
        ),
        Purpose::Energy => {
            isolated(connector)?;
            require(sensors.bus_voltage.distance(sensors.connector_voltage) <= MATCH_WINDOW, Gate::VoltageMatch)
        }
    }
}

/// The first gate that forbids a closed contactor to change its purpose.
pub(crate) fn to_change(from: Purpose, to: Purpose, connector: &Connector) -> Result<(), Gate> {
    match (from, to) {
        (Purpose::TestClose, Purpose::Energy) => isolated(connector),
        // Back to a test the current must be a test's first, else the next look would trip.
        (Purpose::Energy, Purpose::TestClose) => {
            require(connector.readings.current.abs() <= SMALL_CURRENT, Gate::Current)
        }
        _ => Ok(()),
    }
}

/// What becomes of a closed contactor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// It may stay closed.
    Keep,
    /// It opens, and that is nobody's fault.
    Release(Gate),
    /// It opens, and stays open until cleared.
    Trip(Trip),
}

/// Whether a contactor that is closed for `purpose` may stay so.
pub(crate) fn to_stay(purpose: Purpose, connector: &Connector, e_stop: EStop, limits: &Limits) -> Hold {
    let sensors = &connector.readings;
    let current = sensors.current.abs();
    if e_stop == EStop::Pressed {
        return Hold::Trip(Trip::EStop);
    }
    if !sensors.pilot.wants_energy() {
        // A car ends a charge by going from C to B once the current is down: that is the normal end, not a fault.
        let gentle = !connector.unplugged_or_faulty() && current <= SMALL_CURRENT;
        return if gentle { Hold::Release(Gate::Pilot) } else { Hold::Trip(Trip::PilotLost) };
    }
    if sensors.lock != LockFeedback::Locked {
        return Hold::Trip(Trip::LockLost);
    }
    if sensors.temperature > limits.max_temperature {
        return Hold::Trip(Trip::OverTemperature);
    }
    match purpose {
        Purpose::TestClose if current > SMALL_CURRENT => Hold::Trip(Trip::TestOverCurrent),
        Purpose::Energy if current > limits.max_current => Hold::Trip(Trip::OverCurrent),
        Purpose::Energy if isolated(connector).is_err() => Hold::Trip(Trip::IsolationLost),
        Purpose::Open | Purpose::TestClose | Purpose::Energy => Hold::Keep,
    }
}

/// Whether the cause of a latched trip is gone, so that it may be cleared.
pub(crate) fn cause_gone(
    trip: Trip,
    contactor: &Contactor,
    connector: &Connector,
    e_stop: EStop,
    limits: &Limits,
) -> bool {
    match trip {
        Trip::EStop => e_stop == EStop::Released,
        Trip::Welded => contactor.position == Position::Open,
        Trip::OverTemperature => connector.readings.temperature <= limits.max_temperature - COOL_DOWN,
        // The gates look at the cause of these again before anything closes.
        Trip::LeaseLapsed
        | Trip::IsolationLost
        | Trip::OverCurrent
        | Trip::TestOverCurrent
        | Trip::PilotLost
        | Trip::LockLost
        | Trip::DidNotClose => true,
    }
}

fn isolated(connector: &Connector) -> Result<(), Gate> {
    let isolation = &connector.isolation;
    let valid = matches!(isolation.state, Isolation::Valid { .. }) && isolation.plug_count == connector.plug_count;
    require(valid, Gate::Isolation)
}

const fn require(holds: bool, gate: Gate) -> Result<(), Gate> {
    if holds { Ok(()) } else { Err(gate) }
}
