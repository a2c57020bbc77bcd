//! Whole updates on a made-up unit: two sides, a firmware, a disk, cars; cut and restarted wherever it hurts.

#![cfg(test)]

mod unit;

use std::time::Duration;

use api::{
    system::Side,
    update::{Code, DownloadStatus, FetchBundle, OutcomeResult, Phase, RestartWhen, SetVersion, Source},
};
use unit::{Unit, ask};
use update::{Action, Health, Input, Occupancy, Part, Rejection};

fn last(unit: &Unit) -> (OutcomeResult, Code) {
    let state = unit.state();
    (state.outcomes[0].result, state.outcomes[0].code)
}

#[test]
fn a_good_update_is_confirmed_on_the_other_side_and_only_then() {
    let mut unit = Unit::new();
    unit.install(ask("17")).unwrap();
    unit.run_until_restart();
    assert_eq!(unit.wrote, 1);
    assert!(unit.state().outcomes.is_empty());
    unit.power_on();
    assert_eq!(unit.running(), (Side::B, "0.2.0"));
    assert_eq!(unit.state().progress.phase, Phase::Verifying);
    assert!(unit.state().outcomes.is_empty() && !unit.state().confirmed);
    unit.run_for(Duration::from_secs(30));
    assert_eq!(last(&unit), (OutcomeResult::Confirmed, Code::Healthy));
    let state = unit.state();
    let outcome = state.outcome_of("ocpp", "17").unwrap();
    assert_eq!(outcome.version.as_deref(), Some("0.2.0"));
    assert!(state.confirmed && state.pending.is_none());
    let marked = unit.done.iter().position(|action| *action == Action::MarkGood).unwrap();
    let told = unit.done.iter().rposition(|action| *action == Action::Confirm).unwrap();
    assert!(marked < told);
}

#[test]
fn pin_floor_hardware_and_signature_are_looked_at_before_anything_is_written() {
    for (pin, floor, bundle, code) in [
        (Some("0.1.0"), None, Ok("0.2.0"), Code::Pinned),
        (None, Some("0.2.1"), Ok("0.2.0"), Code::BelowFloor),
        (None, None, Err(Code::Signature), Code::Signature),
        (None, None, Err(Code::Damaged), Code::Damaged),
        (None, None, Ok("latest"), Code::BadVersion),
        (None, None, Ok("0.1.0"), Code::SameVersion),
    ] {
        let mut unit = Unit::new();
        unit.confirm();
        let version = |text: Option<&str>| SetVersion { version: text.map(str::to_owned) };
        unit.call(|updater, _| updater.set_pin(&version(pin))).unwrap();
        unit.call(|updater, _| updater.set_floor(&version(floor))).unwrap();
        unit.bundle = bundle.map(str::to_owned);
        unit.install(ask("1")).unwrap();
        unit.run_for(Duration::from_mins(1));
        assert_eq!(last(&unit), (OutcomeResult::Refused, code));
        assert_eq!(unit.wrote, 0, "{code:?}");
        assert_eq!(unit.state().progress.phase, Phase::Idle);
    }
}

#[test]
fn while_nobody_knows_the_pin_or_the_floor_nothing_is_installed() {
    for (disk, code) in [
        (r#"{"pin":["0.2.0"]}"#, Code::Pinned),
        (r#"{"floor":"soon"}"#, Code::BelowFloor),
        ("it was overwritten", Code::Pinned),
    ] {
        let mut unit = Unit::with(disk);
        unit.confirm();
        // What was confirmed is written down, and still nobody knows.
        unit.power_on();
        unit.confirm();
        assert!(unit.state().unavailable.is_some_and(|why| why.contains("set it or lift it")), "{disk}");
        unit.install(api::update::Install { force: true, ..ask("1") }).unwrap();
        unit.run_for(Duration::from_mins(1));
        assert_eq!((last(&unit), unit.wrote), ((OutcomeResult::Refused, code), 0), "{disk}");
        let none = SetVersion { version: None };
        unit.call(|updater, _| updater.set_pin(&none)).unwrap();
        unit.call(|updater, _| updater.set_floor(&none)).unwrap();
        assert_eq!(unit.state().unavailable, None, "{disk}");
        unit.install(ask("2")).unwrap();
        unit.run_until_restart();
        assert_eq!(unit.wrote, 1, "{disk}");
    }
}

#[test]
fn while_cars_charge_it_is_refused_and_by_force_only_the_restart_waits() {
    let mut unit = Unit::new();
    unit.cars = Occupancy::Busy(vec![1, 2]);
    let refused = unit.install(ask("1")).unwrap_err();
    assert!(matches!(&refused, Rejection::Charging { .. }), "{refused}");
    assert!(refused.to_string().contains("1, 2"), "{refused}");
    unit.install(api::update::Install { force: true, ..ask("1") }).unwrap();
    unit.run_for(Duration::from_hours(1));
    assert_eq!((unit.wrote, unit.restarts), (1, 0));
    let progress = unit.state().progress;
    assert_eq!(progress.phase, Phase::WaitingRestart);
    assert!(progress.message.contains("1, 2"), "{}", progress.message);
    assert!(matches!(unit.restart(false), Err(Rejection::Charging { .. })));
    unit.cars = Occupancy::Idle;
    unit.run_for(Duration::from_secs(10));
    assert_eq!(unit.restarts, 1);
}

#[test]
fn a_restart_by_force_does_not_wait_for_cars() {
    let mut unit = Unit::new();
    unit.cars = Occupancy::Busy(vec![1]);
    unit.install(api::update::Install { force: true, restart: RestartWhen::Now, ..ask("1") }).unwrap();
    unit.run_for(Duration::from_secs(20));
    assert_eq!(unit.restarts, 1);
}

#[test]
fn a_restart_that_nobody_asked_for_does_not_come() {
    let mut unit = Unit::new();
    unit.install(api::update::Install { restart: RestartWhen::No, ..ask("1") }).unwrap();
    unit.run_for(Duration::from_hours(1));
    assert_eq!((unit.wrote, unit.restarts), (1, 0));
    unit.restart(false).unwrap();
    unit.run_for(Duration::from_secs(10));
    assert_eq!(unit.restarts, 1);
}

#[test]
fn a_controller_that_is_gone_for_good_does_not_hold_a_restart_for_ever() {
    let mut unit = Unit::new();
    unit.install(api::update::Install { restart: RestartWhen::WhenIdle, ..ask("1") }).unwrap();
    unit.cars = Occupancy::Unknown("no socket".to_owned());
    unit.run_for(Duration::from_mins(1));
    assert_eq!(unit.restarts, 0);
    unit.run_for(Duration::from_secs(90));
    assert_eq!(unit.restarts, 1);
    // To begin an update it has to be there.
    let mut unit = Unit::new();
    unit.cars = Occupancy::Unknown("no socket".to_owned());
    assert!(matches!(unit.install(ask("1")), Err(Rejection::Charging { .. })));
}

#[test]
fn a_side_that_does_worse_than_the_one_before_goes_back_with_its_reason() {
    let mut unit = Unit::new();
    unit.install(ask("7")).unwrap();
    unit.run_until_restart();
    unit.health = Health::default().needing("hmi", Part::Good).comparing("module m1", Part::good_if(false, "silent"));
    unit.power_on();
    unit.run_for(Duration::from_secs(170));
    assert_eq!((unit.restarts, unit.marks), (1, 0));
    unit.run_for(Duration::from_mins(1));
    assert_eq!((unit.restarts, unit.marks), (2, 0));
    unit.power_on();
    assert_eq!(unit.running(), (Side::A, "0.1.0"));
    assert_eq!(last(&unit), (OutcomeResult::RolledBack, Code::Unhealthy));
    let reason = unit.state().outcomes[0].reason.clone();
    assert!(reason.contains("module m1: silent"), "{reason}");
    assert!(unit.state().outcome_of("ocpp", "7").is_some());
}

#[test]
fn what_was_broken_before_does_not_hold_an_update_up() {
    let mut unit = Unit::new();
    let broken = Health::default().needing("hmi", Part::Good).comparing("module m1", Part::good_if(false, "silent"));
    unit.health = broken;
    unit.install(ask("1")).unwrap();
    unit.run_until_restart();
    unit.power_on();
    unit.run_for(Duration::from_secs(30));
    assert_eq!(last(&unit).0, OutcomeResult::Confirmed);
}

#[test]
fn a_csms_that_is_away_after_the_restart_rolls_nothing_back() {
    let mut unit = Unit::new();
    let modem = |good| Health::default().needing("ocpp", Part::Good).telling("csms", Part::good_if(good, "away"));
    unit.health = modem(true);
    unit.install(ask("1")).unwrap();
    unit.run_until_restart();
    unit.health = modem(false);
    unit.power_on();
    unit.run_for(Duration::from_mins(1));
    assert_eq!(last(&unit), (OutcomeResult::Confirmed, Code::Healthy));
    assert!(unit.state().outcomes[0].reason.ends_with("; csms: away"));
}

#[test]
fn a_side_that_is_never_heard_of_is_told_apart_from_one_that_was_cut_short() {
    // A kernel that panics: the firmware goes back before any of our programs ran.
    let mut unit = Unit::new();
    unit.install(ask("1")).unwrap();
    unit.run_until_restart();
    unit.panics = true;
    unit.power_on();
    assert_eq!((unit.running().0, last(&unit)), (Side::A, (OutcomeResult::RolledBack, Code::NotStarted)));
    // One that hangs during its check.
    let mut unit = Unit::new();
    unit.install(ask("1")).unwrap();
    unit.run_until_restart();
    unit.power_on();
    unit.run_for(Duration::from_secs(5));
    unit.power_on();
    assert_eq!((unit.running().0, last(&unit)), (Side::A, (OutcomeResult::RolledBack, Code::CutShort)));
}

#[test]
fn without_a_firmware_that_goes_back_it_does_not_restart_for_ever() {
    let mut unit = Unit::new();
    unit.install(ask("1")).unwrap();
    unit.run_until_restart();
    unit.health = Health::default().needing("hmi", Part::good_if(false, "no answer"));
    unit.sticks = true;
    for _ in 0..4 {
        unit.power_on();
        unit.run_for(Duration::from_mins(10));
    }
    assert_eq!(unit.restarts, 2);
    assert_eq!(last(&unit), (OutcomeResult::Failed, Code::Unhealthy));
    assert_eq!((unit.marks, unit.state().confirmed), (0, false));
}

#[test]
fn an_ordinary_start_is_confirmed_when_its_daemons_are_there_and_never_restarts() {
    let mut unit = Unit::new();
    unit.health = Health::default().needing("hmi", Part::good_if(false, "no answer"));
    unit.run_for(Duration::from_mins(30));
    assert_eq!((unit.marks, unit.restarts, unit.state().confirmed), (0, 0, false));
    assert!(unit.state().progress.message.contains("no answer"));
    unit.health = Health::default().needing("hmi", Part::Good);
    unit.run_for(Duration::from_mins(1));
    assert!(unit.state().confirmed);
    // Once is enough.
    unit.run_for(Duration::from_mins(30));
    assert_eq!(unit.marks, 1);
}

#[test]
fn a_confirmed_side_that_stops_starting_is_told_of_once() {
    let mut unit = Unit::new();
    unit.install(ask("1")).unwrap();
    unit.run_until_restart();
    unit.power_on();
    unit.run_for(Duration::from_secs(30));
    unit.boot_order = [Side::A, Side::B];
    unit.power_on();
    assert_eq!((unit.running().0, last(&unit)), (Side::A, (OutcomeResult::RolledBack, Code::NotStarted)));
    assert_eq!(unit.state().outcomes.len(), 2);
    unit.run_for(Duration::from_mins(1));
    unit.power_on();
    assert_eq!(unit.state().outcomes.len(), 2);
}

#[test]
fn without_data_nothing_is_confirmed_and_nothing_installed() {
    let mut unit = Unit::new();
    unit.data = update::Data::Lost;
    unit.power_on();
    unit.run_for(Duration::from_mins(30));
    assert_eq!((unit.marks, unit.restarts, unit.state().confirmed), (0, 0, false));
    assert!(matches!(unit.install(ask("1")), Err(Rejection::Unavailable { .. })));
}

#[test]
fn a_power_cut_after_any_step_leaves_a_side_that_runs_and_an_end_that_is_told() {
    // So many steps does a whole update take that the loop ends.
    for cut in 0.. {
        let mut unit = Unit::new();
        unit.confirm();
        unit.install(ask("9")).unwrap();
        unit.cut_after = Some(cut);
        unit.run_for(Duration::from_mins(1));
        let whole = unit.cut_after.is_some();
        unit.cut_after = None;
        unit.power_on();
        unit.run_for(Duration::from_mins(5));
        if unit.restarts > 0 {
            unit.power_on();
            unit.run_for(Duration::from_mins(5));
        }
        let state = unit.state();
        assert_eq!(state.pending, None, "cut after {cut}");
        let outcome = state.outcome_of("ocpp", "9").unwrap_or_else(|| panic!("cut after {cut}: nothing is told"));
        let told = outcome.result == OutcomeResult::Confirmed;
        assert_eq!(told, unit.running() == (Side::B, "0.2.0"), "cut after {cut}: {outcome:?}");
        assert!(state.confirmed, "cut after {cut}");
        if whole {
            assert!(cut > 8, "only {cut} steps");
            return;
        }
    }
}

#[test]
fn a_restart_of_the_program_at_any_step_loses_nothing() {
    for kill in 0..40 {
        let mut unit = Unit::new();
        unit.install(ask("9")).unwrap();
        unit.kill_after = Some(kill);
        unit.run_until_restart();
        unit.power_on();
        unit.run_for(Duration::from_mins(1));
        assert_eq!(last(&unit), (OutcomeResult::Confirmed, Code::Healthy), "killed after {kill}");
        assert_eq!(unit.wrote, 1, "killed after {kill}");
    }
}

#[test]
fn the_same_reference_while_it_is_pending_is_the_same_update() {
    let mut unit = Unit::new();
    unit.cars = Occupancy::Idle;
    let first = unit.install(ask("1")).unwrap();
    assert_eq!(unit.install(ask("1")).unwrap(), first);
    assert!(matches!(unit.install(ask("2")), Err(Rejection::Busy { .. })));
}

fn fetch(retries: u32) -> FetchBundle {
    let (url, asked_by) = ("http://u:secret@x/y.raucb".to_owned(), "ocpp".to_owned());
    FetchBundle { url, retries, retry_interval_s: 10, asked_by, reference: Some("5".to_owned()) }
}

#[test]
fn a_download_is_tried_so_often_and_then_given_up() {
    let mut unit = Unit::new();
    unit.network = false;
    let id = unit.call(|updater, id| updater.download(fetch(2), id)).unwrap();
    unit.run_for(Duration::from_mins(5));
    let download = unit.state().download.unwrap();
    assert_eq!((download.id, download.attempt, download.status), (id.id, 3, DownloadStatus::Failed));
    assert_eq!(download.url, "http://x/y.raucb");
    assert_eq!(unit.attempts, 3);
    assert!(unit.state().outcomes.is_empty());
}

#[test]
fn another_attempt_is_told_to_wait_until_it_begins() {
    let mut unit = Unit::new();
    unit.confirm();
    unit.network = false;
    let id = unit.call(|updater, id| updater.download(fetch(2), id)).unwrap();
    // The first attempt and its end are carried out, and the second not yet.
    unit.cut_after = Some(2);
    unit.run_for(Duration::from_secs(1));
    let told = |unit: &Unit| unit.state().download.map(|download| (download.attempt, download.status)).unwrap();
    assert_eq!(told(&unit), (2, DownloadStatus::Waiting));
    unit.tell(Input::Fetching { id: id.id, received: 0, total: None });
    assert_eq!(told(&unit), (2, DownloadStatus::Running));
}

#[test]
fn what_was_downloaded_is_kept_until_it_is_written() {
    let mut unit = Unit::new();
    let id = unit.call(|updater, id| updater.download(fetch(0), id)).unwrap().id;
    unit.run_for(Duration::from_secs(10));
    assert!(matches!(unit.state().download.unwrap().status, DownloadStatus::Done { .. }));
    unit.bundle = Err(Code::Signature);
    let from = |id: &str| api::update::Install { source: Source::Downloaded(id.to_owned()), ..ask("5") };
    unit.install(from(&id)).unwrap();
    unit.run_for(Duration::from_secs(10));
    assert_eq!(last(&unit).0, OutcomeResult::Refused);
    assert!(unit.state().download.is_some());
    unit.bundle = Ok("0.2.0".to_owned());
    unit.install(from(&id)).unwrap();
    unit.run_until_restart();
    assert!(unit.state().download.is_none());
    assert!(unit.done.contains(&Action::Delete { id: id.clone() }));
    unit.power_on();
    unit.run_for(Duration::from_secs(30));
    assert!(matches!(unit.install(from(&id)), Err(Rejection::Field { pointer: "/source/downloaded", .. })));
}

#[test]
fn an_update_by_url_goes_on_fetching_after_a_power_cut() {
    let mut unit = Unit::new();
    unit.network = false;
    unit.install(api::update::Install { source: Source::Url("http://x/y".to_owned()), ..ask("5") }).unwrap();
    unit.power_on();
    unit.network = true;
    unit.run_until_restart();
    unit.power_on();
    unit.run_for(Duration::from_secs(30));
    assert_eq!(last(&unit).0, OutcomeResult::Confirmed);
    assert!(unit.state().download.is_none());
}

#[test]
fn it_can_be_cancelled_until_it_is_written() {
    let mut unit = Unit::new();
    unit.network = false;
    unit.install(api::update::Install { source: Source::Url("http://x/y".to_owned()), ..ask("5") }).unwrap();
    unit.cancel().unwrap();
    assert_eq!(last(&unit), (OutcomeResult::Cancelled, Code::Cancelled));
    assert!(matches!(unit.cancel(), Err(Rejection::NothingPending { .. })));
    unit.network = true;
    unit.run_for(Duration::from_mins(5));
    assert_eq!(unit.wrote, 0);
    unit.install(ask("6")).unwrap();
    unit.run_until_restart();
    assert!(matches!(unit.cancel(), Err(Rejection::TooLate { .. })));
}

#[test]
fn an_update_that_cannot_be_written_leaves_the_unit_as_it_was() {
    let mut unit = Unit::new();
    unit.writes = Err("LastError: no space".to_owned());
    unit.install(ask("5")).unwrap();
    unit.run_for(Duration::from_mins(5));
    assert_eq!(last(&unit), (OutcomeResult::Failed, Code::Install));
    assert_eq!(unit.restarts, 0);
}
