//! The older file, and what became of each of its keys.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Line, Outcome, table};

/// A value of the older file and where it stands.
#[derive(Clone, Debug)]
pub(super) struct At<'a> {
    pub(super) pointer: String,
    pub(super) value: &'a Value,
}

impl<'a> At<'a> {
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.as_object()?.get(key)?;
        Some(Self { pointer: below(&self.pointer, key), value })
    }

    pub(super) fn entries(&self) -> Vec<Self> {
        let entries = self.value.as_array().map(Vec::as_slice).unwrap_or_default();
        let at = |(i, value): (usize, &'a Value)| Self { pointer: below(&self.pointer, &i.to_string()), value };
        entries.iter().enumerate().map(at).collect()
    }

    /// A text that is not empty.
    pub(super) fn text(&self) -> Option<&'a str> {
        self.value.as_str().map(str::trim).filter(|text| !text.is_empty())
    }
}

fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// The older file with the report on it.
#[derive(Debug)]
pub(super) struct Source<'a> {
    root: At<'a>,
    lines: BTreeMap<String, Line>,
}

impl<'a> Source<'a> {
    pub(super) fn new(root: &'a Value) -> Self {
        Self { root: At { pointer: String::new(), value: root }, lines: BTreeMap::new() }
    }

    /// The value at a pointer of plain keys.
    pub(super) fn at(&self, pointer: &str) -> Option<At<'a>> {
        pointer.split('/').skip(1).try_fold(self.root.clone(), |at, key| at.get(key))
    }

    /// The first of several keys for the same thing; the others do not count.
    pub(super) fn first(&mut self, pointers: &[&str]) -> Option<At<'a>> {
        let mut found = pointers.iter().filter_map(|pointer| self.at(pointer)).collect::<Vec<_>>().into_iter();
        let first = found.next()?;
        for other in found {
            self.tell(&other, Outcome::NotNeeded, None, format!("{} says it already", first.pointer));
        }
        Some(first)
    }

    /// Says what became of a key. What is said first stands.
    pub(super) fn tell(&mut self, at: &At<'_>, outcome: Outcome, target: Option<&str>, why: impl Into<String>) {
        self.lines.entry(at.pointer.clone()).or_insert_with(|| Line {
            source: at.pointer.clone(),
            outcome,
            target: target.map(str::to_owned),
            why: why.into(),
        });
    }

    pub(super) fn taken(&mut self, at: &At<'_>, target: &str) {
        self.tell(at, Outcome::Taken, Some(target), "taken");
    }

    pub(super) fn changed(&mut self, at: &At<'_>, target: &str, why: impl Into<String>) {
        self.tell(at, Outcome::Changed, Some(target), why);
    }

    pub(super) fn not_understood(&mut self, at: &At<'_>, target: Option<&str>, why: impl Into<String>) {
        self.tell(at, Outcome::NotUnderstood, target, why);
    }

    pub(super) fn not_needed(&mut self, at: &At<'_>, why: impl Into<String>) {
        self.tell(at, Outcome::NotNeeded, None, why);
    }

    /// The report, in the order of the file, with a line for all that nobody spoke of.
    pub(super) fn report(mut self) -> Vec<Line> {
        let mut report = Vec::new();
        let root = self.root.clone();
        self.collect(&root, &mut Vec::new(), &mut report);
        report
    }

    fn collect(&mut self, at: &At<'_>, path: &mut Vec<String>, report: &mut Vec<Line>) {
        if let Some(line) = self.lines.remove(&at.pointer) {
            report.push(line);
            return;
        }
        if let Some((outcome, why)) = table::fate(path, at.value) {
            let why = why.to_owned();
            report.push(Line { source: at.pointer.clone(), outcome, target: None, why });
            return;
        }
        let children: Vec<(String, At<'_>)> = match at.value {
            Value::Object(fields) => fields.keys().filter_map(|key| Some((key.clone(), at.get(key)?))).collect(),
            Value::Array(_) => at.entries().into_iter().map(|entry| ("*".to_owned(), entry)).collect(),
            _ => Vec::new(),
        };
        // A branch of which nothing is known is told in one line.
        if !path.is_empty() && (children.is_empty() || !self.knows_below(at, path)) {
            let (outcome, why) = if at.value.as_array().is_some_and(Vec::is_empty)
                || at.value.as_object().is_some_and(serde_json::Map::is_empty)
            {
                (Outcome::NotNeeded, "empty")
            } else {
                (Outcome::NotUnderstood, "not a key, or not a value, that is known of charger.json")
            };
            report.push(Line { source: at.pointer.clone(), outcome, target: None, why: why.to_owned() });
            return;
        }
        for (key, child) in children {
            path.push(key);
            self.collect(&child, path, report);
            path.pop();
        }
    }

    /// Whether anything is said, or can be said, of what is below.
    fn knows_below(&self, at: &At<'_>, path: &[String]) -> bool {
        let prefix = format!("{}/", at.pointer);
        let told = self.lines.range(prefix.clone()..).next().is_some_and(|(key, _)| key.starts_with(&prefix));
        told || table::has_below(path, at.value)
    }
}
