//! The older controller's `charger.json`, made into a configuration.
//!
//! Nothing is applied here: a text goes in, and out come a document, what it still lacks, and a report that says of every
//! key of the text what became of it. A key that is not known is told as well, so nothing is lost in silence.
//!
//! Terms. A *slot* of the older controller is a gun with up to two modules; `gc` is its gun contactor, `mc` the contactor
//! towards its clockwise neighbour (`cw`). Here the gun is a connector, and `mc` a bus tie.

mod access;
mod connectors;
mod decimal;
mod draft;
mod modules;
mod site;
mod slots;
mod source;
mod table;

use serde::Serialize;
use serde_json::Value;

use crate::{Config, Mistake, from_json};
use draft::Draft;
use source::Source;

/// The largest text that is read; the older controller's own editor took no larger one either.
const MAX_BYTES: usize = 5 << 20;
/// The most values in it. The largest cabinet has some thousand.
const MAX_VALUES: usize = 20_000;

/// What became of a `charger.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// What could be taken, also if it is not enough for a configuration yet.
    pub document: Value,
    /// The configuration, checked, if nothing is lacking.
    pub config: Option<Config>,
    /// What must be filled in or corrected before the document can be accepted.
    pub lacking: Vec<Mistake>,
    /// What was set without a key of the older file that says so.
    pub added: Vec<Added>,
    /// What became of each key of the older file. A line stands for all that is below its pointer.
    pub report: Vec<Line>,
}

/// A field that was set without a key that says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Added {
    /// JSON pointer in the new document.
    pub pointer: String,
    /// Why it has this value.
    pub why: String,
}

/// What became of a key of the older file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// JSON pointer in the older file.
    pub source: String,
    /// What became of it.
    pub outcome: Outcome,
    /// JSON pointer in the new document, of what it went to or of what is to be looked at.
    pub target: Option<String>,
    /// In words.
    pub why: String,
}

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is in the new document with the same meaning.
    Taken,
    /// It is in the new document with another value or another meaning.
    Changed,
    /// It is lost: somebody should look at it.
    NotUnderstood,
    /// It is left out, and nothing is lost.
    NotNeeded,
}

impl Imported {
    /// The document as TOML; what it lacks stands above it.
    ///
    /// # Errors
    /// When it cannot be written as TOML, as when there is none.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        let mut text = String::from("# Made from a charger.json.\n");
        if !self.lacking.is_empty() {
            text.push_str("# To be filled in or corrected before it can be accepted:\n");
        }
        for mistake in &self.lacking {
            text.push_str("#   ");
            text.extend(mistake.to_string().chars().filter(|c| !c.is_control()));
            text.push('\n');
        }
        text.push('\n');
        // A whole configuration is written in the order of its sections.
        let unfinished = || toml::to_string_pretty(&crate::read::toml_of(&self.document));
        let rest = self.config.as_ref().map_or_else(unfinished, crate::to_toml)?;
        Ok(text + &rest)
    }
}

/// Makes a configuration of a `charger.json`. What the older file cannot know (serial lines, addresses of meters, names of
/// network devices) is taken over from `base`, the configuration of the unit that it goes to, where there is one. Values
/// that are `given` by their pointers count before everything else.
pub fn import(text: &str, base: Option<&Config>, given: &[(String, Value)]) -> Imported {
    let root = match read(text) {
        Ok(root) => root,
        Err(why) => return nothing(why),
    };
    let base = base.and_then(|base| serde_json::to_value(base).ok());
    let mut source = Source::new(&root);
    let mut draft = Draft::new(base);
    let guns = connectors::take(&mut source, &mut draft);
    slots::take(&mut source, &mut draft, &guns);
    modules::buses(&mut source, &mut draft);
    site::take(&mut source, &mut draft);
    access::take(&mut source, &mut draft);
    draft.keep_the_rest();
    for (pointer, value) in given {
        draft.add(pointer, value.clone(), "given by hand");
    }
    let (document, added, lacking) = draft.finish();
    let config = if lacking.is_empty() { from_json(&document).ok() } else { None };
    Imported { document, config, lacking, added, report: source.report() }
}

fn read(text: &str) -> Result<Value, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("{} bytes, where {MAX_BYTES} is the most", text.len()));
    }
    // A byte order mark is what some editors put first.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root: Value = serde_json::from_str(text).map_err(|error| format!("no JSON document: {error}"))?;
    if !root.is_object() {
        return Err("no JSON object".to_owned());
    }
    if count(&root) > MAX_VALUES {
        return Err(format!("more than {MAX_VALUES} values: no charger.json has so many"));
    }
    Ok(root)
}

/// How many values there are. The depth is bounded by the reader of the text.
fn count(value: &Value) -> usize {
    match value {
        Value::Object(fields) => 1 + fields.values().map(count).sum::<usize>(),
        Value::Array(entries) => 1 + entries.iter().map(count).sum::<usize>(),
        _ => 1,
    }
}

fn nothing(why: String) -> Imported {
    let mistake = Mistake::new("", "", "a charger.json that can be read");
    let line = Line { source: String::new(), outcome: Outcome::NotUnderstood, target: None, why };
    Imported { document: Value::Null, config: None, lacking: vec![mistake], added: Vec::new(), report: vec![line] }
}
