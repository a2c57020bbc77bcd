//! One planner cycle, allocation to release: every connector wanting more than there is, and every other one borrowing.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench may panic")]

use std::{hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use planner::{
    Borrowing, Caps, Carried, Connector, Flow, Limits, Memory, Module, Role, Rules, Situation, Tie, TieState, cycle,
    release,
};
use units::{Milliamps, Millivolts, Mono, Watts};

fn planner_cycle(c: &mut Criterion) {
    for (name, idle_every) in [("planner_cycle", usize::MAX), ("planner_cycle_borrowing", 2)] {
        let mut group = c.benchmark_group(name);
        for count in [2_usize, 8, 64] {
            let chains = vec![Watts(120_000); count.div_ceil(4)];
            // Wants that all differ, so that as many constraints bind as can.
            let connectors: Vec<Connector> = (0..count)
                .map(|index| Connector {
                    role: if index % idle_every == 1 { Role::Idle } else { Role::Charging },
                    chain: index % chains.len(),
                    weight: 1 + u32::try_from(index % 3).unwrap(),
                    since: Mono::BOOT,
                    voltage: Millivolts::from_volts(800),
                    limits: Limits {
                        cable: Some(Watts(150_000)),
                        request: Some(Watts(70_000 + 937 * i64::try_from(index).unwrap())),
                        ..Limits::default()
                    },
                })
                .collect();
            let modules: Vec<Module> = (0..2 * count)
                .map(|index| Module { slot: index / 2, power: Watts(30_000), current: Milliamps::from_amps(100) })
                .collect();
            let ties: Vec<Tie> =
                (0..count).map(|slot| Tie { between: (slot, (slot + 1) % count), state: TieState::Good }).collect();
            let situation = Situation {
                now: Mono::from_millis(1_000),
                caps: Caps { site: Watts(30_000 * i64::try_from(count).unwrap()), ocpp: None, chains: &chains },
                connectors: &connectors,
                modules: &modules,
                ties: &ties,
                rules: Rules {
                    borrowing: Borrowing::On,
                    hold: Duration::from_secs(10),
                    budget: Duration::from_secs(2),
                },
            };
            let carried =
                vec![Carried { commanded: Watts(9_000), unconfirmed: Watts(9_000), measured: Watts(8_900) }; count];
            let mut memory = Memory::default();
            group.bench_with_input(BenchmarkId::from_parameter(count), &situation, |bench, situation| {
                bench.iter(|| {
                    let outcome = cycle(black_box(situation), &carried, &mut memory);
                    let flow = |(module, engaged): (&Module, &Option<usize>)| Flow {
                        target: engaged.map_or(Watts::ZERO, |owner| Watts(outcome.budgets[owner].power.get() / 2)),
                        commanded: Watts(4_500),
                        unconfirmed: Watts(4_500),
                        measured: Watts(4_450),
                        chain: module.slot % chains.len(),
                        connector: engaged.unwrap_or(usize::MAX),
                    };
                    let flows: Vec<Flow> = modules.iter().zip(&outcome.division.route.engaged).map(flow).collect();
                    let own: Vec<Watts> = outcome.budgets.iter().map(|budget| budget.power).collect();
                    release(&situation.caps, &own, &flows)
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, planner_cycle);
criterion_main!(benches);
