//! One owner thread a wire.

mod can;
mod rfid;
mod rs485;

use std::{
    io,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use ::can::Waker;
use ::power_modules::Setpoint;
use units::ModuleId;

use crate::inbox::Inbox;

/// What may stand in a bus's queue of commands. The newest of each module is repeated by the driver, so losing one to a
/// full queue costs a cycle, not a set-point.
const DEPTH: usize = 256;

/// A command to the power modules of a bus.
#[derive(Clone, Debug)]
pub(crate) enum ModuleCommand {
    /// The verdict on the charges that were found is spoken: set-points may be sent.
    Arm,
    /// What a module shall deliver.
    Set(ModuleId, Setpoint),
}

/// The sending end to the owner of a CAN bus.
#[derive(Clone, Debug)]
pub(crate) struct CanWire {
    modules: Vec<ModuleId>,
    sender: SyncSender<ModuleCommand>,
    waker: Waker,
}

impl CanWire {
    pub(crate) fn carries(&self, module: &ModuleId) -> bool {
        self.modules.contains(module)
    }

    pub(crate) fn tell(&self, command: ModuleCommand) {
        if self.sender.try_send(command).is_err() {
            tracing::error!("the queue to a CAN bus is full");
        }
        self.waker.wake();
    }
}

/// Starts the owners of all wires but the MCU's.
pub(crate) fn start(config: &config::Config, inbox: &Inbox) -> io::Result<Vec<CanWire>> {
    let buses = config.can.iter().map(|bus| can::start(bus, config, inbox)).collect::<io::Result<Vec<_>>>()?;
    rs485::start(config, inbox)?;
    if let Some(reader) = &config.rfid {
        rfid::start(reader, inbox)?;
    }
    Ok(buses)
}

/// Starts an owner thread.
fn spawn(name: String, owner: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name).spawn(owner).map(|_| ())
}

fn queue(modules: Vec<ModuleId>, waker: Waker) -> (CanWire, Receiver<ModuleCommand>) {
    let (sender, receiver) = sync_channel(DEPTH);
    (CanWire { modules, sender, waker }, receiver)
}

/// Counts and, at most once a minute, logs what a wire threw away since it was last asked.
#[derive(Debug, Default)]
struct Garbage {
    seen: u64,
    limit: shell::RateLimited,
}

impl Garbage {
    fn note(&mut self, wire: &str, total: u64, count: &std::sync::atomic::AtomicU64) {
        let new = total.saturating_sub(self.seen);
        if new == 0 {
            return;
        }
        self.seen = total;
        count.fetch_add(new, std::sync::atomic::Ordering::Relaxed);
        if self.limit.hit().is_some() {
            tracing::warn!(wire, total, "garbage received and dropped");
        }
    }
}
