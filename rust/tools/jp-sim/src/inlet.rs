//! What lies between the physics and a car's controller: they run in different threads and share this.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mcu_link::PilotOutput;

/// What a plugged-in car is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Car {
    /// Of the battery, in volts.
    pub battery_v: u32,
    /// In percent.
    pub soc: u8,
    /// In watt-hours.
    pub capacity_wh: u32,
    /// The most that it takes, in amperes.
    pub max_current_a: u32,
    /// What it asks for, in amperes.
    pub target_current_a: u32,
    /// It stops by itself after so much.
    pub energy_wh: Option<u32>,
    /// Who speaks for it.
    pub speaker: Speaker,
}

/// Who speaks for a car.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speaker {
    /// The simulator, SLAC to the end.
    #[default]
    Simulated,
    /// The simulator does SLAC; a program in the car's namespace does the rest.
    External,
    /// Nobody after SLAC.
    SlacOnly,
}

/// What the driver wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// To charge.
    #[default]
    Charge,
    /// To draw nothing for a while.
    Pause,
    /// To end.
    Stop,
}

/// Open or closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Switch {
    /// Open.
    #[default]
    Open,
    /// Closed.
    Closed,
}

/// How far matching has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slac {
    /// No car, or no duty cycle yet.
    #[default]
    Idle,
    /// Under way.
    Matching,
    /// The car has the key.
    Matched,
    /// It gave up.
    Failed,
}

/// Written by the physics, read by the car.
#[derive(Clone, Copy, Debug, Default)]
pub struct ToCar {
    /// The car that is plugged in, and a number that steps at every plug-in.
    pub plug: Option<(u32, Car)>,
    /// What the car sees on the pilot.
    pub output: PilotOutput,
    /// What the driver wants.
    pub mood: Mood,
    /// In percent.
    pub soc: u8,
    /// The battery's voltage now, in millivolts.
    pub battery_mv: i64,
    /// At the inlet, in millivolts.
    pub inlet_mv: i64,
    /// Into the car, in milliamperes.
    pub current_ma: i64,
    /// The power line is cut.
    pub plc_cut: bool,
    /// The car is to vanish.
    pub vanish: bool,
    /// The car is to talk rubbish.
    pub exi_garbage: bool,
}

/// Written by the car, read by the physics.
#[derive(Clone, Debug, Default)]
pub struct FromCar {
    /// Closed pulls the pilot from B to C.
    pub s2: Switch,
    /// The car's own contactors.
    pub contactor: Switch,
    /// Matching.
    pub slac: Slac,
    /// Whether the power line carries packets.
    pub link_up: bool,
    /// Where the session is, in a word.
    pub phase: &'static str,
    /// What it asks for, in millivolts.
    pub target_mv: i64,
    /// What it asks for, in milliamperes.
    pub target_ma: i64,
    /// What the charger said it measures, in millivolts.
    pub said_mv: Option<i64>,
    /// What the charger said it measures, in milliamperes.
    pub said_ma: Option<i64>,
    /// The charger's id as it named itself.
    pub evse_id: Option<String>,
}

impl FromCar {
    /// The car opens its contactors and takes the pilot back to B.
    pub(crate) const fn let_go(&mut self) {
        self.contactor = Switch::Open;
        self.s2 = Switch::Open;
    }
}

/// Both directions, and news for whoever listens.
#[derive(Clone, Debug, Default)]
pub struct Sides {
    /// Written by the physics.
    pub to_car: ToCar,
    /// Written by the car.
    pub from_car: FromCar,
    news: VecDeque<(&'static str, String)>,
}

impl Sides {
    const MOST_NEWS: usize = 256;

    /// Tells of something.
    pub fn tell(&mut self, event: &'static str, detail: impl Into<String>) {
        if self.news.len() < Self::MOST_NEWS {
            self.news.push_back((event, detail.into()));
        }
    }

    /// What was told since the last look.
    pub fn take_news(&mut self) -> Vec<(&'static str, String)> {
        self.news.drain(..).collect()
    }
}

/// The two sides, shared.
#[derive(Clone, Debug, Default)]
pub struct Inlet(Arc<Mutex<Sides>>);

impl Inlet {
    /// Locks it, for a moment only.
    pub fn sides(&self) -> MutexGuard<'_, Sides> {
        // A panic elsewhere leaves plain values behind: they are as good as any.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
