//! What differs between two configurations, field by field: what a person sees before saving, and what waits.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{Applies, Config, applies};

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// JSON pointer of the field in the document after the change; before it, for what is gone.
    pub pointer: String,
    /// What stood there; `None` if nothing did.
    pub before: Option<Value>,
    /// What stands there now; `None` if nothing does.
    pub after: Option<Value>,
    /// When it takes effect.
    pub applies: Applies,
}

/// The fields that differ, in the order of the document. Entries of lists are told apart by their ids, not by their places.
pub fn diff(before: &Config, after: &Config) -> Vec<Change> {
    let mut changes = Vec::new();
    let tree = |config: &Config| serde_json::to_value(config).unwrap_or(Value::Null);
    compare(String::new(), Some(&tree(before)), Some(&tree(after)), &mut changes);
    changes
}

fn compare(pointer: String, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    match (before, after) {
        (Some(a), Some(b)) if a == b => {}
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let added = b.keys().filter(|key| !a.contains_key(*key));
            for key in a.keys().chain(added) {
                compare(format!("{pointer}/{key}"), a.get(key), b.get(key), changes);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => match (ids(a), ids(b)) {
            (Some(old), Some(new)) => {
                for (i, entry) in b.iter().enumerate() {
                    let older = new.get(i).and_then(|id| old.iter().position(|other| other == id));
                    compare(format!("{pointer}/{i}"), older.and_then(|j| a.get(j)), Some(entry), changes);
                }
                for (i, entry) in a.iter().enumerate() {
                    if old.get(i).is_none_or(|id| !new.contains(id)) {
                        compare(format!("{pointer}/{i}"), Some(entry), None, changes);
                    }
                }
            }
            // A list of plain values is one value.
            _ => push(pointer, before, after, changes),
        },
        _ => push(pointer, before, after, changes),
    }
}

fn push(pointer: String, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    // What goes is gone when nobody uses it any more.
    let applies = if after.is_none() { Applies::NextSession } else { applies(&pointer) };
    changes.push(Change { pointer, before: before.cloned(), after: after.cloned(), applies });
}

/// The ids of a list's entries, if each has one of its own.
fn ids(list: &[Value]) -> Option<Vec<&Value>> {
    let ids: Option<Vec<&Value>> = list.iter().map(|entry| entry.get("id")).collect();
    ids.filter(|ids| ids.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len() == ids.len())
}
