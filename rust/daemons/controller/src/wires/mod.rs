//! One owner thread a wire. Which wires there are follows the configuration that is in force.

mod can;
mod rfid;
mod rs485;

use std::{
    collections::BTreeMap,
    io,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

use ::can::Waker;
use ::power_modules::Setpoint;
use config::Config;
use units::ModuleId;

use crate::inbox::Inbox;
use can::CanWire;
use rfid::ReaderWire;
use rs485::LineWire;

/// All wires but the MCU's, which the cabinet's own thread has.
#[derive(Debug)]
pub(crate) struct Wires {
    inbox: Inbox,
    stance: Stance,
    buses: BTreeMap<String, CanWire>,
    lines: BTreeMap<String, LineWire>,
    reader: Option<ReaderWire>,
}

/// Whether set-points may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stance {
    ReadOnly,
    Armed,
}

impl Wires {
    /// Starts the owners of a configuration's wires. They only read until [`Wires::arm`].
    pub(crate) fn start(config: &Config, inbox: &Inbox) -> Self {
        let mut wires = Self {
            inbox: inbox.clone(),
            stance: Stance::ReadOnly,
            buses: BTreeMap::new(),
            lines: BTreeMap::new(),
            reader: None,
        };
        wires.follow(config);
        wires
    }

    /// Another configuration is in force: owners come and go, and those that stay are told what concerns them. Never waits.
    pub(crate) fn follow(&mut self, config: &Config) {
        self.follow_buses(config);
        self.follow_lines(config);
        if self.reader.as_ref().map(ReaderWire::config) != config.rfid.as_ref() {
            let before = self.reader.take().map(ReaderWire::end);
            let started = config.rfid.as_ref().map(|reader| ReaderWire::start(reader, &self.inbox, before));
            self.reader = started.transpose().unwrap_or_else(|error| lost("the card reader", &error));
        }
    }

    fn follow_buses(&mut self, config: &Config) {
        let mut before = std::mem::take(&mut self.buses);
        for bus in &config.can {
            let modules: Vec<_> = config.modules.iter().filter(|module| module.can == bus.id).map(can::seat).collect();
            let wire = match before.remove(&bus.id) {
                Some(mut wire) if wire.is_of(bus) => {
                    wire.follow(modules);
                    Ok(wire)
                }
                other => CanWire::start(bus, modules, &self.inbox, self.stance, other.map(CanWire::end)),
            };
            if let Some(wire) = wire.map_or_else(|error| lost(&bus.id, &error), Some) {
                self.buses.insert(bus.id.clone(), wire);
            }
        }
        for gone in before.into_values() {
            drop(gone.end());
        }
    }

    fn follow_lines(&mut self, config: &Config) {
        let mut before = std::mem::take(&mut self.lines);
        for (port, units) in rs485::units(config) {
            let wire = match before.remove(&port) {
                Some(mut wire) => {
                    wire.follow(units);
                    Ok(wire)
                }
                None => LineWire::start(&port, units, &self.inbox),
            };
            if let Some(wire) = wire.map_or_else(|error| lost(&port, &error), Some) {
                self.lines.insert(port, wire);
            }
        }
        for gone in before.into_values() {
            drop(gone.end());
        }
    }

    /// The verdict on the charges that were found is spoken: set-points may be sent.
    pub(crate) fn arm(&mut self) {
        self.stance = Stance::Armed;
        for bus in self.buses.values() {
            bus.tell(can::Command::Arm);
        }
    }

    /// What a module shall deliver.
    pub(crate) fn set(&self, module: ModuleId, setpoint: Setpoint) {
        if let Some(bus) = self.buses.values().find(|bus| bus.carries(&module)) {
            bus.tell(can::Command::Set(module, setpoint));
        }
    }
}

/// A wire whose owner cannot be started is as good as cut: what is on it is silent.
fn lost<T>(name: &str, error: &io::Error) -> Option<T> {
    tracing::error!(wire = name, %error, "the owner of a wire cannot be started");
    None
}

/// The sending end to an owner's thread. Without it the thread ends.
#[derive(Debug)]
struct Owner<T> {
    sender: SyncSender<T>,
    waker: Waker,
    thread: JoinHandle<()>,
}

/// The queue of an owner is full.
#[derive(Debug)]
struct Full;

impl<T: Send + 'static> Owner<T> {
    /// Starts a thread that is told something over a queue of some depth. It begins when the one `before` it has ended.
    fn start(
        name: String,
        depth: usize,
        waker: Waker,
        before: Option<JoinHandle<()>>,
        run: impl FnOnce(Receiver<T>) + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(depth);
        let thread = thread::Builder::new().name(name).spawn(move || {
            if let Some(before) = before {
                // However it ended, the wire is free.
                let _ = before.join();
            }
            run(receiver);
        })?;
        Ok(Self { sender, waker, thread })
    }

    fn tell(&self, message: T) -> Result<(), Full> {
        let sent = self.sender.try_send(message);
        self.waker.wake();
        sent.map_err(|_| Full)
    }

    /// Tells the thread to end. Whoever takes its place waits for it.
    fn end(self) -> JoinHandle<()> {
        drop(self.sender);
        self.waker.wake();
        self.thread
    }
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
