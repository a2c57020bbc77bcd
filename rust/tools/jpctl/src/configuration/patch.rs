//! Single fields as a merge patch.

use serde_json::{Map, Value};

use crate::args::Assignment;

/// The merge patch that sets these fields in a tree. Such a patch knows no places in lists, so a list goes as a whole.
pub(super) fn of(tree: &Value, fields: &[Assignment]) -> Result<Value, String> {
    let mut changed = tree.clone();
    let mut patch = Value::Object(Map::new());
    for Assignment { pointer, value } in fields {
        set(&mut changed, pointer, value)?;
        let mut whole = String::new();
        for token in pointer.split('/').skip(1) {
            whole = format!("{whole}/{token}");
            if changed.pointer(&whole).is_some_and(Value::is_array) {
                break;
            }
        }
        let value = changed.pointer(&whole).cloned().unwrap_or(Value::Null);
        put(&mut patch, &whole, value);
    }
    Ok(patch)
}

fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// Sets one field. The sections on the way are made; an entry of a list must be there, or be the next one.
fn set(tree: &mut Value, pointer: &str, value: &Value) -> Result<(), String> {
    let (way, last) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    let mut at = String::new();
    let mut node = tree;
    for token in way.split('/').skip(1) {
        at = format!("{at}/{token}");
        node = match node {
            Value::Array(list) => {
                let count = list.len();
                let entry = token.parse().ok().and_then(|index: usize| list.get_mut(index));
                entry.ok_or_else(|| format!("{at}: there is no such entry; the list has {count}"))?
            }
            Value::Object(fields) => fields.entry(unescaped(token)).or_insert_with(|| Value::Object(Map::new())),
            _ => return Err(format!("{at}: there is nothing below a single value")),
        };
    }
    match node {
        Value::Array(list) => match last.parse::<usize>() {
            Ok(index) if index < list.len() && value.is_null() => drop(list.remove(index)),
            Ok(index) if index < list.len() => {
                if let Some(entry) = list.get_mut(index) {
                    *entry = value.clone();
                }
            }
            Ok(index) if index == list.len() && !value.is_null() => list.push(value.clone()),
            _ => return Err(format!("{pointer}: expected 0 to {}", list.len())),
        },
        Value::Object(fields) if value.is_null() => drop(fields.remove(&unescaped(last))),
        Value::Object(fields) => drop(fields.insert(unescaped(last), value.clone())),
        _ => return Err(format!("{pointer}: there is nothing below a single value")),
    }
    Ok(())
}

/// Puts a value into a patch, which is made of nothing but objects on the way there.
fn put(patch: &mut Value, pointer: &str, value: Value) {
    let mut node = Some(patch);
    for token in pointer.split('/').skip(1) {
        node = node.and_then(|node| {
            if !node.is_object() {
                *node = Value::Object(Map::new());
            }
            Some(node.as_object_mut()?.entry(unescaped(token)).or_insert(Value::Null))
        });
    }
    if let Some(node) = node {
        *node = value;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patch(fields: &[&str]) -> Result<Value, String> {
        let tree = json!({ "site": { "name": "x" }, "connectors": [{ "id": 1, "tags": ["a"] }, { "id": 2 }], "rfid": { "port": "/p" } });
        let fields: Vec<Assignment> = fields.iter().map(|field| field.parse().unwrap()).collect();
        of(&tree, &fields)
    }

    #[test]
    fn fields_of_sections_go_alone() {
        let said = patch(&["/site/limit_w=5", "/site/name=y", "/rfid=null", "/tunnel/enabled=true"]);
        let expected = json!({ "site": { "limit_w": 5, "name": "y" }, "rfid": null, "tunnel": { "enabled": true } });
        assert_eq!(said, Ok(expected));
    }

    #[test]
    fn lists_go_whole() {
        let said = patch(&["/connectors/1/label=Left", "/connectors/0/tags/1=b", "/connectors/2={\"id\":3}"]);
        let expected =
            json!({ "connectors": [{ "id": 1, "tags": ["a", "b"] }, { "id": 2, "label": "Left" }, { "id": 3 }] });
        assert_eq!(said, Ok(expected));
        assert_eq!(patch(&["/connectors/0=null"]), Ok(json!({ "connectors": [{ "id": 2 }] })));
    }

    #[test]
    fn impossible_places_are_told() {
        for (field, words) in [
            ("/connectors/7/label=x", "/connectors/7: there is no such entry; the list has 2"),
            ("/connectors/9={}", "/connectors/9: expected 0 to 2"),
            ("/connectors/first=1", "/connectors/first: expected 0 to 2"),
            ("/site/name/x=1", "nothing below a single value"),
        ] {
            let said = patch(&[field]).unwrap_err();
            assert!(said.contains(words), "{said}");
        }
    }
}
