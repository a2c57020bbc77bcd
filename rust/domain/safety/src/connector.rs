//! One connector: its readings, its count of plug-ins, its isolation.

use mcu_link::{
    ConnectorStatus, Isolation, IsolationStatus, IsolationTest, LockCommand, LockFeedback, PilotOutput, PilotState,
    PlugCount,
};
use units::{ConnectorId, DeciCelsius, Milliamps, Millivolts, Percent};

use crate::{
    Limits,
    gates::SAFE_VOLTAGE,
    io::{ConnectorLevel, IsolationReading, Readings},
};

/// Whether a plug is in. States E and F say nothing about it, so it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plug {
    Out,
    In,
}

#[derive(Clone, Debug)]
pub(crate) struct Connector {
    pub(crate) readings: Readings,
    pub(crate) plug_count: PlugCount,
    pub(crate) isolation: IsolationStatus,
    plug: Plug,
    output: PilotOutput,
    lock: Option<LockCommand>,
}

impl Connector {
    pub(crate) const fn new(connector: ConnectorId) -> Self {
        Self {
            readings: Readings {
                connector,
                pilot: PilotState::Unknown,
                lock: LockFeedback::Unknown,
                bus_voltage: Millivolts::ZERO,
                connector_voltage: Millivolts::ZERO,
                current: Milliamps::ZERO,
                temperature: DeciCelsius::ZERO,
            },
            plug_count: PlugCount(0),
            isolation: IsolationStatus { state: Isolation::Unknown, plug_count: PlugCount(0) },
            plug: Plug::Out,
            output: PilotOutput::Off,
            lock: None,
        }
    }

    pub(crate) const fn id(&self) -> ConnectorId {
        self.readings.connector
    }

    pub(crate) const fn read(&mut self, readings: Readings) {
        self.readings = readings;
        match (self.plug, readings.pilot) {
            (Plug::Out, PilotState::B | PilotState::C | PilotState::D) => {
                self.plug = Plug::In;
                self.plug_count = self.plug_count.next();
                self.forget_isolation();
            }
            (Plug::In, PilotState::A) => {
                self.plug = Plug::Out;
                self.forget_isolation();
            }
            _ => {}
        }
    }

    const fn forget_isolation(&mut self) {
        self.isolation = IsolationStatus { state: Isolation::Unknown, plug_count: self.plug_count };
    }

    pub(crate) const fn unplugged_or_faulty(&self) -> bool {
        matches!(self.readings.pilot, PilotState::A | PilotState::E | PilotState::F)
    }

    /// Whether the cable carries a voltage that nobody may touch, or nothing has been measured yet.
    pub(crate) fn may_be_live(&self) -> bool {
        self.readings.pilot == PilotState::Unknown || self.readings.connector_voltage.abs() >= SAFE_VOLTAGE
    }

    pub(crate) const fn drive_pilot(&mut self, output: PilotOutput) {
        self.output = output;
    }

    pub(crate) const fn drive_lock(&mut self, command: LockCommand) {
        self.lock = Some(command);
    }

    /// A test is of a plug-in: without one there is nothing to test.
    pub(crate) fn test_isolation(&mut self, test: IsolationTest) {
        match test {
            IsolationTest::Start if self.plug == Plug::In => {
                self.isolation = IsolationStatus { state: Isolation::Testing, plug_count: self.plug_count };
            }
            IsolationTest::Stop if self.isolation.state == Isolation::Testing => self.forget_isolation(),
            IsolationTest::Start | IsolationTest::Stop => {}
        }
    }

    /// Takes a measurement. A test is only passed while the contactor connects the monitor with the cable and the car.
    pub(crate) fn measured(&mut self, reading: IsolationReading, cable: Cable, limits: &Limits) {
        let state = match reading {
            IsolationReading::Measured(resistance) if resistance >= limits.min_isolation => {
                Isolation::Valid { resistance }
            }
            IsolationReading::Measured(resistance) => Isolation::Failed { resistance },
            IsolationReading::Unavailable => Isolation::Failed { resistance: units::Ohms::ZERO },
        };
        let counts = match self.isolation.state {
            Isolation::Testing => cable == Cable::Connected,
            // Watched on after the test: it can only be lost.
            Isolation::Valid { .. } => true,
            Isolation::Unknown | Isolation::Failed { .. } => false,
        };
        if counts {
            self.isolation.state = state;
        }
    }

    pub(crate) const fn level(&self) -> ConnectorLevel {
        ConnectorLevel {
            connector: self.id(),
            pilot: self.output,
            lock: self.lock,
            isolation: match self.isolation.state {
                Isolation::Testing => IsolationTest::Start,
                _ => IsolationTest::Stop,
            },
        }
    }

    pub(crate) fn status(&self) -> ConnectorStatus {
        let readings = &self.readings;
        let duty = match self.output {
            PilotOutput::Off => 100,
            PilotOutput::FivePercent => 5,
            PilotOutput::StateF => 0,
        };
        ConnectorStatus {
            connector: self.id(),
            pilot: readings.pilot,
            plug_count: self.plug_count,
            output: self.output,
            duty: Percent::new(duty).unwrap_or_default(),
            lock: readings.lock,
            isolation: self.isolation,
            bus_voltage: readings.bus_voltage,
            connector_voltage: readings.connector_voltage,
            current: readings.current,
            temperature: readings.temperature,
        }
    }
}

/// Whether a contactor joins the cable to the isolation monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cable {
    Connected,
    Separate,
}
