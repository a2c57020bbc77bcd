//! Cars: a believable charge from plug to plug, as the protocol has it, and the ways in which cars misbehave.

use core::time::Duration;

use api::link::{Demand, Event as Said, Grant, Protocol, Stage, Stop, VehicleLimits};
use mcu_link::PilotState;
use units::{Milliamps, Millivolts, Mono, Percent, PlugInEpoch, V2gEpoch, Watts};

use super::{World, plant::WATT_HOUR};
use crate::{
    incident::CarSpec,
    queue::{Event, Timer},
};

/// A charge loop's turn, as far as anything is said.
const TURN: Duration = Duration::from_millis(1_100);
/// How long a demand holds in the charge loop, and before it.
const HOLDS: (Duration, Duration) = (Duration::from_millis(1_500), Duration::from_secs(61));
/// A battery's inner resistance, in mΩ.
const INNER: i64 = 60;

/// A car that is plugged in.
pub(crate) struct Car {
    pub(crate) spec: CarSpec,
    /// Counted in the world, so that nobody takes one car's act for another's.
    pub(crate) number: u32,
    pub(crate) pilot: PilotState,
    pub(crate) stage: Stage,
    pub(crate) since: Mono,
    /// In which plug-in it was matched, and in which session it is.
    matched: Option<(PlugInEpoch, V2gEpoch)>,
    sessions: u32,
    /// What it asks for, in mA.
    pub(crate) wants: i64,
    /// The most that it asked for of late, and since when it is less.
    pub(crate) wanted: (i64, Mono),
    pub(crate) contactor: bool,
    pub(crate) mute: bool,
    pub(crate) deaf: bool,
    /// Asks for this part of what it could take, in a hundred.
    pub(crate) throttle: i64,
    /// Its driver ends it.
    pub(crate) enough: bool,
    /// Opens its contactor when the current is gone, or by then.
    leaving: Option<Mono>,
    energy_at_plug: i128,
    open_voltage: i64,
    pub(crate) charged: bool,
    timer: Timer,
    pub(crate) person: super::people::Person,
}

impl Car {
    /// Its open voltage and inner resistance, if it is on the line.
    pub(crate) fn battery(&self) -> Option<(i64, i64)> {
        self.contactor.then_some((self.open_voltage, INNER))
    }

    /// The session that its chain's process holds.
    pub(crate) fn session(&self) -> Option<(PlugInEpoch, V2gEpoch, Stage)> {
        let (plug_in, session) = self.matched?;
        Some((plug_in, session, self.stage))
    }

    fn full_voltage(&self) -> i64 {
        self.spec.voltage.1 * 1_000
    }
}

impl World {
    pub(crate) fn plug_in(&mut self, place: usize, spec: CarSpec) {
        self.advance(place);
        self.cars += 1;
        let outlet = &mut self.outlets[place];
        let now = self.now;
        let person = super::people::Person::arriving(now, &spec);
        outlet.car = Some(Car {
            number: self.cars,
            pilot: PilotState::B,
            stage: Stage::Setup,
            since: now,
            matched: None,
            sessions: 0,
            wants: 0,
            wanted: (0, now),
            contactor: false,
            mute: false,
            deaf: false,
            throttle: 100,
            enough: false,
            leaving: None,
            energy_at_plug: outlet.energy,
            open_voltage: spec.voltage.0 * 1_000,
            charged: false,
            timer: Timer::default(),
            person,
            spec,
        });
        self.battery_changes(place);
        self.publish(place);
        self.car_soon(place, Duration::from_millis(1_200));
        self.person_soon(place, Duration::from_millis(500));
    }

    /// The plug is out.
    pub(crate) fn unplug(&mut self, place: usize) {
        self.advance(place);
        self.outlets[place].car = None;
        if self.outlets[place].lock.state == mcu_link::LockFeedback::Locked {
            // Torn out of its lock.
            self.outlets[place].line = 0;
        }
        self.publish(place);
    }

    /// State of charge in thousandths.
    fn charge(&self, place: usize) -> i64 {
        let outlet = &self.outlets[place];
        outlet.car.as_ref().map_or(0, |car| {
            let taken = (outlet.energy - car.energy_at_plug) * 1_000 / WATT_HOUR;
            let taken = i64::try_from(taken).unwrap_or(0) / car.spec.capacity_wh.max(1);
            (car.spec.arrives_at + taken).min(1_000)
        })
    }

    /// The battery's voltage follows its charge.
    fn battery_changes(&mut self, place: usize) {
        let charge = self.charge(place);
        if let Some(car) = &mut self.outlets[place].car {
            let (empty, full) = car.spec.voltage;
            let now = (empty + (full - empty) * charge / 1_000) * 1_000;
            if (now - car.open_voltage).abs() >= 1_000 {
                car.open_voltage = now;
            }
        }
    }

    /// What it would take now, in mA: full power to 55 %, then less and less.
    fn appetite(&self, place: usize) -> i64 {
        let charge = self.charge(place);
        let Some(car) = &self.outlets[place].car else { return 0 };
        if charge >= car.spec.enough_at || car.enough {
            return 0;
        }
        let part = match charge {
            ..=550 => 1_000,
            551..=800 => 1_000 - (charge - 550) * 3,
            _ => (250 - (charge - 800)).max(40),
        };
        let watts = car.spec.max_power * part / 1_000 * car.throttle / 100;
        let current = Watts(watts).current_at(Millivolts(car.open_voltage.max(1_000))).get();
        // Whole steps: a car does not ask for another milliampere every second.
        (current.min(car.spec.max_current * 1_000) / 2_000 * 2_000).max(2_000)
    }

    fn car_soon(&mut self, place: usize, within: Duration) {
        let at = self.now + within;
        if let Some(car) = &mut self.outlets[place].car
            && car.timer.sooner(at)
        {
            self.queue.put(at, Event::Car(place));
        }
    }

    pub(crate) fn car_event(&mut self, place: usize) {
        let now = self.now;
        let Some(car) = &mut self.outlets[place].car else { return };
        if !car.timer.fires(now) {
            return;
        }
        if let Some(by) = car.leaving {
            self.car_leaves_line(place, by);
        }
        self.car_moves(place);
        let Some(car) = &self.outlets[place].car else { return };
        let next = match car.stage {
            _ if car.leaving.is_some() => Duration::from_millis(50),
            Stage::CurrentDemand => TURN,
            Stage::Setup | Stage::Parameters => Duration::from_millis(400),
            Stage::Stopped => Duration::from_secs(20),
            _ => Duration::from_millis(700),
        };
        self.car_soon(place, next);
    }

    /// A snapshot came.
    pub(crate) fn car_hears(&mut self, place: usize) {
        self.car_moves(place);
    }

    /// Its chain's process is gone: it hears nothing more, opens, and tries again later.
    pub(crate) fn car_is_alone(&mut self, place: usize) {
        self.car_gives_up(place);
    }

    pub(crate) fn car_repeats_demand(&mut self, place: usize) {
        if self.outlets[place].car.as_ref().is_some_and(|car| car.stage != Stage::Stopped) {
            self.say_demand(place);
        }
    }

    fn say_demand(&mut self, place: usize) {
        let charge = self.charge(place);
        let mono = self.mono();
        let connector = self.outlets[place].id;
        let Some(car) = &mut self.outlets[place].car else { return };
        let Some((plug_in_epoch, v2g_epoch)) = car.matched else { return };
        if car.mute {
            return;
        }
        let limit = Millivolts(car.full_voltage() + 10_000);
        let target_voltage = match car.stage {
            Stage::PreCharge | Stage::PowerDelivery => Some(Millivolts(car.open_voltage)),
            Stage::CurrentDemand | Stage::PowerDown => Some(Millivolts(car.full_voltage() + 5_000)),
            _ => None,
        };
        let target_current = match car.stage {
            Stage::PreCharge => Some(Milliamps(1_000)),
            Stage::PowerDelivery | Stage::CurrentDemand | Stage::PowerDown => Some(Milliamps(car.wants)),
            _ => None,
        };
        let holds = if car.stage == Stage::CurrentDemand { HOLDS.0 } else { HOLDS.1 };
        let demand = Demand {
            connector,
            plug_in_epoch,
            v2g_epoch,
            valid_until: mono + holds,
            stage: car.stage,
            target_voltage,
            target_current,
            limits: VehicleLimits {
                max_voltage: Some(limit),
                max_current: Some(Milliamps::from_amps(car.spec.max_current)),
                max_power: Some(Watts(car.spec.max_power)),
            },
            soc: Percent::new(u8::try_from(charge / 10).unwrap_or(100)),
            ready: true,
        };
        self.chain_says_demand(place, demand);
    }

    /// One look at the last snapshot, and what follows.
    fn car_moves(&mut self, place: usize) {
        let (now, mono) = (self.now, self.mono());
        let chain = &self.chains[self.outlets[place].chain];
        if !self.powered || !chain.running {
            return;
        }
        let Some(snapshot) = chain.said[place].clone() else { return };
        let appetite = self.appetite(place);
        let (line, current) = (self.outlets[place].line, self.outlets[place].current);
        let Some(car) = &mut self.outlets[place].car else { return };
        if car.mute {
            // The process notices: the session's time-out.
            if car.matched.is_some() && now.since(car.since) > Duration::from_mins(1) {
                self.lose_session(place, "no message from the car");
            }
            return;
        }
        let waited = now.since(car.since);
        let stale = mono >= snapshot.valid_until;
        let other = car.matched.is_some_and(|(plug_in, _)| plug_in != snapshot.plug_in_epoch);
        if car.matched.is_some()
            && ((stale && car.stage >= Stage::CableCheck) || other || snapshot.stop == Stop::Emergency)
        {
            self.car_gives_up(place);
            return;
        }
        let stop = snapshot.stop != Stop::None && !car.deaf;
        let before = (car.stage, car.wants);
        let mut events = Vec::new();
        match car.stage {
            Stage::Setup
                if snapshot.plugged && !stale && waited > Duration::from_secs(1) && snapshot.stop == Stop::None =>
            {
                car.sessions += 1;
                let v2g_epoch = V2gEpoch(car.number * 16 + car.sessions.min(15));
                car.matched = Some((snapshot.plug_in_epoch, v2g_epoch));
                events.push(Said::SlacMatched { ev_mac: "02:00".to_owned(), attenuation_db: 20 });
                let (protocol, evcc_id) = (Protocol::Iso15118Part2, format!("02{:06x}", car.number));
                events.push(Said::SessionStarted { v2g_epoch, protocol, evcc_id });
                car.stage = Stage::Authorisation;
            }
            Stage::Authorisation => {
                if snapshot.authorisation == Grant::Granted {
                    car.stage = Stage::Parameters;
                } else if snapshot.authorisation == Grant::Refused || waited > Duration::from_mins(2) {
                    self.lose_session(place, "not authorised");
                    return;
                }
            }
            Stage::Parameters if stop => self.lose_session(place, "asked to stop"),
            Stage::Parameters if waited >= Duration::from_millis(300) => {
                car.pilot = PilotState::C;
                car.stage = Stage::CableCheck;
            }
            Stage::CableCheck => {
                if snapshot.cable_check == Grant::Granted && !stop {
                    car.stage = Stage::PreCharge;
                } else if snapshot.cable_check == Grant::Refused || stop || waited > Duration::from_secs(40) {
                    self.car_gives_up(place);
                    return;
                }
            }
            Stage::PreCharge => {
                if (line - car.open_voltage).abs() < 20_000 && waited > Duration::from_millis(200) {
                    car.contactor = true;
                    car.wants = appetite;
                    car.stage = Stage::PowerDelivery;
                } else if stop || waited > Duration::from_secs(7) {
                    self.car_gives_up(place);
                    return;
                }
            }
            Stage::PowerDelivery => {
                if snapshot.power == Grant::Granted && !stop {
                    car.stage = Stage::CurrentDemand;
                } else if stop || waited > Duration::from_secs(8) {
                    self.car_gives_up(place);
                    return;
                }
            }
            Stage::CurrentDemand => {
                car.charged = true;
                car.wants = appetite;
                if appetite == 0 || stop {
                    car.wants = 0;
                    car.stage = Stage::PowerDown;
                }
            }
            Stage::PowerDown => {
                if snapshot.powered_down || (waited > Duration::from_secs(4) && current.abs() < 1_000) {
                    car.leaving = Some(now);
                    car.stage = Stage::WeldingDetection;
                } else if waited > Duration::from_secs(20) {
                    self.car_gives_up(place);
                    return;
                }
            }
            Stage::WeldingDetection if waited > Duration::from_millis(500) && snapshot.powered_down => {
                if let Some((_, v2g_epoch)) = car.matched {
                    events.push(Said::SessionStopped { v2g_epoch, pause: false });
                }
                car.stage = Stage::Stopped;
            }
            Stage::WeldingDetection if waited > Duration::from_secs(15) => {
                self.lose_session(place, "welding detection took too long");
                return;
            }
            _ => {}
        }
        self.car_has_moved(place, before, events);
    }

    /// Tells what has changed with it.
    fn car_has_moved(&mut self, place: usize, before: (Stage, i64), events: Vec<Said>) {
        let now = self.now;
        let Some(car) = &mut self.outlets[place].car else { return };
        if car.wants != before.1 {
            if car.wants < before.1 {
                car.wanted = (car.wanted.0.max(before.1), now);
            } else {
                car.wanted.0 = car.wanted.0.max(car.wants);
            }
        }
        let (stage, leaving, matched) = (car.stage, car.leaving.is_some(), car.matched);
        let moved = stage != before.0;
        let loops = stage == Stage::CurrentDemand && now.since(car.person.said) >= TURN;
        if moved {
            car.since = now;
        }
        if moved || car.wants != before.1 || loops {
            car.person.said = now;
        } else {
            return;
        }
        if let Some((plug_in_epoch, _)) = matched {
            for event in events {
                self.chain_says_event(place, plug_in_epoch, event);
            }
        }
        if stage == Stage::Stopped {
            if let Some(car) = &mut self.outlets[place].car {
                car.matched = None;
            }
        } else {
            self.say_demand(place);
        }
        if moved {
            self.advance(place);
            self.publish(place);
            self.car_soon(place, Duration::from_millis(if leaving { 10 } else { 350 }));
        } else if loops {
            self.advance(place);
            self.battery_changes(place);
            self.publish(place);
        }
    }

    /// It breaks off: asks for nothing more, opens when the current is gone, tells nobody.
    pub(crate) fn car_gives_up(&mut self, place: usize) {
        let now = self.now;
        if let Some(car) = &mut self.outlets[place].car {
            car.wanted = (car.wanted.0.max(car.wants), now);
            car.wants = 0;
            car.leaving = Some(now + Duration::from_millis(600));
        }
        self.lose_session(place, "broken off");
        self.car_soon(place, Duration::from_millis(10));
    }

    /// The chain's process gives the session up.
    fn lose_session(&mut self, place: usize, reason: &str) {
        let now = self.now;
        let running = self.chains[self.outlets[place].chain].running;
        let Some(car) = &mut self.outlets[place].car else { return };
        let lost = car.matched.take();
        car.mute = false;
        // A car tries again a few times, if it has not charged.
        car.stage = if car.charged || car.sessions > 3 { Stage::Stopped } else { Stage::Setup };
        car.since = now + Duration::from_secs(4);
        if car.leaving.is_none() {
            car.leaving = Some(now);
        }
        if let Some((plug_in_epoch, v2g_epoch)) = lost
            && running
        {
            let event = Said::SessionLost { v2g_epoch, reason: reason.to_owned() };
            self.chain_says_event(place, plug_in_epoch, event);
        }
        self.car_soon(place, Duration::from_millis(10));
    }

    /// Opens the car's own contactor once little current flows, or when it has waited long enough; then it is no longer ready.
    fn car_leaves_line(&mut self, place: usize, by: Mono) {
        self.advance(place);
        let now = self.now;
        let current = self.outlets[place].current;
        let Some(car) = &mut self.outlets[place].car else { return };
        if current.abs() > 1_000 && now < by {
            return;
        }
        car.leaving = None;
        car.contactor = false;
        car.pilot = PilotState::B;
        self.publish(place);
    }

    /// From C to B without a word.
    pub(crate) fn car_drops_pilot(&mut self, place: usize) {
        self.advance(place);
        if let Some(car) = &mut self.outlets[place].car
            && car.pilot == PilotState::C
        {
            car.pilot = PilotState::B;
        }
        self.publish(place);
    }
}
