//! The documents that people read and run are good ones.
#![cfg(test)]

use std::collections::BTreeSet;

use config::{from_toml, schema};
use serde_json::Value;

fn readme() -> &'static str {
    let text = include_str!("../README.md");
    text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap()
}

#[test]
fn the_example_of_the_readme_is_a_good_one() {
    let mistakes = from_toml(readme()).err().unwrap_or_default();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[test]
fn the_example_of_the_readme_has_every_section() {
    let tree: toml::Table = readme().parse().unwrap();
    let sections: BTreeSet<&str> = tree.keys().map(String::as_str).collect();
    let schema = schema();
    let known: BTreeSet<&str> =
        schema.get("properties").and_then(Value::as_object).unwrap().keys().map(String::as_str).collect();
    assert_eq!(sections, known);
}

#[test]
fn the_cabinet_of_the_bench_is_a_good_one() {
    let mistakes = from_toml(include_str!("../../../../ci/cabinet/bench.toml")).err().unwrap_or_default();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[test]
fn a_unit_that_was_told_nothing_has_a_good_configuration_and_no_power() {
    let config = from_toml(include_str!("../../../../meta-joulepoint/files/config/unconfigured.toml")).unwrap();
    assert_eq!(config.site.limit_w, 0);
    assert!(config.chains.iter().all(|chain| chain.power_cap_w == 0));
    assert!(config.ocpp.is_none() && config.rfid.is_none());
}
