//! Simulated hours in a second of one processor, with all that an ordinary day brings and two faults an hour and connector.
#![expect(clippy::print_stdout, reason = "a bench prints")]

use std::time::{Duration, Instant};

use simulation::{Scenario, run};

fn main() {
    for connectors in [2, 8, 32] {
        let begun = Instant::now();
        let mut simulated = 0;
        for seed in 1.. {
            simulated += run(&Scenario::of(seed, connectors, Duration::from_hours(4), 20)).simulated_s;
            if begun.elapsed() > Duration::from_secs(3) {
                break;
            }
        }
        let hours = Duration::from_secs(simulated).as_secs_f64() / 3_600.0 / begun.elapsed().as_secs_f64();
        println!("simulation/hours_a_second_of_{connectors}_connectors: {hours:.0} h");
    }
    let begun = Instant::now();
    run(&Scenario::of(1, 8, Duration::from_hours(24), 20));
    println!("simulation/a_day_of_8_connectors: {} ms", begun.elapsed().as_millis());
}
