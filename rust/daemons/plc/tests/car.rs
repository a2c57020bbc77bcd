//! A car on a cable: raw frames, discovery, a session, and how it ends when something goes wrong. Real time, for root.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may panic and print"
)]

mod world;

use std::time::{Duration, Instant};

use api::{
    chain::{PlcState, Slac},
    link::{Event, FromPlc, Stop},
};
use units::{Milliamps, PlugInEpoch, V2gEpoch};
use v2g::{EvseStatus, Stage, evcc};
use world::{
    World,
    cable::Cable,
    car::{self, Car, Order},
    get,
};

macro_rules! cable {
    ($name:literal) => {
        match Cable::lay($name) {
            Some(cable) => cable,
            None => return eprintln!("skipped: a cable needs root"),
        }
    };
}

fn lost(event: &Event) -> Option<String> {
    match event {
        Event::SessionLost { reason, .. } => Some(reason.clone()),
        _ => None,
    }
}

fn stopped(event: &Event) -> Option<V2gEpoch> {
    match event {
        Event::SessionStopped { v2g_epoch, pause: false } => Some(*v2g_epoch),
        _ => None,
    }
}

async fn charging(cable: &Cable) -> (World, Car) {
    let world = World::start(&cable.ours);
    world.tell(|controller| controller.snapshot.plugged = true);
    let car = Car::plug(cable);
    car.until(Stage::CurrentDemand).await;
    (world, car)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_car_is_found_and_charges() {
    let cable = cable!('a');
    let started = Instant::now();
    let (world, car) = charging(&cable).await;
    let first_ampere = started.elapsed();
    let state: PlcState = get(&world.socket(), "/v1/state").await;
    assert_eq!(state.connectors[0].slac, Slac::Matched);
    assert_eq!(state.connectors[0].attenuation_db, Some(26));
    assert_eq!(state.connectors[0].soc.map(units::Percent::get), Some(42));
    let current = |controller: &world::Controller| {
        controller.heard.iter().find_map(|message| match message {
            FromPlc::Demand(demand) => demand.target_current.filter(|current| *current > Milliamps(10_000)),
            _ => None,
        })
    };
    assert_eq!(world.until("demand", current).await, Milliamps(50_000));
    tokio::time::sleep(Duration::from_millis(500)).await;
    car.order(Order::Stop);
    let events = car.gone().await;
    assert_eq!(events.last(), Some(&evcc::Event::Closed(evcc::Close::Stopped)), "{events:?}");
    let measured = |event: &evcc::Event| matches!(event, evcc::Event::Says(says) if says.present_current == Some(Milliamps(50_000)));
    assert!(events.iter().any(measured));
    world.event("stop", stopped).await;
    assert!(first_ampere < Duration::from_secs(8), "{first_ampere:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_controller_ends_the_charge_with_an_emergency() {
    let cable = cable!('b');
    let (world, car) = charging(&cable).await;
    world.tell(|controller| controller.speaks = false);
    let events = car.gone().await;
    let last = events.iter().rev().find_map(|event| match event {
        evcc::Event::Says(says) => Some(says.status),
        _ => None,
    });
    assert_eq!(last, Some(EvseStatus::EmergencyShutdown));
    assert_eq!(world.event("loss", lost).await, "the charger shut down");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_stop_reaches_the_car() {
    let cable = cable!('c');
    let (world, car) = charging(&cable).await;
    world.tell(|controller| controller.snapshot.stop = Stop::Emergency);
    car.gone().await;
    assert_eq!(world.event("loss", lost).await, "the charger shut down");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_car_that_vanishes_is_missed() {
    let cable = cable!('d');
    let (mut world, car) = charging(&cable).await;
    car.order(Order::Vanish);
    assert_eq!(world.event("loss", lost).await, "the car closed the connection");
    assert!(world.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_car_that_talks_nonsense_loses_its_session_only() {
    let cable = cable!('e');
    let (world, car) = charging(&cable).await;
    car.order(Order::Garbage);
    assert_eq!(world.event("loss", lost).await, "the bytes were not a V2G session");
    car.gone().await;
    let state: PlcState = get(&world.socket(), "/v1/state").await;
    assert_eq!(state.connectors[0].dropped.v2g, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn unplugging_ends_the_session_and_the_next_car_is_matched() {
    let cable = cable!('f');
    let (world, car) = charging(&cable).await;
    world.tell(|controller| controller.snapshot.plugged = false);
    assert_eq!(world.event("loss", lost).await, "the car was unplugged");
    car.gone().await;
    world.tell(|controller| {
        controller.heard.clear();
        controller.snapshot.plug_in_epoch = PlugInEpoch(2);
        controller.snapshot.plugged = true;
    });
    let car = Car::plug(&cable);
    car.until(Stage::CurrentDemand).await;
    car.order(Order::Stop);
    car.gone().await;
    world.event("stop", stopped).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_cable_is_told_and_mended() {
    let cable = cable!('g');
    let (world, car) = charging(&cable).await;
    cable.cut();
    let reason = world.event("loss", lost).await;
    assert!(reason.contains("no carrier") || reason.contains("raw socket"), "{reason}");
    // The car's modem finds its line dead as well.
    drop(car);
    cable.mend();
    world
        .until("health", |controller| {
            controller
                .heard
                .iter()
                .rev()
                .find_map(|message| match message {
                    FromPlc::Health(health) => Some(health.reason.is_empty()),
                    _ => None,
                })
                .filter(|healthy| *healthy)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_may_break_while_the_car_charges() {
    let cable = cable!('h');
    let (world, car) = charging(&cable).await;
    world.tell(|controller| {
        controller.heard.clear();
        controller.hang_up = true;
    });
    let running = world
        .until("greeting", |controller| {
            controller.heard.iter().find_map(|message| match message {
                FromPlc::Hello { running, .. } => Some(running.clone()),
                _ => None,
            })
        })
        .await;
    assert_eq!(running.len(), 1);
    assert_eq!(running[0].stage, api::link::Stage::CurrentDemand);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    car.order(Order::Stop);
    let events = car.gone().await;
    assert_eq!(events.last(), Some(&evcc::Event::Closed(evcc::Close::Stopped)));
}

/// Josev's EVCC, which shares no code with us, at the end of our cable. `JOSEV_PYTHON` names the Python of its venv
/// (`ci/setup peers`).
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_car_charges() {
    if std::env::var_os("JOSEV_PYTHON").is_none() {
        return eprintln!("skipped: JOSEV_PYTHON is not set");
    }
    let cable = cable!('j');
    let world = World::start(&cable.ours);
    world.tell(|controller| controller.snapshot.plugged = true);
    let modems = car::Modems::plug(&cable);
    let matched = |event: &Event| matches!(event, Event::SlacMatched { .. }).then_some(());
    world.event("match", matched).await;
    let run = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../ci/peers/josev/run");
    let status = tokio::process::Command::new(run)
        .args([&cable.netns, &cable.cars])
        .env("BATTERY_V", "380")
        .status()
        .await
        .unwrap();
    assert!(status.success(), "{status}");
    world.event("stop", stopped).await;
    drop(modems);
}
