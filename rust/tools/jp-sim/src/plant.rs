//! The physics of one connector: the modules' bus, the contactor, the cable, the car's contactor and its battery.
//!
//! One node on each side of the contactor, no inductances: voltages slew and decay, the current follows Ohm's law under
//! the modules' limit. That is enough for every gate and every phase of a charge to be met or missed for real.

use safety::Position;

/// What the modules of a connector do together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Supply {
    /// What they regulate to, if any delivers.
    pub volts: Option<f64>,
    /// The most current that they give now.
    pub amps: f64,
}

/// A car's battery.
#[derive(Clone, Copy, Debug)]
pub struct Battery {
    /// Its open-circuit voltage when it was plugged in.
    pub volts: f64,
    /// State of charge in percent.
    pub soc: f64,
    /// Its state of charge when it was plugged in.
    pub soc_at_start: f64,
    /// From empty to full.
    pub capacity_wh: f64,
    /// Taken in since it was plugged in.
    pub taken_wh: f64,
}

impl Battery {
    const OHMS: f64 = 0.05;
    const VOLTS_PER_PERCENT: f64 = 0.5;

    /// Its open-circuit voltage now.
    pub fn open_circuit(&self) -> f64 {
        self.volts + (self.soc - self.soc_at_start) * Self::VOLTS_PER_PERCENT
    }

    fn take(&mut self, watts: f64, seconds: f64) {
        let wh = watts * seconds / 3_600.0;
        self.taken_wh += wh;
        self.soc = (self.soc + wh / self.capacity_wh * 100.0).clamp(0.0, 100.0);
    }
}

/// What is on the car's end of the cable.
#[derive(Debug)]
pub enum Load<'a> {
    /// Nothing, or a car whose contactor is open.
    Open,
    /// A battery.
    Battery(&'a mut Battery),
}

/// Something that would hurt a real cabinet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hurt {
    /// A contactor opened under so much current.
    OpenedUnderLoad {
        /// In amperes.
        amps: f64,
    },
    /// Two sides were joined that lay so far apart.
    Inrush {
        /// In volts.
        volts: f64,
    },
}

/// One connector.
#[derive(Clone, Copy, Debug)]
pub struct Plant {
    /// The modules' side.
    pub bus_v: f64,
    /// The car's side.
    pub connector_v: f64,
    /// Through the connector, towards the car.
    pub amps: f64,
    /// The hottest contact, in degrees.
    pub celsius: f64,
    contactor: Position,
    load_was_closed: bool,
}

impl Default for Plant {
    fn default() -> Self {
        Self {
            bus_v: 0.0,
            connector_v: 0.0,
            amps: 0.0,
            celsius: AMBIENT,
            contactor: Position::Open,
            load_was_closed: false,
        }
    }
}

const AMBIENT: f64 = 25.0;
/// What 100 A warm a contact by, in the end.
const WARMING: f64 = 30.0;
const WARMING_SECONDS: f64 = 60.0;
/// How fast modules charge an unloaded bus.
const SLEW: f64 = 800.0;
/// How an unloaded bus decays through its bleeders.
const BUS_DECAY: f64 = 0.25;
/// How a cable alone decays.
const CABLE_DECAY: f64 = 0.1;
const AMPS_PER_SECOND: f64 = 400.0;
/// Below this no arc stands.
const ARC_AMPS: f64 = 5.0;
const INRUSH_VOLTS: f64 = 30.0;

impl Plant {
    /// Lets time pass; says what would have hurt.
    pub fn step(&mut self, seconds: f64, supply: Supply, contactor: Position, load: Load<'_>) -> Option<Hurt> {
        let load_closed = matches!(load, Load::Battery(_));
        let hurt = self.hurt(contactor, &load);
        self.contactor = contactor;
        self.load_was_closed = load_closed;
        match (contactor, load) {
            (Position::Closed, Load::Battery(battery)) => self.charge(seconds, supply, battery),
            (Position::Closed, Load::Open) => {
                self.amps = 0.0;
                self.bus_v = unloaded(self.bus_v.max(self.connector_v), supply, seconds);
                self.connector_v = self.bus_v;
            }
            (Position::Open, load) => {
                self.amps = 0.0;
                self.bus_v = unloaded(self.bus_v, supply, seconds);
                self.connector_v = match load {
                    Load::Battery(battery) => battery.open_circuit(),
                    Load::Open => decay(self.connector_v, 0.0, CABLE_DECAY, seconds),
                };
            }
        }
        let warm = AMBIENT + WARMING * (self.amps / 100.0).powi(2);
        self.celsius = decay(self.celsius, warm, WARMING_SECONDS, seconds);
        hurt
    }

    fn hurt(&self, contactor: Position, load: &Load<'_>) -> Option<Hurt> {
        let joined_before = self.contactor == Position::Closed && self.load_was_closed;
        match (contactor, load) {
            (Position::Closed, Load::Battery(battery)) if !joined_before => {
                let side = if self.load_was_closed { self.bus_v } else { self.connector_v };
                let apart = battery.open_circuit() - side;
                (apart.abs() > INRUSH_VOLTS).then_some(Hurt::Inrush { volts: apart })
            }
            (Position::Closed, Load::Battery(_)) => None,
            _ if joined_before && self.amps.abs() > ARC_AMPS => Some(Hurt::OpenedUnderLoad { amps: self.amps }),
            _ => None,
        }
    }

    fn charge(&mut self, seconds: f64, supply: Supply, battery: &mut Battery) {
        let battery_v = battery.open_circuit();
        let by_voltage = supply.volts.map_or(0.0, |volts| (volts - battery_v) / Battery::OHMS);
        // A module cannot sink: below the battery's voltage nothing flows.
        let wanted = by_voltage.min(supply.amps).max(0.0);
        let step = AMPS_PER_SECOND * seconds;
        self.amps = if wanted < self.amps { wanted } else { (self.amps + step).min(wanted) };
        self.connector_v = battery_v + self.amps * Battery::OHMS;
        self.bus_v = self.connector_v;
        battery.take(self.connector_v * self.amps, seconds);
    }
}

/// A bus without a load: modules charge it, only bleeders discharge it.
fn unloaded(volts: f64, supply: Supply, seconds: f64) -> f64 {
    match supply.volts {
        Some(target) if volts < target => (volts + SLEW * seconds).min(target),
        Some(target) => decay(volts, target, BUS_DECAY, seconds),
        None => decay(volts, 0.0, BUS_DECAY, seconds),
    }
}

fn decay(value: f64, towards: f64, tau: f64, seconds: f64) -> f64 {
    towards + (value - towards) * (-seconds / tau).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: f64 = 0.005;

    fn battery() -> Battery {
        Battery { volts: 400.0, soc: 50.0, soc_at_start: 50.0, capacity_wh: 10_000.0, taken_wh: 0.0 }
    }

    fn run(plant: &mut Plant, seconds: f64, supply: Supply, contactor: Position, battery: Option<&mut Battery>) {
        let mut battery = battery;
        let mut left = seconds;
        while left > 0.0 {
            let load = battery.as_deref_mut().map_or(Load::Open, Load::Battery);
            assert_eq!(plant.step(STEP, supply, contactor, load), None);
            left -= STEP;
        }
    }

    #[test]
    fn a_charge() {
        let mut plant = Plant::default();
        let mut battery = battery();
        let precharge = Supply { volts: Some(400.0), amps: 1.0 };
        run(&mut plant, 1.0, precharge, Position::Closed, None);
        assert!((plant.connector_v - 400.0).abs() < 0.1);
        let charge = Supply { volts: Some(450.0), amps: 50.0 };
        run(&mut plant, 36.0, charge, Position::Closed, Some(&mut battery));
        assert!((plant.amps - 50.0).abs() < 1e-9);
        assert!((plant.connector_v - 402.5).abs() < 2.0);
        assert!((battery.taken_wh - 200.0).abs() < 2.0, "{}", battery.taken_wh);
        assert!((battery.soc - 52.0).abs() < 0.1);
        // The modules stop: the current is gone in a step, and only then everything opens.
        run(&mut plant, 0.1, Supply::default(), Position::Closed, Some(&mut battery));
        assert!(plant.amps.abs() < 1e-9);
        run(&mut plant, 1.5, Supply::default(), Position::Open, None);
        assert!(plant.bus_v < 60.0 && plant.connector_v < 1.0);
    }

    #[test]
    fn the_voltage_limits_too() {
        let mut plant = Plant { connector_v: 400.0, bus_v: 400.0, ..Plant::default() };
        let mut battery = battery();
        let supply = Supply { volts: Some(401.0), amps: 100.0 };
        run(&mut plant, 1.0, supply, Position::Closed, Some(&mut battery));
        assert!((plant.amps - 20.0).abs() < 1.0);
        assert!(plant.connector_v <= 401.0);
    }

    #[test]
    fn what_hurts_is_told() {
        let mut plant = Plant::default();
        let mut battery = battery();
        let none = Supply::default();
        let hurt = plant.step(STEP, none, Position::Closed, Load::Battery(&mut battery));
        assert_eq!(hurt, Some(Hurt::Inrush { volts: 400.0 }));
        let full = Supply { volts: Some(450.0), amps: 50.0 };
        for _ in 0..100 {
            plant.step(STEP, full, Position::Closed, Load::Battery(&mut battery));
        }
        let hurt = plant.step(STEP, full, Position::Open, Load::Battery(&mut battery));
        assert_eq!(hurt, Some(Hurt::OpenedUnderLoad { amps: 50.0 }));
    }
}
