//! What differs between two configurations, field by field: what hot reload hands to the ones it concerns.

use serde_json::Value;

use crate::Config;

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// JSON pointer of the field.
    pub pointer: String,
    /// What stood there; `None` if nothing did.
    pub before: Option<Value>,
    /// What stands there now; `None` if nothing does.
    pub after: Option<Value>,
}

/// The fields that differ, in the order of the document.
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
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for i in 0..a.len().max(b.len()) {
                compare(format!("{pointer}/{i}"), a.get(i), b.get(i), changes);
            }
        }
        _ => changes.push(Change { pointer, before: before.cloned(), after: after.cloned() }),
    }
}
