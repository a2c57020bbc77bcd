//! Whole sessions between the charger's engine and the car's, in virtual time; and what must not go wrong in them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod pair;

use core::time::Duration;

use pair::{BATTERY, Pair, config, wish};
use proptest::prelude::*;
use units::{Milliamps, Millivolts, Mono, Percent, Watts};
use v2g::{
    EvError, EvseStatus, Notification, Stage,
    evcc::{self, Intent, Wish},
    secc::{self, Close, Demand, Failure, Grant, Readiness, Secc, Stop, VehicleLimits},
};

const fn secs(s: u64) -> Duration {
    Duration::from_secs(s)
}

fn says(pair: &Pair) -> evcc::ChargerSays {
    let says = pair.evcc_events.iter().rev().find_map(|event| match event {
        evcc::Event::Says(says) => Some(*says),
        _ => None,
    });
    says.unwrap()
}

#[test]
fn a_session_runs_from_handshake_to_stop() {
    let mut pair = Pair::new();
    pair.until(Stage::CurrentDemand);
    assert!(pair.now.since(Mono::from_millis(10_000)) < secs(4), "{:?}", pair.now);
    pair.run(secs(2), |_| false);
    let last = says(&pair);
    assert_eq!(last.present_voltage, Some(BATTERY));
    assert_eq!(last.present_current, Some(Milliamps(75_000)));
    assert_eq!((last.max_current, last.max_power), (Some(Milliamps(100_000)), Some(Watts(30_000))));
    pair.evcc.set_wish(Wish { intent: Intent::Stop, ..wish() });
    assert_eq!(pair.finish(), (Some(Close::Stopped), Some(evcc::Close::Stopped)));
    let stages: Vec<Stage> = pair
        .secc_events
        .iter()
        .filter_map(|event| if let secc::Event::Stage(stage) = event { Some(*stage) } else { None })
        .collect();
    assert_eq!(
        stages,
        [
            Stage::Setup,
            Stage::Authorisation,
            Stage::Parameters,
            Stage::CableCheck,
            Stage::PreCharge,
            Stage::PowerDelivery,
            Stage::CurrentDemand,
            Stage::PowerDown,
            Stage::WeldingDetection,
            Stage::Stopped
        ]
    );
    assert!(pair.secc_events.contains(&secc::Event::Started { evcc_id: vec![2, 0, 0, 0, 0, 0xCA] }));
    assert!(!pair.secc_events.iter().any(|event| matches!(event, secc::Event::Failed { .. })));
}

#[test]
fn the_car_is_heard_right() {
    let mut pair = Pair::new();
    pair.until(Stage::CurrentDemand);
    let demand = pair.secc_events.iter().rev().find_map(|event| match event {
        secc::Event::Demand(demand) => Some(*demand),
        _ => None,
    });
    let expected = Demand {
        stage: Stage::CurrentDemand,
        target_voltage: Some(Millivolts(400_000)),
        target_current: Some(Milliamps(125_000)),
        limits: VehicleLimits {
            max_voltage: Some(Millivolts(500_000)),
            max_current: Some(Milliamps(200_000)),
            max_power: Some(Watts(100_000)),
        },
        soc: Percent::new(42),
        ready: Readiness::Ready,
        error: EvError::None,
    };
    assert_eq!(demand, Some(expected));
}

#[test]
fn precharge_is_wished_for_until_the_charge_loop_begins() {
    let mut pair = Pair::new();
    pair.until(Stage::PowerDelivery);
    let asks = |event: &secc::Event| match event {
        secc::Event::Demand(demand) if demand.stage == Stage::PowerDelivery => demand.target_voltage,
        _ => None,
    };
    assert_eq!(pair.secc_events.iter().find_map(asks), Some(BATTERY));
}

#[test]
fn a_paused_session_closes_as_paused() {
    let mut pair = Pair::new();
    pair.until(Stage::CurrentDemand);
    pair.evcc.set_wish(Wish { intent: Intent::Pause, ..wish() });
    assert_eq!(pair.finish(), (Some(Close::Paused), Some(evcc::Close::Paused)));
}

#[test]
fn the_car_waits_for_its_authorisation() {
    let mut pair = Pair::new();
    pair.grant = Grant::Pending;
    assert!(!pair.run(secs(50), |pair| pair.secc.stage() > Some(Stage::Authorisation)));
    assert_eq!(pair.secc.stage(), Some(Stage::Authorisation));
    pair.grant = Grant::Granted;
    pair.until(Stage::CurrentDemand);
}

#[test]
fn a_refused_authorisation_ends_the_session() {
    let mut pair = Pair::new();
    pair.grant = Grant::Refused;
    assert_eq!(pair.finish().1, Some(evcc::Close::Stopped));
    let failed = secc::Event::Failed { request: "AuthorizationReq", reason: Failure::Refused };
    assert!(pair.secc_events.contains(&failed), "{:?}", pair.secc_events);
}

#[test]
fn a_stop_asked_by_the_charger_is_followed_by_the_car() {
    let mut pair = Pair::new();
    pair.until(Stage::CurrentDemand);
    pair.stop(Stop::Normal);
    assert_eq!(pair.finish(), (Some(Close::Stopped), Some(evcc::Close::Stopped)));
    let asked =
        |event: &evcc::Event| matches!(event, evcc::Event::Says(says) if says.notification == Notification::Stop);
    assert!(pair.evcc_events.iter().any(asked));
}

#[test]
fn an_emergency_is_told_and_closes() {
    let mut pair = Pair::new();
    pair.until(Stage::CurrentDemand);
    pair.stop(Stop::Emergency);
    pair.run(secs(1), |pair| pair.secc.closed().is_some());
    pair.exchange();
    assert_eq!(pair.secc.closed(), Some(Close::Emergency));
    assert_eq!(says(&pair).status, EvseStatus::EmergencyShutdown);
}

#[test]
fn a_silent_controller_is_answered_for_until_its_word_ends() {
    let mut pair = Pair::new();
    pair.until(Stage::CurrentDemand);
    pair.run(secs(1), |_| false);
    let word_ends = pair.snapshot.valid_until;
    pair.controller_lives = false;
    pair.run(secs(5), |pair| pair.secc.closed().is_some());
    pair.exchange();
    assert_eq!(pair.secc.closed(), Some(Close::Emergency));
    assert!(pair.now > word_ends && pair.now.since(word_ends) < Duration::from_millis(200), "{:?}", pair.now);
    assert_eq!(says(&pair).status, EvseStatus::EmergencyShutdown);
    // What was measured last is still told as measured, not what the car asked for.
    assert_eq!(says(&pair).present_current, Some(Milliamps(75_000)));
}

#[test]
fn power_is_held_for_its_grant_and_refused_when_it_does_not_come() {
    let mut pair = Pair::new();
    pair.until(Stage::PreCharge);
    pair.run(secs(10), |pair| pair.evcc.stage() == Some(Stage::PowerDelivery));
    let asked = pair.now;
    pair.snapshot.valid_until = Mono(u64::MAX);
    pair.snapshot.power = Grant::Pending;
    pair.secc.set_snapshot(pair.now, pair.snapshot);
    pair.controller_lives = false;
    let failed = |pair: &Pair| pair.secc_events.iter().any(|event| matches!(event, secc::Event::Failed { .. }));
    assert!(pair.run(secs(10), failed));
    assert_eq!(pair.now.since(asked), secs(4));
    let overdue = secc::Event::Failed { request: "PowerDeliveryReq", reason: Failure::Overdue };
    assert!(pair.secc_events.contains(&overdue));
}

#[test]
fn the_end_of_power_is_confirmed_once_the_current_is_gone() {
    let mut pair = Pair::new();
    pair.until(Stage::CurrentDemand);
    pair.run(secs(1), |_| false);
    pair.evcc.set_wish(Wish { intent: Intent::Stop, ..wish() });
    pair.run(secs(1), |pair| pair.secc.stage() == Some(Stage::PowerDown));
    pair.exchange();
    assert!(pair.secc.take_transmit().is_empty());
    assert_eq!(pair.secc.stage(), Some(Stage::PowerDown));
    assert_eq!(pair.finish().0, Some(Close::Stopped));
}

#[test]
fn a_car_that_falls_silent_times_out() {
    let mut pair = Pair::new();
    pair.until(Stage::CurrentDemand);
    let since = pair.now;
    let mut lost = None;
    while lost.is_none() && pair.now.since(since) < secs(100) {
        pair.now = pair.now + Duration::from_millis(100);
        pair.snapshot.valid_until = pair.now + secs(1);
        pair.secc.set_snapshot(pair.now, pair.snapshot);
        pair.secc.handle_timeout(pair.now);
        lost = pair.secc.closed();
    }
    assert!(matches!(lost, Some(Close::Timeout(_))), "{lost:?}");
    assert!(pair.now.since(since) <= secs(61));
}

#[test]
fn a_message_out_of_order_is_refused() {
    let mut pair = Pair::new();
    pair.until(Stage::CurrentDemand);
    // The session's first message again, after the handshake.
    let setup = pair.requests[1].clone();
    pair.secc.handle_input(pair.now, &setup);
    assert_eq!(pair.secc.closed(), Some(Close::Refused));
    assert!(!pair.secc.take_transmit().is_empty());
}

#[test]
fn a_car_with_another_protocol_is_told_so() {
    let mut secc = Secc::new(config(), Pair::new().snapshot, Mono::from_millis(10_000));
    // supportedAppProtocolReq offering "urn:din:70121:2012:MsgDef" only, as a car sends it.
    let din = [
        0x01, 0xFE, 0x80, 0x01, 0, 0, 0, 0x22, 0x80, 0x00, 0xDB, 0xAB, 0x93, 0x71, 0xD3, 0x23, 0x4B, 0x71, 0xD1, 0xB9,
        0x81, 0x89, 0x91, 0x89, 0xD1, 0x91, 0x81, 0x89, 0x91, 0xD2, 0x6B, 0x9B, 0x3A, 0x23, 0x2B, 0x30, 0x02, 0x00,
        0x00, 0x04, 0x00, 0x40,
    ];
    secc.handle_input(Mono::from_millis(10_000), &din);
    assert_eq!(secc.closed(), Some(Close::NoCommonProtocol));
    assert!(!secc.take_transmit().is_empty());
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x01, 0xFE, 0x80, 0x01];
    bytes.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
    bytes.extend(payload);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Any body at any point of a session: no panic, and the session either goes on or closes with a reason.
    #[test]
    fn garbage_closes_a_session_and_nothing_else(
        stage in prop_oneof![Just(Stage::Setup), Just(Stage::PreCharge), Just(Stage::CurrentDemand)],
        body in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        let mut pair = Pair::new();
        pair.until(stage);
        pair.secc.handle_input(pair.now, &frame(&body));
        pair.secc.handle_timeout(pair.now + secs(70));
        prop_assert!(pair.secc.closed().is_some());
    }

    /// A request with flipped bits.
    #[test]
    fn a_damaged_request_is_survived(which in 0..30_usize, at in 0..100_usize, to: u8) {
        let mut pair = Pair::new();
        pair.until(Stage::CurrentDemand);
        let mut bytes = pair.requests[which % pair.requests.len()].clone();
        let at = at % bytes.len();
        bytes[at] = to;
        pair.secc.handle_input(pair.now, &bytes);
        pair.secc.handle_timeout(pair.now + secs(70));
        prop_assert!(pair.secc.closed().is_some());
    }

    /// The same bytes in pieces are the same session.
    #[test]
    fn pieces_make_the_same_session(cut in 1..20_usize) {
        let mut pair = Pair::new();
        let handshake = pair.evcc.take_transmit();
        for piece in handshake.chunks(cut) {
            pair.secc.handle_input(pair.now, piece);
        }
        pair.until(Stage::Authorisation);
    }

    /// Before the handshake.
    #[test]
    fn any_bytes_on_a_fresh_connection_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut secc = Secc::new(config(), Pair::new().snapshot, Mono::from_millis(10_000));
        secc.handle_input(Mono::from_millis(10_000), &bytes);
        secc.handle_timeout(Mono::from_millis(100_000));
        prop_assert!(secc.closed().is_some());
        let mut car = evcc::Evcc::new(evcc::Config::default(), wish(), Mono::from_millis(10_000));
        car.handle_input(Mono::from_millis(10_000), &bytes);
    }
}
