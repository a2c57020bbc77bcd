//! Meters and isolation monitors: what they show, when they are asked.

use core::time::Duration;

use api::session::Register;
use cabinet::{Input, MeterNews, MonitorNews};
use units::{Milliamps, Millivolts, Mono, Ohms};

use super::{World, plant::WATT_HOUR};
use crate::queue::{Event, Timer};

/// How often they are asked while something moves.
const OFTEN: Duration = Duration::from_secs(1);
/// And while all is still: the readings would be the same, or the next point of a straight line.
const SELDOM: Duration = Duration::from_secs(5);
/// How often when nobody is plugged in.
const IDLE: Duration = Duration::from_secs(15);
/// Something that moved so lately still counts.
const WARM: Duration = Duration::from_secs(8);
/// A driver gives up after this.
const SILENT_AFTER: Duration = Duration::from_millis(1_500);

/// A meter.
pub(crate) struct Meter {
    name: String,
    exponent: i8,
    pub(crate) silent: bool,
    /// What it shows while it does not count.
    pub(crate) frozen: Option<i128>,
    /// What it has lost of its count, in pWs.
    pub(crate) lost: i128,
    /// Which meter it is.
    pub(crate) generation: u32,
    /// Whether it has not shown the truth; what is billed with it is only checked against what it showed.
    pub(crate) lies: bool,
    pub(crate) timer: Timer,
    /// What the controller has been told last.
    pub(crate) told: Option<Told>,
    pub(crate) told_silent: bool,
    /// When it did not answer last.
    pub(crate) quiet: Mono,
}

/// A reading as told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) register: Register,
    /// The truth at that moment, in pWs.
    pub(crate) energy: i128,
    pub(crate) at: Mono,
}

/// An isolation monitor.
pub(crate) struct Monitor {
    name: String,
    pub(crate) silent: bool,
    pub(crate) timer: Timer,
    told_silent: bool,
}

impl Meter {
    pub(crate) const fn new(name: String, exponent: i8) -> Self {
        Self {
            name,
            exponent,
            silent: false,
            frozen: None,
            lost: 0,
            generation: 0,
            lies: false,
            timer: Timer(None),
            told: None,
            told_silent: false,
            quiet: Mono::BOOT,
        }
    }

    /// Whether it did not answer at some time of late.
    pub(crate) fn was_silent_within(&self, now: Mono, span: Duration) -> bool {
        self.quiet > Mono::BOOT && now.since(self.quiet) <= span
    }

    /// One count, in pWs.
    pub(crate) const fn count(&self) -> i128 {
        match self.exponent {
            1 => WATT_HOUR * 10,
            2 => WATT_HOUR * 100,
            _ => WATT_HOUR,
        }
    }

    fn register(&self, energy: i128) -> Register {
        // It has counted before.
        let shown = self.frozen.unwrap_or(energy - self.lost + 1_000_000 * WATT_HOUR).max(0);
        let meter = if self.generation == 0 { self.name.clone() } else { format!("{}-{}", self.name, self.generation) };
        Register { digits: u64::try_from(shown / self.count()).unwrap_or(0), exponent: self.exponent, meter }
    }
}

impl Monitor {
    pub(crate) const fn new(name: String) -> Self {
        Self { name, silent: false, timer: Timer(None), told_silent: false }
    }
}

impl World {
    /// A pace that fits what goes on at a connector.
    fn pace(&self, place: usize) -> Duration {
        let outlet = &self.outlets[place];
        if outlet.car.is_none() {
            IDLE
        } else if self.now.since(outlet.moved) < WARM {
            OFTEN
        } else {
            SELDOM
        }
    }

    pub(crate) fn meter_soon(&mut self, place: usize) {
        let at = self.now + OFTEN;
        if self.outlets[place].meter.timer.sooner(at) {
            self.queue.put(at, Event::Meter(place));
        }
        if self.outlets[place].monitor.as_mut().is_some_and(|monitor| monitor.timer.sooner(at)) {
            self.queue.put(at, Event::Monitor(place));
        }
    }

    /// The meter does not count from here on.
    pub(crate) fn freeze_meter(&mut self, place: usize) {
        self.advance(place);
        let energy = self.outlets[place].energy;
        let meter = &mut self.outlets[place].meter;
        meter.frozen = Some(energy - meter.lost + 1_000_000 * WATT_HOUR);
        meter.lies = true;
    }

    pub(crate) fn thaw_meter(&mut self, place: usize) {
        self.advance(place);
        let energy = self.outlets[place].energy;
        let meter = &mut self.outlets[place].meter;
        if let Some(frozen) = meter.frozen.take() {
            meter.lost = energy + 1_000_000 * WATT_HOUR - frozen;
        }
    }

    pub(crate) fn meter_event(&mut self, place: usize) {
        if !self.outlets[place].meter.timer.fires(self.now) || !self.powered || !self.hears() {
            return;
        }
        self.advance(place);
        let (now, pace) = (self.now, self.pace(place));
        let outlet = &mut self.outlets[place];
        let (energy, voltage, current) = (outlet.energy, Millivolts(outlet.line), Milliamps(outlet.current));
        let name = outlet.meter.name.clone();
        let next = if outlet.meter.silent {
            outlet.meter.quiet = now;
            if !outlet.meter.told_silent {
                let told = outlet.meter.told.as_ref().map_or(Mono::BOOT, |told| told.at);
                if now.since(told) >= SILENT_AFTER {
                    outlet.meter.told_silent = true;
                    self.tell_controller(Input::Meter(name, MeterNews::Silent));
                }
            }
            OFTEN
        } else {
            let register = outlet.meter.register(energy);
            outlet.meter.told_silent = false;
            outlet.meter.told = Some(Told { register: register.clone(), energy, at: now });
            self.tell_controller(Input::Meter(name, MeterNews::Reading { register, voltage, current }));
            pace
        };
        let at = now + next;
        if self.outlets[place].meter.timer.sooner(at) {
            self.queue.put(at, Event::Meter(place));
        }
    }

    pub(crate) fn monitor_event(&mut self, place: usize) {
        let (now, powered, hears, pace) = (self.now, self.powered, self.hears(), self.pace(place));
        let resistance = Ohms(self.outlets[place].resistance);
        let Some(monitor) = &mut self.outlets[place].monitor else { return };
        if !monitor.timer.fires(now) || !powered || !hears {
            return;
        }
        let name = monitor.name.clone();
        let news = match (monitor.silent, monitor.told_silent) {
            (true, true) => None,
            (true, false) => {
                monitor.told_silent = true;
                Some(MonitorNews::Silent)
            }
            (false, _) => {
                monitor.told_silent = false;
                Some(MonitorNews::Reading(resistance))
            }
        };
        let at = now + if monitor.silent { OFTEN } else { pace };
        if monitor.timer.sooner(at) {
            self.queue.put(at, Event::Monitor(place));
        }
        if let Some(news) = news {
            self.tell_controller(Input::Monitor(name, news));
        }
    }
}
