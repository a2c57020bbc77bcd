//! A cabinet of three slots in a ring of ties.

use mcu_link::{
    ContactorLayout, ContactorStatus, EStop, GateSensors, IsolationTest, Lease, LeaseEntry, LeaseTime, LockFeedback,
    PilotState, Place, PlugCount, Purpose, ResetReason, Status, ToMcu,
};
use safety::{Coil, Input, IsolationReading, Limits, Outputs, Position, Readings, Safety, Setup};
use units::{ConnectorId, ContactorId, DeciCelsius, Milliamps, Millivolts, Mono, Ohms};

/// Contactors 1 to 3 are those of connectors 1 to 3.
pub const SLOTS: u8 = 3;
/// Contactors 11, 12 and 13 tie slots 1-2, 2-3 and 3-1.
pub const TIES: [(u8, u8, u8); 3] = [(11, 1, 2), (12, 2, 3), (13, 3, 1)];

pub fn id(connector: u8) -> ConnectorId {
    ConnectorId::new(connector).unwrap()
}

pub struct Row {
    pub safety: Safety,
    pub now: u64,
    pub readings: Vec<Readings>,
    pub tie_amps: [Milliamps; 3],
    /// What is asked for, by contactor.
    pub asked: Vec<(u8, Purpose)>,
    /// Contacts that say something of their own.
    pub stuck: Vec<(u8, Position)>,
    pub out: Outputs,
}

impl Row {
    pub fn new() -> Self {
        let gun = |slot| ContactorLayout { contactor: ContactorId(slot), place: Place::Gun(id(slot)) };
        let tie = |(contactor, one, other)| ContactorLayout {
            contactor: ContactorId(contactor),
            place: Place::Tie(id(one), id(other)),
        };
        let setup = Setup {
            boot_nonce: 7,
            reset: ResetReason::PowerOn,
            firmware: [0, 1, 0],
            // Ties first: the order must not matter.
            contactors: TIES.map(tie).into_iter().chain((1..=SLOTS).map(gun)).collect(),
            sensors: GateSensors::VERIFIED,
            limits: Limits { max_tie_current: Milliamps::from_amps(110), ..Limits::default() },
        };
        let mut safety = Safety::new(setup, Mono::from_millis(1_000));
        let out = safety.handle(Mono::from_millis(1_000), Input::Tick);
        let readings = |slot| Readings {
            connector: id(slot),
            pilot: PilotState::A,
            lock: LockFeedback::Unlocked,
            bus_voltage: Millivolts(0),
            connector_voltage: Millivolts(0),
            current: Milliamps(0),
            temperature: DeciCelsius(250),
        };
        let mut row = Self {
            safety,
            now: 1_000,
            readings: (1..=SLOTS).map(readings).collect(),
            tie_amps: [Milliamps::ZERO; 3],
            asked: Vec::new(),
            stuck: Vec::new(),
            out,
        };
        for slot in 1..=SLOTS {
            row.read(slot, |_| {});
        }
        row
    }

    /// A car at each of these connectors, ready for energy: tested and isolated, its contactor open again.
    pub fn with_cars(slots: &[u8]) -> Self {
        let mut row = Self::new();
        for slot in slots {
            row.read(*slot, |r| {
                r.pilot = PilotState::C;
                r.lock = LockFeedback::Locked;
            });
            row.ask(*slot, Purpose::TestClose);
            row.input(Input::Link(ToMcu::IsolationTest { connector: id(*slot), test: IsolationTest::Start }));
            let reading = IsolationReading::Measured(Ohms(1_000_000));
            row.input(Input::Isolation { connector: id(*slot), reading });
            row.ask(*slot, Purpose::Open);
        }
        row
    }

    pub fn bare(&mut self, input: Input) -> &mut Self {
        self.out = self.safety.handle(Mono::from_millis(self.now), input);
        self
    }

    /// Contacts follow their coils at once, but for those that are stuck.
    pub fn input(&mut self, input: Input) -> &mut Self {
        self.bare(input);
        for contactor in TIES.map(|(tie, ..)| tie).into_iter().chain(1..=SLOTS) {
            let own = self.stuck.iter().find(|(stuck, _)| *stuck == contactor).map(|(_, position)| *position);
            let position = own.unwrap_or(match self.coil(contactor) {
                Coil::Released => Position::Open,
                Coil::Energised => Position::Closed,
            });
            self.bare(Input::Position { contactor: ContactorId(contactor), position });
        }
        self
    }

    pub fn stick(&mut self, contactor: u8, position: Position) -> &mut Self {
        self.stuck.push((contactor, position));
        self.input(Input::Tick)
    }

    pub fn read(&mut self, slot: u8, change: impl FnOnce(&mut Readings)) -> &mut Self {
        let readings = &mut self.readings[usize::from(slot) - 1];
        change(readings);
        let readings = *readings;
        self.input(Input::Readings(readings))
    }

    pub fn bus(&mut self, slot: u8, volts: i64) -> &mut Self {
        self.read(slot, |r| r.bus_voltage = Millivolts::from_volts(volts))
    }

    pub fn tie_amps(&mut self, tie: u8, current: Milliamps) -> &mut Self {
        self.tie_amps[usize::from(tie) - 11] = current;
        self.input(Input::TieCurrent { contactor: ContactorId(tie), current })
    }

    /// Changes what is asked of one contactor, and renews the lease with all that is asked.
    pub fn ask(&mut self, contactor: u8, purpose: Purpose) -> &mut Self {
        self.asked.retain(|(other, _)| *other != contactor);
        self.asked.push((contactor, purpose));
        self.renew()
    }

    pub fn renew(&mut self) -> &mut Self {
        let status = self.status();
        let entries = self.asked.iter().map(|(contactor, purpose)| LeaseEntry {
            contactor: ContactorId(*contactor),
            purpose: *purpose,
            plug_count: status
                .connectors
                .iter()
                .find(|connector| connector.connector.get() == *contactor)
                .map_or(PlugCount(0), |connector| connector.plug_count),
        });
        let lease = Lease { time: LeaseTime::MAX, contactors: entries.collect() };
        self.input(Input::Link(ToMcu::Lease(lease)))
    }

    pub fn e_stop(&mut self, e_stop: EStop) -> &mut Self {
        self.input(Input::EStop(e_stop))
    }

    pub fn pass(&mut self, ms: u64) -> &mut Self {
        self.now += ms;
        self.input(Input::Tick)
    }

    pub fn coil(&self, contactor: u8) -> Coil {
        self.out.actuators.coils.iter().find(|coil| coil.contactor.0 == contactor).unwrap().coil
    }

    pub fn is_closed(&self, contactor: u8) -> bool {
        self.coil(contactor) == Coil::Energised
    }

    pub fn status(&self) -> Status {
        self.safety.status(Mono::from_millis(self.now))
    }

    pub fn contactor(&self, contactor: u8) -> ContactorStatus {
        *self.status().contactors.iter().find(|one| one.contactor.0 == contactor).unwrap()
    }

    /// Slots that are joined with this one, itself among them, as the coils and contacts have it.
    pub fn island(&self, slot: u8) -> Vec<u8> {
        let mut island = vec![slot];
        for _ in TIES {
            for (tie, one, other) in TIES {
                let joined = self.is_closed(tie) || self.stuck.contains(&(tie, Position::Closed));
                if joined && island.contains(&one) != island.contains(&other) {
                    island.push(if island.contains(&one) { other } else { one });
                }
            }
        }
        island
    }
}
