//! The schema says of every field what a form must know, and stands in the repository as it is.
#![cfg(test)]

use serde_json::Value;

const COMMITTED: &str = include_str!("../schema.json");

/// Whole numbers that count or name something: no unit.
const UNITLESS: [&str; 6] = ["id", "contactor", "address", "energy_exponent", "priority", "between"];

/// A field without fields below it.
struct Leaf {
    path: String,
    property: Value,
    /// What `$ref` leads to, or the property itself.
    target: Value,
}

fn resolve(root: &Value, value: &Value) -> Value {
    if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
        return root.pointer(reference.trim_start_matches('#')).unwrap().clone();
    }
    let others = value.get("anyOf").and_then(Value::as_array);
    let present = others.and_then(|all| all.iter().find(|one| one["type"] != "null"));
    present.map_or_else(|| value.clone(), |one| resolve(root, one))
}

fn leaves(root: &Value, at: &Value, path: &str, found: &mut Vec<Leaf>) {
    for (name, property) in at["properties"].as_object().unwrap() {
        let path = format!("{path}/{name}");
        let target = resolve(root, property);
        let entry = target.get("items").map(|items| resolve(root, items));
        if target.get("properties").is_some() {
            leaves(root, &target, &path, found);
        } else if let Some(entry) = entry.filter(|entry| entry.get("properties").is_some()) {
            leaves(root, &entry, &format!("{path}/*"), found);
        } else {
            found.push(Leaf { path, property: property.clone(), target });
        }
    }
}

fn all_leaves() -> Vec<Leaf> {
    let root = config::schema();
    let mut found = Vec::new();
    leaves(&root, &root, "", &mut found);
    found
}

fn is_integer(value: &Value) -> bool {
    let kind = &value["type"];
    kind == "integer" || kind.as_array().is_some_and(|kinds| kinds.contains(&"integer".into()))
}

#[test]
fn no_leaf_lacks_help_a_role_and_when_it_applies() {
    let leaves = all_leaves();
    // So that a change of the walk cannot make this test see nothing.
    for known in ["/site/limit_w", "/connectors/*/evse_id", "/ties/*/between", "/rfid/port", "/updates/window/from"] {
        assert!(leaves.iter().any(|leaf| leaf.path == known), "{known} is not seen");
    }
    let lacks = |leaf: &Leaf, key: &str, allowed: &[&str]| {
        let value = leaf.property.get(key).and_then(Value::as_str);
        value.is_none_or(|value| !allowed.is_empty() && !allowed.contains(&value))
    };
    let mut wrong = Vec::new();
    for leaf in &leaves {
        if lacks(leaf, "description", &[]) || lacks(leaf, "title", &[]) {
            wrong.push(format!("{}: help", leaf.path));
        }
        if lacks(leaf, "x-apply", &["now", "next session"]) {
            wrong.push(format!("{}: x-apply", leaf.path));
        }
        if lacks(leaf, "x-role", &["operator", "service", "oem"]) {
            wrong.push(format!("{}: x-role", leaf.path));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_number_has_a_range_and_what_is_measured_a_unit() {
    let mut wrong = Vec::new();
    for leaf in all_leaves() {
        let name = leaf.path.rsplit('/').next().unwrap();
        if is_integer(&leaf.target) {
            let has = |key: &str| leaf.property.get(key).is_some() || leaf.target.get(key).is_some();
            if !has("minimum") || !has("maximum") {
                wrong.push(format!("{}: range", leaf.path));
            }
            if !UNITLESS.contains(&name) && leaf.property.get("x-unit").is_none() {
                wrong.push(format!("{}: x-unit", leaf.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_choice_is_explained() {
    let schema = config::schema();
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        for choice in definition.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
            assert!(choice.get("description").is_some(), "{name}: {choice}");
        }
    }
}

#[test]
fn titles_are_for_people() {
    let schema = config::schema();
    let title = |pointer: &str| schema.pointer(pointer).unwrap()["title"].as_str().unwrap().to_owned();
    assert_eq!(title("/$defs/Site/properties/building_load_w"), "Building load");
    assert_eq!(title("/$defs/Planner/properties/ramp_a_per_s"), "Ramp");
    assert_eq!(title("/$defs/Connector/properties/evse_id"), "EVSE ID");
    assert_eq!(title("/properties/ocpp"), "OCPP");
}

#[test]
fn the_committed_schema_is_the_one_of_the_types() {
    let committed: Value = serde_json::from_str(COMMITTED).unwrap();
    assert!(
        committed == config::schema(),
        "the types have changed: in rust/, cargo run -p jpctl -- config schema > domain/config/schema.json"
    );
}
