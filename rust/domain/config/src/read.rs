//! Text to tree and back.

use serde_json::Value;
use serde_path_to_error::Segment;

use crate::{Config, Mistake};

/// Reads a TOML document and checks it.
///
/// # Errors
/// Every mistake that could be found: one if the text or its types are wrong, all of them if only values are.
pub fn from_toml(text: &str) -> Result<Config, Vec<Mistake>> {
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| text.get(..span.start).unwrap_or("").lines().count().max(1));
        vec![Mistake::new("", "", format!("a TOML document; line {line}: {}", error.message()))]
    })?;
    let value = serde_json::to_value(table).map_err(|error| vec![Mistake::new("", "", error.to_string())])?;
    from_json(&value)
}

/// Reads a JSON document and checks it.
///
/// # Errors
/// As [`from_toml`].
pub fn from_json(value: &Value) -> Result<Config, Vec<Mistake>> {
    let config: Config = serde_path_to_error::deserialize(value).map_err(|error| vec![mistake_of(&error, value)])?;
    let mistakes = config.mistakes();
    if mistakes.is_empty() { Ok(config) } else { Err(mistakes) }
}

/// The tree as a TOML document.
///
/// # Errors
/// When the tree cannot be written as TOML, which no checked tree is.
pub fn to_toml(config: &Config) -> Result<String, toml::ser::Error> {
    toml::to_string_pretty(config)
}

/// A JSON document as TOML has it; what TOML has no word for is left out. Serialising the one as the other would not do: with
/// numbers of any precision, which a library of some other crate of ours turns on, a number is not told as a number.
pub(crate) fn toml_of(value: &Value) -> Option<toml::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => number.into(),
            (None, Some(number)) => number.into(),
            (None, None) => number.to_string().into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(list) => toml::Value::Array(list.iter().filter_map(toml_of).collect()),
        Value::Object(table) => {
            toml::Value::Table(table.iter().filter_map(|(key, value)| Some((key.clone(), toml_of(value)?))).collect())
        }
    })
}

/// serde's error as a mistake: the path that it happened at, what stands there, and its own words for what it wanted.
fn mistake_of(error: &serde_path_to_error::Error<serde_json::Error>, document: &Value) -> Mistake {
    let mut path: Vec<String> = error
        .path()
        .iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect();
    let pointer_of = |path: &[String]| path.iter().flat_map(|segment| ["/", segment]).collect::<String>();
    let words = error.inner().to_string();
    if let Some(rest) = words.strip_prefix("unknown field `") {
        let (key, expected) = rest.split_once("`, expected ").or_else(|| rest.split_once("`, ")).unwrap_or((rest, ""));
        // serde names the unknown key itself as the last segment of the path.
        if path.last().is_none_or(|last| last != key) {
            path.push(key.to_owned());
        }
        return Mistake::new(pointer_of(&path), "an unknown key", expected);
    }
    if let Some(rest) = words.strip_prefix("missing field `") {
        path.push(rest.split('`').next().unwrap_or(rest).to_owned());
        return Mistake::new(pointer_of(&path), "missing", "a value");
    }
    let pointer = pointer_of(&path);
    let value = document.pointer(&pointer).map_or_else(String::new, shown);
    Mistake::new(pointer, value, words)
}

/// A value as a mistake repeats it: in full if it is short, its kind otherwise.
fn shown(value: &Value) -> String {
    const MOST: usize = 200;
    let text = match value {
        Value::Array(_) => return "a list".to_owned(),
        Value::Object(_) => return "a table".to_owned(),
        other => other.to_string(),
    };
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or("")),
        None => text,
    }
}
