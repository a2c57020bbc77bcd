//! The world: everything around the cabinet, and the cabinet itself, on one clock.

mod apply;
mod cars;
mod chains;
mod controller;
mod mcu;
mod meters;
mod modules;
mod people;
mod plant;
mod store;

use core::time::Duration;
use std::collections::VecDeque;

use charging::{Phase, Setpoint};
use config::Config;
use units::{ClockQuality, Mono, Wall};

use self::{chains::Chain, mcu::Mcu, plant::Known, store::Store};
pub(crate) use self::{
    controller::Process,
    meters::{Meter, Monitor, Told},
    plant::{Module, Outlet, WATT_HOUR},
    store::Ended,
};
use crate::{
    check::{Check, Violation},
    incident::Incident,
    queue::{Event, Queue, Timer},
    report::Stats,
    scenario::Scenario,
    tamper::Tamper,
};

/// The boot's clock shows this when the world begins.
const BOOTED: Duration = Duration::from_secs(10);
/// 2026-01-01.
const WALL: i64 = 1_767_225_600_000;
/// How long everybody may take to leave when the faults are over.
const LEAVING: Duration = Duration::from_mins(12);
/// How long a good car may take to charge.
const PROBING: Duration = Duration::from_mins(3);
/// The most lines of a trace that are kept.
const TRACE: usize = 400;

/// Everything.
pub(crate) struct World {
    pub(crate) now: Mono,
    pub(crate) seed: u64,
    /// The instant that the running boot's clock counts from.
    pub(crate) boot: Mono,
    pub(crate) boots: u32,
    pub(crate) powered: bool,
    /// In force, as the cabinet last said.
    pub(crate) config: Config,
    /// As saved.
    pub(crate) file: Config,
    pub(crate) file_version: u64,
    /// As the world began.
    pub(crate) first: Config,
    pub(crate) queue: Queue,
    pub(crate) incidents: Vec<Incident>,
    pub(crate) numbers: Vec<usize>,
    pub(crate) ends: Mono,
    pub(crate) process: Process,
    pub(crate) wake: Timer,
    pub(crate) left: Option<String>,
    pub(crate) phases: Vec<(Phase, Mono)>,
    pub(crate) mcu: Mcu,
    pub(crate) outlets: Vec<Outlet>,
    pub(crate) modules: Vec<Module>,
    pub(crate) chains: Vec<Chain>,
    pub(crate) store: Store,
    pub(crate) csms_out: bool,
    pub(crate) wall_off: i64,
    pub(crate) cars: u32,
    pub(crate) ids: u64,
    pub(crate) events: u64,
    /// Whether somebody tells a checkpoint that is older than the kill.
    pub(crate) kept: Option<String>,
    pub(crate) check: Check,
    pub(crate) stats: Stats,
    pub(crate) tamper: Option<Tamper>,
    pub(crate) trace: VecDeque<(Mono, String)>,
    fingerprint: u64,
    over: bool,
}

impl World {
    pub(crate) fn new(scenario: &Scenario, tamper: Option<Tamper>) -> Self {
        let config = scenario.layout.config.clone();
        let chain_of =
            |own: &config::Connector| config.chains.iter().position(|chain| chain.id == own.chain).unwrap_or(0);
        let index = |id: &units::ModuleId| config.modules.iter().position(|module| module.id == *id).unwrap_or(0);
        let outlets: Vec<Outlet> = config
            .connectors
            .iter()
            .map(|own| {
                let exponent =
                    config.meters.iter().find(|meter| meter.id == own.meter).map_or(0, |meter| meter.energy_exponent);
                let meter = Meter::new(own.meter.clone(), exponent);
                let monitor = own.isolation.clone().map(Monitor::new);
                Outlet::new(own.id, chain_of(own), own.modules.iter().map(index).collect(), meter, monitor)
            })
            .collect();
        let modules: Vec<Module> = config
            .modules
            .iter()
            .enumerate()
            .map(|(id, module)| Module {
                id: module.id.clone(),
                outlet: outlets.iter().position(|outlet| outlet.modules.contains(&id)).unwrap_or(0),
                rated: module.max_current().get(),
                wanted: Setpoint::Off,
                asked: None,
                confirmed: None,
                set: Setpoint::Off,
                current: 0,
                silent: false,
                failed: false,
                skew: 0,
                alone: None,
                timer: Timer::default(),
                known: Known::Nothing,
                said: None,
                said_on: None,
                said_failed: None,
            })
            .collect();
        let now = Mono::from_millis(1);
        let mut world = Self {
            now,
            seed: scenario.seed,
            boot: Mono::BOOT,
            boots: 1,
            powered: true,
            queue: Queue::default(),
            incidents: scenario.incidents.clone(),
            numbers: scenario.numbers.clone(),
            ends: Mono::BOOT + scenario.lasts,
            process: Process::Down,
            wake: Timer::default(),
            left: None,
            phases: vec![(Phase::Available, now); outlets.len()],
            mcu: Mcu::new(&config, 1, now),
            chains: config.chains.iter().map(|chain| Chain::new(chain.id.clone(), outlets.len())).collect(),
            check: Check::new(&config),
            stats: Stats::default(),
            outlets,
            modules,
            file: config.clone(),
            first: config.clone(),
            file_version: 1,
            config,
            store: Store::default(),
            csms_out: false,
            wall_off: 0,
            cars: 0,
            ids: 0,
            events: 0,
            kept: None,
            tamper,
            trace: VecDeque::new(),
            fingerprint: seed_of(scenario),
            over: false,
        };
        for (number, incident) in world.incidents.iter().enumerate() {
            world.queue.put(incident.at, Event::Incident(number));
        }
        world.queue.put(world.ends, Event::EverybodyLeaves);
        world.queue.put(now, Event::Technician);
        world.queue.put(now + Duration::from_secs(1), Event::Clock);
        world.everything_starts();
        world
    }

    /// The power has come.
    fn everything_starts(&mut self) {
        self.queue.put(self.now + Duration::from_millis(300), Event::McuStarts);
        for chain in 0..self.chains.len() {
            self.queue.put(self.now + Duration::from_secs(2), Event::ChainStarts(chain));
        }
        self.queue.put(self.now + Duration::from_secs(2), Event::ControllerStarts);
    }

    /// The boot's clock.
    pub(crate) fn mono(&self) -> Mono {
        Mono::BOOT + self.now.since(self.boot) + BOOTED
    }

    pub(crate) fn wall(&self) -> Wall {
        let ms = i64::try_from(self.now.millis()).unwrap_or(0);
        Wall { ms: WALL + ms + self.wall_off, quality: ClockQuality::Synchronised }
    }

    /// A line of the trace.
    pub(crate) fn note(&mut self, place: usize, what: &str) {
        let line = format!("{:?}: {what}", self.outlets.get(place).map(|outlet| outlet.id));
        self.note_all(line.replace("Some(", "").replace("):", ":"));
    }

    pub(crate) fn note_all(&mut self, line: String) {
        for byte in line.bytes().chain(self.now.0.to_le_bytes()) {
            self.fingerprint = (self.fingerprint ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
        if self.trace.len() == TRACE {
            self.trace.pop_front();
        }
        self.trace.push_back((self.now, line));
    }

    /// Of all that happened, and of how much energy flowed.
    pub(crate) const fn fingerprint(&self) -> u64 {
        self.fingerprint ^ self.events ^ self.stats.energy_wh.unsigned_abs()
    }

    /// Runs to the end, or to the first thing that must not be.
    pub(crate) fn run(&mut self) -> Option<Violation> {
        while let Some((at, event)) = self.queue.take() {
            self.now = self.now.max(at);
            self.events += 1;
            self.happens(event);
            if let Some(violation) = self.check.found.take() {
                return Some(violation);
            }
            if self.over {
                break;
            }
        }
        None
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Incident(number) => self.incident(number),
            Event::Over(number) => self.over(number),
            Event::PowerBack => self.power_back(),
            Event::ControllerStarts => self.controller_starts(),
            Event::ControllerDecides => self.controller_decides(),
            Event::Wake => self.wake_event(),
            Event::ChainStarts(id) => self.chain_starts(id),
            Event::ChainDials(id) => self.chain_dials(id),
            Event::McuStarts => {
                if self.powered {
                    self.mcu_starts();
                }
            }
            Event::Mcu => self.mcu_event(),
            Event::Isolation(place) => self.isolation_event(place),
            Event::Plant(place) => self.plant_event(place),
            Event::Module(id) => self.module_event(id),
            Event::Meter(place) => self.meter_event(place),
            Event::Monitor(place) => self.monitor_event(place),
            Event::Car(place) => self.car_event(place),
            Event::Person(place) => self.person_event(place),
            Event::Csms => self.csms_event(),
            Event::Technician => self.technician_event(),
            Event::Clock => self.clock_event(),
            Event::Disk => self.disk_event(),
            Event::Hear(input) => self.tell_controller(*input),
            Event::McuHears(message) => self.mcu_hears(*message),
            Event::ModuleHears(id, setpoint) => self.module_hears(id, setpoint),
            Event::ChainHears(id, message) => self.chain_hears(id, *message),
            Event::EverybodyLeaves => self.everybody_leaves(),
            Event::Probe => self.probe(),
            Event::Probed => self.probed(),
            Event::End => self.end(),
        }
    }

    /// The faults are over; whoever is here goes.
    fn everybody_leaves(&mut self) {
        self.note_all("everything heals, everybody leaves".to_owned());
        self.save(self.first.clone());
        let now = self.now;
        for place in 0..self.outlets.len() {
            if let Some(car) = &mut self.outlets[place].car {
                car.person.leave(now);
                self.person_soon(place, Duration::from_millis(10));
            }
        }
        self.queue.put(self.now + LEAVING, Event::Probe);
    }

    /// Every connector must be free now, and charge a good car.
    fn probe(&mut self) {
        self.watch_all_free();
        for place in 0..self.outlets.len() {
            if self.outlets[place].car.is_none() {
                // One after the other, so that each card means one car.
                let wait = Duration::from_secs(2 + 5 * u64::try_from(place).unwrap_or(0));
                let spec = crate::incident::CarSpec {
                    card: u16::try_from(100 + place * 2).unwrap_or(100),
                    card_after: wait,
                    stays: PROBING + Duration::from_secs(60 + 5 * self.outlets.len() as u64),
                    ..crate::incident::CarSpec::steady()
                };
                self.plug_in(place, spec);
            }
        }
        let patience = PROBING + Duration::from_secs(5 * self.outlets.len() as u64);
        self.queue.put(self.now + patience, Event::Probed);
    }

    fn probed(&mut self) {
        self.watch_all_charge();
        let now = self.now;
        for place in 0..self.outlets.len() {
            if let Some(car) = &mut self.outlets[place].car {
                car.person.leave(now);
                self.person_soon(place, Duration::from_millis(10));
            }
        }
        self.queue.put(self.now + Duration::from_mins(3), Event::End);
    }

    fn end(&mut self) {
        self.watch_all_free();
        self.watch_ledger_at_end();
        for place in 0..self.outlets.len() {
            self.advance(place);
            self.stats.energy_wh += self.outlets[place].energy_wh();
        }
        self.over = true;
    }
}

const fn seed_of(scenario: &Scenario) -> u64 {
    scenario.seed ^ 0xCBF2_9CE4_8422_2325
}
