//! The MCU: the real `safety` state machine on the world's sensors, and the line between it and the controller.

use core::time::Duration;

use cabinet::Input;
use mcu_link::{
    ContactorLayout, EStop, FromMcu, GateSensors, InhibitLine, IsolationTest, LockCommand, LockFeedback, ResetReason,
    Status, ToMcu,
};
use safety::{Coil, Input as Sensed, IsolationReading, Limits, Outputs, Safety, Setup};
use units::{Mono, Ohms};

use super::World;
use crate::{
    queue::{Event, Timer},
    random::Random,
};

/// On the line.
const WIRE: Duration = Duration::from_millis(2);
/// The MCU speaks every 100 ms. What says nothing new is passed on only this often: it would cost time and change nothing.
const NOTHING_NEW: Duration = Duration::from_millis(400);
/// An isolation measurement takes this long.
const MEASURING: Duration = Duration::from_millis(1_800);

/// The MCU and its line.
pub(crate) struct Mcu {
    pub(crate) safety: Safety,
    pub(crate) nonce: u32,
    pub(crate) running: bool,
    pub(crate) inhibited: bool,
    pub(crate) cut: bool,
    /// Lost messages, in a thousand.
    pub(crate) loss: u64,
    pub(crate) pressed: bool,
    testing: Vec<bool>,
    lease_until: Mono,
    said: Option<(Mono, Status)>,
    status_due: Mono,
    timer: Timer,
}

impl Mcu {
    pub(crate) fn new(config: &config::Config, nonce: u32, now: Mono) -> Self {
        let contactors = config
            .connectors
            .iter()
            .map(|own| ContactorLayout { contactor: own.contactor, place: mcu_link::Place::Gun(own.id) });
        let setup = Setup {
            boot_nonce: nonce,
            reset: ResetReason::PowerOn,
            firmware: [1, 0, 0],
            contactors: contactors.take(mcu_link::MAX_CONTACTORS).collect(),
            sensors: GateSensors::VERIFIED,
            limits: Limits::default(),
        };
        Self {
            safety: Safety::new(setup, now),
            nonce,
            running: true,
            inhibited: true,
            cut: false,
            loss: 0,
            pressed: false,
            testing: vec![false; config.connectors.len()],
            lease_until: Mono::BOOT,
            said: None,
            status_due: now,
            timer: Timer::default(),
        }
    }
}

impl World {
    /// The MCU starts: with all forgotten, everything open, and its sensors read once.
    pub(crate) fn mcu_starts(&mut self) {
        let (cut, loss, pressed) = (self.mcu.cut, self.mcu.loss, self.mcu.pressed);
        let nonce = self.mcu.nonce + 1;
        self.mcu = Mcu { cut, loss, pressed, ..Mcu::new(&self.config, nonce, self.now) };
        let e_stop = if pressed { EStop::Pressed } else { EStop::Released };
        self.mcu_input(Sensed::EStop(e_stop));
        for place in 0..self.outlets.len() {
            let position =
                if self.outlets[place].contact.closed { safety::Position::Closed } else { safety::Position::Open };
            let contactor = self.config.connectors[place].contactor;
            self.mcu_input(Sensed::Position { contactor, position });
            self.forget_readings(place);
            self.publish(place);
        }
    }

    /// The MCU stops: coils fall, the inhibit line drops.
    pub(crate) fn mcu_stops(&mut self) {
        self.mcu.running = false;
        self.set_inhibit(true);
        for place in 0..self.outlets.len() {
            self.coil(place, false);
        }
    }

    pub(crate) fn mcu_input(&mut self, input: Sensed) {
        if !self.mcu.running || !self.powered {
            return;
        }
        let outputs = self.mcu.safety.handle(self.now, input);
        self.mcu_acts(outputs);
    }

    fn mcu_acts(&mut self, mut outputs: Outputs) {
        if let Some(tamper) = self.tamper {
            tamper.actuators(self, &mut outputs.actuators);
        }
        self.set_inhibit(outputs.actuators.inhibit == InhibitLine::Inhibited);
        for (place, level) in outputs.actuators.coils.iter().enumerate() {
            self.coil(place, level.coil == Coil::Energised);
        }
        for (place, level) in outputs.actuators.connectors.iter().enumerate() {
            if let Some(command) = level.lock {
                let goal = match command {
                    LockCommand::Lock => LockFeedback::Locked,
                    LockCommand::Unlock => LockFeedback::Unlocked,
                };
                self.drive_lock(place, goal);
            }
            if self.outlets[place].pilot_output != level.pilot {
                self.outlets[place].pilot_output = level.pilot;
                // The sensors see it with the next step.
                self.plant_soon(place);
            }
            let testing = level.isolation == IsolationTest::Start;
            if testing && !self.mcu.testing[place] {
                self.queue.put(self.now + MEASURING, Event::Isolation(place));
            }
            self.mcu.testing[place] = testing;
        }
        let greets = outputs.hello.is_some();
        if let Some(hello) = outputs.hello {
            self.mcu_says(FromMcu::Hello(hello));
        }
        if let Some(status) = outputs.status {
            self.mcu.status_due = self.now + safety::STATUS_EVERY;
            if greets || self.is_news(&status) {
                self.mcu.said = Some((self.now, status.clone()));
                self.mcu_says(FromMcu::Status(status));
            }
        }
        // Its own deadlines to the millisecond; its regular status as often as it may say something.
        let said = self.mcu.said.as_ref().map_or(self.now, |(at, _)| *at);
        let regular = (said + NOTHING_NEW).max(self.mcu.status_due);
        let deadline = if outputs.next_wake < self.mcu.status_due { outputs.next_wake } else { regular };
        let lease = if self.mcu.lease_until > self.now { self.mcu.lease_until } else { deadline };
        let at = deadline.min(lease).max(self.now + Duration::from_millis(1));
        if self.mcu.timer.sooner(at) {
            self.queue.put(at, Event::Mcu);
        }
    }

    pub(crate) fn mcu_event(&mut self) {
        if self.mcu.timer.fires(self.now) {
            self.mcu_input(Sensed::Tick);
        }
    }

    /// Whether a status differs from the last one in anything that somebody could act on.
    fn is_news(&self, status: &Status) -> bool {
        let Some((at, last)) = &self.mcu.said else { return true };
        if self.now.since(*at) >= NOTHING_NEW
            || last.e_stop != status.e_stop
            || last.inhibit != status.inhibit
            || last.contactors != status.contactors
            || last.lease_remaining_ms.is_some() != status.lease_remaining_ms.is_some()
        {
            return true;
        }
        last.connectors.iter().zip(&status.connectors).any(|(old, new)| {
            (old.pilot, old.plug_count, old.lock, old.output) != (new.pilot, new.plug_count, new.lock, new.output)
                || old.isolation != new.isolation
                || old.connector_voltage.distance(new.connector_voltage).get() > 1_000
                || old.bus_voltage.distance(new.bus_voltage).get() > 1_000
                || old.current.distance(new.current).get() > 500
        })
    }

    fn mcu_says(&mut self, message: FromMcu) {
        if !self.mcu.cut && !self.is_lost() {
            self.queue.put(self.now + WIRE, Event::Hear(Box::new(Input::Mcu(Box::new(message)))));
        }
    }

    /// The controller says something to the MCU.
    pub(crate) fn tell_mcu(&mut self, message: ToMcu) {
        if !self.mcu.cut && !self.is_lost() {
            self.queue.put(self.now + WIRE, Event::McuHears(Box::new(message)));
        }
    }

    fn is_lost(&self) -> bool {
        self.mcu.loss > 0 && Random::of(self.seed ^ self.now.0, self.events).chance(self.mcu.loss)
    }

    pub(crate) fn mcu_hears(&mut self, message: ToMcu) {
        if let ToMcu::Lease(lease) = &message {
            self.mcu.lease_until = self.now + lease.time.duration();
        }
        self.mcu_input(Sensed::Link(message));
    }

    /// A measurement of the insulation is done.
    pub(crate) fn isolation_event(&mut self, place: usize) {
        let connector = self.outlets[place].id;
        let reading = IsolationReading::Measured(Ohms(self.outlets[place].resistance));
        self.mcu_input(Sensed::Isolation { connector, reading });
    }

    fn set_inhibit(&mut self, inhibited: bool) {
        if self.mcu.inhibited == inhibited {
            return;
        }
        for place in 0..self.outlets.len() {
            self.advance(place);
        }
        self.mcu.inhibited = inhibited;
        for place in 0..self.outlets.len() {
            self.plant_soon(place);
        }
    }

    pub(crate) fn press(&mut self, pressed: bool) {
        self.mcu.pressed = pressed;
        self.mcu_input(Sensed::EStop(if pressed { EStop::Pressed } else { EStop::Released }));
    }
}
