//! The limit of one connector, with as many profiles as a CSMS has reason to set, and with a full book.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use smart_charging::{
    Book, Kind, MAX_PROFILES, Now, Period, Place, Profile, ProfileId, Purpose, Schedule, Transaction, Unit,
};
use units::{ClockQuality, ConnectorId, Millivolts, Mono, SessionId, Wall};

/// Daily in quarters of an hour; every one leaves most of the day to the next.
fn profile(id: usize, place: Place) -> Profile {
    let periods = (0..96).map(|i| Period { start_s: i * 900, limit_milli: i64::from(i) * 1_000 });
    let id = i32::try_from(id).unwrap_or(0);
    Profile {
        id: ProfileId(id),
        place,
        purpose: Purpose::TxDefault,
        kind: Kind::Daily,
        stack_level: id.unsigned_abs(),
        valid_from_ms: None,
        valid_to_ms: None,
        transaction: None,
        schedule: Schedule {
            start_ms: Some(0),
            duration_s: Some(3_600),
            unit: Unit::Amps,
            periods: periods.collect(),
            min_rate_milli: None,
        },
    }
}

fn limit(c: &mut Criterion) {
    let mut group = c.benchmark_group("smart_charging_limit");
    let (Some(one), Ok(id)) = (ConnectorId::new(1), SessionId::new("6f1f7a3e-0000-4000-8000-00000000000a")) else {
        return;
    };
    let place = Place::Connector(one);
    let now = Now {
        mono: Mono::from_millis(5_000),
        wall: Wall { ms: 1_790_000_000_000, quality: ClockQuality::Synchronised },
    };
    let running = Transaction { id: &id, started: Mono::BOOT };
    for count in [4, MAX_PROFILES] {
        let book = Book::restore((0..count).map(|id| profile(id, place)).collect());
        group.bench_with_input(BenchmarkId::from_parameter(count), &book, |bench, book| {
            bench.iter(|| book.limit(place, Some(running), Millivolts::from_volts(400), black_box(now)));
        });
    }
    group.finish();
}

criterion_group!(benches, limit);
criterion_main!(benches);
