//! Power modules and their driver: what is told to them, what they tell.

use core::time::Duration;

use cabinet::{Input, ModuleNews};
use charging::Setpoint;
use units::{Milliamps, Millivolts, Watts};

use super::{
    World,
    plant::{Known, MODULE_WATCHDOG},
};
use crate::queue::Event;

/// On the bus and back.
const WIRE: Duration = Duration::from_millis(6);
/// The driver gives a module up after this.
const SILENT_AFTER: Duration = Duration::from_secs(2);
/// With nothing new to tell, a module is told of this often.
const BEAT: Duration = Duration::from_secs(5);

impl World {
    /// The controller wants something of a module.
    pub(crate) fn module_told(&mut self, id: usize, setpoint: Setpoint) {
        if self.tamper.is_some_and(|tamper| tamper.keeps(self.modules[id].wanted, setpoint)) {
            return;
        }
        self.modules[id].wanted = setpoint;
        self.modules[id].asked = Some(setpoint);
        self.modules[id].confirmed = None;
        self.module_soon(id, WIRE + WIRE);
        if !self.modules[id].silent {
            self.queue.put(self.now + WIRE, Event::ModuleHears(id, setpoint));
        }
    }

    pub(crate) fn module_hears(&mut self, id: usize, setpoint: Setpoint) {
        let module = &self.modules[id];
        if module.silent || !self.powered || module.set == setpoint {
            return;
        }
        let place = module.outlet;
        self.advance(place);
        self.modules[id].set = setpoint;
        self.publish(place);
        self.module_soon(id, Duration::from_millis(20));
    }

    pub(crate) fn module_soon(&mut self, id: usize, within: Duration) {
        let at = self.now + within;
        if self.modules[id].timer.sooner(at) {
            self.queue.put(at, Event::Module(id));
        }
    }

    /// Nobody speaks to a module, or somebody does again.
    pub(crate) fn module_alone(&mut self, id: usize) {
        let alone = self.modules[id].silent || !self.is_controlled();
        let now = self.now;
        let module = &mut self.modules[id];
        match (alone, module.alone) {
            (true, None) => module.alone = Some(now),
            (false, Some(_)) => module.alone = None,
            _ => {}
        }
        self.module_soon(id, Duration::from_millis(10));
    }

    pub(crate) fn module_event(&mut self, id: usize) {
        if !self.modules[id].timer.fires(self.now) || !self.powered {
            return;
        }
        let now = self.now;
        if let Some(alone) = self.modules[id].alone {
            let left = (alone + MODULE_WATCHDOG).since(now);
            if left.is_zero() {
                let place = self.modules[id].outlet;
                self.advance(place);
                self.modules[id].set = Setpoint::Off;
                self.publish(place);
            } else {
                self.module_soon(id, left.max(Duration::from_millis(1)));
            }
        }
        if !self.hears() {
            return;
        }
        let silent = self.modules[id].silent;
        if silent {
            let gone = self.modules[id].alone.is_none_or(|alone| now.since(alone) >= SILENT_AFTER);
            if gone && self.modules[id].known != Known::Silent {
                self.modules[id].known = Known::Silent;
                self.tell_module(id, ModuleNews::Silent);
            } else if !gone {
                self.module_soon(id, Duration::from_millis(500));
            }
            return;
        }
        let module = &mut self.modules[id];
        let (first, rated) = (module.known != Known::Heard, module.rated);
        module.known = Known::Heard;
        let (on, failed) = (matches!(module.set, Setpoint::On { .. }), module.failed);
        let status = first || module.said_on != Some(on) || module.said_failed != Some(failed);
        module.said_on = Some(on);
        module.said_failed = Some(failed);
        let reading = (self.outlets[module.outlet].bus + module.skew, module.current);
        let read = first || module.said != Some(reading);
        module.said = Some(reading);
        let (wanted, set) = (module.wanted, module.set);
        if first {
            self.tell_module(id, ModuleNews::Heard);
            self.tell_module(id, ModuleNews::Serial(format!("S{id}")));
            let (max_current, max_power) = (Milliamps(rated), Watts(30_000));
            self.tell_module(id, ModuleNews::Capability { max_current, max_power });
        }
        if status {
            let faults = if failed { vec!["OverTemperature".to_owned()] } else { Vec::new() };
            self.tell_module(id, ModuleNews::Status { on, faults, disabled: failed });
        }
        if read {
            let (voltage, current) = (Millivolts(reading.0), Milliamps(reading.1));
            self.tell_module(id, ModuleNews::Reading { voltage, current });
        }
        self.module_confirms(id);
        // What it has not taken is said again.
        if wanted != set && self.is_controlled() {
            self.queue.put(now + WIRE, Event::ModuleHears(id, wanted));
            self.module_soon(id, Duration::from_secs(1));
        }
        self.module_soon(id, BEAT);
    }

    /// A set-point is confirmed when the module acts on it: a lower one when no more flows.
    fn module_confirms(&mut self, id: usize) {
        let module = &mut self.modules[id];
        let (Some(asked), None) = (module.asked, module.confirmed) else { return };
        let acts = match asked {
            Setpoint::Off => module.current <= 1_000,
            Setpoint::On { current, .. } => module.current <= current.get() + 500,
        };
        if module.set == asked && acts {
            module.confirmed = Some(asked);
            self.tell_module(id, ModuleNews::Confirmed(asked));
        } else {
            self.module_soon(id, Duration::from_millis(40));
        }
    }

    fn tell_module(&mut self, id: usize, news: ModuleNews) {
        let input = Input::Module(self.modules[id].id.clone(), news);
        self.tell_controller(input);
    }
}
