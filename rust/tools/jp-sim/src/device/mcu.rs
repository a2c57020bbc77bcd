//! The safety MCU: the real state machine (`safety`) behind the real wire protocol (`mcu-link`), with contactors, locks
//! and an isolation sensor that are simulated here.

use std::{collections::BTreeMap, time::Duration};

use mcu_link::{
    ContactorLayout, Decoder, Encoder, FromMcu, Garbage, GateSensors, InhibitLine, IsolationTest, LockCommand,
    LockFeedback, MAX_FRAME, PilotOutput, Place, ResetReason, Status, ToMcu,
};
use safety::{Actuators, Coil, Input, IsolationReading, Limits, Outputs, Position, Readings, Safety, Setup};
use units::{ConnectorId, ContactorId, Mono, Ohms};

/// A contactor follows its coil in so long.
const TRAVEL_MS: u128 = 20;
/// A lock's motor runs for so long.
const LOCK_MS: u128 = 100;
/// The first isolation measurement takes so long, further ones come at this pace.
const ISOLATION_MS: u128 = 500;
const ISOLATION_EVERY_MS: u128 = 100;

/// A part that takes time to get where it is told to be.
#[derive(Clone, Copy, Debug)]
struct Moving<T> {
    at: T,
    towards: T,
    since: Mono,
}

impl<T: Copy + PartialEq> Moving<T> {
    const fn resting(at: T) -> Self {
        Self { at, towards: at, since: Mono::BOOT }
    }

    fn tell(&mut self, now: Mono, towards: T) {
        if self.towards != towards {
            (self.towards, self.since) = (towards, now);
        }
    }

    fn step(&mut self, now: Mono, travel_ms: u128) {
        if now.since(self.since).as_millis() >= travel_ms {
            self.at = self.towards;
        }
    }
}

#[derive(Clone, Debug)]
struct Contactor {
    layout: ContactorLayout,
    position: Moving<Position>,
    welded: bool,
}

#[derive(Clone, Debug)]
struct Lock {
    position: Moving<LockFeedback>,
    stuck: bool,
    measuring_since: Option<Mono>,
    measured: Mono,
}

/// The MCU and what it moves.
#[derive(Debug)]
pub struct Mcu {
    safety: Safety,
    setup: Setup,
    decoder: Decoder,
    encoder: Encoder,
    actuators: Actuators,
    contactors: Vec<Contactor>,
    locks: BTreeMap<ConnectorId, Lock>,
    next_wake: Mono,
    out: Vec<Vec<u8>>,
    leased: Mono,
    greeted: bool,
}

impl Mcu {
    /// An MCU that has just got power.
    pub fn new(contactors: &[ContactorLayout], limits: Limits, boot_nonce: u32, now: Mono) -> Self {
        let setup = Setup {
            boot_nonce,
            reset: ResetReason::PowerOn,
            firmware: [0, 1, 0],
            contactors: contactors.iter().copied().take(mcu_link::MAX_CONTACTORS).collect(),
            sensors: GateSensors::VERIFIED,
            limits,
        };
        let resting = |layout: &ContactorLayout| Contactor {
            layout: *layout,
            position: Moving::resting(Position::Open),
            welded: false,
        };
        let lock = Lock {
            position: Moving::resting(LockFeedback::Unlocked),
            stuck: false,
            measuring_since: None,
            measured: Mono::BOOT,
        };
        let mut mcu = Self {
            safety: Safety::new(setup.clone(), now),
            contactors: setup.contactors.iter().map(resting).collect(),
            locks: setup.contactors.iter().filter_map(|one| Some((gun(one.place)?, lock.clone()))).collect(),
            setup,
            decoder: Decoder::default(),
            encoder: Encoder::default(),
            actuators: Actuators::default(),
            next_wake: now,
            out: Vec::new(),
            leased: now,
            greeted: false,
        };
        mcu.tell(now, Input::Tick);
        mcu
    }

    /// Its watchdog bites: it starts anew, with everything open. What is welded stays so.
    pub fn reset(&mut self, boot_nonce: u32, now: Mono) {
        self.setup.boot_nonce = boot_nonce;
        self.setup.reset = ResetReason::Watchdog;
        self.safety = Safety::new(self.setup.clone(), now);
        self.encoder = Encoder::default();
        self.decoder.restart();
        self.tell(now, Input::Tick);
    }

    /// Takes bytes from the line; says how long there had been no lease when the first one after a greeting comes.
    pub fn receive(&mut self, now: Mono, bytes: &[u8]) -> Option<Duration> {
        let mut paused = None;
        for byte in bytes {
            if let Some(message) = self.decoder.push::<ToMcu>(*byte) {
                match message {
                    ToMcu::Hello => self.greeted = true,
                    ToMcu::Lease(_) => {
                        let pause = now.since(std::mem::replace(&mut self.leased, now));
                        paused = std::mem::take(&mut self.greeted).then_some(pause).or(paused);
                    }
                    _ => {}
                }
                self.tell(now, Input::Link(message));
            }
        }
        paused
    }

    /// Frames for the line.
    pub fn take_frames(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.out)
    }

    /// Reads the emergency stop.
    pub fn e_stop(&mut self, now: Mono, e_stop: mcu_link::EStop) {
        self.tell(now, Input::EStop(e_stop));
        if e_stop == mcu_link::EStop::Pressed {
            // It cuts the coils in hardware, whatever the program thinks.
            for contactor in &mut self.contactors {
                contactor.position.tell(now, Position::Open);
            }
        }
    }

    /// Reads a connector's sensors. The lock's own position is known here, not to the caller.
    pub fn read(&mut self, now: Mono, readings: Readings, isolation: Ohms) {
        let connector = readings.connector;
        let lock = self.lock(connector);
        self.tell(now, Input::Readings(Readings { lock, ..readings }));
        let testing = self.level(connector).is_some_and(|level| level.isolation == IsolationTest::Start);
        let Some(lock) = self.locks.get_mut(&connector) else { return };
        match (testing, lock.measuring_since) {
            (true, None) => {
                lock.measuring_since = Some(now);
                return;
            }
            (true, Some(since)) if now.since(since).as_millis() < ISOLATION_MS => return,
            (false, Some(_)) => lock.measuring_since = None,
            _ => {}
        }
        if now.since(lock.measured).as_millis() >= ISOLATION_EVERY_MS {
            lock.measured = now;
            self.tell(now, Input::Isolation { connector, reading: IsolationReading::Measured(isolation) });
        }
    }

    /// Lets time pass: contactors and locks move, the program looks at the clock.
    pub fn step(&mut self, now: Mono) {
        let mut moved = Vec::new();
        for contactor in &mut self.contactors {
            contactor.position.step(now, TRAVEL_MS);
            moved.push((contactor.layout.contactor, contactor.at()));
        }
        for lock in self.locks.values_mut() {
            lock.position.step(now, LOCK_MS);
        }
        for (contactor, position) in moved {
            self.tell(now, Input::Position { contactor, position });
        }
    }

    /// Hands something to its program, and does what that says.
    pub fn tell(&mut self, now: Mono, input: Input) {
        let Outputs { actuators, hello, status, next_wake } = self.safety.handle(now, input);
        self.next_wake = next_wake;
        self.act(now, actuators);
        for message in [hello.map(FromMcu::Hello), status.map(FromMcu::Status)].into_iter().flatten() {
            let mut frame = [0; MAX_FRAME];
            if let Ok(length) = self.encoder.encode(&message, &mut frame)
                && let Some(frame) = frame.get(..length)
            {
                self.out.push(frame.to_vec());
            }
        }
    }

    fn act(&mut self, now: Mono, actuators: Actuators) {
        for level in &actuators.coils {
            let towards = match level.coil {
                Coil::Released => Position::Open,
                Coil::Energised => Position::Closed,
            };
            if let Some(contactor) = self.contactors.iter_mut().find(|one| one.layout.contactor == level.contactor) {
                contactor.position.tell(now, towards);
            }
        }
        for level in &actuators.connectors {
            if let (Some(lock), Some(command)) = (self.locks.get_mut(&level.connector), level.lock)
                && !lock.stuck
            {
                let end = match command {
                    LockCommand::Lock => LockFeedback::Locked,
                    LockCommand::Unlock => LockFeedback::Unlocked,
                };
                lock.position.tell(now, end);
            }
        }
        self.actuators = actuators;
    }

    fn level(&self, connector: ConnectorId) -> Option<&safety::ConnectorLevel> {
        self.actuators.connectors.iter().find(|level| level.connector == connector)
    }

    /// What is put on a connector's pilot.
    pub fn pilot_output(&self, connector: ConnectorId) -> PilotOutput {
        self.level(connector).map(|level| level.pilot).unwrap_or_default()
    }

    /// Where a connector's lock is.
    pub fn lock(&self, connector: ConnectorId) -> LockFeedback {
        self.locks.get(&connector).map(|lock| lock.position.at).unwrap_or_default()
    }

    /// The line that stops the modules.
    pub const fn inhibit(&self) -> InhibitLine {
        self.actuators.inhibit
    }

    /// Whether a connector's contactor conducts: any that is closed, for whatever reason.
    pub fn conducts(&self, connector: ConnectorId) -> Position {
        let own = |contactor: &&Contactor| contactor.layout.place == Place::Gun(connector);
        let closed = self.contactors.iter().filter(own).any(|contactor| contactor.at() == Position::Closed);
        if closed { Position::Closed } else { Position::Open }
    }

    /// Welds or frees the contactors at a place.
    pub fn weld(&mut self, place: Place, welded: bool) {
        for contactor in self.contactors.iter_mut().filter(|one| one.layout.place == place) {
            contactor.welded = welded;
        }
    }

    /// Welds or frees one contactor.
    pub fn weld_contactor(&mut self, contactor: ContactorId, welded: bool) {
        for one in self.contactors.iter_mut().filter(|one| one.layout.contactor == contactor) {
            one.welded = welded;
        }
    }

    /// Blocks or frees the lock of a connector.
    pub fn block_lock(&mut self, connector: ConnectorId, stuck: bool) {
        if let Some(lock) = self.locks.get_mut(&connector) {
            lock.stuck = stuck;
        }
    }

    /// Where one contactor stands.
    pub fn position(&self, contactor: ContactorId) -> Position {
        self.contactors.iter().find(|one| one.layout.contactor == contactor).map(Contactor::at).unwrap_or_default()
    }

    /// The contactors and where they are.
    pub fn layout(&self) -> impl Iterator<Item = ContactorLayout> + '_ {
        self.contactors.iter().map(|contactor| contactor.layout)
    }

    /// All that the program knows.
    pub fn status(&self, now: Mono) -> Status {
        self.safety.status(now)
    }

    /// Bytes from the line that it dropped.
    pub const fn garbage(&self) -> Garbage {
        self.decoder.garbage()
    }
}

const fn gun(place: Place) -> Option<ConnectorId> {
    match place {
        Place::Gun(connector) => Some(connector),
        Place::Tie(..) => None,
    }
}

impl Contactor {
    fn at(&self) -> Position {
        if self.welded { Position::Closed } else { self.position.at }
    }
}
