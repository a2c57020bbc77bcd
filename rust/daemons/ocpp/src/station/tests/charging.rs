//! Smart charging, the local list, and what the controller is told of the CSMS.

use api::{
    profile::{Composite, Period, RateUnit},
    tokens::CsmsReach,
};
use units::Wall;

use super::*;

/// A call that the controller answers, and what the CSMS is answered then.
fn answered(action: &str, payload: &Value, answer: Answer) -> Value {
    let mut bench = Bench::accepted();
    assert_eq!(bench.call(action, payload), None);
    let Some(Output::Command { id, command }) = bench.out.pop() else { panic!("{:?}", bench.out) };
    bench.give(Input::Commanded { id, command, answer });
    let sent = bench.sent().into_iter().find(|frame| frame[1] == "csms-1");
    sent.unwrap()[2].clone()
}

fn profile() -> Value {
    json!({"connectorId": 1, "csChargingProfiles": {"chargingProfileId": 1, "stackLevel": 0, "transactionId": 7,
        "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9000}]}}})
}

#[test]
fn a_profile_is_the_controllers_to_take() {
    assert_eq!(answered("SetChargingProfile", &profile(), Answer::Done), json!({"status": "Accepted"}));
    for answer in [Answer::Refused, Answer::Unknown, Answer::Conflict] {
        assert_eq!(answered("SetChargingProfile", &profile(), answer), json!({"status": "Rejected"}));
    }
    let mut bench = Bench::accepted();
    bench.call("SetChargingProfile", &profile());
    let Some(Output::Command { command, .. }) = bench.out.pop() else { panic!("{:?}", bench.out) };
    assert_eq!(command.transaction(), Some(7));
}

#[test]
fn clearing_nothing_is_unknown() {
    let which = json!({"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 3});
    assert_eq!(answered("ClearChargingProfile", &which, Answer::Done), json!({"status": "Accepted"}));
    assert_eq!(answered("ClearChargingProfile", &json!({}), Answer::Unknown), json!({"status": "Unknown"}));
}

#[test]
fn a_composite_schedule_is_written_as_the_schema_has_it() {
    let ask = json!({"connectorId": 1, "duration": 600, "chargingRateUnit": "A"});
    assert_eq!(answered("GetCompositeSchedule", &ask, Answer::Unknown), json!({"status": "Rejected"}));
    let periods = vec![Period { start_s: 0, limit_milli: 16_540 }, Period { start_s: 60, limit_milli: 6_000 }];
    let (connector, unit) = (ConnectorId::new(1), RateUnit::Amps);
    let start = Wall { ms: T0, quality: units::ClockQuality::Informative };
    let told = Composite { connector, start, duration_s: 600, unit, periods };
    let answer = answered("GetCompositeSchedule", &ask, Answer::Composite(Box::new(told)));
    let start = "2026-09-21T14:13:20.000Z";
    assert_eq!(
        answer,
        json!({"status": "Accepted", "connectorId": 1, "scheduleStart": start, "chargingSchedule": {
            "duration": 600, "startSchedule": start, "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.5}, {"startPeriod": 60, "limit": 6}]}})
    );
}

#[test]
fn a_list_that_does_not_follow_is_a_mismatch_only_as_a_difference() {
    let list = |kind: &str| json!({"listVersion": 2, "updateType": kind});
    assert_eq!(answered("SendLocalList", &list("Full"), Answer::Done), json!({"status": "Accepted"}));
    assert_eq!(answered("SendLocalList", &list("Full"), Answer::Conflict), json!({"status": "Failed"}));
    let mismatch = answered("SendLocalList", &list("Differential"), Answer::Conflict);
    assert_eq!(mismatch, json!({"status": "VersionMismatch"}));
    assert_eq!(answered("SendLocalList", &list("Differential"), Answer::Refused), json!({"status": "Failed"}));
    assert_eq!(answered("GetLocalListVersion", &json!({}), Answer::Version(4)), json!({"listVersion": 4}));
    assert_eq!(answered("GetLocalListVersion", &json!({}), Answer::Refused), json!("InternalError"));
    assert_eq!(answered("ClearCache", &json!({}), Answer::Done), json!({"status": "Accepted"}));
}

#[test]
fn the_controller_knows_whether_the_csms_can_be_asked() {
    let told = |bench: &Bench| {
        bench.out.iter().find_map(|output| if let Output::Reach(reach) = output { Some(*reach) } else { None })
    };
    let mut bench = Bench::connected();
    bench.boot_answer("Accepted", 300);
    bench.give(Input::World(Box::new(world(Status::Available))));
    assert_eq!(told(&bench), Some(CsmsReach::Online));
    bench.give(Input::Closed { why: "gone".into() });
    assert_eq!(told(&bench), None);
    bench.pass(Duration::from_secs(9));
    assert_eq!(told(&bench), None);
    bench.pass(Duration::from_secs(1));
    assert_eq!(told(&bench), Some(CsmsReach::Offline));
    bench.pass(Duration::from_secs(1));
    assert_eq!(told(&bench), None);
    // A controller that was away may have forgotten.
    bench.give(Input::ControllerLost);
    bench.give(Input::World(Box::new(world(Status::Available))));
    assert_eq!(told(&bench), Some(CsmsReach::Offline));
}
