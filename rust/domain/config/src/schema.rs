//! The JSON Schema of the tree, as a form needs it.

use schemars::{Schema, generate::SchemaSettings, transform::transform_subschemas};
use serde_json::{Map, Value};

use crate::Config;

/// Units that stand at the end of a field's name; the form shows `x-unit` instead.
const UNITS: [&str; 9] = ["_w", "_v", "_a", "_s", "_ms", "_c", "_mib", "_percent", "_a_per_s"];
/// Words that are not written as they stand in a field's name.
const WORDS: [(&str, &str); 12] = [
    ("id", "ID"),
    ("mcu", "MCU"),
    ("can", "CAN"),
    ("ocpp", "OCPP"),
    ("ocmf", "OCMF"),
    ("rfid", "RFID"),
    ("url", "URL"),
    ("evse", "EVSE"),
    ("ntp", "NTP"),
    ("dns", "DNS"),
    ("apn", "APN"),
    ("ca", "CA"),
];

/// The JSON Schema of the tree (draft 2020-12). Each field carries a `title` and a `description`, its range or its choices,
/// its `default`, and in words of our own: `x-unit`; `x-apply`, when a change takes effect (`now`, or `next session` of
/// the connectors concerned); `x-role`, the least role that a form offers it to (`operator`, `service`, `oem`); `x-secret`,
/// `true` for what is not to be shown to everybody and `"file"` for the path of a file with a secret.
pub fn schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Config>();
    titles(&mut schema);
    schema.to_value()
}

/// Gives every property of a schema a title made from its name, and goes on below it.
fn titles(schema: &mut Schema) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, property) in properties {
            if let Some(property) = property.as_object_mut() {
                title(name, property);
            }
        }
    }
    transform_subschemas(&mut titles, schema);
}

fn title(name: &str, property: &mut Map<String, Value>) {
    let stem = UNITS
        .iter()
        .filter(|_| property.contains_key("x-unit"))
        .filter_map(|unit| name.strip_suffix(unit))
        .min_by_key(|stem| stem.len());
    let words: Vec<String> = stem
        .unwrap_or(name)
        .split('_')
        .map(|word| WORDS.iter().find(|(from, _)| *from == word).map_or(word, |(_, to)| to).to_owned())
        .collect();
    let text = words.join(" ");
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    property.insert("title".to_owned(), Value::String(first + letters.as_str()));
}
