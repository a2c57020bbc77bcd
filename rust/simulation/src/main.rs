//! `simulation --seed N --hours 24`: plays a seed, prints what it was like; on a broken rule, the fewest incidents that break it.
#![expect(clippy::print_stdout, reason = "a program for people")]

use std::{
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use clap::Parser;
use simulation::{Report, Scenario, run, shrink};

/// Plays a cabinet on virtual time.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Where everything comes from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds from there on.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// How long things happen, in simulated hours.
    #[arg(long, default_value_t = 1.0)]
    hours: f64,
    /// How many connectors [default: 8; of many seeds, each its own number].
    #[arg(long)]
    connectors: Option<u8>,
    /// Faults an hour and connector, in tenths.
    #[arg(long, default_value_t = 20)]
    faults: u64,
    /// Only these of the seed's incidents, by their numbers.
    #[arg(long, value_delimiter = ',')]
    only: Option<Vec<usize>>,
    /// Runs seed after seed for so many real minutes, or until a rule breaks.
    #[arg(long)]
    minutes: Option<u64>,
    /// Print a JSON document, one a line for each seed.
    #[arg(long)]
    json: bool,
    /// Print what happened, line by line.
    #[arg(long)]
    trace: bool,
    /// Do not look for the fewest incidents.
    #[arg(long)]
    no_shrink: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let until = args.minutes.map(|minutes| Instant::now() + Duration::from_secs(minutes * 60));
    let next = AtomicU64::new(args.seed);
    let wants_more = |seed: u64| until.map_or(seed < args.seed + args.seeds, |until| Instant::now() < until);
    let broken: Mutex<Option<(u64, Scenario, Report)>> = Mutex::new(None);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let stop = broken.lock().is_ok_and(|broken| broken.is_some());
                    if stop || !wants_more(seed) {
                        break;
                    }
                    let scenario = scenario(&args, seed);
                    let report = run(&scenario);
                    print(&args, &report);
                    if report.violation.is_some()
                        && let Ok(mut broken) = broken.lock()
                    {
                        broken.get_or_insert((seed, scenario, report));
                    }
                }
            });
        }
    });
    if let Ok(Some((seed, scenario, report))) = broken.into_inner() {
        explain(&args, seed, &scenario, &report);
        return ExitCode::FAILURE;
    }
    if !args.json && (args.seeds > 1 || until.is_some()) {
        println!(
            "{} seeds in {:.1} s, every rule held",
            next.into_inner() - args.seed - 1,
            begun.elapsed().as_secs_f64()
        );
    }
    ExitCode::SUCCESS
}

/// A seed's run. Of many seeds each has its own number of connectors, if none is asked for.
fn scenario(args: &Args, seed: u64) -> Scenario {
    let many = args.seeds > 1 || args.minutes.is_some();
    let own = if many { u8::try_from(1 + seed % 8).unwrap_or(8) } else { 8 };
    let lasts = Duration::from_secs_f64(args.hours.max(0.01) * 3_600.0);
    let scenario = Scenario::of(seed, args.connectors.unwrap_or(own), lasts, args.faults);
    match &args.only {
        Some(only) => scenario.only(only),
        None => scenario,
    }
}

fn print(args: &Args, report: &Report) {
    let mut report = report.clone();
    if !args.trace && report.violation.is_none() {
        report.trace.clear();
    }
    if args.json {
        println!("{}", serde_json::to_string(&report).unwrap_or_default());
        return;
    }
    if (args.seeds > 1 || args.minutes.is_some()) && report.violation.is_none() {
        return;
    }
    println!("{report}");
    if args.trace {
        for line in &report.trace {
            println!("  {line}");
        }
    }
}

/// The fewest incidents that still break the rule, and how to play them again.
fn explain(args: &Args, seed: u64, scenario: &Scenario, report: &Report) {
    let Some(violation) = &report.violation else { return };
    if args.no_shrink || args.only.is_some() {
        return;
    }
    let (numbers, found) = shrink(scenario, violation, None);
    println!("the fewest incidents found that break it ({} of {}):", numbers.len(), scenario.incidents.len());
    for number in &numbers {
        if let Some(incident) = scenario.incidents.get(*number) {
            println!("  [{number}] {:?} {:?} for {:?}", incident.at, incident.what, incident.lasts);
        }
    }
    println!("with them, at {} ms: {:?}: {}", found.at_ms, found.rule, found.detail);
    let short = simulation::run(&scenario.only(&numbers));
    for line in short.trace.iter().rev().take(40).rev() {
        println!("  {line}");
    }
    let only: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    println!(
        "replay: simulation --seed {seed} --hours {} --connectors {} --faults {} --only {} --trace",
        args.hours,
        report.connectors,
        args.faults,
        only.join(",")
    );
}
