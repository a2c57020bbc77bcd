//! From a seed to a cabinet and all that is going to happen to it.

use core::time::Duration;

use units::Mono;

use crate::{
    incident::{CarSpec, Incident, Left, What},
    layout::Layout,
    random::Random,
};

/// The first incident comes no sooner: everything has started by then.
const QUIET: i64 = 20_000;

/// A run: the cabinet, and what happens to it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Where everything comes from.
    pub seed: u64,
    /// The cabinet.
    pub layout: Layout,
    /// For how long things happen; after it everything heals, everybody leaves, and every connector must charge once more.
    pub lasts: Duration,
    /// What happens, in order.
    pub incidents: Vec<Incident>,
    /// The number of each in the seed's own list, so that a part of it can be told from another.
    pub numbers: Vec<usize>,
}

impl Scenario {
    /// The run of a seed. `faults` is how many faults an hour befall each connector, in tenths.
    pub fn of(seed: u64, connectors: u8, lasts: Duration, faults: u64) -> Self {
        let layout = Layout::of(seed, connectors);
        let end = i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX);
        let mut incidents = Vec::new();
        for place in 0..usize::from(connectors) {
            arrivals(seed, place, end, &mut incidents);
        }
        let mut random = Random::of(seed, 2);
        let hours_tenths = u64::try_from(end / 360_000).unwrap_or(0);
        let count = u64::from(connectors) * faults * hours_tenths / 100;
        for _ in 0..count {
            let at = random.between(QUIET, end.max(QUIET + 1));
            incidents.push(fault(&mut random, at, usize::from(connectors), &layout));
        }
        incidents.sort_by_key(|incident| incident.at);
        let numbers = (0..incidents.len()).collect();
        Self { seed, layout, lasts, incidents, numbers }
    }

    /// The cabinet of a seed, and nothing happens.
    pub fn quiet(seed: u64, connectors: u8, lasts: Duration) -> Self {
        Self { seed, layout: Layout::of(seed, connectors), lasts, incidents: Vec::new(), numbers: Vec::new() }
    }

    /// With one thing more, so long after the start.
    #[must_use]
    pub fn with(mut self, after: Duration, lasts: Duration, what: What) -> Self {
        self.incidents.push(Incident { at: Mono::BOOT + after, lasts, what });
        self.incidents.sort_by_key(|incident| incident.at);
        self.numbers = (0..self.incidents.len()).collect();
        self
    }

    /// With these of its incidents only.
    #[must_use]
    pub fn only(&self, numbers: &[usize]) -> Self {
        let numbers: Vec<usize> = numbers.iter().copied().filter(|number| *number < self.incidents.len()).collect();
        let incidents = numbers.iter().filter_map(|number| self.incidents.get(*number).cloned());
        Self { incidents: incidents.collect(), numbers, ..self.clone() }
    }
}

fn arrivals(seed: u64, place: usize, end: i64, incidents: &mut Vec<Incident>) {
    let mut random = Random::of(seed, 1_000 + u64::try_from(place).unwrap_or(0));
    let mut at = random.between(QUIET, 600_000);
    while at < end {
        let high = random.chance(350);
        let voltage = if high { (640, 800) } else { (330, 405) };
        let arrives_at = random.between(50, 700);
        let spec = CarSpec {
            capacity_wh: random.between(20, 90) * 1_000,
            arrives_at,
            enough_at: random.between(arrives_at + 20, 950.max(arrives_at + 21)),
            voltage,
            max_current: random.pick(&[60, 120, 200, 350]),
            max_power: random.pick(&[22_000, 50_000, 100_000, 200_000]),
            card: card(&mut random, place),
            card_after: random.span(1_000, 60_000),
            stays: random.span(300_000, 3_600_000),
            lingers: random.span(5_000, 300_000),
        };
        incidents.push(Incident {
            at: Mono::from_millis(at.unsigned_abs()),
            lasts: Duration::ZERO,
            what: What::Arrive(place, spec),
        });
        at += random.between(300_000, 4_000_000);
    }
}

fn fault(random: &mut Random, at: i64, connectors: usize, layout: &Layout) -> Incident {
    let place = |random: &mut Random, count: usize| {
        usize::try_from(random.between(0, i64::try_from(count).unwrap_or(1) - 1)).unwrap_or(0)
    };
    let here = place(random, connectors);
    let module = place(random, layout.config.modules.len());
    let chain = place(random, layout.config.chains.len());
    let short = random.span(50, 4_000);
    let long = random.span(2_000, 180_000);
    let (what, lasts) = match random.between(0, 42) {
        0 => (What::ModuleSilent(module), long),
        1 => (What::ModuleSilent(module), short),
        2 => (What::ModuleFault(module), long),
        3 => (What::McuSilent, short),
        4 => (What::McuLossy(random.between(50, 700).unsigned_abs()), long),
        5 => (What::McuReset, Duration::ZERO),
        6 => (What::EmergencyStop, long),
        7 => (What::Weld(here), long),
        8 => (What::Jam(here), long),
        9 => (What::LockBreaks(here), long),
        10 => (What::IsolationFalls(here), long),
        11 => (What::Overheats(here), long),
        12 => (What::MeterSilent(here), long),
        13 => (What::MeterSilent(here), short),
        14 => (What::MeterFrozen(here), long),
        15 => (What::MeterFallsBack(here), Duration::ZERO),
        16 => (What::MeterReplaced(here), Duration::ZERO),
        17 => (What::MonitorSilent(here), long),
        18 => (What::CarMute(here), Duration::ZERO),
        19 => (What::CarDropsPilot(here), Duration::ZERO),
        20 => (What::CarIgnoresStop(here), Duration::ZERO),
        21 => (What::CarThrottles(here), long),
        22 => (What::PlugTorn(here), Duration::ZERO),
        23 => (What::ChainDies(chain), random.span(100, 5_000)),
        24 => (What::LinkCut(chain), short),
        25..=27 => (What::ControllerDies(Left::Whole), random.span(30, 700)),
        28 => (What::ControllerDies(Left::Whole), long),
        29 => {
            let left = random.pick(&[Left::Nothing, Left::OfAnotherBoot, Left::Old(50), Left::Old(2_000)]);
            (What::ControllerDies(left), random.span(30, 3_000))
        }
        30 => (What::PowerCut, long),
        31 => (What::ClockSteps(random.between(-7_200_000, 7_200_000)), Duration::ZERO),
        32 => (What::DiskSlow(random.between(50, 9_000).unsigned_abs()), long),
        33 => (What::DiskFull, long),
        34 => (What::CsmsOutage, long),
        35 => (What::StrangeCard(u16::try_from(random.between(1, 9_999)).unwrap_or(1)), Duration::ZERO),
        36 => (What::SiteLimit(random.between(10, 120)), Duration::ZERO),
        37 => (What::SiteLimit(random.pick(&[0, 20, 60, 100])), Duration::ZERO),
        38 => (What::ChainCap(chain, random.between(10, 120)), Duration::ZERO),
        39 => (What::ConnectorCurrent(here, random.between(10, 300)), Duration::ZERO),
        41 => (What::ModuleMisreads(module), long),
        40 => (What::Relabel(random.next()), Duration::ZERO),
        _ => {
            let what = if random.chance(500) { What::RemoteStop(here) } else { What::RemoteStart(here) };
            (what, Duration::ZERO)
        }
    };
    Incident { at: Mono::from_millis(at.unsigned_abs()), lasts, what }
}

/// A card of this connector's drivers; nine of ten are good, which are the even ones.
fn card(random: &mut Random, place: usize) -> u16 {
    let own = u16::try_from(random.between(0, 400)).unwrap_or(0) * 2 + u16::from(random.chance(100));
    u16::try_from(place).unwrap_or(0) * 1_000 + own + 10_000
}
