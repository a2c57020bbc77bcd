//! `jpctl config`.

use std::{path::PathBuf, str::FromStr};

use clap::{Args, Subcommand};
use serde_json::Value;

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the accepted one, as TOML (or JSON with --json).
    Show {
        /// An earlier version instead.
        #[arg(long)]
        version: Option<u64>,
    },
    /// Check a file by the rules of this version, without any daemon.
    Check {
        /// A TOML file.
        file: PathBuf,
    },
    /// Show what a file would change, without changing it.
    Diff {
        /// A TOML file.
        file: PathBuf,
    },
    /// Put a file in the place of the accepted one.
    Put {
        /// A TOML file.
        file: PathBuf,
        /// How it is done.
        #[command(flatten)]
        change: Change,
    },
    /// Change single fields.
    Set {
        /// POINTER=VALUE, such as /site/limit_w=50000. VALUE is JSON, or else a text; null removes the field.
        #[arg(required = true)]
        fields: Vec<Assignment>,
        /// How it is done.
        #[command(flatten)]
        change: Change,
    },
    /// The accepted versions, newest first.
    History {
        /// How many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
    },
    /// Make an earlier version the newest one again.
    Revert {
        /// Which.
        to: u64,
        /// How it is done.
        #[command(flatten)]
        change: Change,
    },
    /// Print the JSON Schema.
    Schema,
    /// Make a configuration of the older controller's charger.json, and tell what became of each of its keys. Nothing is
    /// applied without --apply.
    Import {
        /// The charger.json.
        file: PathBuf,
        /// Write the new configuration here, as TOML. What it lacks stands at its top.
        #[arg(short, long)]
        output: Option<PathBuf>,
        /// Fill in what the file cannot know: POINTER=VALUE.
        #[arg(long = "set")]
        given: Vec<Assignment>,
        /// Take nothing over from this unit's configuration.
        #[arg(long)]
        fresh: bool,
        /// Tell also of the keys that are not needed.
        #[arg(long)]
        all: bool,
        /// Put it in the place of the accepted one, if nothing is lacking.
        #[arg(long)]
        apply: bool,
    },
}

/// How a change is made.
#[derive(Clone, Debug, Default, Args)]
pub struct Change {
    /// Only if this version is the accepted one.
    #[arg(long)]
    pub version: Option<u64>,
    /// What to write into the history (up to 200 characters).
    #[arg(long)]
    pub note: Option<String>,
}

/// A field and its new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The field's JSON pointer.
    pub pointer: String,
    /// Its value; null removes it.
    pub value: Value,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected /SECTION/FIELD=VALUE, such as /site/limit_w=50000".to_owned();
        let (pointer, value) = text.split_once('=').ok_or_else(expected)?;
        if !pointer.starts_with('/') || pointer.ends_with('/') {
            return Err(expected());
        }
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        Ok(Self { pointer: pointer.to_owned(), value })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_assignment_is_json_or_text() {
        for (text, value) in [
            ("/a/b=5", json!(5)),
            ("/a/b=true", json!(true)),
            ("/a/b=plug me", json!("plug me")),
            ("/a/b=\"5\"", json!("5")),
            ("/a/b=null", json!(null)),
            ("/a/b=", json!("")),
            ("/a/b=x=y", json!("x=y")),
            ("/a/b=[1,2]", json!([1, 2])),
        ] {
            assert_eq!(text.parse(), Ok(Assignment { pointer: "/a/b".to_owned(), value }), "{text}");
        }
        for bad in ["a/b=5", "/a/b", "=5", "/a/=5", "/=5"] {
            assert!(bad.parse::<Assignment>().is_err(), "{bad}");
        }
    }
}
