//! The physics of an island: the slots whose buses closed ties join, each with its modules, its contactor, the cable, the
//! car's contactor and its battery.
//!
//! One node for the island's bus and one on each connector's other side, no inductances: voltages slew and decay, the
//! current follows Ohm's law under the modules' limits. That is enough for every gate and every phase of a charge to be met
//! or missed for real. Without a closed tie an island is one slot.

use safety::Position;

/// A module that delivers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Source {
    /// What it regulates to.
    pub volts: f64,
    /// The most current that it gives now.
    pub limit: f64,
    /// What it gives; this is for [`step`] to say.
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

/// One slot of an island at one moment.
#[derive(Debug)]
pub struct Slot<'a> {
    /// What moves on.
    pub plant: &'a mut Plant,
    /// Its connector's contactor.
    pub contactor: Position,
    /// On the far end of the cable.
    pub load: Load<'a>,
}

/// One connector's own.
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

/// Lets time pass on one island; says for each slot what would have hurt.
pub fn step(seconds: f64, sources: &mut [Source], island: &mut [Slot<'_>]) -> Vec<Option<Hurt>> {
    let hurts = island.iter_mut().map(Slot::join).collect();
    if island.iter().any(Slot::is_loaded) {
        charge(seconds, sources, island);
    } else {
        idle(seconds, sources, island);
    }
    for slot in island {
        let plant = &mut *slot.plant;
        let warm = AMBIENT + WARMING * (plant.amps / 100.0).powi(2);
        plant.celsius = decay(plant.celsius, warm, WARMING_SECONDS, seconds);
    }
    hurts
}

/// What would hurt when the buses of two slots are joined.
pub fn joined(one: &Plant, other: &Plant) -> Option<Hurt> {
    let apart = one.bus_v - other.bus_v;
    (apart.abs() > INRUSH_VOLTS).then_some(Hurt::Inrush { volts: apart })
}

/// What hurts when a contactor parts under so much current.
pub fn parted(amps: f64) -> Option<Hurt> {
    (amps.abs() > ARC_AMPS).then_some(Hurt::OpenedUnderLoad { amps })
}

fn charge(seconds: f64, sources: &mut [Source], island: &mut [Slot<'_>]) {
    let batteries: Vec<f64> = island.iter().filter_map(Slot::battery_v).collect();
    let count: f64 = batteries.iter().map(|_| 1.0).sum();
    let battery_v = batteries.iter().sum::<f64>() / count;
    let ohms = Battery::OHMS / count;
    let flowed: f64 = island.iter().map(|slot| slot.plant.amps).sum();
    // A module cannot sink: below the battery's voltage nothing flows out of it.
    let gives = |source: &&mut Source| source.volts > battery_v;
    let limit: f64 = sources.iter_mut().filter(gives).map(|source| source.limit).sum();
    let volts = sources.iter().map(|source| source.volts).fold(0.0, f64::max);
    let wanted = ((volts - battery_v) / ohms).min(limit).max(0.0);
    let step = AMPS_PER_SECOND * seconds;
    let amps = if wanted < flowed { wanted } else { (flowed + step).min(wanted) };
    for source in sources.iter_mut() {
        source.amps = if source.volts > battery_v && limit > 0.0 { amps * source.limit / limit } else { 0.0 };
    }
    let bus_v = battery_v + amps * ohms;
    for slot in island {
        slot.settle(bus_v, seconds);
    }
}

fn idle(seconds: f64, sources: &mut [Source], island: &mut [Slot<'_>]) {
    let target = sources.iter().map(|source| source.volts).reduce(f64::max);
    let highest = island.iter().map(Slot::standing).fold(0.0, f64::max);
    let bus_v = unloaded(highest, target, seconds);
    for source in sources {
        source.amps = 0.0;
    }
    for slot in island {
        slot.settle(bus_v, seconds);
    }
}

impl Slot<'_> {
    fn is_loaded(&self) -> bool {
        self.battery_v().is_some()
    }

    /// The battery that is joined to the bus.
    fn battery_v(&self) -> Option<f64> {
        match (&self.load, self.contactor) {
            (Load::Battery(battery), Position::Closed) => Some(battery.open_circuit()),
            _ => None,
        }
    }

    /// The voltage that an unloaded bus finds here.
    fn standing(&self) -> f64 {
        match self.contactor {
            Position::Closed => self.plant.bus_v.max(self.plant.connector_v),
            Position::Open => self.plant.bus_v,
        }
    }

    /// Takes in where the contactors stand, and says what that hurts.
    fn join(&mut self) -> Option<Hurt> {
        let plant = &mut *self.plant;
        let joined_before = plant.contactor == Position::Closed && plant.load_was_closed;
        let hurt = match (self.contactor, &self.load) {
            (Position::Closed, Load::Battery(battery)) if !joined_before => {
                let side = if plant.load_was_closed { plant.bus_v } else { plant.connector_v };
                let apart = battery.open_circuit() - side;
                (apart.abs() > INRUSH_VOLTS).then_some(Hurt::Inrush { volts: apart })
            }
            (Position::Closed, Load::Battery(_)) => None,
            _ if joined_before => parted(plant.amps),
            _ => None,
        };
        plant.contactor = self.contactor;
        plant.load_was_closed = matches!(self.load, Load::Battery(_));
        hurt
    }

    /// What the bus' voltage makes of it.
    fn settle(&mut self, bus_v: f64, seconds: f64) {
        let plant = &mut *self.plant;
        plant.bus_v = bus_v;
        plant.amps = 0.0;
        match (self.contactor, &mut self.load) {
            (Position::Closed, Load::Battery(battery)) => {
                plant.amps = (bus_v - battery.open_circuit()) / Battery::OHMS;
                plant.connector_v = bus_v;
                battery.take(bus_v * plant.amps, seconds);
            }
            (Position::Closed, Load::Open) => plant.connector_v = bus_v,
            (Position::Open, Load::Battery(battery)) => plant.connector_v = battery.open_circuit(),
            (Position::Open, Load::Open) => plant.connector_v = decay(plant.connector_v, 0.0, CABLE_DECAY, seconds),
        }
    }
}

/// A bus without a load: modules charge it, only bleeders discharge it.
fn unloaded(volts: f64, target: Option<f64>, seconds: f64) -> f64 {
    match target {
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

    fn modules(volts: f64, limit: f64) -> [Source; 1] {
        [Source { volts, limit, amps: 0.0 }]
    }

    fn one(plant: &mut Plant, sources: &mut [Source], contactor: Position, load: Load<'_>) -> Option<Hurt> {
        step(STEP, sources, &mut [Slot { plant, contactor, load }]).into_iter().next().flatten()
    }

    fn run(
        plant: &mut Plant,
        seconds: f64,
        sources: &mut [Source],
        contactor: Position,
        battery: Option<&mut Battery>,
    ) {
        let mut battery = battery;
        let mut left = seconds;
        while left > 0.0 {
            let load = battery.as_deref_mut().map_or(Load::Open, Load::Battery);
            assert_eq!(one(plant, sources, contactor, load), None);
            left -= STEP;
        }
    }

    #[test]
    fn a_charge() {
        let mut plant = Plant::default();
        let mut battery = battery();
        run(&mut plant, 1.0, &mut modules(400.0, 1.0), Position::Closed, None);
        assert!((plant.connector_v - 400.0).abs() < 0.1);
        run(&mut plant, 36.0, &mut modules(450.0, 50.0), Position::Closed, Some(&mut battery));
        assert!((plant.amps - 50.0).abs() < 1e-9);
        assert!((plant.connector_v - 402.5).abs() < 2.0);
        assert!((battery.taken_wh - 200.0).abs() < 2.0, "{}", battery.taken_wh);
        assert!((battery.soc - 52.0).abs() < 0.1);
        // The modules stop: the current is gone in a step, and only then everything opens.
        run(&mut plant, 0.1, &mut [], Position::Closed, Some(&mut battery));
        assert!(plant.amps.abs() < 1e-9);
        run(&mut plant, 1.5, &mut [], Position::Open, None);
        assert!(plant.bus_v < 60.0 && plant.connector_v < 1.0);
    }

    #[test]
    fn the_voltage_limits_too() {
        let mut plant = Plant { connector_v: 400.0, bus_v: 400.0, ..Plant::default() };
        let mut battery = battery();
        run(&mut plant, 1.0, &mut modules(401.0, 100.0), Position::Closed, Some(&mut battery));
        assert!((plant.amps - 20.0).abs() < 1.0);
        assert!(plant.connector_v <= 401.0);
    }

    #[test]
    fn what_hurts_is_told() {
        let mut plant = Plant::default();
        let mut battery = battery();
        let hurt = one(&mut plant, &mut [], Position::Closed, Load::Battery(&mut battery));
        assert_eq!(hurt, Some(Hurt::Inrush { volts: 400.0 }));
        let mut full = modules(450.0, 50.0);
        for _ in 0..100 {
            one(&mut plant, &mut full, Position::Closed, Load::Battery(&mut battery));
        }
        let Some(Hurt::OpenedUnderLoad { amps }) =
            one(&mut plant, &mut full, Position::Open, Load::Battery(&mut battery))
        else {
            panic!("no arc")
        };
        assert!((amps - 50.0).abs() < 1e-6);
        assert_eq!(
            joined(&Plant { bus_v: 400.0, ..Plant::default() }, &Plant::default()),
            Some(Hurt::Inrush { volts: 400.0 })
        );
    }

    #[test]
    fn the_modules_of_an_island_add_up() {
        let mut slots = [Plant { connector_v: 400.0, bus_v: 400.0, ..Plant::default() }, Plant::default()];
        let mut battery = battery();
        // The second slot's module regulates lower than the battery: it lends nothing.
        for (second, lent) in [(450.0, 30.0), (390.0, 0.0)] {
            let mut sources =
                [Source { volts: 450.0, limit: 50.0, amps: 0.0 }, Source { volts: second, limit: 30.0, amps: 0.0 }];
            for _ in 0..200 {
                let [first, other] = &mut slots;
                let mut island = [
                    Slot { plant: first, contactor: Position::Closed, load: Load::Battery(&mut battery) },
                    Slot { plant: other, contactor: Position::Open, load: Load::Open },
                ];
                assert_eq!(step(STEP, &mut sources, &mut island), [None, None]);
            }
            assert!((slots[0].amps - 50.0 - lent).abs() < 1e-6, "{}", slots[0].amps);
            assert!((sources[1].amps - lent).abs() < 1e-6);
            assert!((slots[1].bus_v - slots[0].bus_v).abs() < 1e-9 && slots[1].amps.abs() < 1e-9);
        }
    }

    #[test]
    fn two_batteries_on_one_bus_charge_each_other() {
        let mut slots = [Plant::default(), Plant::default()];
        let mut high = Battery { volts: 410.0, ..battery() };
        let mut low = battery();
        let [first, second] = &mut slots;
        let mut island = [
            Slot { plant: first, contactor: Position::Closed, load: Load::Battery(&mut high) },
            Slot { plant: second, contactor: Position::Closed, load: Load::Battery(&mut low) },
        ];
        step(STEP, &mut [], &mut island);
        assert!((slots[0].amps + 100.0).abs() < 1e-6 && (slots[1].amps - 100.0).abs() < 1e-6);
    }
}
