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
