//! The running simulation: the world in one thread, its wires and cars in others.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Instant,
};

use nix::sys::signal::{SigSet, Signal};
use serde_json::Value;
use tracing::info;
use units::Mono;

use crate::{
    cabinet::Cabinet,
    car,
    control::{Request, Server},
    wire::{Incoming, Wire, WireError, Wires},
    world::{STEP, World},
};

/// What may wait for the world's thread.
const QUEUE: usize = 1_024;

/// The clock of one simulation: nanoseconds since it began.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    /// Begins now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Now.
    pub fn now(self) -> Mono {
        Mono(u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

/// A simulation that runs until it is dropped.
#[derive(Debug)]
pub struct Sim {
    world: Option<thread::JoinHandle<()>>,
    over: Arc<AtomicBool>,
    _server: Option<Server>,
}

impl Sim {
    /// Lays the wires, starts the world and the cars.
    pub fn start(cabinet: &Cabinet) -> Result<Self, WireError> {
        let clock = Clock::start();
        let over = Arc::new(AtomicBool::new(false));
        let (into, incoming) = sync_channel(QUEUE);
        let (ask, asked) = sync_channel(QUEUE);
        let mut wires = Wires::default();
        let ends = &cabinet.wires;
        for (wire, end) in
            [(Wire::Can, &ends.can), (Wire::Mcu, &ends.mcu), (Wire::Rs485, &ends.rs485), (Wire::Rfid, &ends.rfid)]
        {
            if let Some(end) = end {
                wires.lay(wire, end, &into)?;
            }
        }
        // Not a secret, only another number at each start.
        let [a, b, c, d, ..] = RandomState::new().hash_one(0_u8).to_ne_bytes();
        let world = World::new(cabinet, u32::from_ne_bytes([a, b, c, d]), clock.now());
        for connector in &cabinet.connectors {
            if let (Some(wire), Some(inlet)) = (&connector.car, world.inlet(connector.id)) {
                let path = wire.to_string().into();
                car::spawn(connector.id, wire.clone(), cabinet.plc, inlet, clock, Arc::clone(&over))
                    .map_err(|source| WireError::Io { path, source })?;
            }
        }
        let server = match &ends.control {
            Some(path) => {
                let io = |source| WireError::Io { path: path.clone(), source };
                Some(Server::listen(path, ask).map_err(io)?)
            }
            None => None,
        };
        let stop = Arc::clone(&over);
        let thread = thread::Builder::new()
            .name("world".into())
            .spawn(move || run(world, &wires, clock, &incoming, &asked, &stop))
            .map_err(|source| WireError::Io { path: "thread".into(), source })?;
        info!(connectors = cabinet.connectors.len(), modules = cabinet.modules.len(), "the outside world is up");
        Ok(Self { world: Some(thread), over, _server: server })
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(world) = self.world.take() {
            let _ = world.join();
        }
    }
}

fn run(
    mut world: World,
    wires: &Wires,
    clock: Clock,
    incoming: &Receiver<Incoming>,
    asked: &Receiver<Request>,
    over: &AtomicBool,
) {
    let mut listeners: Vec<SyncSender<Value>> = Vec::new();
    let mut next = clock.now() + STEP;
    while !over.load(Ordering::Relaxed) {
        let left = next.since(clock.now());
        if let Ok(first) = incoming.recv_timeout(left) {
            let now = clock.now();
            world.receive(now, first);
            for more in incoming.try_iter() {
                world.receive(now, more);
            }
        }
        // However much comes in, time goes on.
        let now = clock.now();
        if now >= next {
            world.step(now);
            next = now + STEP;
        }
        for request in asked.try_iter() {
            let answer = match world.command(clock.now(), &request.command) {
                Ok(mut fields) => {
                    if let Value::Object(fields) = &mut fields {
                        fields.insert("ok".to_owned(), Value::Bool(true));
                    }
                    fields
                }
                Err(refusal) => refusal.to_json(),
            };
            listeners.extend(request.events);
            let _ = request.answer.try_send(answer);
        }
        for outgoing in world.take_outgoing() {
            wires.send(outgoing);
        }
        for event in world.take_events() {
            info!(target: "world", %event);
            listeners.retain(|listener| listener.try_send(event.clone()).is_ok());
        }
    }
}

/// SIGINT and SIGTERM, held back so that they can be waited for. Make it before any thread is started.
#[derive(Debug)]
pub struct Signals(SigSet);

impl Signals {
    /// Holds them back from this thread and those that it starts.
    pub fn hold() -> std::io::Result<Self> {
        let mut signals = SigSet::empty();
        signals.add(Signal::SIGINT);
        signals.add(Signal::SIGTERM);
        signals.thread_block()?;
        Ok(Self(signals))
    }

    /// Waits for one of them.
    pub fn wait(&self) -> std::io::Result<()> {
        self.0.wait().map(drop).map_err(std::io::Error::from)
    }
}
