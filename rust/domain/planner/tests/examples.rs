//! Worked examples: 30 kW modules, two a slot, 800 V; what the planner before this one did, and what it got wrong.
#![cfg(test)]

use std::time::Duration;

use planner::{
    Borrowing, Caps, Carried, Connector, Constraint, Division, Limits, Memory, Module, Outcome, Position, Role, Rules,
    Situation, Tie, TieState, cycle,
};
use units::{Milliamps, Millivolts, Mono, Watts};

/// A cabinet that is changed by hand and asked again.
struct Bench {
    now: Mono,
    site: i64,
    ocpp: Option<Watts>,
    chains: Vec<Watts>,
    connectors: Vec<Connector>,
    carried: Vec<Carried>,
    modules: Vec<Module>,
    ties: Vec<Tie>,
    borrowing: Borrowing,
    memory: Memory,
}

impl Bench {
    /// A ring of slots whose connectors ask for so many kW; 0 is an idle one.
    fn ring(requests: &[i64]) -> Self {
        let count = requests.len();
        let module = |slot| Module { slot, power: Watts(30_000), current: Milliamps::from_amps(100) };
        let mut bench = Self {
            now: Mono::from_millis(1_000),
            site: 1_000_000,
            ocpp: None,
            chains: vec![Watts(1_000_000)],
            connectors: requests.iter().map(|_| idle()).collect(),
            carried: vec![Carried::default(); count],
            modules: (0..2 * count).map(|index| module(index / 2)).collect(),
            ties: (0..count).map(|slot| Tie { between: (slot, (slot + 1) % count), state: TieState::Good }).collect(),
            borrowing: Borrowing::On,
            memory: Memory::default(),
        };
        for (index, kilowatts) in requests.iter().enumerate().filter(|(_, kilowatts)| **kilowatts > 0) {
            bench.ask(index, *kilowatts);
        }
        bench
    }

    fn ask(&mut self, index: usize, kilowatts: i64) {
        self.connectors[index].role = Role::Charging;
        self.connectors[index].limits.request = Some(Watts(kilowatts * 1_000));
    }

    fn cycle(&mut self) -> Division {
        self.whole_cycle().division
    }

    fn whole_cycle(&mut self) -> Outcome {
        self.now = self.now + Duration::from_millis(100);
        let situation = Situation {
            now: self.now,
            caps: Caps { site: Watts(self.site), ocpp: self.ocpp, chains: &self.chains },
            connectors: &self.connectors,
            modules: &self.modules,
            ties: &self.ties,
            rules: Rules { borrowing: self.borrowing, hold: Duration::from_secs(10), budget: Duration::from_secs(2) },
        };
        cycle(&situation, &self.carried, &mut self.memory)
    }

    fn later(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }
}

fn idle() -> Connector {
    Connector {
        role: Role::Idle,
        chain: 0,
        weight: 1,
        since: Mono::BOOT,
        voltage: Millivolts::from_volts(800),
        limits: Limits { cable: Some(Watts(240_000)), ..Limits::default() },
    }
}

fn kilowatts(outcome: &Division) -> Vec<i64> {
    outcome.shares.iter().map(|share| share.allowed.get() / 1_000).collect()
}

fn modules_of(outcome: &Division, connector: usize) -> usize {
    outcome.route.engaged.iter().filter(|engaged| **engaged == Some(connector)).count()
}

const OPEN: Position = Position::Open;
const CLOSED: Position = Position::Closed;

#[test]
fn three_ask_for_sixty_each_with_ninety_from_the_grid() {
    let mut bench = Bench::ring(&[60, 60, 60]);
    bench.site = 90_000;
    let outcome = bench.cycle();
    assert_eq!(kilowatts(&outcome), [30, 30, 30]);
    assert_eq!([0, 1, 2].map(|connector| modules_of(&outcome, connector)), [2, 2, 2]);
    assert!(outcome.shares.iter().all(|share| share.bound_by == Some(Constraint::Site)));
}

#[test]
fn priority_is_a_weight() {
    let mut bench = Bench::ring(&[60, 60]);
    bench.site = 60_000;
    bench.connectors[0].weight = 2;
    let outcome = bench.cycle();
    assert_eq!(kilowatts(&outcome), [40, 20]);
    assert_eq!([modules_of(&outcome, 0), modules_of(&outcome, 1)], [2, 1]);
}

#[test]
fn a_module_is_added_at_four_fifths() {
    assert_eq!(modules_of(&Bench::ring(&[24]).cycle(), 0), 1);
    assert_eq!(modules_of(&Bench::ring(&[25]).cycle(), 0), 2);
}

#[test]
fn a_dead_slot_is_fed_by_its_neighbour() {
    let mut bench = Bench::ring(&[60, 0, 0]);
    bench.modules[0].power = Watts::ZERO;
    bench.modules[1].power = Watts::ZERO;
    let outcome = bench.cycle();
    assert_eq!(outcome.route.owners, [Some(0), Some(0), None]);
    assert_eq!(outcome.route.engaged[2..4], [Some(0), Some(0)]);
    assert_eq!(outcome.route.ties, [CLOSED, OPEN, OPEN]);
    // It cannot precharge otherwise, so it is fed before it charges.
    bench.connectors[0].role = Role::Preparing;
    bench.memory = Memory::default();
    assert_eq!(bench.cycle().route.owners, [Some(0), Some(0), None]);
}

#[test]
fn a_ring_gives_all_that_it_has_and_is_broken_once_far_from_home() {
    // The planner before this one stopped at 120 kW.
    let outcome = Bench::ring(&[180, 0, 0]).cycle();
    assert_eq!(kilowatts(&outcome), [180, 0, 0]);
    assert_eq!(modules_of(&outcome, 0), 6);
    assert_eq!(outcome.route.ties, [CLOSED, OPEN, CLOSED]);
}

#[test]
fn a_plugged_neighbour_lends_nothing() {
    let mut bench = Bench::ring(&[180, 0, 0]);
    bench.connectors[1].role = Role::Waiting;
    let outcome = bench.cycle();
    assert_eq!(outcome.route.owners, [Some(0), None, Some(0)]);
    assert_eq!((kilowatts(&outcome)[0], outcome.route.ties), (120, vec![OPEN, OPEN, CLOSED]));
}

#[test]
fn a_welded_gun_gets_nothing_and_the_others_are_served() {
    let mut bench = Bench::ring(&[60, 180, 0]);
    bench.connectors[0].role = Role::Barred;
    let outcome = bench.cycle();
    assert_eq!(kilowatts(&outcome), [0, 120, 0]);
    assert_eq!(outcome.route.owners, [None, Some(1), Some(1)]);
}

#[test]
fn a_welded_tie_makes_one_slot_of_two() {
    let mut bench = Bench::ring(&[60, 60, 0, 0]);
    bench.ties[0].state = TieState::Welded;
    bench.connectors[1].since = Mono::from_millis(1);
    let outcome = bench.cycle();
    // The older charge goes on, the younger would stand on the same bus.
    assert_eq!(kilowatts(&outcome), [60, 0, 0, 0]);
    assert_eq!(outcome.route.owners, [Some(0), Some(0), None, None]);
    assert_eq!(outcome.shares[1].bound_by, Some(Constraint::Modules));
}

#[test]
fn a_broken_tie_is_gone_round() {
    let mut bench = Bench::ring(&[120, 0, 0]);
    bench.ties[0].state = TieState::Broken;
    assert_eq!(bench.cycle().route.ties, [OPEN, OPEN, CLOSED]);
}

#[test]
fn the_site_limit_holds_in_any_order() {
    for wants in [[10, 60, 60], [60, 60, 10]] {
        let mut bench = Bench::ring(&wants);
        bench.site = 60_000;
        let mut got = kilowatts(&bench.cycle());
        got.sort_unstable();
        assert_eq!(got, [10, 25, 25]);
    }
}

#[test]
fn one_module_left_serves_the_one_that_can_reach_it() {
    // The planner before this one gave nothing to either.
    let mut bench = Bench::ring(&[20, 20]);
    bench.borrowing = Borrowing::Off;
    for dead in 1..4 {
        bench.modules[dead].power = Watts::ZERO;
    }
    let outcome = bench.cycle();
    assert_eq!(kilowatts(&outcome), [20, 0]);
    assert_eq!(outcome.shares[1].bound_by, Some(Constraint::Modules));
}

#[test]
fn more_than_two_modules_carry_the_whole_request() {
    // The planner before this one planned 62.5 % of it.
    for wanted in [70, 96, 110, 120, 150] {
        assert_eq!(kilowatts(&Bench::ring(&[wanted, 0, 0]).cycle())[0], wanted);
    }
}

#[test]
fn nobody_starves() {
    let mut bench = Bench::ring(&[200, 200, 200]);
    bench.site = 11_000;
    bench.connectors[0].weight = 10;
    assert_eq!(kilowatts(&bench.cycle()), [9, 0, 0], "less than one, but not nothing");
    assert!(bench.cycle().shares.iter().all(|share| share.allowed >= Watts(900)));
}

#[test]
fn without_borrowing_everybody_stays_at_home() {
    let mut bench = Bench::ring(&[180, 0, 0]);
    bench.borrowing = Borrowing::Off;
    let outcome = bench.cycle();
    assert_eq!(outcome.route.ties, [OPEN; 3]);
    assert_eq!((kilowatts(&outcome)[0], outcome.shares[0].bound_by), (60, Some(Constraint::Modules)));
    assert_eq!(outcome.offers[0], Watts(60_000));
}

#[test]
fn a_lender_that_wakes_gets_its_slot_at_once() {
    let mut bench = Bench::ring(&[180, 0, 0]);
    bench.cycle();
    bench.connectors[2].role = Role::Waiting;
    let outcome = bench.cycle();
    assert_eq!(outcome.route.owners, [Some(0), Some(0), None]);
    assert_eq!(outcome.route.ties, [CLOSED, OPEN, OPEN]);
    assert_eq!(kilowatts(&outcome)[0], 120);
}

#[test]
fn what_was_added_stays_for_the_hold_time_and_until_less_is_plenty() {
    let mut bench = Bench::ring(&[70, 0, 0]);
    let owned = |outcome: &Division| outcome.route.owners.iter().filter(|owner| **owner == Some(0)).count();
    assert_eq!(owned(&bench.cycle()), 2);
    bench.ask(0, 20);
    assert_eq!(owned(&bench.cycle()), 2, "held");
    bench.later(10);
    assert_eq!(owned(&bench.cycle()), 1);
    // At the edge: home is enough, but not with a tenth to spare.
    bench.ask(0, 61);
    assert_eq!(owned(&bench.cycle()), 2);
    bench.later(11);
    bench.ask(0, 58);
    assert_eq!(owned(&bench.cycle()), 2);
    bench.ask(0, 53);
    assert_eq!(owned(&bench.cycle()), 1);
    // The same of modules: 24 kW need one, 25 two; at 22 the second one stays, at 21 it goes.
    for (asked, modules) in [(20, 1), (24, 1), (25, 2), (22, 2), (21, 1)] {
        bench.later(11);
        bench.ask(0, asked);
        assert_eq!(modules_of(&bench.cycle(), 0), modules, "{asked} kW");
    }
}

#[test]
fn two_claims_share_what_lies_between_them() {
    let mut bench = Bench::ring(&[120, 0, 120, 0]);
    let outcome = bench.cycle();
    assert_eq!(kilowatts(&outcome), [120, 0, 120, 0]);
    let mut owned: Vec<_> = [1, 3].map(|slot| outcome.route.owners[slot]).to_vec();
    owned.sort_unstable();
    assert_eq!(owned, [Some(0), Some(2)]);
    // And they stay as they are.
    let route = outcome.route;
    for _ in 0..100 {
        bench.later(1);
        assert_eq!(bench.cycle().route, route);
    }
}

#[test]
fn heat_and_profiles_are_named() {
    let mut bench = Bench::ring(&[60, 60]);
    bench.connectors[0].limits.derating = Some(Watts(33_000));
    bench.connectors[1].limits.ocpp = Some(Watts(22_000));
    let outcome = bench.cycle();
    assert_eq!(kilowatts(&outcome), [33, 22]);
    let named: Vec<_> = outcome.shares.iter().map(|share| share.bound_by).collect();
    assert_eq!(named, [Some(Constraint::Derating), Some(Constraint::Ocpp)]);
    bench.ocpp = Some(Watts(30_000));
    let outcome = bench.cycle();
    assert_eq!(kilowatts(&outcome), [15, 15]);
    assert_eq!(outcome.shares[0].bound_by, Some(Constraint::Ocpp));
}

#[test]
fn a_car_is_offered_its_fair_share_although_another_uses_it() {
    let mut bench = Bench::ring(&[10, 60]);
    bench.site = 60_000;
    let outcome = bench.cycle();
    assert_eq!(kilowatts(&outcome), [10, 50]);
    assert_eq!(outcome.offers, [Watts(30_000), Watts(50_000)]);
    assert_eq!(outcome.shares[0].bound_by, Some(Constraint::Vehicle));
}

#[test]
fn an_increase_waits_for_the_decrease_of_another() {
    let mut bench = Bench::ring(&[60, 60]);
    bench.site = 60_000;
    bench.carried[0].commanded = Watts(60_000);
    let outcome = bench.whole_cycle();
    let power = |outcome: &Outcome| outcome.budgets.iter().map(|budget| budget.power.get() / 1_000).collect::<Vec<_>>();
    assert_eq!(power(&outcome), [30, 0]);
    assert_eq!(outcome.budgets[0].at(bench.now + Duration::from_secs(2)), Watts::ZERO, "not renewed, void");
    bench.carried[0].commanded = Watts(30_000);
    bench.carried[0].unconfirmed = Watts(60_000);
    assert_eq!(power(&bench.whole_cycle()), [30, 0]);
    bench.carried[0].unconfirmed = Watts::ZERO;
    bench.carried[0].measured = Watts(45_000);
    assert_eq!(power(&bench.whole_cycle()), [30, 15]);
    bench.carried[0].measured = Watts(30_000);
    assert_eq!(power(&bench.whole_cycle()), [30, 30]);
}
