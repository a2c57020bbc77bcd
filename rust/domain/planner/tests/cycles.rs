//! Cycle after cycle in generated cabinets of up to 64 connectors and 128 modules: modules that answer late or never, caps and
//! cars that change at will. Never above any cap, commanded or flowing.
#![cfg(test)]

use std::time::Duration;

use planner::{
    Borrowing, Caps, Carried, Connector, Flow, Limits, Memory, Module, Outcome, Position, Role, Rules, Situation, Tie,
    TieState, cycle, release,
};
use proptest::prelude::*;
use units::{Milliamps, Millivolts, Mono, Watts};

/// A module as the cabinet knows it, and as it is.
#[derive(Clone, Copy, Debug, Default)]
struct Actual {
    feeds: Option<usize>,
    told: i64,
    unconfirmed: i64,
    acts_on: i64,
}

impl Actual {
    fn counted(&self) -> i64 {
        self.told.max(self.unconfirmed).max(self.acts_on)
    }
}

/// What happens before a cycle.
#[derive(Clone, Debug)]
struct Step {
    site: i64,
    ocpp: Option<i64>,
    chain: (usize, i64),
    roles: Vec<(usize, Role, i64)>,
    tie: (usize, TieState),
    dead: (usize, bool),
    answers: Vec<bool>,
}

fn step() -> impl Strategy<Value = Step> {
    let role = prop_oneof![
        2 => Just(Role::Idle), 1 => Just(Role::Waiting), 1 => Just(Role::Preparing), 4 => Just(Role::Charging),
        1 => Just(Role::Barred),
    ];
    let tie = prop_oneof![4 => Just(TieState::Good), 1 => Just(TieState::Broken), 1 => Just(TieState::Welded)];
    let change = (0_usize..64, role, 0_i64..250_000);
    (
        0_i64..900_000,
        prop::option::weighted(0.3, 0_i64..600_000),
        (0_usize..8, 0_i64..300_000),
        prop::collection::vec(change, 0..8),
        (0_usize..64, tie),
        (0_usize..128, any::<bool>()),
        prop::collection::vec(prop::bool::weighted(0.7), 128),
    )
        .prop_map(|(site, ocpp, chain, roles, tie, dead, answers)| Step {
            site,
            ocpp,
            chain,
            roles,
            tie,
            dead,
            answers,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn never_above_any_cap_in_any_cycle(
        count in 1_usize..65,
        module_slots in prop::collection::vec(0_usize..64, 1..129),
        ring in any::<bool>(),
        borrowing in prop::bool::weighted(0.8),
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let mut now = Mono::from_millis(1_000);
        let mut chains = vec![Watts(200_000); 8];
        let mut connectors: Vec<Connector> = (0..count).map(|index| Connector {
            role: Role::Idle,
            chain: index % 8,
            weight: 1 + u32::try_from(index % 3).unwrap(),
            since: Mono(u64::try_from(index).unwrap()),
            voltage: Millivolts::from_volts(if index % 2 == 0 { 400 } else { 800 }),
            limits: Limits { cable: Some(Watts(150_000)), ..Limits::default() },
        }).collect();
        let mut modules: Vec<Module> = module_slots.iter().map(|slot| Module {
            slot: slot % count,
            power: Watts(30_000),
            current: Milliamps::from_amps(60),
        }).collect();
        let joined = if ring && count > 2 { count } else { count - 1 };
        let mut ties: Vec<Tie> =
            (0..joined).map(|index| Tie { between: (index, (index + 1) % count), state: TieState::Good }).collect();
        let mut actual = vec![Actual::default(); modules.len()];
        let mut memory = Memory::default();
        for step in steps {
            now = now + Duration::from_millis(100);
            chains[step.chain.0] = Watts(step.chain.1);
            for (index, role, asked) in step.roles {
                let connector = &mut connectors[index % count];
                connector.role = role;
                connector.limits.request = Some(Watts(asked));
            }
            if joined > 0 {
                ties[step.tie.0 % joined].state = step.tie.1;
            }
            let dead = step.dead.0 % modules.len();
            modules[dead].power = Watts(if step.dead.1 { 0 } else { 30_000 });
            // Some act on what they were told, and say so.
            for (module, answers) in actual.iter_mut().zip(&step.answers) {
                if *answers {
                    module.acts_on = module.told;
                    module.unconfirmed = 0;
                }
            }
            let sum = |actual: &[Actual], of: &dyn Fn(usize) -> bool, what: &dyn Fn(&Actual) -> i64| -> i64 {
                actual.iter().filter(|module| module.feeds.is_some_and(of)).map(what).sum()
            };
            let carried: Vec<Carried> = (0..count).map(|index| {
                let own = |of: usize| of == index;
                Carried {
                    commanded: Watts(sum(&actual, &own, &|module| module.told)),
                    unconfirmed: Watts(sum(&actual, &own, &Actual::counted)),
                    measured: Watts(sum(&actual, &own, &|module| module.acts_on)),
                }
            }).collect();
            let caps = Caps { site: Watts(step.site), ocpp: step.ocpp.map(Watts), chains: &chains };
            let rules = Rules {
                borrowing: if borrowing { Borrowing::On } else { Borrowing::Off },
                hold: Duration::from_secs(1),
                budget: Duration::from_secs(2),
            };
            let situation =
                Situation { now, caps, connectors: &connectors, modules: &modules, ties: &ties, rules };
            let Outcome { division: outcome, budgets } = cycle(&situation, &carried, &mut memory);

            // Every share is within every limit and cap.
            let allowed: i64 = outcome.shares.iter().map(|share| share.allowed.get()).sum();
            prop_assert!(allowed <= caps.whole().watts.get());
            for (index, connector) in connectors.iter().enumerate() {
                prop_assert!(outcome.shares[index].allowed <= connector.limits.tightest(outcome.route.capacity[index]).watts);
            }
            for (chain, cap) in chains.iter().enumerate() {
                let own = connectors.iter().zip(&outcome.shares).filter(|(connector, _)| connector.chain == chain);
                prop_assert!(own.map(|(_, share)| share.allowed).sum::<Watts>() <= *cap);
            }
            // No island but its owner's, no welded tie with two owners.
            for (tie, position) in ties.iter().zip(&outcome.route.ties) {
                let (a, b) = (outcome.route.owners[tie.between.0], outcome.route.owners[tie.between.1]);
                prop_assert!(*position == Position::Open || a == b);
                prop_assert!(tie.state != TieState::Welded || a == b || (a.is_none() || b.is_none()));
            }

            // A module goes to another connector only when nothing can flow out of it any more.
            for (module, engaged) in actual.iter_mut().zip(&outcome.route.engaged) {
                if module.counted() == 0 {
                    module.feeds = *engaged;
                }
            }
            let before = actual.clone();
            let mut own = vec![Watts::ZERO; count];
            let flows: Vec<Flow> = actual.iter().enumerate().map(|(index, module)| {
                let owner = module.feeds.filter(|owner| outcome.route.engaged[index] == Some(*owner));
                let parts = outcome.route.engaged.iter().filter(|engaged| engaged.is_some() && **engaged == owner).count();
                let budget = owner.map_or(0, |owner| budgets[owner].at(now).get());
                let target = Watts(budget / i64::try_from(parts.max(1)).unwrap());
                if let Some(owner) = owner {
                    own[owner] = Watts(budget);
                }
                Flow {
                    target,
                    commanded: Watts(module.told),
                    unconfirmed: Watts(module.unconfirmed),
                    measured: Watts(module.acts_on),
                    chain: module.feeds.map_or(usize::MAX, |owner| connectors[owner].chain),
                    connector: module.feeds.unwrap_or(usize::MAX),
                }
            }).collect();
            for (module, told) in actual.iter_mut().zip(release(&caps, &own, &flows)) {
                module.unconfirmed = module.counted();
                module.told = told.get();
            }
            let within = |cap: i64, of: &dyn Fn(usize) -> bool| {
                sum(&actual, of, &Actual::counted) <= cap.max(sum(&before, of, &Actual::counted))
            };
            prop_assert!(within(step.site, &|_| true));
            prop_assert!(step.ocpp.is_none_or(|cap| within(cap, &|_| true)));
            for (chain, cap) in chains.iter().enumerate() {
                prop_assert!(within(cap.get(), &|owner| connectors[owner].chain == chain));
            }
        }
    }
}
