//! The owner of one CAN bus and the power modules on it.

use std::{collections::BTreeMap, io, thread::JoinHandle, time::Duration};

use ::can::{Bus, Event, Transport};
use cabinet::{Input, ModuleNews};
use config::{CanTransport, ModuleDriver};
use power_modules::{BusDriver, Output, OutputState, Setpoint, Update, infypower::InfyPower};
use shell::clock;
use units::{ModuleId, Mono};

use super::{Desk, Garbage, Life, Owner, Stance};
use crate::inbox::Inbox;

/// A module and where it is on its bus.
type Seat = (ModuleId, u8);

/// What the owner of a bus is told.
#[derive(Debug, Default)]
struct Orders {
    /// The verdict on the charges that were found is spoken: set-points may be sent.
    arm: Option<Arm>,
    /// Which modules there are from now on.
    modules: Option<Vec<Seat>>,
    /// What modules shall deliver, the newest of each.
    set: BTreeMap<ModuleId, Setpoint>,
}

#[derive(Debug)]
struct Arm;

/// Where a module sits.
pub(super) fn seat(module: &config::Module) -> Seat {
    match module.driver {
        ModuleDriver::Infypower => (module.id.clone(), module.address),
    }
}

/// A CAN bus.
#[derive(Debug)]
pub(super) struct CanWire {
    config: config::Can,
    modules: Vec<Seat>,
    owner: Owner<Orders>,
}

impl CanWire {
    /// Starts the owner of a bus. Of a bus that was somewhere else `before`, nothing is known any more.
    pub(super) fn start(
        bus: &config::Can,
        modules: Vec<Seat>,
        inbox: &Inbox,
        stance: Stance,
        before: Option<JoinHandle<()>>,
    ) -> io::Result<Self> {
        let transport = match bus.transport {
            CanTransport::Socketcan => Transport::SocketCan { interface: bus.interface.clone() },
            CanTransport::Virtual => Transport::Virtual { socket: bus.interface.clone().into() },
        };
        let mut driver = InfyPower::new(modules.iter().cloned()).map_err(io::Error::other)?;
        if stance == Stance::Armed {
            driver.arm();
        }
        let wire = Bus::new(transport, driver.filters())?;
        let waker = wire.waker();
        let mut bus_owner = BusOwner {
            bus: wire,
            driver: Box::new(driver),
            inbox: inbox.clone(),
            output: Output::default(),
            garbage: Garbage::default(),
        };
        let forgotten = if before.is_some() { modules.clone() } else { Vec::new() };
        let owner = Owner::start(format!("can-{}", bus.id), waker, before, move |desk| {
            for (module, _) in forgotten {
                bus_owner.inbox.input(Input::Module(module, ModuleNews::Silent));
            }
            bus_owner.run(&desk);
        })?;
        Ok(Self { config: bus.clone(), modules, owner })
    }

    pub(super) fn is_of(&self, bus: &config::Can) -> bool {
        self.config == *bus
    }

    pub(super) fn carries(&self, module: &ModuleId) -> bool {
        self.modules.iter().any(|(id, _)| id == module)
    }

    /// Other modules are on the bus.
    pub(super) fn follow(&mut self, modules: Vec<Seat>) {
        if self.modules != modules {
            self.owner.tell(|orders| {
                // What was meant for a module at its place before is void.
                orders.set.retain(|id, _| modules.iter().any(|seat| seat.0 == *id && self.modules.contains(seat)));
                orders.modules = Some(modules.clone());
            });
            self.modules = modules;
        }
    }

    pub(super) fn arm(&self) {
        self.owner.tell(|orders| orders.arm = Some(Arm));
    }

    pub(super) fn set(&self, module: ModuleId, setpoint: Setpoint) {
        self.owner.tell(|orders| {
            orders.set.insert(module, setpoint);
        });
    }

    pub(super) fn end(self) -> JoinHandle<()> {
        self.owner.end()
    }
}

struct BusOwner {
    bus: Bus,
    driver: Box<dyn BusDriver>,
    inbox: Inbox,
    output: Output,
    garbage: Garbage,
}

impl BusOwner {
    fn run(&mut self, desk: &Desk<Orders>) {
        let mut wake = Mono::BOOT;
        let mut ended = false;
        while !ended {
            let wait = wake.since(clock::mono()).min(Duration::from_secs(1));
            match self.bus.recv(wait) {
                Event::Frame(frame) => self.driver.on_frame(clock::mono(), &frame, &mut self.output),
                Event::Up => tracing::info!(bus = self.bus.name(), "the bus is open"),
                Event::Down(error) => tracing::warn!(bus = self.bus.name(), %error, "the bus is down"),
                Event::BusOff => tracing::error!(bus = self.bus.name(), "bus off: too many errors on the wire"),
                Event::Woken | Event::TimedOut => {}
            }
            let (orders, life) = desk.fetch();
            self.obey(orders);
            if life == Life::Ends {
                // The bus is ours no more: its modules hear a last word.
                self.follow(&[]);
                ended = true;
            } else {
                wake = self.driver.poll(clock::mono(), &mut self.output);
            }
            for frame in self.output.frames.drain(..) {
                // What cannot be sent now is sent again by the driver's cycle.
                if let Err(error) = self.bus.send(&frame) {
                    tracing::debug!(%error, "a frame was not sent");
                }
            }
            for (module, update) in std::mem::take(&mut self.output.updates) {
                self.tell(module, update);
            }
            for stranger in self.output.strangers.drain(..) {
                tracing::warn!(address = stranger.address, "a power module answers that is not configured");
            }
            let total = self.driver.counters().garbage + self.bus.counters().garbage;
            self.garbage.note("can", total, &self.inbox.counts().can);
        }
    }

    fn obey(&mut self, orders: Orders) {
        if let Some(Arm) = orders.arm {
            self.driver.arm();
        }
        if let Some(modules) = orders.modules {
            self.follow(&modules);
        }
        for (module, setpoint) in orders.set {
            if let Err(error) = self.driver.set(clock::mono(), &module, setpoint) {
                tracing::error!(%error, "a set-point was not taken");
            }
        }
    }

    fn follow(&mut self, modules: &[Seat]) {
        if let Err(error) = self.driver.follow(clock::mono(), modules, &mut self.output) {
            tracing::error!(%error, bus = self.bus.name(), "other modules were not taken");
        }
    }

    fn tell(&self, module: ModuleId, update: Update) {
        let news = match update {
            Update::Found | Update::Recovered => ModuleNews::Heard,
            Update::Silent | Update::Lost => ModuleNews::Silent,
            Update::Serial(serial) => ModuleNews::Serial(serial),
            Update::Capabilities(capabilities) => {
                ModuleNews::Capability { max_current: capabilities.max_current, max_power: capabilities.max_power }
            }
            Update::Reading(reading) => ModuleNews::Reading { voltage: reading.voltage, current: reading.current },
            Update::Status(status) => ModuleNews::Status {
                on: status.output == OutputState::On,
                faults: status.faults.iter().map(|fault| format!("{fault:?}")).collect(),
                disabled: status.faults.disable(),
            },
            Update::Confirmed(setpoint) => ModuleNews::Confirmed(match setpoint {
                Setpoint::Off => charging::Setpoint::Off,
                Setpoint::On { voltage, current } => charging::Setpoint::On { voltage, current },
            }),
            Update::Refused(setpoint, refusal) => {
                tracing::warn!(%module, ?setpoint, ?refusal, "a power module does not take its set-point");
                return;
            }
        };
        self.inbox.input(Input::Module(module, news));
    }
}
