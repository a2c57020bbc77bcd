//! From plug-in to the first ampere, in simulated time (a counting bench: the number is the same on every machine), and what
//! a second of it costs the processor.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a bench prints, and may panic"
)]

#[path = "../tests/world/mod.rs"]
mod world;

use std::time::{Duration, Instant};

use api::{
    command::Verdict,
    state::{Authorisation, Phase},
};
use cabinet::{Command, Input};
use units::{IdTag, Milliamps};
use world::World;

fn main() {
    let mut world = World::new();
    let plugged = world.now;
    world.plug_in(1, Milliamps::from_amps(50), None);
    world.until(1, Phase::Authorising, Duration::from_secs(10));
    world.tell(Input::Card(IdTag::new("CARD").unwrap()));
    let Authorisation::Pending { request_id, .. } = world.view(1).authorisation else {
        panic!("no card was asked about")
    };
    world.tell(Input::Command(Command::Authorise {
        request_id,
        verdict: Verdict::Accepted,
        group: None,
        expires_ms: None,
    }));
    while world.outlet(1).current < Milliamps::from_amps(1) {
        world.step();
    }
    println!("first_ampere/simulated: {} ms", world.now.since(plugged).as_millis());
    let begun = Instant::now();
    world.run(Duration::from_mins(10));
    let per_second = begun.elapsed().as_micros() / 600;
    println!("cabinet/one_simulated_second_of_a_charge: {per_second} us");
}
