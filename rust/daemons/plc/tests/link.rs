//! The link to the controller, without a car: greeting, set-up, health, reconnection, what is garbage.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may panic and print"
)]

mod world;

use std::time::Duration;

use api::{
    chain::{Health, PlcState},
    link::FromPlc,
};
use world::{World, get};

fn health(controller: &world::Controller) -> Option<(Health, String)> {
    controller.heard.iter().rev().find_map(|message| match message {
        FromPlc::Health(health) if health.health != Health::Unknown => Some((health.health, health.reason.clone())),
        _ => None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_interface_is_told_and_shown() {
    let world = World::start("jp-nowhere");
    let (health, reason) = world.until("health", health).await;
    assert_eq!(health, Health::Faulty);
    assert_eq!(reason, "there is no network interface jp-nowhere");
    let state: PlcState = get(&world.socket(), "/v1/state").await;
    assert!(state.controller_connected);
    assert_eq!(state.connectors[0].reason, reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_link_is_dialled_again_at_once() {
    let world = World::start("jp-nowhere");
    world.until("health", health).await;
    let lost = std::time::Instant::now();
    world.tell(|controller| {
        controller.heard.clear();
        controller.hang_up = true;
    });
    world.until("second link", |controller| (controller.links == 2).then_some(())).await;
    assert!(lost.elapsed() < Duration::from_millis(500), "{:?}", lost.elapsed());
    // What was told before is told again: the new controller may be another one.
    world.until("health", health).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_of_another_version_is_not_obeyed() {
    let world = World::start("jp-nowhere");
    world.tell(|controller| controller.version = 999);
    world.until("links", |controller| (controller.links >= 3).then_some(())).await;
    let state: PlcState = get(&world.socket(), "/v1/state").await;
    assert!(state.connectors.is_empty());
    world.tell(|controller| controller.version = api::link::VERSION);
    world.until("health", health).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_on_the_link_is_survived() {
    let world = World::start("jp-nowhere");
    world.until("health", health).await;
    for garbage in ["", "{", "[]", r#"{"kind":"dance"}"#, r#"{"kind":"snapshot","connector":0}"#] {
        world.tell(|controller| controller.garbage = Some(garbage.to_owned()));
        world.until("sent", |controller| controller.garbage.is_none().then_some(())).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(world.controller.lock().unwrap().links, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_controller_is_dialled_anew() {
    let world = World::start("jp-nowhere");
    world.until("health", health).await;
    world.tell(|controller| controller.speaks = false);
    world.until("second link", |controller| (controller.links >= 2).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_is_no_more_lets_its_interfaces_go() {
    let world = World::start("jp-nowhere");
    world.until("health", health).await;
    world.tell(|controller| controller.knows = false);
    let mut connectors = 1;
    while connectors > 0 {
        let state: PlcState = get(&world.socket(), "/v1/state").await;
        connectors = state.connectors.len();
    }
    world.tell(|controller| {
        controller.heard.clear();
        controller.knows = true;
    });
    world.until("health", health).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_asked_to() {
    let mut world = World::start("jp-nowhere");
    world.until("health", health).await;
    assert!(world.terminate().await.success());
}

#[test]
fn its_document_needs_no_chain() {
    let plc = env!("CARGO_BIN_EXE_plc");
    let output = std::process::Command::new(plc).arg("--print-openapi").output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["components"]["schemas"]["PlcState"].is_object());
}

#[test]
fn a_bad_command_line_is_refused() {
    let plc = env!("CARGO_BIN_EXE_plc");
    for args in [vec![], vec!["--chain", "Not/A/Chain"], vec!["--chain", "main", "--nonsense"]] {
        let status = std::process::Command::new(plc).args(&args).output().unwrap().status;
        assert_eq!(status.code(), Some(64), "{args:?}");
    }
}
