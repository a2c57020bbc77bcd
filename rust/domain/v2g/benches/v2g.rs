//! What one round of the charge loop costs: EXI both ways, and the charger's whole step from bytes to bytes.
//!
//! The charger has 25 ms for the answer.
#![allow(missing_docs, reason = "criterion's macros generate undocumented functions")]
#![allow(clippy::unwrap_used, reason = "a benchmark may fail loudly")]

#[path = "../tests/pair/mod.rs"]
mod pair;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use iso15118::{Protocol, message::Message, v2gtp};
use pair::Pair;
use v2g::Stage;

/// Request and answer of a charge loop that runs.
fn current_demand() -> (Pair, Vec<u8>, Vec<u8>) {
    let mut pair = Pair::new();
    pair.until(Stage::CurrentDemand);
    let request = pair.requests.last().unwrap().clone();
    pair.secc.handle_input(pair.now, &request);
    let answer = pair.secc.take_transmit();
    (pair, request, answer)
}

fn decode(frame: &[u8]) -> Message {
    let (header, payload, _) = v2gtp::split_frame(frame, 8_192).unwrap();
    Message::decode(Some(Protocol::Iso2), header.payload_type, payload).unwrap()
}

fn charge_loop(c: &mut Criterion) {
    let (mut pair, request, answer) = current_demand();
    let answer = decode(&answer);
    c.bench_function("v2g/decode_current_demand_req", |b| b.iter(|| decode(black_box(&request))));
    c.bench_function("v2g/encode_current_demand_res", |b| b.iter(|| black_box(&answer).encode().unwrap()));
    c.bench_function("v2g/current_demand_step", |b| {
        b.iter(|| {
            pair.secc.handle_input(pair.now, black_box(&request));
            while pair.secc.poll_event().is_some() {}
            pair.secc.take_transmit()
        });
    });
    assert_eq!(pair.secc.stage(), Some(Stage::CurrentDemand));
}

criterion_group!(benches, charge_loop);
criterion_main!(benches);
