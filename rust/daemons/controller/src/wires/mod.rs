//! One owner thread a wire. Which wires there are follows the configuration that is in force.

mod can;
mod rfid;
mod rs485;

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, PoisonError},
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
            bus.arm();
        }
    }

    /// What a module shall deliver.
    pub(crate) fn set(&self, module: ModuleId, setpoint: Setpoint) {
        if let Some(bus) = self.buses.values().find(|bus| bus.carries(&module)) {
            bus.set(module, setpoint);
        }
    }
}

/// A wire whose owner cannot be started is as good as cut: what is on it is silent.
fn lost<T>(name: &str, error: &io::Error) -> Option<T> {
    tracing::error!(wire = name, %error, "the owner of a wire cannot be started");
    None
}

/// An owner's thread and what lies ready for it. What is newer takes the place of what was not fetched yet, so that nothing is
/// ever too much and the last word always arrives.
#[derive(Debug)]
struct Owner<T> {
    desk: Desk<T>,
    waker: Waker,
    thread: JoinHandle<()>,
}

/// What lies ready for an owner.
#[derive(Debug)]
struct Desk<T>(Arc<Mutex<(T, Life)>>);

/// Whether an owner goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    GoesOn,
    Ends,
}

impl<T: Default> Desk<T> {
    /// What has been laid ready since the last time.
    fn fetch(&self) -> (T, Life) {
        let mut desk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut desk.0), desk.1)
    }
}

impl<T: Default + Send + 'static> Owner<T> {
    /// Starts a thread. It begins when the one `before` it has ended.
    fn start(
        name: String,
        waker: Waker,
        before: Option<JoinHandle<()>>,
        run: impl FnOnce(Desk<T>) + Send + 'static,
    ) -> io::Result<Self> {
        let desk = Arc::new(Mutex::new((T::default(), Life::GoesOn)));
        let own = Desk(Arc::clone(&desk));
        let thread = thread::Builder::new().name(name).spawn(move || {
            if let Some(before) = before {
                // However it ended, the wire is free.
                let _ = before.join();
            }
            run(own);
        })?;
        Ok(Self { desk: Desk(desk), waker, thread })
    }

    /// Lays something ready.
    fn tell(&self, lay: impl FnOnce(&mut T)) {
        lay(&mut self.desk.0.lock().unwrap_or_else(PoisonError::into_inner).0);
        self.waker.wake();
    }

    /// Tells the thread to end. Whoever takes its place waits for it.
    fn end(self) -> JoinHandle<()> {
        self.desk.0.lock().unwrap_or_else(PoisonError::into_inner).1 = Life::Ends;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_arrives_however_many_there_were() {
        let waker = Waker::new().unwrap();
        let (told, heard) = std::sync::mpsc::channel();
        let owner = Owner::<BTreeMap<u8, u32>>::start("test".to_owned(), waker.clone(), None, move |desk| {
            heard_all(&desk, &waker, &told);
        })
        .unwrap();
        for word in 0..10_000 {
            owner.tell(|words| {
                words.insert(u8::from(word % 2 == 1), word);
            });
        }
        owner.end().join().unwrap();
        let words: BTreeMap<u8, u32> = heard.into_iter().flatten().collect();
        assert_eq!(words, BTreeMap::from([(0, 9_998), (1, 9_999)]));
    }

    fn heard_all(desk: &Desk<BTreeMap<u8, u32>>, waker: &Waker, told: &std::sync::mpsc::Sender<BTreeMap<u8, u32>>) {
        loop {
            let (words, life) = desk.fetch();
            told.send(words).unwrap();
            if life == Life::Ends {
                return;
            }
            waker.clear();
        }
    }
}
