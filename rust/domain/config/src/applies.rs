//! When a change of a field takes effect, as the schema says it (`x-apply`).

use std::sync::OnceLock;

use serde_json::Value;

/// When a change takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applies {
    /// At once.
    Now,
    /// As soon as the connectors that it concerns are free.
    NextSession,
}

impl Applies {
    /// As in the schema.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::NextSession => "next session",
        }
    }
}

/// When a change at a JSON pointer takes effect. What the schema does not know, or does not say, takes effect now.
pub fn applies(pointer: &str) -> Applies {
    let mut node = Some(schema());
    let mut said = Applies::Now;
    for token in pointer.split('/').skip(1) {
        node = node.and_then(resolved).and_then(|node| match node.get("items") {
            Some(items) => Some(items),
            None => node.pointer(&format!("/properties/{token}")),
        });
        match node.and_then(|node| node.get("x-apply")).and_then(Value::as_str) {
            Some("next session") => said = Applies::NextSession,
            Some(_) => said = Applies::Now,
            None => {}
        }
    }
    said
}

/// The object or array behind references and options.
fn resolved(node: &'static Value) -> Option<&'static Value> {
    if let Some(name) = node.get("$ref").and_then(Value::as_str) {
        return schema().pointer(name.strip_prefix('#')?).and_then(resolved);
    }
    if let Some(choices) = node.get("anyOf").and_then(Value::as_array) {
        return choices.iter().filter_map(resolved).find(|choice| choice.get("properties").is_some());
    }
    Some(node)
}

fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(crate::schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_decides() {
        assert_eq!(applies("/site/limit_w"), Applies::Now);
        assert_eq!(applies("/connectors/3/evse_id"), Applies::NextSession);
        assert_eq!(applies("/connectors/3/priority"), Applies::Now);
        assert_eq!(applies("/connectors/3/modules/1"), Applies::NextSession);
        assert_eq!(applies("/ocpp/url"), Applies::Now);
        assert_eq!(applies("/mcu/port"), Applies::NextSession);
        assert_eq!(applies("/nothing/there"), Applies::Now);
    }
}
