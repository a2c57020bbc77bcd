//! Charger and car in one process, in virtual time, with a charger's controller of a few lines.
#![allow(dead_code, reason = "shared by tests and benchmark, which use different parts")]

use core::time::Duration;

use units::{Milliamps, Millivolts, Mono, Percent, Watts};
use v2g::{
    EvError, Isolation, Stage,
    evcc::{self, Evcc, Intent, Wish},
    secc::{self, Grant, Insulation, Limits, Outlet, Secc, Snapshot, Stop},
};

pub(crate) const BATTERY: Millivolts = Millivolts(380_000);

pub(crate) fn wish() -> Wish {
    Wish {
        intent: Intent::Charge,
        soc: Percent::new(42).unwrap(),
        battery_voltage: BATTERY,
        target_voltage: Millivolts(400_000),
        target_current: Milliamps(125_000),
        error: EvError::None,
    }
}

pub(crate) fn config() -> secc::Config {
    secc::Config { evse_id: "DE*JPT*E1*1".into(), session_id: [1, 2, 3, 4, 5, 6, 7, 8] }
}

pub(crate) fn limits() -> Limits {
    Limits {
        min_voltage: Millivolts(150_000),
        max_voltage: Millivolts(1_000_000),
        min_current: Milliamps(0),
        max_current: Milliamps(100_000),
        max_power: Watts(30_000),
    }
}

pub(crate) struct Pair {
    pub(crate) now: Mono,
    pub(crate) secc: Secc,
    pub(crate) evcc: Evcc,
    pub(crate) snapshot: Snapshot,
    /// Whether the controller renews the snapshot.
    pub(crate) controller_lives: bool,
    /// What the controller grants when the car comes to ask for it.
    pub(crate) grant: Grant,
    pub(crate) secc_events: Vec<secc::Event>,
    pub(crate) evcc_events: Vec<evcc::Event>,
    /// The bytes of each request, in order.
    pub(crate) requests: Vec<Vec<u8>>,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let now = Mono::from_millis(10_000);
        let snapshot = Snapshot { valid_until: now + Duration::from_secs(1), limits: limits(), ..Snapshot::default() };
        Self {
            now,
            secc: Secc::new(config(), snapshot, now),
            evcc: Evcc::new(evcc::Config::default(), wish(), now),
            snapshot,
            controller_lives: true,
            grant: Grant::Granted,
            secc_events: vec![],
            evcc_events: vec![],
            requests: vec![],
        }
    }

    /// Lets the two talk until `done`, or for at most so long.
    pub(crate) fn run(&mut self, limit: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now + limit;
        while self.now < end {
            self.exchange();
            if done(self) {
                return true;
            }
            let tick = self.now + Duration::from_millis(50);
            let wakes = [self.secc.next_wake(), self.evcc.next_wake()];
            let next = wakes.into_iter().flatten().min().unwrap_or(tick).min(tick);
            self.now = next.max(self.now + Duration::from_millis(1));
            self.control();
            self.secc.handle_timeout(self.now);
            self.evcc.handle_timeout(self.now);
        }
        false
    }

    pub(crate) fn exchange(&mut self) {
        loop {
            let (up, down) = (self.evcc.take_transmit(), self.secc.take_transmit());
            let quiet = up.is_empty() && down.is_empty();
            if !up.is_empty() {
                self.requests.push(up.clone());
                self.secc.handle_input(self.now, &up);
            }
            if !down.is_empty() {
                self.evcc.handle_input(self.now, &down);
            }
            while let Some(event) = self.secc.poll_event() {
                self.secc_events.push(event);
            }
            while let Some(event) = self.evcc.poll_event() {
                self.evcc_events.push(event);
            }
            if quiet {
                return;
            }
        }
    }

    /// The controller: looks every 50 ms at most, ramps the voltage, follows the car.
    fn control(&mut self) {
        if !self.controller_lives {
            return;
        }
        let stage = self.secc.stage();
        let snapshot = &mut self.snapshot;
        snapshot.valid_until = self.now + Duration::from_secs(1);
        if stage >= Some(Stage::Authorisation) {
            snapshot.authorisation = self.grant;
        }
        match stage {
            Some(Stage::CableCheck) if snapshot.insulation == Insulation::Unknown => {
                snapshot.insulation = Insulation::Testing;
            }
            Some(Stage::CableCheck) => {
                snapshot.insulation = Insulation::Known(Isolation::Valid);
                snapshot.cable_check = Grant::Granted;
            }
            Some(Stage::PreCharge) => {
                snapshot.present_voltage = (snapshot.present_voltage + Millivolts(40_000)).min(BATTERY);
            }
            Some(Stage::PowerDelivery) => snapshot.power = Grant::Granted,
            Some(Stage::CurrentDemand) => snapshot.present_current = Milliamps(75_000),
            Some(Stage::PowerDown) => snapshot.present_current = Milliamps(0),
            Some(Stage::WeldingDetection) => {
                snapshot.present_voltage = Millivolts(12_000);
                snapshot.outlet = Outlet::Off;
            }
            _ => {}
        }
        self.secc.set_snapshot(self.now, *snapshot);
    }

    pub(crate) fn until(&mut self, stage: Stage) {
        let reached = self.run(Duration::from_mins(1), |pair| pair.secc.stage() >= Some(stage));
        assert!(reached, "{stage:?} not reached: {:?} {:?}", self.secc.stage(), self.secc.closed());
    }

    pub(crate) fn finish(&mut self) -> (Option<secc::Close>, Option<evcc::Close>) {
        self.run(Duration::from_secs(200), |pair| pair.secc.closed().is_some() && pair.car_closed().is_some());
        (self.secc.closed(), self.car_closed())
    }

    pub(crate) fn car_closed(&self) -> Option<evcc::Close> {
        self.evcc_events.iter().find_map(|event| match event {
            evcc::Event::Closed(why) => Some(*why),
            _ => None,
        })
    }

    pub(crate) fn stop(&mut self, stop: Stop) {
        self.snapshot.stop = stop;
    }
}
