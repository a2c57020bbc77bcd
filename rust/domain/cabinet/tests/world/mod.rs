//! The world around a cabinet, in virtual time: an MCU, modules, meters and cars that behave.
#![allow(unreachable_pub, dead_code, reason = "a module of each test binary; each uses its own part of the world")]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use api::{
    link::{Demand, Event, Grant, Protocol, Running, Snapshot, Stage, Stop, ToPlc, VehicleLimits},
    session::{Register, Session},
    state::ControllerState,
};
use cabinet::{
    Cabinet, Checkpoint, Identity, Input, Kept, LinkNews, MeterNews, ModuleNews, MonitorNews, Output, Record, Verdict,
};
use charging::Setpoint;
use config::Config;
use mcu_link::{
    ConnectorStatus, ContactorFeedback, ContactorStatus, EStop, FromMcu, GateSensors, InhibitLine, Isolation,
    IsolationStatus, LockFeedback, McuHello, PilotOutput, PilotState, Place, PlugCount, Purpose, ResetReason, Status,
    TieStatus, ToMcu, Trip,
};
use units::{
    BootId, ChainId, ConnectorId, ContactorId, DeciCelsius, Milliamps, Millivolts, ModuleId, Mono, Ohms, Percent,
    SessionId, V2gEpoch, Watts,
};

/// One step of virtual time.
const STEP: Duration = Duration::from_millis(10);
/// The battery of every car.
pub const BATTERY: Millivolts = Millivolts::from_volts(400);

/// What one outlet and its car do.
#[derive(Clone, Debug)]
pub struct Outlet {
    pub id: ConnectorId,
    pub pilot: PilotState,
    pub plug_count: u32,
    pub lock: LockFeedback,
    pub isolation: IsolationStatus,
    pub tested: Option<Mono>,
    pub resistance: Ohms,
    pub purpose: Purpose,
    pub trip: Option<Trip>,
    pub welded: bool,
    pub set: Setpoint,
    pub module_silent: bool,
    pub voltage: Millivolts,
    pub current: Milliamps,
    /// On the modules' side.
    pub bus: Millivolts,
    /// Out of the module.
    pub gives: Milliamps,
    pub temperature: DeciCelsius,
    pub energy_mwh: i64,
    pub car: Option<Car>,
}

/// A contactor between the buses of two outlets' slots.
#[derive(Clone, Debug)]
pub struct Tie {
    pub contactor: ContactorId,
    pub between: (usize, usize),
    pub closed: bool,
    /// Does not move any more.
    pub stuck: bool,
    pub current: Milliamps,
    /// How often it was switched.
    pub switched: usize,
}

/// A car in its session.
#[derive(Clone, Debug)]
pub struct Car {
    pub stage: Stage,
    pub since: Mono,
    pub epoch: V2gEpoch,
    pub wants: Milliamps,
    pub stops_at: Option<i64>,
    pub contactor: bool,
    pub lost: bool,
}

/// The whole world.
pub struct World {
    pub now: Mono,
    pub cabinet: Cabinet,
    pub outlets: Vec<Outlet>,
    pub ties: Vec<Tie>,
    /// Modules that answer, and do nothing.
    pub deaf: Vec<usize>,
    pub e_stop: bool,
    pub mcu_silent: bool,
    pub nonce: u32,
    pub lease_until: Mono,
    pub plc_up: bool,
    pub records: Vec<Record>,
    pub kept: Kept,
    pub sessions: BTreeMap<String, Session>,
    pub snapshots: BTreeMap<ConnectorId, Snapshot>,
    pub applied: Vec<Arc<Config>>,
    pub accepted: Config,
    wake: Mono,
    seq: u64,
    chain: ChainId,
    commits: bool,
    said: Mono,
}

pub fn boot() -> BootId {
    BootId("0f0e0d0c-0b0a-4908-8706-050403020100".into())
}

pub fn identity() -> Identity {
    Identity { boot: boot(), version: "test".into() }
}

pub fn config() -> Config {
    config::from_toml(include_str!("../../../config/tests/cabinet.toml")).unwrap()
}

pub fn connector(id: u8) -> ConnectorId {
    ConnectorId::new(id).unwrap()
}

/// A ring of slots, each with a connector and a module of 30 kW; chains of two.
pub fn ring(count: u8) -> Config {
    let mut config = config();
    let (connector, module) = (config.connectors[0].clone(), config.modules[0].clone());
    let (meter, monitor) = (config.meters[0].clone(), config.isolation[0].clone());
    for id in 3..=count {
        let mut connector = connector.clone();
        connector.id = self::connector(id);
        connector.contactor = ContactorId(id);
        connector.interface = format!("plc{id}");
        connector.evse_id = format!("DE*JPT*E0001*{id}");
        connector.modules = vec![ModuleId::new(&format!("m{}", id - 1)).unwrap()];
        connector.meter = format!("meter{id}");
        connector.isolation = Some(format!("imd{id}"));
        config.connectors.push(connector);
        let id_of = ModuleId::new(&format!("m{}", id - 1)).unwrap();
        config.modules.push(config::Module { id: id_of, address: id - 1, ..module.clone() });
        config.meters.push(config::Meter { id: format!("meter{id}"), address: id, ..meter.clone() });
        config.isolation.push(config::Isolation { id: format!("imd{id}"), address: 100 + id, ..monitor.clone() });
    }
    config.ties = (1..=count)
        .map(|id| config::Tie {
            id: format!("tie{id}"),
            contactor: ContactorId(20 + id),
            between: [self::connector(id), self::connector(id % count + 1)],
        })
        .collect();
    config.connectors.iter_mut().for_each(|connector| connector.max_power_w = 200_000);
    config.planner.borrowing = true;
    config.planner.efficiency_percent = 100;
    config.site.limit_w = 1_000_000;
    config.chains[0].power_cap_w = 1_000_000;
    assert!(config.mistakes().is_empty(), "{:?}", config.mistakes());
    config
}

impl World {
    pub fn new() -> Self {
        Self::with(config())
    }

    pub fn with(config: Config) -> Self {
        let place = |id| config.connectors.iter().position(|connector| connector.id == id).unwrap();
        let ties = config.ties.iter().map(|tie| Tie {
            contactor: tie.contactor,
            between: (place(tie.between[0]), place(tie.between[1])),
            closed: false,
            stuck: false,
            current: Milliamps::ZERO,
            switched: 0,
        });
        let outlets = config.connectors.iter().map(|connector| Outlet {
            id: connector.id,
            pilot: PilotState::A,
            plug_count: 0,
            lock: LockFeedback::Unlocked,
            isolation: IsolationStatus::default(),
            tested: None,
            resistance: Ohms(5_000_000),
            purpose: Purpose::Open,
            trip: None,
            welded: false,
            set: Setpoint::Off,
            module_silent: false,
            voltage: Millivolts::ZERO,
            current: Milliamps::ZERO,
            bus: Millivolts::ZERO,
            gives: Milliamps::ZERO,
            temperature: DeciCelsius(250),
            energy_mwh: 1_000_000,
            car: None,
        });
        let mut world = Self {
            now: Mono::from_millis(10_000),
            outlets: outlets.collect(),
            ties: ties.collect(),
            deaf: Vec::new(),
            cabinet: Cabinet::new(identity(), config.clone(), 1),
            e_stop: false,
            mcu_silent: false,
            nonce: 7,
            lease_until: Mono::BOOT,
            plc_up: true,
            records: Vec::new(),
            kept: Kept::default(),
            sessions: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            applied: Vec::new(),
            accepted: config,
            wake: Mono::BOOT,
            seq: 0,
            chain: ChainId::new("main").unwrap(),
            commits: true,
            said: Mono::BOOT,
        };
        world.connect_plc("first");
        world.run(Duration::from_secs(2));
        world
    }

    pub fn connect_plc(&mut self, instance: &str) {
        self.plc_up = true;
        self.seq = 0;
        self.tell(Input::Link(self.chain.clone(), LinkNews::Up { instance: instance.into(), running: self.running() }));
    }

    pub fn disconnect_plc(&mut self) {
        self.plc_up = false;
        self.tell(Input::Link(self.chain.clone(), LinkNews::Down));
    }

    pub fn lose_commits(&mut self) {
        self.commits = false;
    }

    /// What a chain's process would say it holds.
    pub fn running(&self) -> Vec<Running> {
        let outlets = self.outlets.iter().filter_map(|outlet| {
            let car = outlet.car.as_ref()?;
            let plug_in_epoch = self.snapshots.get(&outlet.id)?.plug_in_epoch;
            Some(Running { connector: outlet.id, plug_in_epoch, v2g_epoch: car.epoch, stage: car.stage })
        });
        outlets.collect()
    }

    pub fn outlet(&mut self, id: u8) -> &mut Outlet {
        self.outlets.iter_mut().find(|outlet| outlet.id == connector(id)).unwrap()
    }

    pub fn plug_in(&mut self, id: u8, wants: Milliamps, stops_at: Option<i64>) {
        let now = self.now;
        let outlet = self.outlet(id);
        outlet.pilot = PilotState::B;
        outlet.plug_count += 1;
        let epoch = V2gEpoch(100 * outlet.plug_count + u32::from(id));
        let stops_at = stops_at.map(|wh| outlet.energy_mwh + wh * 1_000);
        outlet.car =
            Some(Car { stage: Stage::Setup, since: now, epoch, wants, stops_at, contactor: false, lost: false });
    }

    pub fn unplug(&mut self, id: u8) {
        let outlet = self.outlet(id);
        outlet.pilot = PilotState::A;
        outlet.car = None;
        outlet.lock = LockFeedback::Unlocked;
        if outlet.purpose != Purpose::Open {
            outlet.purpose = Purpose::Open;
            outlet.trip = Some(Trip::PilotLost);
        }
    }

    pub fn state(&self) -> ControllerState {
        self.cabinet.state(self.now)
    }

    pub fn view(&self, id: u8) -> api::state::Connector {
        self.state().connectors.into_iter().find(|view| view.id == connector(id)).unwrap()
    }

    /// Runs until a connector is in a phase; panics after `limit`.
    pub fn until(&mut self, id: u8, phase: api::state::Phase, limit: Duration) {
        let end = self.now + limit;
        while self.view(id).phase != phase {
            assert!(self.now < end, "{:?} is not reached: {:#?}", phase, self.view(id));
            self.step();
        }
    }

    pub fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end {
            self.step();
        }
    }

    pub fn step(&mut self) {
        self.now = self.now + STEP;
        self.physics();
        self.cars();
        if !self.mcu_silent {
            self.mcu_rules();
            if self.now.since(self.said) >= Duration::from_millis(100) {
                self.said = self.now;
                let status = self.status();
                self.tell(Input::Mcu(Box::new(FromMcu::Status(status))));
                self.equipment();
            }
        }
        if self.now >= self.wake {
            self.tell(Input::Wake);
        }
    }

    /// Modules, contactors and cars as one circuit, without inertia.
    fn physics(&mut self) {
        for island in self.islands() {
            let taker = island.iter().copied().find(|&at| {
                let outlet = &self.outlets[at];
                let closed = outlet.purpose != Purpose::Open || outlet.welded;
                closed && outlet.car.as_ref().is_some_and(|car| car.contactor)
            });
            let told = |outlet: &Outlet| match outlet.set {
                Setpoint::On { current, .. } => current.get(),
                Setpoint::Off => 0,
            };
            let could: i64 = island.iter().map(|&at| told(&self.outlets[at])).sum();
            let wants = taker.and_then(|at| self.outlets[at].car.as_ref()).map_or(0, |car| car.wants.get());
            let flows = could.min(wants);
            let driven = island.iter().filter_map(|&at| match self.outlets[at].set {
                Setpoint::On { voltage, .. } => Some(voltage),
                Setpoint::Off => None,
            });
            let driven = driven.max();
            for &at in &island {
                let outlet = &mut self.outlets[at];
                outlet.gives = Milliamps(if could > 0 { told(outlet) * flows / could } else { 0 });
                let closed = outlet.purpose != Purpose::Open || outlet.welded;
                let car = outlet.car.as_ref().is_some_and(|car| car.contactor);
                outlet.current = Milliamps(if taker == Some(at) { flows } else { 0 });
                outlet.voltage = match (closed, driven, car) {
                    (_, _, true) => BATTERY,
                    (true, Some(voltage), false) => voltage,
                    _ => Millivolts::ZERO,
                };
                outlet.bus = match driven {
                    Some(_) if flows > 0 => BATTERY,
                    Some(voltage) => voltage,
                    None if taker.is_some() => BATTERY,
                    None => Millivolts::ZERO,
                };
                outlet.energy_mwh += (outlet.voltage * outlet.current).energy_in(STEP).get();
            }
            // What comes from the side that the car is not on.
            for i in 0..self.ties.len() {
                let (a, b) = self.ties[i].between;
                if !self.ties[i].closed || !island.contains(&a) {
                    continue;
                }
                self.ties[i].closed = false;
                let sides = self.islands();
                self.ties[i].closed = true;
                let far = if sides.iter().any(|side| side.contains(&a) && taker.is_some_and(|at| side.contains(&at))) {
                    b
                } else {
                    a
                };
                let side = sides.iter().find(|side| side.contains(&far)).unwrap();
                self.ties[i].current = side.iter().map(|&at| self.outlets[at].gives).sum();
            }
        }
        for tie in self.ties.iter_mut().filter(|tie| !tie.closed) {
            tie.current = Milliamps::ZERO;
        }
    }

    /// Outlets on one bus.
    fn islands(&self) -> Vec<Vec<usize>> {
        let mut bus: Vec<usize> = (0..self.outlets.len()).collect();
        for tie in self.ties.iter().filter(|tie| tie.closed) {
            let (one, other) = (bus[tie.between.0], bus[tie.between.1]);
            bus.iter_mut().filter(|bus| **bus == other).for_each(|bus| *bus = one);
        }
        let own = |at: usize| (0..bus.len()).filter(|other| bus[*other] == at).collect::<Vec<_>>();
        (0..bus.len()).map(own).filter(|island| !island.is_empty()).collect()
    }

    fn mcu_rules(&mut self) {
        let (now, lapsed, e_stop) = (self.now, self.now > self.lease_until, self.e_stop);
        for outlet in &mut self.outlets {
            if outlet.purpose != Purpose::Open {
                let trip = if e_stop {
                    Some(Trip::EStop)
                } else if lapsed {
                    Some(Trip::LeaseLapsed)
                } else if outlet.purpose == Purpose::Energy
                    && !outlet.pilot.wants_energy()
                    && outlet.current.get() > 2_000
                {
                    Some(Trip::PilotLost)
                } else {
                    None
                };
                if let Some(trip) = trip {
                    outlet.purpose = Purpose::Open;
                    outlet.trip = Some(trip);
                }
            }
            if outlet.tested.is_some_and(|at| now.since(at) > Duration::from_millis(500)) {
                outlet.tested = None;
                let resistance = outlet.resistance;
                let good = resistance >= Ohms(100_000);
                let state = if good { Isolation::Valid { resistance } } else { Isolation::Failed { resistance } };
                outlet.isolation = IsolationStatus { state, plug_count: PlugCount(outlet.plug_count) };
            }
        }
    }

    fn equipment(&mut self) {
        for (i, outlet) in self.outlets.clone().into_iter().enumerate() {
            let module = ModuleId::new(&format!("m{i}")).unwrap();
            if outlet.module_silent {
                self.tell(Input::Module(module, ModuleNews::Silent));
            } else {
                let voltage = match outlet.set {
                    Setpoint::On { voltage, .. } if outlet.gives == Milliamps::ZERO => voltage,
                    _ => outlet.bus,
                };
                let on = matches!(outlet.set, Setpoint::On { .. });
                self.tell(Input::Module(module.clone(), ModuleNews::Status { on, faults: vec![], disabled: false }));
                self.tell(Input::Module(module.clone(), ModuleNews::Confirmed(outlet.set)));
                self.tell(Input::Module(module, ModuleNews::Reading { voltage, current: outlet.gives }));
            }
            let digits = u64::try_from(outlet.energy_mwh / 1_000).unwrap();
            let meter = format!("meter{}", i + 1);
            let register = Register { digits, exponent: 0, meter: meter.clone() };
            self.tell(Input::Meter(
                meter,
                MeterNews::Reading { register, voltage: outlet.voltage, current: outlet.current },
            ));
            self.tell(Input::Monitor(format!("imd{}", i + 1), MonitorNews::Reading(outlet.resistance)));
        }
    }

    pub fn hello(&self) -> FromMcu {
        let guns = self.outlets.iter().map(|outlet| mcu_link::ContactorLayout {
            contactor: ContactorId(outlet.id.get()),
            place: Place::Gun(outlet.id),
        });
        let ties = self.ties.iter().map(|tie| {
            let [one, other] = [tie.between.0, tie.between.1].map(|at| self.outlets[at].id);
            mcu_link::ContactorLayout { contactor: tie.contactor, place: Place::Tie(one, other) }
        });
        let contactors = guns.chain(ties);
        FromMcu::Hello(McuHello {
            firmware: [1, 0, 0],
            boot_nonce: self.nonce,
            reset: ResetReason::PowerOn,
            contactors: contactors.collect(),
            sensors: GateSensors::VERIFIED,
        })
    }

    pub fn status(&self) -> Status {
        let left = u16::try_from(self.lease_until.since(self.now).as_millis()).unwrap_or(u16::MAX);
        Status {
            e_stop: if self.e_stop { EStop::Pressed } else { EStop::Released },
            lease_remaining_ms: (left > 0).then_some(left),
            inhibit: if left > 0 { InhibitLine::Enabled } else { InhibitLine::Inhibited },
            uptime_ms: 1,
            connectors: self.outlets.iter().map(connector_status).collect(),
            contactors: self.outlets.iter().map(contactor_status).chain(self.ties.iter().map(tie_contactor)).collect(),
            ties: self.ties.iter().map(|tie| TieStatus { contactor: tie.contactor, current: tie.current }).collect(),
        }
    }

    fn lease(&mut self, entries: &[mcu_link::LeaseEntry], time: Duration) {
        self.lease_until = self.now + time;
        for entry in entries {
            if let Some(at) = self.ties.iter().position(|tie| tie.contactor == entry.contactor) {
                self.switch_tie(at, entry.purpose);
                continue;
            }
            let outlet = self.outlets.iter_mut().find(|outlet| outlet.id.get() == entry.contactor.0).unwrap();
            assert!(
                entry.purpose == Purpose::Open || entry.plug_count.0 == outlet.plug_count,
                "asked to close for another plug-in"
            );
            let fit = match entry.purpose {
                Purpose::Open => true,
                Purpose::Tie => panic!("a gun is no tie"),
                Purpose::TestClose => {
                    outlet.pilot.wants_energy()
                        && outlet.lock == LockFeedback::Locked
                        && (outlet.purpose != Purpose::Open || outlet.voltage < Millivolts::from_volts(60))
                }
                Purpose::Energy => {
                    matches!(outlet.isolation.state, Isolation::Valid { .. })
                        && outlet.isolation.plug_count.0 == outlet.plug_count
                }
            };
            if fit && (outlet.trip.is_none() || entry.purpose == Purpose::Open) && !self.e_stop {
                if entry.purpose == Purpose::Open && outlet.purpose != Purpose::Open {
                    assert!(outlet.current.get() <= 2_000, "opened under {}", outlet.current);
                }
                outlet.purpose = entry.purpose;
            }
        }
    }

    /// What the MCU's gates would refuse is a mistake of the cabinet's here.
    fn switch_tie(&mut self, at: usize, purpose: Purpose) {
        let tie = self.ties[at].clone();
        let close = purpose == Purpose::Tie;
        if tie.closed == close || tie.stuck {
            return;
        }
        let [one, other] = [tie.between.0, tie.between.1].map(|at| self.outlets[at].bus);
        if close {
            assert!(one.distance(other) <= Millivolts::from_volts(20), "closed between {one} and {other}");
        } else {
            assert!(tie.current <= Milliamps::from_amps(2), "opened under {}", tie.current);
        }
        self.ties[at].closed = close;
        self.ties[at].switched += 1;
        for island in self.islands() {
            let cars = island.iter().filter(|&&at| self.outlets[at].purpose != Purpose::Open).count();
            assert!(cars <= 1, "two cars on one bus");
        }
    }

    pub fn tell(&mut self, input: Input) {
        let outputs = self.cabinet.handle(self.now, input);
        self.wake = outputs.next_wake;
        assert!(self.wake > self.now, "woken in the past");
        for output in outputs.list {
            self.obey(output);
        }
    }

    fn obey(&mut self, output: Output) {
        match output {
            Output::Mcu(message) if !self.mcu_silent => self.mcu_hears(message),
            Output::Module(id, setpoint) => {
                let index: usize = id.as_str().trim_start_matches('m').parse().unwrap();
                if !self.outlets[index].module_silent && !self.deaf.contains(&index) {
                    self.outlets[index].set = setpoint;
                }
            }
            Output::Link(_, ToPlc::Snapshot(snapshot)) if self.plc_up => {
                self.snapshots.insert(snapshot.connector, snapshot);
            }
            Output::Mcu(_) | Output::Link(..) | Output::Changed => {}
            Output::Apply(config) => self.applied.push(config),
            Output::Store(record) => self.store(record),
            Output::NeedSessionIds => {
                let ids = (0..4).map(|i| SessionId::new(&format!("{:08x}-{i}", self.now.0)).unwrap());
                let ids = ids.collect();
                self.tell(Input::SessionIds(ids));
            }
        }
    }

    fn store(&mut self, record: Record) {
        match &record {
            Record::Open(session) | Record::Close(session) => {
                self.sessions.insert(session.id.as_str().into(), session.clone());
            }
            _ => self.kept.note(&record),
        }
        let opened = if let Record::Open(session) = &record { Some(session.id.clone()) } else { None };
        self.records.push(record);
        if let Some(id) = opened.filter(|_| self.commits) {
            self.tell(Input::Committed(id));
        }
    }

    fn mcu_hears(&mut self, message: ToMcu) {
        match message {
            ToMcu::Hello => self.tell(Input::Mcu(Box::new(self.hello()))),
            ToMcu::Lease(lease) => self.lease(&lease.contactors, lease.time.duration()),
            ToMcu::Lock { connector, command } => {
                let outlet = self.outlets.iter_mut().find(|outlet| outlet.id == connector).unwrap();
                outlet.lock = match command {
                    mcu_link::LockCommand::Lock => LockFeedback::Locked,
                    mcu_link::LockCommand::Unlock => {
                        assert!(outlet.voltage < Millivolts::from_volts(60), "unlocked under {}", outlet.voltage);
                        LockFeedback::Unlocked
                    }
                };
            }
            ToMcu::IsolationTest { connector, .. } => {
                let now = self.now;
                let outlet = self.outlets.iter_mut().find(|outlet| outlet.id == connector).unwrap();
                outlet.tested = Some(now);
                outlet.isolation =
                    IsolationStatus { state: Isolation::Testing, plug_count: PlugCount(outlet.plug_count) };
            }
            ToMcu::ClearTrip(_) => self.outlets.iter_mut().for_each(|outlet| outlet.trip = None),
            ToMcu::Pilot { .. } => {}
        }
    }

    /// The cars and their chain's process: each answers to its snapshot as the protocol has it.
    fn cars(&mut self) {
        if !self.plc_up {
            return;
        }
        for i in 0..self.outlets.len() {
            let Some(snapshot) = self.snapshots.get(&self.outlets[i].id).cloned() else { continue };
            let Some(mut car) = self.outlets[i].car.clone().filter(|car| !car.lost) else { continue };
            let (id, now) = (self.outlets[i].id, self.now);
            let waited = now.since(car.since);
            let plug_in_epoch = snapshot.plug_in_epoch;
            let mut events = Vec::new();
            let mut stage = car.stage;
            match car.stage {
                Stage::Setup if snapshot.plugged && waited > Duration::from_secs(1) => {
                    events.push(Event::SlacMatched { ev_mac: "02".into(), attenuation_db: 20 });
                    let (v2g_epoch, protocol) = (car.epoch, Protocol::Iso15118Part2);
                    events.push(Event::SessionStarted { v2g_epoch, protocol, evcc_id: "0200000000CA".into() });
                    stage = Stage::Authorisation;
                }
                Stage::Authorisation if snapshot.authorisation == Grant::Granted => stage = Stage::Parameters,
                Stage::Parameters if waited > Duration::from_millis(300) => {
                    self.outlets[i].pilot = PilotState::C;
                    stage = Stage::CableCheck;
                }
                Stage::CableCheck if snapshot.cable_check == Grant::Granted => stage = Stage::PreCharge,
                Stage::PreCharge if snapshot.present_voltage.distance(BATTERY) < Millivolts::from_volts(20) => {
                    car.contactor = true;
                    stage = Stage::PowerDelivery;
                }
                Stage::PowerDelivery if snapshot.power == Grant::Granted => stage = Stage::CurrentDemand,
                Stage::CurrentDemand => {
                    let full = car.stops_at.is_some_and(|at| self.outlets[i].energy_mwh >= at);
                    if full || snapshot.stop != Stop::None {
                        car.wants = Milliamps::ZERO;
                        stage = Stage::PowerDown;
                    }
                }
                Stage::PowerDown if snapshot.powered_down => {
                    car.contactor = false;
                    self.outlets[i].pilot = PilotState::B;
                    stage = Stage::WeldingDetection;
                }
                Stage::WeldingDetection if waited > Duration::from_millis(200) => {
                    events.push(Event::SessionStopped { v2g_epoch: car.epoch, pause: false });
                    stage = Stage::Stopped;
                }
                _ => {}
            }
            if snapshot.stop == Stop::Emergency && car.stage >= Stage::CableCheck {
                car.contactor = false;
                car.wants = Milliamps::ZERO;
                self.outlets[i].pilot = PilotState::B;
            }
            if stage != car.stage {
                car.stage = stage;
                car.since = now;
            }
            let demand = Demand {
                connector: id,
                plug_in_epoch,
                v2g_epoch: car.epoch,
                valid_until: now + Duration::from_secs(1),
                stage: car.stage,
                target_voltage: matches!(car.stage, Stage::PreCharge | Stage::CurrentDemand).then_some(BATTERY),
                target_current: (car.stage >= Stage::PreCharge).then_some(car.wants),
                limits: VehicleLimits {
                    max_voltage: Some(Millivolts::from_volts(450)),
                    max_current: Some(Milliamps::from_amps(200)),
                    max_power: Some(Watts(90_000)),
                },
                soc: Percent::new(50),
                ready: true,
            };
            self.outlets[i].car = Some(car);
            for event in events {
                self.seq += 1;
                let news = LinkNews::Event { seq: self.seq, connector: id, plug_in_epoch, event };
                self.tell(Input::Link(self.chain.clone(), news));
            }
            if self.outlets[i].car.as_ref().is_some_and(|car| car.stage != Stage::Setup && car.stage != Stage::Stopped)
            {
                self.tell(Input::Link(self.chain.clone(), LinkNews::Demand(demand)));
            }
        }
    }

    /// The MCU starts anew: everything open, every count forgotten, no word of a trip.
    pub fn reset_mcu(&mut self) {
        self.nonce += 1;
        self.lease_until = Mono::BOOT;
        for outlet in &mut self.outlets {
            outlet.purpose = Purpose::Open;
            outlet.plug_count = u32::from(outlet.pilot.plugged());
            outlet.isolation = IsolationStatus::default();
        }
        let hello = self.hello();
        self.tell(Input::Mcu(Box::new(hello)));
    }

    /// Another configuration is accepted.
    pub fn accept(&mut self, change: impl Fn(&mut Config)) {
        change(&mut self.accepted);
        assert_eq!(self.accepted.mistakes(), []);
        self.tell(Input::Config { config: Box::new(self.accepted.clone()), version: 2 });
    }

    /// Kills the cabinet and starts another on what it left and on what is observed.
    pub fn restart(
        &mut self,
        checkpoint: Option<Checkpoint>,
        down: Duration,
        seen: impl Fn(&Self) -> Vec<Input>,
    ) -> Vec<Verdict> {
        let end = self.now + down;
        while self.now < end {
            self.now = self.now + STEP;
            self.physics();
            self.mcu_rules();
        }
        let observed = seen(self).into_iter().map(|input| (self.now, input)).collect();
        let (cabinet, verdicts, outputs) =
            Cabinet::recover(identity(), self.accepted.clone(), 1, checkpoint, observed, self.now);
        self.cabinet = cabinet;
        self.cabinet.recall(self.kept.clone());
        self.wake = outputs.next_wake;
        for output in outputs.list {
            self.obey(output);
        }
        verdicts.into_iter().map(|(_, verdict)| verdict).collect()
    }

    /// All that a start hears in a world that is well.
    pub fn heard(&self) -> Vec<Input> {
        let mut inputs = vec![
            Input::Mcu(Box::new(self.hello())),
            Input::Mcu(Box::new(FromMcu::Status(self.status()))),
            Input::Link(self.chain.clone(), LinkNews::Up { instance: "first".into(), running: self.running() }),
        ];
        for (i, outlet) in self.outlets.iter().enumerate() {
            let module = ModuleId::new(&format!("m{i}")).unwrap();
            inputs.push(Input::Module(module, ModuleNews::Reading { voltage: outlet.bus, current: outlet.gives }));
            let meter = format!("meter{}", i + 1);
            let register = Register {
                digits: u64::try_from(outlet.energy_mwh / 1_000).unwrap(),
                exponent: 0,
                meter: meter.clone(),
            };
            inputs.push(Input::Meter(
                meter,
                MeterNews::Reading { register, voltage: outlet.voltage, current: outlet.current },
            ));
        }
        inputs
    }
}

fn connector_status(outlet: &Outlet) -> ConnectorStatus {
    ConnectorStatus {
        connector: outlet.id,
        pilot: outlet.pilot,
        plug_count: PlugCount(outlet.plug_count),
        output: PilotOutput::FivePercent,
        duty: Percent::new(5).unwrap(),
        lock: outlet.lock,
        isolation: outlet.isolation,
        bus_voltage: outlet.bus,
        connector_voltage: outlet.voltage,
        current: outlet.current,
        temperature: outlet.temperature,
    }
}

fn tie_contactor(tie: &Tie) -> ContactorStatus {
    let (granted, feedback) =
        if tie.closed { (Purpose::Tie, ContactorFeedback::Closed) } else { (Purpose::Open, ContactorFeedback::Open) };
    ContactorStatus { contactor: tie.contactor, granted, feedback, refused: None, trip: None }
}

fn contactor_status(outlet: &Outlet) -> ContactorStatus {
    let feedback = match (outlet.purpose, outlet.welded) {
        (Purpose::Open, true) => ContactorFeedback::Welded,
        (Purpose::Open, false) => ContactorFeedback::Open,
        _ => ContactorFeedback::Closed,
    };
    let contactor = ContactorId(outlet.id.get());
    ContactorStatus { contactor, granted: outlet.purpose, feedback, refused: None, trip: outlet.trip }
}
