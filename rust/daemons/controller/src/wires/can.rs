//! The owner of one CAN bus and the power modules on it.

use std::{io, sync::mpsc::Receiver, time::Duration};

use ::can::{Bus, Event, Transport};
use cabinet::{Input, ModuleNews};
use config::{CanTransport, ModuleDriver};
use power_modules::{BusDriver, Output, OutputState, Update, infypower::InfyPower};
use shell::clock;
use units::{ModuleId, Mono};

use super::{CanWire, Garbage, ModuleCommand, queue, spawn};
use crate::inbox::Inbox;

pub(super) fn start(bus: &config::Can, config: &config::Config, inbox: &Inbox) -> io::Result<CanWire> {
    let transport = match bus.transport {
        CanTransport::Socketcan => Transport::SocketCan { interface: bus.interface.clone() },
        CanTransport::Virtual => Transport::Virtual { socket: bus.interface.clone().into() },
    };
    let on_bus = || config.modules.iter().filter(|module| module.can == bus.id);
    let infy = on_bus().filter(|module| module.driver == ModuleDriver::Infypower);
    let driver = InfyPower::new(infy.map(|module| (module.id.clone(), module.address))).map_err(io::Error::other)?;
    let wire = Bus::new(transport, driver.filters())?;
    let (handle, commands) = queue(on_bus().map(|module| module.id.clone()).collect(), wire.waker());
    let mut owner = Owner {
        bus: wire,
        driver: Box::new(driver),
        commands,
        inbox: inbox.clone(),
        output: Output::default(),
        garbage: Garbage::default(),
    };
    spawn(format!("can-{}", bus.id), move || owner.run())?;
    Ok(handle)
}

struct Owner {
    bus: Bus,
    driver: Box<dyn BusDriver>,
    commands: Receiver<ModuleCommand>,
    inbox: Inbox,
    output: Output,
    garbage: Garbage,
}

impl Owner {
    fn run(&mut self) {
        let mut wake = Mono::BOOT;
        loop {
            let wait = wake.since(clock::mono()).min(Duration::from_secs(1));
            match self.bus.recv(wait) {
                Event::Frame(frame) => self.driver.on_frame(clock::mono(), &frame, &mut self.output),
                Event::Up => tracing::info!(bus = self.bus.name(), "the bus is open"),
                Event::Down(error) => tracing::warn!(bus = self.bus.name(), %error, "the bus is down"),
                Event::BusOff => tracing::error!(bus = self.bus.name(), "bus off: too many errors on the wire"),
                Event::Woken | Event::TimedOut => {}
            }
            while let Ok(command) = self.commands.try_recv() {
                self.obey(command);
            }
            wake = self.driver.poll(clock::mono(), &mut self.output);
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

    fn obey(&mut self, command: ModuleCommand) {
        match command {
            ModuleCommand::Arm => self.driver.arm(),
            ModuleCommand::Set(module, setpoint) => {
                if let Err(error) = self.driver.set(clock::mono(), &module, setpoint) {
                    tracing::error!(%error, "a set-point was not taken");
                }
            }
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
            Update::Confirmed(_) => return,
            Update::Refused(setpoint, refusal) => {
                tracing::warn!(%module, ?setpoint, ?refusal, "a power module does not take its set-point");
                return;
            }
        };
        self.inbox.input(Input::Module(module, news));
    }
}
