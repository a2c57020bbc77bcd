//! The gates: pure functions from sensors to a verdict.

use mcu_link::{EStop, Gate, Isolation, LockFeedback, PlugCount, Purpose, Trip};
use units::{DeciCelsius, Milliamps, Millivolts, Ohms};

use crate::{connector::Connector, contactor::Contactor, io::Position, island::Cars};

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
    /// More current than this opens a connector's contactor.
    pub max_current: Milliamps,
    /// More current than this opens a tie.
    pub max_tie_current: Milliamps,
    /// A hotter contact opens the contactor.
    pub max_temperature: DeciCelsius,
    /// Less isolation than this is not valid.
    pub min_isolation: Ohms,
}

impl Default for Limits {
    /// A 500 A connector and ties that bear as much; 90 °C; 100 Ω per volt of a 1,000 V system.
    fn default() -> Self {
        Self {
            max_current: Milliamps(550_000),
            max_tie_current: Milliamps(550_000),
            max_temperature: DeciCelsius(900),
            min_isolation: Ohms(100_000),
        }
    }
}

/// All that the gates of one contactor look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) joins: Joins<'a>,
    /// Which cars its island carries, or would.
    pub(crate) cars: Cars,
    pub(crate) e_stop: EStop,
    pub(crate) limits: &'a Limits,
}

/// What a contactor joins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Joins<'a> {
    Gun(&'a Connector),
    Tie { buses: [&'a Connector; 2], current: Milliamps },
}

impl Scene<'_> {
    /// Through the contactor, whichever way.
    pub(crate) const fn current(&self) -> Milliamps {
        match self.joins {
            Joins::Gun(connector) => connector.readings.current.abs(),
            Joins::Tie { current, .. } => current.abs(),
        }
    }
}

/// The first gate that forbids an open contactor to close for `purpose`.
pub(crate) fn to_close(
    purpose: Purpose,
    wanted_plug: PlugCount,
    contactor: &Contactor,
    scene: &Scene<'_>,
) -> Result<(), Gate> {
    require(scene.e_stop == EStop::Released, Gate::EStop)?;
    require(contactor.trip.is_none(), Gate::Tripped)?;
    require(contactor.position == Position::Open, Gate::Welded)?;
    require(scene.cars == Cars::AtMostOne, Gate::Island)?;
    require(scene.current() <= SMALL_CURRENT, Gate::Current)?;
    let connector = match scene.joins {
        Joins::Gun(connector) => connector,
        Joins::Tie { buses: [one, other], .. } => {
            require(purpose == Purpose::Tie, Gate::Purpose)?;
            let apart = one.readings.bus_voltage.distance(other.readings.bus_voltage);
            return require(apart <= MATCH_WINDOW, Gate::VoltageMatch);
        }
    };
    let sensors = &connector.readings;
    require(connector.plug_count == wanted_plug, Gate::PlugCount)?;
    require(sensors.pilot.wants_energy(), Gate::Pilot)?;
    require(sensors.lock == LockFeedback::Locked, Gate::Lock)?;
    require(sensors.temperature <= scene.limits.max_temperature - COOL_DOWN, Gate::Temperature)?;
    match purpose {
        Purpose::Open => Ok(()),
        Purpose::Tie => Err(Gate::Purpose),
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
pub(crate) fn to_change(from: Purpose, to: Purpose, scene: &Scene<'_>) -> Result<(), Gate> {
    match (scene.joins, from, to) {
        (Joins::Gun(_), _, Purpose::Tie) | (Joins::Tie { .. }, _, Purpose::TestClose | Purpose::Energy) => {
            Err(Gate::Purpose)
        }
        (Joins::Gun(connector), Purpose::TestClose, Purpose::Energy) => isolated(connector),
        // Back to a test the current must be a test's first, else the next look would trip. And nobody's life hangs on
        // an open tie, but an arc may hang on opening it: Linux is to bring the current down.
        (_, Purpose::Energy, Purpose::TestClose) | (Joins::Tie { .. }, _, Purpose::Open) => {
            require(scene.current() <= SMALL_CURRENT, Gate::Current)
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
pub(crate) fn to_stay(purpose: Purpose, scene: &Scene<'_>) -> Hold {
    let current = scene.current();
    if scene.e_stop == EStop::Pressed {
        return Hold::Trip(Trip::EStop);
    }
    let connector = match scene.joins {
        Joins::Gun(connector) => connector,
        // When two cars meet, their contactors open and not the tie between them: that may be the one that is welded.
        Joins::Tie { .. } if current > scene.limits.max_tie_current => return Hold::Trip(Trip::OverCurrent),
        Joins::Tie { .. } => return Hold::Keep,
    };
    let sensors = &connector.readings;
    if scene.cars == Cars::Several {
        return Hold::Trip(Trip::Island);
    }
    if !sensors.pilot.wants_energy() {
        // A car ends a charge by going from C to B once the current is down: that is the normal end, not a fault.
        let gentle = !connector.unplugged_or_faulty() && current <= SMALL_CURRENT;
        return if gentle { Hold::Release(Gate::Pilot) } else { Hold::Trip(Trip::PilotLost) };
    }
    if sensors.lock != LockFeedback::Locked {
        return Hold::Trip(Trip::LockLost);
    }
    if sensors.temperature > scene.limits.max_temperature {
        return Hold::Trip(Trip::OverTemperature);
    }
    match purpose {
        Purpose::TestClose if current > SMALL_CURRENT => Hold::Trip(Trip::TestOverCurrent),
        Purpose::Energy if current > scene.limits.max_current => Hold::Trip(Trip::OverCurrent),
        Purpose::Energy if isolated(connector).is_err() => Hold::Trip(Trip::IsolationLost),
        Purpose::Open | Purpose::TestClose | Purpose::Energy | Purpose::Tie => Hold::Keep,
    }
}

/// Whether the cause of a latched trip is gone, so that it may be cleared.
pub(crate) fn cause_gone(trip: Trip, contactor: &Contactor, scene: &Scene<'_>) -> bool {
    match (trip, scene.joins) {
        (Trip::EStop, _) => scene.e_stop == EStop::Released,
        (Trip::Welded, _) => contactor.position == Position::Open,
        (Trip::Island, _) => scene.cars == Cars::AtMostOne,
        (Trip::OverTemperature, Joins::Gun(connector)) => {
            connector.readings.temperature <= scene.limits.max_temperature - COOL_DOWN
        }
        // The gates look at the cause of these again before anything closes.
        (
            Trip::LeaseLapsed
            | Trip::IsolationLost
            | Trip::OverCurrent
            | Trip::TestOverCurrent
            | Trip::OverTemperature
            | Trip::PilotLost
            | Trip::LockLost
            | Trip::DidNotClose,
            _,
        ) => true,
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
