//! A cabinet of one connector and one contactor, and words to drive it with.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "shared by several test programs, which may panic"
)]

pub mod row;

use mcu_link::{
    ContactorLayout, ContactorStatus, EStop, GateSensors, IsolationTest, Lease, LeaseEntry, LeaseTime, LockFeedback,
    PilotState, Place, PlugCount, Purpose, ResetReason, Status, ToMcu, TripScope,
};
use safety::{Coil, Input, IsolationReading, Limits, Outputs, Position, Readings, Safety, Setup};
use units::{ConnectorId, ContactorId, DeciCelsius, Milliamps, Millivolts, Mono, Ohms};

pub const CONTACTOR: ContactorId = ContactorId(1);

pub fn connector() -> ConnectorId {
    ConnectorId::new(1).unwrap()
}

pub struct Bench {
    pub safety: Safety,
    pub now: u64,
    pub readings: Readings,
    pub out: Outputs,
}

impl Bench {
    pub fn new() -> Self {
        let setup = Setup {
            boot_nonce: 7,
            reset: ResetReason::PowerOn,
            firmware: [0, 1, 0],
            contactors: [ContactorLayout { contactor: CONTACTOR, place: Place::Gun(connector()) }]
                .into_iter()
                .collect(),
            sensors: GateSensors::VERIFIED,
            limits: Limits { max_current: Milliamps::from_amps(110), ..Limits::default() },
        };
        let mut safety = Safety::new(setup, Mono::from_millis(1_000));
        let out = safety.handle(Mono::from_millis(1_000), Input::Tick);
        let readings = Readings {
            connector: connector(),
            pilot: PilotState::A,
            lock: LockFeedback::Unlocked,
            bus_voltage: Millivolts(0),
            connector_voltage: Millivolts(0),
            current: Milliamps(0),
            temperature: DeciCelsius(250),
        };
        Self { safety, now: 1_000, readings, out }
    }

    /// A car is in, locked, at C: nothing but a lease lacks.
    pub fn ready() -> Self {
        let mut bench = Self::new();
        bench.read(|_| {});
        bench.read(|r| {
            r.pilot = PilotState::C;
            r.lock = LockFeedback::Locked;
        });
        bench
    }

    /// Closed for a test, with an isolation result.
    pub fn tested() -> Self {
        let mut bench = Self::ready();
        bench.lease(Purpose::TestClose);
        bench.link(ToMcu::IsolationTest { connector: connector(), test: IsolationTest::Start });
        bench.isolation(1_000_000);
        bench
    }

    /// Delivering 50 A at 400 V.
    pub fn charging() -> Self {
        let mut bench = Self::tested();
        bench.lease(Purpose::Energy);
        bench.read(|r| {
            r.bus_voltage = Millivolts::from_volts(400);
            r.connector_voltage = Millivolts::from_volts(399);
            r.current = Milliamps::from_amps(50);
        });
        assert_eq!(bench.contactor().granted, Purpose::Energy);
        bench
    }

    pub fn input(&mut self, input: Input) -> &mut Self {
        self.out = self.safety.handle(Mono::from_millis(self.now), input);
        // The auxiliary contact follows the coil at once, unless a test says otherwise.
        let position = match self.coil() {
            Coil::Released => Position::Open,
            Coil::Energised => Position::Closed,
        };
        self.out = self.safety.handle(Mono::from_millis(self.now), Input::Position { contactor: CONTACTOR, position });
        self
    }

    pub fn bare(&mut self, input: Input) -> &mut Self {
        self.out = self.safety.handle(Mono::from_millis(self.now), input);
        self
    }

    pub fn read(&mut self, change: impl FnOnce(&mut Readings)) -> &mut Self {
        change(&mut self.readings);
        self.input(Input::Readings(self.readings))
    }

    pub fn link(&mut self, message: ToMcu) -> &mut Self {
        self.input(Input::Link(message))
    }

    pub fn lease(&mut self, purpose: Purpose) -> &mut Self {
        let plug_count = self.plug_count();
        self.lease_for(purpose, plug_count)
    }

    pub fn lease_for(&mut self, purpose: Purpose, plug_count: PlugCount) -> &mut Self {
        self.link(lease(purpose, plug_count))
    }

    pub fn isolation(&mut self, ohms: i64) -> &mut Self {
        let reading = IsolationReading::Measured(Ohms(ohms));
        self.input(Input::Isolation { connector: connector(), reading })
    }

    pub fn e_stop(&mut self, e_stop: EStop) -> &mut Self {
        self.input(Input::EStop(e_stop))
    }

    pub fn clear(&mut self) -> &mut Self {
        self.link(ToMcu::ClearTrip(TripScope::All))
    }

    pub fn pass(&mut self, ms: u64) -> &mut Self {
        self.now += ms;
        self.input(Input::Tick)
    }

    pub fn coil(&self) -> Coil {
        self.out.actuators.coils[0].coil
    }

    pub fn status(&self) -> Status {
        self.safety.status(Mono::from_millis(self.now))
    }

    pub fn contactor(&self) -> ContactorStatus {
        self.status().contactors[0]
    }

    pub fn plug_count(&self) -> PlugCount {
        self.status().connectors[0].plug_count
    }
}

pub fn lease(purpose: Purpose, plug_count: PlugCount) -> ToMcu {
    ToMcu::Lease(Lease {
        time: LeaseTime::MAX,
        contactors: [LeaseEntry { contactor: CONTACTOR, purpose, plug_count }].into_iter().collect(),
    })
}
