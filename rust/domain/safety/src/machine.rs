//! The machine: connectors, contactors and the lease in one function of what happened.

use heapless::Vec;
use mcu_link::{
    ConnectorStatus, EStop, InhibitLine, Isolation, Lease, LockCommand, MAX_CONNECTORS, MAX_CONTACTORS, McuHello,
    Place, Status, ToMcu, TripScope,
};
use units::{ConnectorId, ContactorId, DeciCelsius, Milliamps, Millivolts, Mono, Ohms};

use crate::{
    STATUS_EVERY,
    connector::{Cable, Connector},
    contactor::{Contactor, Request},
    gates::{Joins, Scene},
    io::{Actuators, CoilLevel, Input, IsolationReading, Outputs, Setup},
    island::{self, Slots},
};

/// The MCU's state machine.
#[derive(Clone, Debug)]
pub struct Safety {
    setup: Setup,
    started: Mono,
    e_stop: EStop,
    lease: Option<(Lease, Mono)>,
    connectors: Vec<Connector, MAX_CONNECTORS>,
    contactors: Vec<Contactor, MAX_CONTACTORS>,
    hello_due: bool,
    status_due: Mono,
    last_sent: Option<Status>,
}

impl Safety {
    /// Starts with everything open, no lease, and nothing known of the sensors.
    pub fn new(setup: Setup, now: Mono) -> Self {
        let mut connectors: Vec<Connector, MAX_CONNECTORS> = Vec::new();
        for layout in &setup.contactors {
            if let Place::Gun(id) = layout.place
                && !connectors.iter().any(|connector| connector.id() == id)
            {
                let _ = connectors.push(Connector::new(id));
            }
        }
        let mut contactors = Vec::new();
        for layout in &setup.contactors {
            // A contactor whose connector found no room could never be judged, so it is not driven at all.
            if let Some(slots) = Slots::at(layout.place, &connectors) {
                let _ = contactors.push(Contactor::new(*layout, slots, now));
            }
        }
        Self {
            setup,
            started: now,
            e_stop: EStop::Released,
            lease: None,
            connectors,
            contactors,
            hello_due: true,
            status_due: now,
            last_sent: None,
        }
    }

    /// Takes one input and says what to do.
    pub fn handle(&mut self, now: Mono, input: Input) -> Outputs {
        self.take(now, input);
        self.step(now);
        self.outputs(now)
    }

    fn take(&mut self, now: Mono, input: Input) {
        match input {
            Input::Link(message) => self.told(now, message),
            Input::Readings(readings) => {
                if let Some(connector) = self.connector(readings.connector) {
                    connector.read(readings);
                }
            }
            Input::TieCurrent { contactor, current } => {
                if let Some(tie) = self.contactor(contactor) {
                    tie.current = current;
                }
            }
            Input::Position { contactor, position } => {
                if let Some(known) = self.contactor(contactor) {
                    known.position = position;
                }
            }
            Input::Isolation { connector, reading } => self.measured(connector, reading),
            Input::EStop(e_stop) => self.e_stop = e_stop,
            Input::Tick => {}
        }
    }

    fn told(&mut self, now: Mono, message: ToMcu) {
        match message {
            ToMcu::Hello => self.hello_due = true,
            ToMcu::Lease(lease) => {
                // A lease that comes too late does not undo the lapse before it: look at that first.
                self.step(now);
                let until = now + lease.time.duration();
                self.lease = Some((lease, until));
            }
            ToMcu::Pilot { connector, output } => {
                if let Some(connector) = self.connector(connector) {
                    connector.drive_pilot(output);
                }
            }
            ToMcu::Lock { connector, command } => {
                let joined = self.cable(connector) == Cable::Connected;
                if let Some(connector) = self.connector(connector)
                    && (command == LockCommand::Lock || !(joined || connector.may_be_live()))
                {
                    connector.drive_lock(command);
                }
            }
            ToMcu::IsolationTest { connector, test } => {
                if let Some(connector) = self.connector(connector) {
                    connector.test_isolation(test);
                }
            }
            ToMcu::ClearTrip(scope) => self.clear(scope),
        }
    }

    fn measured(&mut self, connector: ConnectorId, reading: IsolationReading) {
        let cable = self.cable(connector);
        let limits = self.setup.limits;
        if let Some(connector) = self.connector(connector) {
            connector.measured(reading, cable, &limits);
        }
    }

    fn clear(&mut self, scope: TripScope) {
        self.each(|contactor, scene| {
            let meant = match scope {
                TripScope::All => true,
                TripScope::Connector(connector) => contactor.layout.place.touches(connector),
            };
            if meant {
                contactor.clear(scene);
            }
        });
    }

    fn step(&mut self, now: Mono) {
        if self.lease.as_ref().is_some_and(|(_, until)| now >= *until) {
            self.lease = None;
        }
        // Taken out, for the contactors are what changes.
        let lease = self.lease.take();
        self.each(|contactor, scene| {
            let request = match &lease {
                None => Request::NoLease,
                Some((lease, _)) => {
                    Request::Leased(lease.contactors.iter().find(|entry| entry.contactor == contactor.id()).copied())
                }
            };
            contactor.step(now, request, scene);
        });
        self.lease = lease;
    }

    /// Does something to each contactor in turn, each seeing what the ones before it have done.
    fn each(&mut self, mut act: impl FnMut(&mut Contactor, &Scene<'_>)) {
        for at in 0..self.contactors.len() {
            let Some(known) = self.contactors.get(at) else { return };
            let cars = island::cars(known, &self.contactors);
            let find = |id: ConnectorId| self.connectors.iter().find(|connector| connector.id() == id);
            let joins = match known.layout.place {
                Place::Gun(id) => find(id).map(Joins::Gun),
                Place::Tie(one, other) => find(one)
                    .zip(find(other))
                    .map(|(one, other)| Joins::Tie { buses: [one, other], current: known.current }),
            };
            if let (Some(joins), Some(contactor)) = (joins, self.contactors.get_mut(at)) {
                act(contactor, &Scene { joins, cars, e_stop: self.e_stop, limits: &self.setup.limits });
            }
        }
    }

    fn connector(&mut self, id: ConnectorId) -> Option<&mut Connector> {
        self.connectors.iter_mut().find(|connector| connector.id() == id)
    }

    fn contactor(&mut self, id: ContactorId) -> Option<&mut Contactor> {
        self.contactors.iter_mut().find(|contactor| contactor.id() == id)
    }

    /// Connected as soon as a coil pulls or a contact says closed: the cautious reading for the lock.
    fn cable(&self, connector: ConnectorId) -> Cable {
        let gun = Place::Gun(connector);
        let joined = self.contactors.iter().any(|contactor| contactor.layout.place == gun && contactor.joins());
        if joined { Cable::Connected } else { Cable::Separate }
    }

    fn inhibit(&self) -> InhibitLine {
        let opening = self.contactors.iter().any(Contactor::softly_opening);
        if self.lease.is_none() || self.e_stop == EStop::Pressed || opening {
            InhibitLine::Inhibited
        } else {
            InhibitLine::Enabled
        }
    }

    fn outputs(&mut self, now: Mono) -> Outputs {
        let actuators = Actuators {
            inhibit: self.inhibit(),
            coils: self
                .contactors
                .iter()
                .map(|contactor| CoilLevel { contactor: contactor.id(), coil: contactor.coil() })
                .collect(),
            connectors: self.connectors.iter().map(Connector::level).collect(),
        };
        let hello = core::mem::take(&mut self.hello_due).then(|| self.hello());
        let status = self.status(now);
        let outline = outline(&status);
        let due = hello.is_some() || now >= self.status_due || self.last_sent.as_ref() != Some(&outline);
        if due {
            self.last_sent = Some(outline);
            self.status_due = now + STATUS_EVERY;
        }
        let lease_end = self.lease.as_ref().map(|(_, until)| *until);
        let next_wake =
            self.contactors.iter().filter_map(Contactor::deadline).chain(lease_end).fold(self.status_due, Ord::min);
        Outputs { actuators, hello, status: due.then_some(status), next_wake }
    }

    /// Who this is.
    pub fn hello(&self) -> McuHello {
        McuHello {
            firmware: self.setup.firmware,
            boot_nonce: self.setup.boot_nonce,
            reset: self.setup.reset,
            contactors: self.contactors.iter().map(|contactor| contactor.layout).collect(),
            sensors: self.setup.sensors,
        }
    }

    /// All that is known.
    pub fn status(&self, now: Mono) -> Status {
        let remaining = |until: &Mono| u16::try_from(until.since(now).as_millis()).unwrap_or(u16::MAX);
        Status {
            e_stop: self.e_stop,
            lease_remaining_ms: self.lease.as_ref().map(|(_, until)| remaining(until)),
            inhibit: self.inhibit(),
            uptime_ms: u32::try_from(now.since(self.started).as_millis()).unwrap_or(u32::MAX),
            connectors: self.connectors.iter().map(Connector::status).collect(),
            contactors: self.contactors.iter().map(Contactor::status).collect(),
            ties: self.contactors.iter().filter(|contactor| !contactor.is_gun()).map(Contactor::tie).collect(),
        }
    }
}

/// A status without what moves all the time: when this changes, the status is sent at once.
fn outline(status: &Status) -> Status {
    let still = |connector: &ConnectorStatus| {
        let mut still = *connector;
        still.bus_voltage = Millivolts::ZERO;
        still.connector_voltage = Millivolts::ZERO;
        still.current = Milliamps::ZERO;
        still.temperature = DeciCelsius::ZERO;
        if let Isolation::Valid { resistance } | Isolation::Failed { resistance } = &mut still.isolation.state {
            *resistance = Ohms::ZERO;
        }
        still
    };
    Status {
        lease_remaining_ms: status.lease_remaining_ms.map(|_| 0),
        uptime_ms: 0,
        connectors: status.connectors.iter().map(still).collect(),
        contactors: status.contactors.clone(),
        ties: Vec::new(),
        ..*status
    }
}
