//! The new document while it is being made.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Added;
use crate::{Mistake, from_json};

/// A field that nobody could give a value yet.
#[derive(Debug)]
struct Gap {
    pointer: String,
    expected: String,
    /// A value with which everything else can be checked.
    stand_in: Value,
}

/// The new document while it is being made.
#[derive(Debug)]
pub(super) struct Draft {
    document: Value,
    base: Option<Value>,
    added: Vec<Added>,
    gaps: Vec<Gap>,
}

/// Sections that the older file says nothing of.
const KEPT: [&str; 9] =
    ["mcu", "rfid", "ocmf", "branding", "network", "tunnel", "telemetry", "updates", "authorisation"];

impl Draft {
    pub(super) fn new(base: Option<Value>) -> Self {
        Self { document: json!({}), base, added: Vec::new(), gaps: Vec::new() }
    }

    /// Sets a field, and what is on the way to it.
    pub(super) fn set(&mut self, pointer: &str, value: impl Into<Value>) {
        put(&mut self.document, pointer, value.into());
    }

    pub(super) fn get(&self, pointer: &str) -> Option<&Value> {
        self.document.pointer(pointer)
    }

    pub(super) fn base(&self, pointer: &str) -> Option<&Value> {
        self.base.as_ref()?.pointer(pointer)
    }

    /// The entry of one of the base's lists that has this id.
    pub(super) fn base_entry(&self, list: &str, id: &Value) -> Option<Value> {
        let entries = self.base(&format!("/{list}"))?.as_array()?;
        entries.iter().find(|entry| entry.get("id") == Some(id)).cloned()
    }

    /// Sets a field that no key of the older file speaks of, and says why.
    pub(super) fn add(&mut self, pointer: &str, value: impl Into<Value>, why: impl Into<String>) {
        self.set(pointer, value);
        let filled =
            |gap: &Gap| gap.pointer.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.gaps.retain(|gap| !filled(gap));
        self.added.push(Added { pointer: pointer.to_owned(), why: why.into() });
    }

    /// Sets a field from the unit's own configuration, or leaves it to be filled in.
    pub(super) fn add_or_gap(
        &mut self,
        pointer: &str,
        own: Option<Value>,
        stand_in: impl Into<Value>,
        expected: impl Into<String>,
    ) {
        match own {
            Some(value) => self.add(pointer, value, "as in the unit's configuration"),
            None => self.gap(pointer, stand_in, expected),
        }
    }

    pub(super) fn gap(&mut self, pointer: &str, stand_in: impl Into<Value>, expected: impl Into<String>) {
        let (pointer, expected) = (pointer.to_owned(), expected.into());
        self.gaps.push(Gap { pointer, expected, stand_in: stand_in.into() });
    }

    /// Takes over what the older file says nothing of.
    pub(super) fn keep_the_rest(&mut self) {
        for section in KEPT {
            let Some(own) = self.base(&format!("/{section}")).filter(|own| !own.is_null()).cloned() else { continue };
            let mut whole = own;
            if let Some(taken) = self.get(&format!("/{section}")) {
                crate::merge(&mut whole, &taken.clone());
            }
            self.add(&format!("/{section}"), whole, "the rest of it as in the unit's configuration");
        }
        if self.get("/mcu/port").is_none() {
            self.gap("/mcu/port", "/dev/fill-in", "the serial line of the MCU, such as /dev/jp-mcu");
        }
    }

    /// The document, what was added to it, and what it lacks.
    pub(super) fn finish(self) -> (Value, Vec<Added>, Vec<Mistake>) {
        let Self { document, gaps, added, .. } = self;
        let mut whole = document.clone();
        for gap in &gaps {
            put(&mut whole, &gap.pointer, gap.stand_in.clone());
        }
        let open: BTreeSet<&str> = gaps.iter().map(|gap| gap.pointer.as_str()).collect();
        let others = from_json(&whole).err().unwrap_or_default();
        let others = others.into_iter().filter(|mistake| !open.contains(mistake.pointer.as_str()));
        let lacking = gaps.iter().map(|gap| {
            let there = document.pointer(&gap.pointer).map_or("missing".to_owned(), Value::to_string);
            Mistake::new(&gap.pointer, there, &gap.expected)
        });
        let lacking = lacking.chain(others).collect();
        (document, added, lacking)
    }
}

/// The longest list that a pointer may make.
const LONGEST: usize = 1_000;

/// Puts a value where a pointer says; a number is a place in a list.
fn put(document: &mut Value, pointer: &str, value: Value) {
    let mut node = Some(document);
    for token in pointer.split('/').skip(1) {
        node = node.and_then(|node| step(node, token));
    }
    if let Some(node) = node {
        *node = value;
    }
}

fn step<'a>(node: &'a mut Value, token: &str) -> Option<&'a mut Value> {
    if let Some(index) = token.parse::<usize>().ok().filter(|index| *index < LONGEST) {
        if !node.is_array() {
            *node = Value::Array(Vec::new());
        }
        let list = node.as_array_mut()?;
        while list.len() <= index {
            list.push(Value::Null);
        }
        return list.get_mut(index);
    }
    if !node.is_object() {
        *node = Value::Object(Map::new());
    }
    Some(node.as_object_mut()?.entry(token).or_insert(Value::Null))
}
