//! InfyPower REG, CEG and LRG modules, protocol V1.13, 125 kbit/s.
//!
//! The modules listen to unicast commands of a controller (address F0 here) and switch themselves off when they have
//! heard none for 10 s. We never send a set-point to everyone: with several modules that would be as many times the
//! current.
//!
//! Bring-up: ask each configured address for its output until it answers, then for its serial and capabilities, then
//! poll. Every minute everyone is asked for its serial, which finds modules that nobody configured.

mod module;
mod target;
mod wire;

use std::time::Duration;

use can::{Filter, Frame, Id};
use units::{ModuleId, Mono};

use crate::driver::{BusDriver, ConfigError, Counters, Output, SetError, Setpoint, Stranger};
use module::Module;
use wire::{CONTROLLER, Command, EVERYONE, MAX_MODULE, Sorted, request, sort};

/// Frames that go out in one burst; the transmit queue of an interface may be as short as ten.
const BURST: usize = 8;
/// The pause after a burst: a frame of eight bytes takes 1.3 ms at 125 kbit/s.
const PAUSE: Duration = Duration::from_millis(10);
const DISCOVERY_EVERY: Duration = Duration::from_mins(1);

/// Whether set-points may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stance {
    ReadOnly,
    Armed,
}

/// All InfyPower modules on one bus.
#[derive(Debug)]
pub struct InfyPower {
    modules: Vec<Module>,
    stance: Stance,
    /// The module that is served first in the next burst, so that none starves.
    first: usize,
    quiet_until: Mono,
    discovery_due: Mono,
    /// One bit for each address that has been told as a stranger.
    strangers: u64,
    counters: Counters,
}

impl InfyPower {
    /// A driver for these modules and their addresses (0 to 59).
    pub fn new(modules: impl IntoIterator<Item = (ModuleId, u8)>) -> Result<Self, ConfigError> {
        let modules: Vec<_> = modules.into_iter().collect();
        check(&modules)?;
        let count = modules.len();
        let mut modules: Vec<_> =
            modules.into_iter().map(|(id, address)| Module::new(id, address, Mono::BOOT)).collect();
        for module in &mut modules {
            module.share_bus_with(count);
        }
        Ok(Self {
            modules,
            stance: Stance::ReadOnly,
            first: 0,
            quiet_until: Mono::BOOT,
            discovery_due: Mono::BOOT,
            strangers: 0,
            counters: Counters::default(),
        })
    }

    fn stranger(&mut self, address: u8, out: &mut Output) {
        let bit = 1_u64 << (address & 0x3F);
        if self.strangers & bit == 0 {
            self.strangers |= bit;
            out.strangers.push(Stranger { address });
        }
    }
}

/// Addresses that exist, each once.
fn check(modules: &[(ModuleId, u8)]) -> Result<(), ConfigError> {
    let mut taken: Vec<&(ModuleId, u8)> = Vec::new();
    for module in modules {
        let (id, address) = module;
        if *address > MAX_MODULE {
            return Err(ConfigError::Address { module: id.clone(), address: *address, max: MAX_MODULE });
        }
        if let Some((first, _)) = taken.iter().find(|(_, other)| other == address) {
            let (first, second) = (first.clone(), id.clone());
            return Err(ConfigError::SharedAddress { first, second, address: *address });
        }
        taken.push(module);
    }
    Ok(())
}

impl BusDriver for InfyPower {
    fn vendor(&self) -> &'static str {
        "infypower"
    }

    fn filters(&self) -> Vec<Filter> {
        vec![Filter { id: Id::Extended(u32::from(CONTROLLER) << 8), mask: 0xFF00 }]
    }

    fn follow(&mut self, now: Mono, modules: &[(ModuleId, u8)], out: &mut Output) -> Result<(), ConfigError> {
        check(modules)?;
        let (stay, go): (Vec<_>, Vec<_>) = std::mem::take(&mut self.modules)
            .into_iter()
            .partition(|module| modules.iter().any(|(id, address)| id == module.id() && *address == module.address()));
        if self.stance == Stance::Armed {
            for module in &go {
                module.say_good_bye(out);
            }
        }
        self.modules = stay;
        for (id, address) in modules {
            if self.modules.iter().all(|module| module.id() != id) {
                self.modules.push(Module::new(id.clone(), *address, now));
                self.strangers &= !(1 << (address & 0x3F));
            }
        }
        for module in &mut self.modules {
            module.share_bus_with(modules.len());
        }
        self.first = 0;
        Ok(())
    }

    fn arm(&mut self) {
        self.stance = Stance::Armed;
    }

    fn set(&mut self, now: Mono, module: &ModuleId, setpoint: Setpoint) -> Result<(), SetError> {
        let Some(found) = self.modules.iter_mut().find(|candidate| candidate.id() == module) else {
            return Err(SetError::UnknownModule { module: module.clone() });
        };
        found.set(now, setpoint)
    }

    fn on_frame(&mut self, now: Mono, frame: &Frame, out: &mut Output) {
        match sort(frame) {
            Sorted::Answer(source, answer) => {
                self.counters.frames += 1;
                match self.modules.iter_mut().find(|module| module.address() == source) {
                    Some(module) => module.on_answer(now, answer, out),
                    None => self.stranger(source, out),
                }
            }
            Sorted::Foreign => self.counters.foreign += 1,
            Sorted::Garbage => self.counters.garbage += 1,
        }
    }

    fn poll(&mut self, now: Mono, out: &mut Output) -> Mono {
        for module in &mut self.modules {
            module.check_presence(now, out);
        }
        let presence = self.modules.iter().map(Module::presence_deadline).min().unwrap_or(Mono(u64::MAX));
        if now < self.quiet_until {
            return presence.min(self.quiet_until);
        }
        let limit = out.frames.len() + BURST;
        if self.stance == Stance::Armed {
            for module in &mut self.modules {
                module.send_setpoint(now, limit, out);
            }
        }
        let count = self.modules.len();
        for offset in 0..count {
            if let Some(module) = self.modules.get_mut((self.first + offset) % count) {
                module.send_reads(now, limit, out);
            }
        }
        if now >= self.discovery_due && out.frames.len() < limit {
            self.discovery_due = now + DISCOVERY_EVERY;
            out.frames.push(request(Command::ReadSerial, EVERYONE, [0; 8]));
        }
        if out.frames.len() >= limit {
            self.first = self.first.wrapping_add(1) % count.max(1);
            self.quiet_until = now + PAUSE;
            return presence.min(self.quiet_until);
        }
        let armed = self.stance == Stance::Armed;
        let due = self.modules.iter().map(|module| module.due(armed)).min().unwrap_or(Mono(u64::MAX));
        due.min(self.discovery_due).min(presence).max(now + Duration::from_millis(1))
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}

#[cfg(test)]
mod tests;
