//! One planner cycle: allocation and release, every connector wanting more than there is.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use planner::{Claim, Flow, allocate, release};
use units::Watts;

fn cycle(c: &mut Criterion) {
    let mut group = c.benchmark_group("planner_cycle");
    for connectors in [8_usize, 64] {
        let chains = vec![Watts(120_000); connectors / 4];
        // Wants that all differ, so that as many constraints bind as can.
        let claims: Vec<Claim> = (0..connectors)
            .map(|i| Claim {
                chain: i % chains.len(),
                want: Watts(20_000 + 937 * i64::try_from(i).unwrap_or(0)),
                weight: 1,
            })
            .collect();
        let site = Watts(30_000 * i64::try_from(connectors).unwrap_or(0));
        group.bench_with_input(BenchmarkId::from_parameter(connectors), &claims, |bench, claims| {
            bench.iter(|| {
                let shares = allocate(site, &chains, black_box(claims));
                let flows: Vec<Flow> = shares
                    .iter()
                    .zip(claims)
                    .map(|(share, claim)| Flow {
                        target: share.allowed,
                        commanded: Watts(9_000),
                        measured: Watts(8_900),
                        chain: claim.chain,
                    })
                    .collect();
                release(site, &chains, &flows)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, cycle);
criterion_main!(benches);
