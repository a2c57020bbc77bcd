//! The iron: modules, contactor, cable, lock, battery as one circuit. It moves in small steps while anything moves, and not at all
//! while all is still: nothing is lost by it, since what is still stays what it is.

use core::time::Duration;

use charging::Setpoint;
use mcu_link::{LockFeedback, PilotOutput, PilotState};
use safety::{Position, Readings};
use units::{ConnectorId, DeciCelsius, Milliamps, Millivolts, Mono};

use super::{
    World,
    cars::Car,
    meters::{Meter, Monitor},
};
use crate::queue::{Event, Timer};

/// A step while something moves.
const STEP: Duration = Duration::from_millis(20);
/// A contactor takes this long.
const CONTACT: Duration = Duration::from_millis(20);
/// A lock takes this long.
const LOCK: Duration = Duration::from_millis(300);
/// Voltage of a module or a discharging line, in mV a millisecond: up, and down.
const VOLTAGE: (i64, i64) = (1_000, 250);
/// Current of a module, in mA a millisecond: up, down, and when it is inhibited.
const CURRENT: (i64, i64, i64) = (200, 1_000, 5_000);
/// A module that nobody speaks to delivers no more after this.
pub(crate) const MODULE_WATCHDOG: Duration = Duration::from_secs(10);

/// One connector's iron, and what is plugged in.
pub(crate) struct Outlet {
    pub(crate) id: ConnectorId,
    pub(crate) chain: usize,
    pub(crate) modules: Vec<usize>,
    pub(crate) meter: Meter,
    pub(crate) monitor: Option<Monitor>,
    /// Modules' side, in mV.
    pub(crate) bus: i64,
    /// Car's side, in mV.
    pub(crate) line: i64,
    /// Through the contactor, in mA.
    pub(crate) current: i64,
    pub(crate) contact: Contact,
    pub(crate) lock: Lock,
    pub(crate) pilot_output: PilotOutput,
    pub(crate) temperature: i32,
    pub(crate) resistance: i64,
    /// Delivered to the car since the world began, in pWs (mV · mA · µs).
    pub(crate) energy: i128,
    pub(crate) car: Option<Car>,
    /// When this was true.
    at: Mono,
    timer: Timer,
    /// When anything moved last.
    pub(crate) moved: Mono,
    told: Option<Readings>,
}

/// A contactor.
#[derive(Default)]
pub(crate) struct Contact {
    pub(crate) closed: bool,
    pub(crate) coil: bool,
    moves: Option<Mono>,
    pub(crate) welded: bool,
    pub(crate) jammed: bool,
}

/// A lock.
pub(crate) struct Lock {
    pub(crate) state: LockFeedback,
    pub(crate) goal: LockFeedback,
    moves: Option<Mono>,
    pub(crate) broken: bool,
}

/// One power module and its driver.
pub(crate) struct Module {
    pub(crate) id: units::ModuleId,
    pub(crate) outlet: usize,
    pub(crate) rated: i64,
    /// What the driver wants of it.
    pub(crate) wanted: Setpoint,
    /// What the running controller has asked for, and what of it is confirmed.
    pub(crate) asked: Option<Setpoint>,
    pub(crate) confirmed: Option<Setpoint>,
    /// What it has heard.
    pub(crate) set: Setpoint,
    /// What it delivers, in mA.
    pub(crate) current: i64,
    pub(crate) silent: bool,
    pub(crate) failed: bool,
    /// What it says too much, in mV.
    pub(crate) skew: i64,
    /// Since when nobody speaks to it.
    pub(crate) alone: Option<Mono>,
    pub(crate) timer: Timer,
    /// What its driver has told the controller of it.
    pub(crate) known: Known,
    pub(crate) said: Option<(i64, i64)>,
    pub(crate) said_on: Option<bool>,
    pub(crate) said_failed: Option<bool>,
}

/// What a driver has told of its module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing since the controller's start.
    Nothing,
    /// It is there.
    Heard,
    /// It is gone.
    Silent,
}

impl Outlet {
    pub(crate) fn new(
        id: ConnectorId,
        chain: usize,
        modules: Vec<usize>,
        meter: Meter,
        monitor: Option<Monitor>,
    ) -> Self {
        Self {
            id,
            chain,
            modules,
            meter,
            monitor,
            bus: 0,
            line: 0,
            current: 0,
            contact: Contact::default(),
            lock: Lock { state: LockFeedback::Unlocked, goal: LockFeedback::Unlocked, moves: None, broken: false },
            pilot_output: PilotOutput::Off,
            temperature: 250,
            resistance: 5_000_000,
            energy: 0,
            car: None,
            at: Mono::BOOT,
            timer: Timer::default(),
            moved: Mono::BOOT,
            told: None,
        }
    }

    /// What the pilot reads: the car's part of it, unless the station says that it is not available.
    pub(crate) fn pilot(&self) -> PilotState {
        if self.pilot_output == PilotOutput::StateF {
            return PilotState::F;
        }
        self.car.as_ref().map_or(PilotState::A, |car| car.pilot)
    }

    fn readings(&self) -> Readings {
        Readings {
            connector: self.id,
            pilot: self.pilot(),
            lock: self.lock.state,
            bus_voltage: Millivolts(self.bus),
            connector_voltage: Millivolts(self.line),
            current: Milliamps(self.current),
            temperature: DeciCelsius(self.temperature),
        }
    }

    /// In Wh.
    pub(crate) fn energy_wh(&self) -> i64 {
        i64::try_from(self.energy / WATT_HOUR).unwrap_or(i64::MAX)
    }
}

/// A watt-hour in mV · mA · µs.
pub(crate) const WATT_HOUR: i128 = 3_600 * 1_000_000 * 1_000_000;

const fn towards(value: i64, goal: i64, up: i64, down: i64, ms: i64) -> i64 {
    if value < goal {
        let next = value + up * ms;
        if next > goal { goal } else { next }
    } else {
        let next = value - down * ms;
        if next < goal { goal } else { next }
    }
}

impl Module {
    /// The voltage and current that it makes for, if it does.
    fn drives(&self, inhibited: bool) -> Option<(i64, i64)> {
        match self.set {
            Setpoint::On { voltage, current } if !inhibited && !self.failed => {
                Some((voltage.get(), current.get().min(self.rated)))
            }
            _ => None,
        }
    }
}

impl World {
    /// Brings a connector's iron to the present. `true` if anything still moves.
    pub(crate) fn advance(&mut self, place: usize) -> bool {
        let now = self.now;
        let inhibited = self.mcu.inhibited;
        let outlet = &mut self.outlets[place];
        let span = now.since(outlet.at);
        outlet.at = now;
        outlet.energy +=
            i128::from(outlet.line) * i128::from(outlet.current) * i128::try_from(span.as_micros()).unwrap_or(0);
        let ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX).min(60_000);
        let voltage = outlet
            .modules
            .iter()
            .filter_map(|id| self.modules[*id].drives(inhibited))
            .map(|(voltage, _)| voltage)
            .max();
        let battery = outlet.car.as_ref().and_then(Car::battery);
        let mut moving = outlet.contact.moves.is_some() || outlet.lock.moves.is_some();
        if let (true, Some((open, milliohms))) = (outlet.contact.closed, battery) {
            let mut sum = 0;
            for id in &outlet.modules {
                let module = &mut self.modules[*id];
                let goal =
                    module.drives(inhibited).filter(|(voltage, _)| *voltage > open).map_or(0, |(_, current)| current);
                let down = if inhibited { CURRENT.2 } else { CURRENT.1 };
                module.current = towards(module.current, goal, CURRENT.0, down, ms);
                moving |= module.current != goal;
                sum += module.current;
            }
            let headroom = (voltage.unwrap_or(0) - open).max(0) * 1_000 / milliohms;
            outlet.current = if voltage.is_some() { sum.min(headroom) } else { sum };
            outlet.line = open + outlet.current * milliohms / 1_000;
            outlet.bus = outlet.line;
        } else {
            for id in &outlet.modules {
                self.modules[*id].current = 0;
            }
            outlet.current = 0;
            let goal = voltage.unwrap_or(0);
            outlet.bus = towards(outlet.bus, goal, VOLTAGE.0, VOLTAGE.1, ms);
            moving |= outlet.bus != goal;
            if outlet.contact.closed {
                outlet.line = outlet.bus;
            } else if let Some((open, _)) = battery {
                outlet.line = open;
            } else {
                outlet.line = towards(outlet.line, 0, VOLTAGE.0, VOLTAGE.1, ms);
                moving |= outlet.line != 0;
            }
        }
        moving
    }

    /// After a change: everybody who measures sees it, and the next step is set.
    pub(crate) fn publish(&mut self, place: usize) {
        let moving = self.advance(place);
        let now = self.now;
        let outlet = &mut self.outlets[place];
        let readings = outlet.readings();
        let changed = outlet.told.as_ref() != Some(&readings);
        if changed {
            outlet.told = Some(readings);
            outlet.moved = now;
        }
        let next = [moving.then(|| now + STEP), outlet.contact.moves, outlet.lock.moves].into_iter().flatten().min();
        if let Some(next) = next
            && outlet.timer.sooner(next)
        {
            self.queue.put(next, Event::Plant(place));
        }
        if changed {
            self.mcu_input(safety::Input::Readings(readings));
            for i in 0..self.outlets[place].modules.len() {
                let module = self.outlets[place].modules[i];
                self.module_soon(module, Duration::from_millis(250));
            }
            self.meter_soon(place);
        }
        self.watch_plant(place);
    }

    pub(crate) fn plant_event(&mut self, place: usize) {
        if !self.outlets[place].timer.fires(self.now) {
            return;
        }
        self.advance(place);
        let now = self.now;
        let outlet = &mut self.outlets[place];
        if outlet.lock.moves.is_some_and(|at| at <= now) {
            outlet.lock.moves = None;
            if !outlet.lock.broken {
                outlet.lock.state = outlet.lock.goal;
            }
        }
        if outlet.contact.moves.is_some_and(|at| at <= now) {
            outlet.contact.moves = None;
            self.contact_moves(place);
        }
        self.publish(place);
    }

    /// The coil's doing reaches the contacts.
    fn contact_moves(&mut self, place: usize) {
        let contact = &self.outlets[place].contact;
        let to = contact.coil;
        let held = if to { contact.jammed } else { contact.welded };
        if contact.closed == to || held {
            return;
        }
        self.watch_contact(place, to);
        self.advance(place);
        self.outlets[place].contact.closed = to;
        let position = if to { Position::Closed } else { Position::Open };
        let contactor = self.config.connectors[place].contactor;
        self.mcu_input(safety::Input::Position { contactor, position });
    }

    /// Contacts that were held move after all.
    pub(crate) fn contact_released(&mut self, place: usize) {
        if self.outlets[place].contact.coil != self.outlets[place].contact.closed {
            self.outlets[place].contact.moves = Some(self.now + CONTACT);
        }
        self.publish(place);
    }

    pub(crate) fn coil(&mut self, place: usize, energised: bool) {
        let contact = &mut self.outlets[place].contact;
        if contact.coil == energised {
            return;
        }
        contact.coil = energised;
        let at = self.now + CONTACT;
        contact.moves = Some(at);
        if self.outlets[place].timer.sooner(at) {
            self.queue.put(at, Event::Plant(place));
        }
    }

    pub(crate) fn drive_lock(&mut self, place: usize, goal: LockFeedback) {
        let lock = &mut self.outlets[place].lock;
        if lock.goal == goal && (lock.state == goal || lock.moves.is_some() || lock.broken) {
            return;
        }
        lock.goal = goal;
        let at = self.now + LOCK;
        lock.moves = Some(at);
        if self.outlets[place].timer.sooner(at) {
            self.queue.put(at, Event::Plant(place));
        }
    }

    /// The power is gone: everything falls open.
    pub(crate) fn plant_goes_dark(&mut self) {
        for place in 0..self.outlets.len() {
            self.advance(place);
            let outlet = &mut self.outlets[place];
            outlet.contact.coil = false;
            outlet.contact.moves = None;
            outlet.contact.closed = outlet.contact.welded;
            outlet.pilot_output = PilotOutput::Off;
            outlet.told = None;
            for id in outlet.modules.clone() {
                let module = &mut self.modules[id];
                module.set = Setpoint::Off;
                module.wanted = Setpoint::Off;
                module.current = 0;
            }
            self.outlets[place].current = 0;
            self.advance(place);
        }
    }
}

impl World {
    /// Looks at a connector again in a moment.
    pub(crate) fn plant_soon(&mut self, place: usize) {
        let at = self.now + Duration::from_millis(1);
        if self.outlets[place].timer.sooner(at) {
            self.queue.put(at, Event::Plant(place));
        }
    }

    /// A new MCU has not seen any of it.
    pub(crate) fn forget_readings(&mut self, place: usize) {
        self.outlets[place].told = None;
    }
}
