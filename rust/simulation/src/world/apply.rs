//! Incidents: what each does to the world, and how the world heals of it. **A new kind of incident is added here**, in
//! [`What`] and in the scenario's dice.

use core::time::Duration;

use mcu_link::LockFeedback;

use super::{World, people};
use crate::{
    incident::{Left, What},
    queue::Event,
};

/// A machine needs this long from power to its programs.
const BOOTS: Duration = Duration::from_secs(8);

impl World {
    pub(crate) fn incident(&mut self, number: usize) {
        let incident = self.incidents[number].clone();
        // What would outlast the time of faults ends with it.
        let end = (self.now + incident.lasts).min(self.ends);
        if !self.powered && !matches!(incident.what, What::ClockSteps(_)) {
            return;
        }
        let own = self.numbers.get(number).copied().unwrap_or(number);
        self.note_all(format!("[{own}] {:?} for {:?}", incident.what, incident.lasts));
        self.stats.incident(&incident.what);
        let ends = matches!(incident.what, What::ControllerDies(_) | What::PowerCut);
        if incident.lasts > Duration::ZERO || ends {
            self.queue.put(end, Event::Over(number));
        }
        match incident.what {
            What::Arrive(place, spec) => {
                if self.outlets[place].car.is_none() {
                    self.plug_in(place, spec);
                }
            }
            What::ModuleSilent(id) => {
                self.modules[id].silent = true;
                self.check.disturbed(self.modules[id].outlet, self.now);
                self.module_alone(id);
            }
            What::ModuleFault(id) => self.module_fails(id, true),
            What::ModuleMisreads(id) => self.module_misreads(id, 60_000),
            What::McuSilent => self.mcu.cut = true,
            What::McuLossy(loss) => self.mcu.loss = loss,
            What::McuReset => {
                self.mcu_stops();
                self.queue.put(self.now + Duration::from_millis(200), Event::McuStarts);
            }
            What::EmergencyStop => self.press(true),
            What::Weld(place) => self.outlets[place].contact.welded = true,
            What::Jam(place) => self.outlets[place].contact.jammed = true,
            What::LockBreaks(place) => {
                self.advance(place);
                self.outlets[place].lock.broken = true;
                self.outlets[place].lock.state = LockFeedback::Unlocked;
                self.publish(place);
            }
            What::IsolationFalls(place) => self.resistance(place, 20_000),
            What::Overheats(place) => self.temperature(place, 950),
            What::MeterSilent(place) => self.outlets[place].meter.silent = true,
            What::MeterFrozen(place) => self.freeze_meter(place),
            What::MeterFallsBack(place) => {
                let meter = &mut self.outlets[place].meter;
                meter.lost += super::WATT_HOUR * 500;
                meter.lies = true;
            }
            What::MeterReplaced(place) => {
                let meter = &mut self.outlets[place].meter;
                meter.generation += 1;
                meter.lies = true;
            }
            What::MonitorSilent(place) => {
                if let Some(monitor) = &mut self.outlets[place].monitor {
                    monitor.silent = true;
                }
            }
            What::CarMute(place) => {
                if let Some(car) = &mut self.outlets[place].car {
                    car.mute = true;
                    car.since = self.now;
                }
            }
            What::CarDropsPilot(place) => self.car_drops_pilot(place),
            What::CarIgnoresStop(place) => {
                if let Some(car) = &mut self.outlets[place].car {
                    car.deaf = true;
                }
            }
            What::CarThrottles(place) => {
                if let Some(car) = &mut self.outlets[place].car {
                    car.throttle = 20;
                }
            }
            What::PlugTorn(place) => {
                if self.outlets[place].car.is_some() {
                    self.check.torn(place, self.now);
                    self.unplug(place);
                }
            }
            What::ChainDies(id) => {
                self.chain_dies(id);
                self.queue.put(end, Event::ChainStarts(id));
            }
            What::LinkCut(id) => {
                self.chains[id].cut = true;
                self.unlink(id);
            }
            What::ControllerDies(Left::Old(age)) => {
                // The kill comes later; what is left is of now.
                self.kept = self.checkpoint();
                let last = self.incidents.len();
                self.incidents.push(crate::incident::Incident {
                    at: self.now + Duration::from_millis(age),
                    lasts: incident.lasts,
                    what: What::ControllerDies(Left::Whole),
                });
                self.queue.put(self.now + Duration::from_millis(age), Event::Incident(last));
            }
            What::ControllerDies(left) => {
                let checkpoint = self.kept.take().or_else(|| self.checkpoint());
                self.controller_dies(left, checkpoint);
            }
            What::PowerCut => self.power_cut(),
            What::ClockSteps(ms) => {
                self.wall_off += ms;
                self.note_clock();
            }
            What::DiskSlow(ms) => self.store.slow = Some(Duration::from_millis(ms)),
            What::DiskFull => self.store.full = true,
            What::CsmsOutage => self.csms_out = true,
            What::StrangeCard(number) => {
                self.tell_controller(cabinet::Input::Card(people::card(number)));
                self.queue.put(self.now + Duration::from_millis(400), Event::Csms);
            }
            What::RemoteStop(place) => self.remote_stop(place),
            What::RemoteStart(place) => self.remote_start(place),
            What::SiteLimit(percent) => {
                let mut file = self.file.clone();
                file.site.limit_w = self.first.site.limit_w * percent / 100;
                self.save(file);
            }
            What::ChainCap(chain, percent) => {
                let mut file = self.file.clone();
                file.chains[chain].power_cap_w = self.first.chains[chain].power_cap_w * percent / 100;
                self.save(file);
            }
            What::ConnectorCurrent(place, amps) => {
                let mut file = self.file.clone();
                file.connectors[place].max_current_a = amps;
                self.save(file);
            }
            What::Relabel(number) => {
                let mut file = self.file.clone();
                file.site.name = format!("Simulated {number}");
                self.save(file);
            }
        }
    }

    pub(crate) fn over(&mut self, number: usize) {
        let incident = self.incidents[number].clone();
        match incident.what {
            What::ModuleSilent(id) => {
                self.modules[id].silent = false;
                self.check.disturbed(self.modules[id].outlet, self.now);
                self.module_alone(id);
            }
            What::ModuleFault(id) => self.module_fails(id, false),
            What::ModuleMisreads(id) => self.module_misreads(id, 0),
            What::McuSilent => self.mcu.cut = false,
            What::McuLossy(_) => self.mcu.loss = 0,
            What::EmergencyStop => self.press(false),
            What::Weld(place) => {
                self.outlets[place].contact.welded = false;
                self.contact_released(place);
            }
            What::Jam(place) => {
                self.outlets[place].contact.jammed = false;
                self.contact_released(place);
            }
            What::LockBreaks(place) => {
                self.advance(place);
                let lock = &mut self.outlets[place].lock;
                lock.broken = false;
                lock.state = lock.goal;
                self.publish(place);
            }
            What::IsolationFalls(place) => self.resistance(place, 5_000_000),
            What::Overheats(place) => self.temperature(place, 250),
            What::MeterSilent(place) => self.outlets[place].meter.silent = false,
            What::MeterFrozen(place) => self.thaw_meter(place),
            What::MonitorSilent(place) => {
                if let Some(monitor) = &mut self.outlets[place].monitor {
                    monitor.silent = false;
                }
            }
            What::CarThrottles(place) => {
                if let Some(car) = &mut self.outlets[place].car {
                    car.throttle = 100;
                }
            }
            What::LinkCut(id) => {
                self.chains[id].cut = false;
                self.chain_dials(id);
            }
            What::ControllerDies(left) => {
                // An older checkpoint's kill comes later, as an incident of its own.
                if !matches!(left, Left::Old(_)) {
                    self.controller_starts();
                }
            }
            What::PowerCut => self.queue.put(self.now, Event::PowerBack),
            What::DiskSlow(_) => self.store.slow = None,
            What::DiskFull => self.store.full = false,
            What::CsmsOutage => {
                self.csms_out = false;
                self.csms_is_back();
            }
            What::Arrive(..)
            | What::McuReset
            | What::MeterFallsBack(_)
            | What::MeterReplaced(_)
            | What::CarMute(_)
            | What::CarDropsPilot(_)
            | What::CarIgnoresStop(_)
            | What::PlugTorn(_)
            | What::ChainDies(_)
            | What::ClockSteps(_)
            | What::StrangeCard(_)
            | What::SiteLimit(_)
            | What::ChainCap(..)
            | What::ConnectorCurrent(..)
            | What::Relabel(_)
            | What::RemoteStop(_)
            | What::RemoteStart(_) => {}
        }
    }

    fn module_fails(&mut self, id: usize, failed: bool) {
        let place = self.modules[id].outlet;
        self.advance(place);
        self.modules[id].failed = failed;
        self.publish(place);
        self.module_soon(id, Duration::from_millis(200));
    }

    fn module_misreads(&mut self, id: usize, skew: i64) {
        self.modules[id].skew = skew;
        self.module_soon(id, Duration::from_millis(100));
    }

    fn resistance(&mut self, place: usize, ohms: i64) {
        self.outlets[place].resistance = ohms;
        self.isolation_event(place);
        self.meter_soon(place);
    }

    fn temperature(&mut self, place: usize, tenths: i32) {
        self.advance(place);
        self.outlets[place].temperature = tenths;
        self.publish(place);
    }

    fn note_clock(&mut self) {
        let wall = self.wall();
        self.tell_controller(cabinet::Input::Wall(wall));
    }

    /// Everything is dark at once.
    fn power_cut(&mut self) {
        self.controller_dies(Left::Nothing, None);
        self.left = None;
        for chain in 0..self.chains.len() {
            self.chain_dies(chain);
        }
        self.mcu_stops();
        self.plant_goes_dark();
        self.powered = false;
        for place in 0..self.outlets.len() {
            if let Some(car) = &mut self.outlets[place].car {
                car.contactor = false;
                car.pilot = mcu_link::PilotState::B;
                car.charged = false;
            }
            self.outlets[place].line = 0;
            self.outlets[place].bus = 0;
        }
    }

    pub(crate) fn power_back(&mut self) {
        if self.powered {
            return;
        }
        self.powered = true;
        self.boots += 1;
        self.boot = self.now;
        for place in 0..self.outlets.len() {
            self.advance(place);
            self.person_soon(place, Duration::from_secs(30));
            if self.outlets[place].car.is_some() {
                self.publish(place);
            }
        }
        self.queue.put(self.now + Duration::from_millis(300), Event::McuStarts);
        for chain in 0..self.chains.len() {
            self.queue.put(self.now + BOOTS, Event::ChainStarts(chain));
        }
        self.queue.put(self.now + BOOTS, Event::ControllerStarts);
    }
}
