//! A `charger.json` becomes a document that can be checked, and a report that loses no key.
#![cfg(test)]

use std::collections::BTreeSet;

use config::{
    charger_json::{Imported, Line, Outcome, import},
    from_json, from_toml,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const SMALL: &str = include_str!("charger/small.json");
const FULL: &str = include_str!("charger/full.json");
const BROKEN: &str = include_str!("charger/broken.json");

/// Everything without anything below it.
fn leaves(at: &Value, pointer: &str, found: &mut Vec<String>) {
    let below = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
    match at {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(key, value)| leaves(value, &below(key), found));
        }
        Value::Array(entries) if !entries.is_empty() => {
            entries.iter().enumerate().for_each(|(i, value)| leaves(value, &below(&i.to_string()), found));
        }
        _ => found.push(pointer.to_owned()),
    }
}

/// Every key has exactly one line: its own, or the one of what it stands in.
fn assert_complete(text: &str, imported: &Imported) {
    let Ok(root) = serde_json::from_str::<Value>(text) else {
        assert_eq!(imported.report.len(), 1);
        return;
    };
    let mut all = Vec::new();
    leaves(&root, "", &mut all);
    let sources: BTreeSet<&str> = imported.report.iter().map(|line| line.source.as_str()).collect();
    assert_eq!(sources.len(), imported.report.len(), "a key has two lines");
    for line in &imported.report {
        assert!(root.pointer(&line.source).is_some(), "{line:?} is of no key");
        assert!(!line.why.is_empty());
    }
    for leaf in &all {
        let ends = leaf.match_indices('/').map(|(i, _)| i).chain([leaf.len()]);
        let lines = ends.filter(|&end| sources.contains(&leaf[..end])).count();
        assert_eq!(lines, 1, "{leaf} has {lines} lines");
    }
}

fn line<'a>(imported: &'a Imported, source: &str) -> &'a Line {
    imported.report.iter().find(|line| line.source == source).unwrap_or_else(|| panic!("no line of {source}"))
}

fn lacking(imported: &Imported) -> Vec<&str> {
    imported.lacking.iter().map(|mistake| mistake.pointer.as_str()).collect()
}

#[test]
fn a_small_file_lacks_only_what_it_cannot_know() {
    let imported = import(SMALL, None, &[]);
    assert_complete(SMALL, &imported);
    assert_eq!(imported.config, None);
    let expected =
        ["/connectors/0/interface", "/connectors/0/evse_id", "/meters/0/port", "/meters/0/address", "/mcu/port"];
    assert_eq!(lacking(&imported), expected);
    let values = [json!("plc1"), json!("DE*ABC*E1*1"), json!("/dev/jp-rs485"), json!(1), json!("/dev/jp-mcu")];
    let given: Vec<_> = expected.into_iter().map(str::to_owned).zip(values).collect();
    let given = import(SMALL, None, &given);
    assert_eq!(given.lacking, []);
    let config = given.config.unwrap();
    assert_eq!(config.site.name, "CP-0042");
    assert_eq!(config.site.limit_w, 60_000);
    assert_eq!(config.connectors[0].label.as_deref(), Some("Left"));
    assert_eq!(config.modules[0].max_current_a, 100);
    assert_eq!(config.ocpp.as_ref().unwrap().url, "wss://csms.example/ocpp");
    assert_eq!(config.ocpp.as_ref().unwrap().charge_point_id, "CP-0042");
    assert_eq!(line(&imported, "/connectors/0/plcId").outcome, Outcome::NotUnderstood);
}

#[test]
fn the_unit_itself_fills_in_what_the_file_cannot_know() {
    let unit = from_toml(include_str!("cabinet.toml")).unwrap();
    let imported = import(SMALL, Some(&unit), &[]);
    assert_complete(SMALL, &imported);
    assert_eq!(lacking(&imported), Vec::<&str>::new());
    let config = imported.config.unwrap();
    assert_eq!(config.connectors.len(), 1);
    assert_eq!(config.connectors[0].interface, "plc1");
    assert_eq!(config.connectors[0].isolation.as_deref(), Some("imd1"));
    assert_eq!(config.connectors[0].max_current_a, 200);
    assert_eq!((config.mcu.port.as_str(), config.meters.len()), ("/dev/jp-mcu", 1));
    assert_eq!(config.site.name, "Bench");
    assert_eq!(config.ocpp.unwrap().charge_point_id, "CP-0042");
}

#[test]
fn a_full_file_is_taken_as_far_as_it_goes() {
    let imported = import(FULL, None, &[]);
    assert_complete(FULL, &imported);
    let document = &imported.document;
    let at = |pointer: &str| document.pointer(pointer).unwrap_or(&Value::Null).clone();
    for (pointer, value) in [
        ("/site/limit_w", json!(250_400)),
        ("/chains/0/power_cap_w", json!(250_400)),
        ("/planner/borrowing", json!(true)),
        ("/planner/min_module_hold_ms", json!(1_000)),
        ("/planner/switch_max_current_a", json!(1)),
        ("/planner/tie_close_max_delta_v", json!(15)),
        ("/planner/switch_stable_ms", json!(100)),
        ("/planner/ramp_a_per_s", json!(60)),
        ("/connectors/0/max_current_a", json!(250)),
        ("/connectors/1/max_voltage_v", json!(1_500)),
        ("/connectors/0/modules", json!(["M1_0", "M1_1"])),
        ("/connectors/2/modules", json!(["M3_0"])),
        ("/connectors/2/contactor", json!(3)),
        ("/modules/1/max_power_w", json!(30_000)),
        ("/modules/1/max_current_a", json!(37)),
        ("/modules/2/driver", json!("infypower")),
        ("/modules/3/id", json!("M3_0")),
        ("/can/1/interface", json!("can2")),
        ("/ties/0", json!({ "id": "MC_1", "contactor": 4, "between": [1, 2] })),
        ("/ties/2/between", json!([3, 1])),
        ("/authorisation/mode", json!("rfid")),
        ("/authorisation/autocharge", json!(true)),
        ("/authorisation/plug_in_timeout_s", json!(90)),
        ("/authorisation/offline", json!("local-list-and-cache")),
        ("/ocpp/url", json!("wss://csms.example:9443/ws")),
        ("/ocpp/charge_point_id", json!("SITE7-DC4")),
        ("/ocpp/meter_interval_s", json!(20)),
        ("/network/apn", json!("iot.example")),
    ] {
        assert_eq!(at(pointer), value, "{pointer}");
    }
    for (source, outcome) in [
        ("/gridLimitKW", Outcome::Taken),
        ("/connectors/0/maxCurrentA", Outcome::Changed),
        ("/connectors/1/maxVoltageV", Outcome::Changed),
        ("/connectors/1/meterScale", Outcome::NotUnderstood),
        ("/connectors/2/requireLock", Outcome::Changed),
        ("/switchStableTimeMs", Outcome::NotNeeded),
        ("/slots/0/mc", Outcome::Changed),
        ("/slots/0/cw", Outcome::Taken),
        ("/slots/0/modules/0/type", Outcome::NotUnderstood),
        ("/slots/0/modules/0/hiLoMode", Outcome::NotUnderstood),
        ("/slots/0/modules/0/pollMs", Outcome::NotNeeded),
        ("/slots/1/modules/0/type", Outcome::Changed),
        ("/firmwareUpdate/allowUnsigned", Outcome::Changed),
        ("/security/csmsCaBundle", Outcome::NotUnderstood),
        ("/security/mfCaBundle", Outcome::NotNeeded),
        ("/ocppConfig", Outcome::NotNeeded),
        ("/ocpp/Security/AuthorizationKey", Outcome::NotUnderstood),
        ("/ocpp/Core/MeterValueSampleInterval", Outcome::NotNeeded),
        ("/ocpp/Core/HeartbeatInterval", Outcome::NotNeeded),
        ("/ocpp/Custom/SomethingOfTheirs", Outcome::NotUnderstood),
        ("/somebody's~1own~0key", Outcome::NotUnderstood),
        ("/chargePoint/ocppEndpointToBackend", Outcome::Changed),
        ("/chargePoint/centralSystemURI", Outcome::NotNeeded),
    ] {
        assert_eq!(line(&imported, source).outcome, outcome, "{source}: {}", line(&imported, source).why);
    }
    // The drivers that do not exist yet, and the address that none of them has, are told.
    let lacking = lacking(&imported);
    for pointer in ["/modules/0/driver", "/modules/1/driver", "/modules/3/driver", "/modules/3/address", "/mcu/port"] {
        assert!(lacking.contains(&pointer), "{pointer}: {lacking:?}");
    }
    assert!(!lacking.contains(&"/modules/2/driver"));
}

#[test]
fn every_key_of_the_field_notes_is_known() {
    let unknown: Vec<String> = import(FULL, None, &[])
        .report
        .into_iter()
        .filter(|line| line.why.starts_with("not a key"))
        .map(|line| line.source)
        .collect();
    assert_eq!(unknown, ["/ocpp/Custom/SomethingOfTheirs", "/somebody's~1own~0key"]);
}

#[test]
fn the_document_in_toml_begins_with_what_it_lacks() {
    let text = import(SMALL, None, &[]).to_toml().unwrap();
    let document: toml::Table = text.parse().unwrap();
    assert_eq!(document["connectors"][0]["max_current_a"].as_integer(), Some(200), "{text}");
    assert!(text.contains("#   /mcu/port is missing: expected the serial line of the MCU"), "{text}");
    let mistakes = from_toml(&text).unwrap_err();
    assert!(mistakes[0].to_string().contains("is missing"), "{mistakes:?}");
}

#[test]
fn no_secret_of_the_file_is_repeated() {
    let imported = import(FULL, None, &[]);
    assert!(!format!("{imported:?}").contains("hunter2"));
}

#[test]
fn a_broken_file_says_what_is_wrong_with_it() {
    let imported = import(BROKEN, None, &[]);
    assert_complete(BROKEN, &imported);
    assert_eq!(imported.config, None);
    for source in [
        "/chargePoint/id",
        "/chargePoint/centralSystemURI",
        "/controller/freeMode",
        "/controller/labBypass",
        "/connectors/0/maxCurrentA",
        "/connectors/0/maxPowerW",
        "/connectors/0/maxVoltageV",
        "/connectors/1",
        "/connectors/2",
        "/connectors/3",
        "/slots/0/cw",
        "/slots/0/ccw",
        "/slots/0/modules/0",
        "/slots/0/modules/1/type",
        "/slots/0/modules/1/address",
        "/slots/0/modules/1/ratedPowerKW",
        "/slots/1",
        "/slots/3",
        "/planner",
        "/timeouts",
    ] {
        assert_eq!(line(&imported, source).outcome, Outcome::NotUnderstood, "{source}");
    }
    assert_eq!(line(&imported, "/gridLimitKW").outcome, Outcome::Changed);
}

#[test]
fn two_slots_that_form_a_ring_have_one_tie() {
    let text = json!({
        "connectors": [{ "id": 1 }, { "id": 2 }],
        "slots": [
            { "id": 1, "mc": "MC_1", "cw": 2, "ccw": 2, "modules": [{ "id": "a" }] },
            { "id": 2, "mc": "MC_2", "cw": 1, "ccw": 1, "modules": [{ "id": "b" }] },
        ],
    });
    let imported = import(&text.to_string(), None, &[]);
    assert_complete(&text.to_string(), &imported);
    assert_eq!(imported.document["ties"], json!([{ "id": "MC_1", "contactor": 3, "between": [1, 2] }]));
    assert_eq!(line(&imported, "/slots/1/mc").outcome, Outcome::NotUnderstood);
}

#[test]
fn hostile_files_are_refused_in_one_line() {
    let deep = format!("{}1{}", "{\"ocpp\":".repeat(5_000), "}".repeat(5_000));
    let many = format!("{{\"connectors\":[{}1]}}", "1,".repeat(100_000));
    let huge = format!("{{\"chargePoint\":{{\"id\":\"{}\"}}}}", "x".repeat(6 << 20));
    for text in [deep.as_str(), &many, &huge, "", "[]", "null", "{", "\u{feff}[1]", "{\"a\":1}x"] {
        let imported = import(text, None, &[]);
        assert_eq!(imported.report.len(), 1, "{:?}", &text[..text.len().min(20)]);
        assert_eq!(imported.report[0].outcome, Outcome::NotUnderstood);
        assert_eq!((imported.config, imported.lacking.len()), (None, 1));
    }
}

#[test]
fn many_connectors_and_modules_stay_bounded() {
    let connectors: Vec<Value> = (0..300).map(|i| json!({ "id": i })).collect();
    let modules: Vec<Value> = (0..300).map(|i| json!({ "id": format!("m{i}"), "address": i })).collect();
    let slots: Vec<Value> =
        (0..300).map(|i| json!({ "id": i, "modules": if i == 1 { json!(modules) } else { json!([]) } })).collect();
    let text = json!({ "connectors": connectors, "slots": slots }).to_string();
    let imported = import(&text, None, &[]);
    assert_complete(&text, &imported);
    assert_eq!(imported.document["connectors"].as_array().unwrap().len(), 32);
    assert_eq!(imported.document["modules"].as_array().unwrap().len(), 128);
}

/// Any JSON whose keys are often those of a charger.json.
fn any_json() -> impl Strategy<Value = Value> {
    let keys = [
        "chargePoint",
        "id",
        "centralSystemURI",
        "ocppEndpointToBackend",
        "controller",
        "freeMode",
        "connectors",
        "label",
        "maxCurrentA",
        "maxPowerW",
        "maxVoltageV",
        "meterSource",
        "slots",
        "gunId",
        "gc",
        "mc",
        "cw",
        "ccw",
        "modules",
        "type",
        "canInterface",
        "address",
        "ratedPowerKW",
        "ratedCurrentA",
        "planner",
        "gridLimitKW",
        "modulePowerKW",
        "ocpp",
        "Core",
        "Custom",
        "AutochargeEnabled",
        "security",
        "a/b",
        "~",
        "",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..40).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("ws://u:p@h/x/")),
        Just(json!("maxwell")),
    ];
    leaf.prop_recursive(6, 120, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(keys.to_vec()), inner), 0..9)
                .prop_map(|fields| fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

/// A good file with anything put in place of one of its values.
fn mutated() -> impl Strategy<Value = Value> {
    (any::<prop::sample::Index>(), any_json()).prop_map(|(which, value)| {
        let mut root: Value = serde_json::from_str(FULL).unwrap();
        let mut all = Vec::new();
        leaves(&root, "", &mut all);
        let pointer = which.get(&all).clone();
        // Somewhere on the way down, not only at its end.
        let depth = 1 + which.index(pointer.matches('/').count());
        let end = pointer.match_indices('/').map(|(i, _)| i).nth(depth).unwrap_or(pointer.len());
        *root.pointer_mut(&pointer[..end]).unwrap() = value;
        root
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in ".{0,300}") {
        import(&text, None, &[]);
    }

    #[test]
    fn every_key_of_any_document_has_one_line(root in any_json()) {
        let text = root.to_string();
        let imported = import(&text, None, &[]);
        // Of an object without keys there is nothing to say.
        if root.as_object().is_some_and(|fields| !fields.is_empty()) {
            assert_complete(&text, &imported);
        }
    }

    #[test]
    fn every_key_of_a_spoilt_file_has_one_line(root in mutated(), with_base in any::<bool>()) {
        let text = root.to_string();
        let unit = from_toml(include_str!("cabinet.toml")).unwrap();
        let imported = import(&text, with_base.then_some(&unit), &[]);
        assert_complete(&text, &imported);
        // What lacks nothing is a configuration, and what lacks something is none.
        assert_eq!(imported.config.is_some(), imported.lacking.is_empty());
        assert_eq!(from_json(&imported.document).is_ok(), imported.lacking.is_empty());
    }
}
