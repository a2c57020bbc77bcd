//! A good document is taken and given back; every bad one is refused by the name of the field.
#![cfg(test)]

use config::{Applies, Change, diff, from_toml, schema, to_toml};
use proptest::prelude::*;

const GOOD: &str = include_str!("cabinet.toml");

/// The mistakes of `GOOD` with one text replaced, as lines.
fn refused(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from} is not in the example");
    let mistakes = from_toml(&GOOD.replacen(from, to, 1)).expect_err(to);
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_good_one_is_taken_and_survives_a_round_trip() {
    let config = from_toml(GOOD).unwrap();
    assert_eq!(from_toml(&to_toml(&config).unwrap()).unwrap(), config);
}

#[test]
fn an_unknown_key_is_named() {
    let said = refused("limit_w = 60000", "limit_w = 60000\nlimit_kw = 60");
    assert!(said.starts_with("/site/limit_kw is an unknown key: expected"), "{said}");
    assert!(said.contains("limit_w"), "{said}");
}

#[test]
fn an_impossible_value_is_named_with_its_range() {
    assert_eq!(refused("limit_w = 60000", "limit_w = -1"), "/site/limit_w is -1: expected 0 to 10000000 W");
    let said = refused("max_voltage_v = 1000", "max_voltage_v = 9000");
    assert_eq!(said, "/connectors/0/max_voltage_v is 9000: expected 150 to 1500 V");
}

#[test]
fn a_duplicated_connector_id_is_named() {
    let said = refused("id = 2", "id = 1");
    assert_eq!(said, "/connectors/1/id is \"1\": expected a value that /connectors/0/id does not have");
}

#[test]
fn a_missing_field_is_named() {
    let said = refused("power_cap_w = 60000", "");
    assert_eq!(said, "/chains/0/power_cap_w is missing: expected a value");
}

#[test]
fn a_wrong_type_is_named() {
    let said = refused("limit_w = 60000", "limit_w = \"much\"");
    assert!(said.starts_with("/site/limit_w is \"much\": expected"), "{said}");
}

#[test]
fn a_name_that_does_not_exist_is_named_with_those_that_do() {
    let said = refused("modules = [\"m0\"]", "modules = [\"m7\"]");
    assert_eq!(said, "/connectors/0/modules/0 is \"m7\": expected a power module of this configuration: m0, m1");
}

#[test]
fn a_module_feeds_one_connector() {
    let said = refused("modules = [\"m1\"]", "modules = [\"m0\"]");
    assert!(said.contains("/connectors/1/modules/0 is \"m0\""), "{said}");
}

/// `GOOD` with a tie between its two slots.
fn tied(tie: &str) -> Result<config::Config, String> {
    let text = format!("{GOOD}\n[[ties]]\n{tie}\n");
    from_toml(&text).map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_tie_joins_two_slots_by_a_contactor_of_its_own() {
    assert_eq!(tied("id = \"t\"\ncontactor = 9\nbetween = [1, 2]").unwrap().ties.len(), 1);
    let said = tied("id = \"t\"\ncontactor = 2\nbetween = [1, 2]").unwrap_err();
    assert_eq!(said, "/ties/0/contactor is 2: expected a contactor that /connectors/1/contactor does not name");
    let said = tied("id = \"t\"\ncontactor = 9\nbetween = [1, 3]").unwrap_err();
    assert_eq!(said, "/ties/0/between/1 is \"3\": expected a connector of this configuration: 1, 2");
    let said = tied("id = \"t\"\ncontactor = 9\nbetween = [2, 2]").unwrap_err();
    assert_eq!(said, "/ties/0/between is [2, 2]: expected two different connectors");
}

#[test]
fn a_slot_without_modules_needs_a_tie() {
    let text = GOOD.replacen("modules = [\"m0\"]", "modules = []", 1);
    assert!(from_toml(&text).unwrap_err()[0].to_string().contains("or a tie to a neighbour"));
    assert!(from_toml(&format!("{text}\n[[ties]]\nid = \"t\"\ncontactor = 9\nbetween = [1, 2]\n")).is_ok());
}

#[test]
fn two_devices_on_one_line_differ_in_address() {
    let said = refused("address = 101", "address = 1");
    assert!(said.contains("/isolation/0/address is 1"), "{said}");
}

#[test]
fn all_wrong_values_are_told_at_once() {
    let text =
        GOOD.replace("limit_w = 60000", "limit_w = -1").replace("address = 59", "").replace("/dev/jp-rfid", "rfid");
    let mistakes = from_toml(&text).unwrap_err();
    assert_eq!(mistakes.len(), 2, "{mistakes:?}");
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    let said = refused("[mcu]", "[mcu");
    assert!(said.contains("line "), "{said}");
}

#[test]
fn a_difference_names_the_field() {
    let before = from_toml(GOOD).unwrap();
    let after = from_toml(&GOOD.replacen("limit_w = 60000", "limit_w = 50000", 1)).unwrap();
    let change = Change {
        pointer: "/site/limit_w".into(),
        before: Some(60_000.into()),
        after: Some(50_000.into()),
        applies: Applies::Now,
    };
    assert_eq!(diff(&before, &after), [change]);
}

#[test]
fn the_schema_carries_unit_range_and_when_it_applies() {
    let schema = schema();
    let limit = schema.pointer("/$defs/Site/properties/limit_w").unwrap();
    assert_eq!(limit["x-unit"], "W");
    assert_eq!(limit["x-apply"], "now");
    assert_eq!(limit["maximum"], 10_000_000);
    assert!(limit["description"].as_str().unwrap().contains("grid cap"));
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,400}") {
        let _ = from_toml(&text);
    }

    #[test]
    fn no_edit_of_a_good_one_panics(at in 0_usize..1_500, with in "[\\[\\]=\"0-9a-z\\n-]{0,8}") {
        let mut text = GOOD.to_owned();
        let at = at.min(text.len());
        text.insert_str(at, &with);
        let _ = from_toml(&text);
    }
}
