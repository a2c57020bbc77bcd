//! Changes, versions and imports as tables.

use std::io::{self, Write};

use api::configuration::{Accepted, Applies, Change, Version};
use config::charger_json::{Imported, Outcome};
use serde_json::Value;

use crate::{table::Table, text::wall};

const DASH: &str = "-";

/// A value in a cell: lists and tables by their size only.
fn cell(value: Option<&Value>) -> String {
    match value {
        None => DASH.to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(fields)) => format!("{{{} fields}}", fields.len()),
        Some(Value::Array(entries)) => format!("[{} entries]", entries.len()),
        Some(other) => other.to_string(),
    }
}

pub(super) fn changes(out: &mut impl Write, changes: &[Change]) -> io::Result<()> {
    let mut table = Table::new(["FIELD", "BEFORE", "AFTER", "APPLIES"]);
    for change in changes {
        let applies = match change.applies {
            Applies::Now => "now",
            Applies::NextSession => "next session",
        };
        table.row([
            change.pointer.clone(),
            cell(change.before.as_ref()),
            cell(change.after.as_ref()),
            applies.to_owned(),
        ]);
    }
    table.print(out, "nothing changes")
}

pub(super) fn accepted(out: &mut impl Write, accepted: &Accepted) -> io::Result<()> {
    changes(out, &accepted.changes)?;
    for waiting in &accepted.waiting {
        writeln!(out, "{} waits until connector {} is free", waiting.pointer, waiting.connector)?;
    }
    if let Some(path) = &accepted.set_aside {
        writeln!(out, "a file that had been edited by hand and could not be taken is at {path} now")?;
    }
    writeln!(out, "version {} is accepted", accepted.version)
}

pub(super) fn history(out: &mut impl Write, versions: &[Version]) -> io::Result<()> {
    let mut table = Table::new(["VERSION", "AT", "AUTHOR", "CHANGES", "NOTE"]);
    for version in versions {
        table.row([
            version.version.to_string(),
            wall(version.at.wall),
            version.author.clone(),
            changed(&version.changes),
            version.note.clone().unwrap_or_default(),
        ]);
    }
    table.print(out, "no versions yet")
}

/// The first fields, and how many more.
fn changed(pointers: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<&str> = pointers.iter().take(SHOWN).map(String::as_str).collect();
    match pointers.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

/// What became of a `charger.json`; what somebody should look at comes first.
pub(super) fn imported(out: &mut impl Write, imported: &Imported, all: bool) -> io::Result<()> {
    let count = |outcome| imported.report.iter().filter(|line| line.outcome == outcome).count();
    for (outcome, heading) in [
        (Outcome::NotUnderstood, "NOT UNDERSTOOD"),
        (Outcome::Changed, "CHANGED"),
        (Outcome::Taken, "TAKEN"),
        (Outcome::NotNeeded, "NOT NEEDED"),
    ] {
        if count(outcome) == 0 || (outcome == Outcome::NotNeeded && !all) {
            continue;
        }
        let mut table = Table::new([heading, "BECAME", "WHY"]);
        for line in imported.report.iter().filter(|line| line.outcome == outcome) {
            let source = if line.source.is_empty() { "the file" } else { &line.source };
            table.row([source.to_owned(), line.target.clone().unwrap_or_else(|| DASH.to_owned()), line.why.clone()]);
        }
        table.print(out, "")?;
        writeln!(out)?;
    }
    let mut table = Table::new(["ADDED", "WHY"]);
    for added in &imported.added {
        table.row([added.pointer.clone(), added.why.clone()]);
    }
    table.print(out, "nothing was added")?;
    writeln!(
        out,
        "\n{} taken, {} changed, {} not understood, {} not needed{}",
        count(Outcome::Taken),
        count(Outcome::Changed),
        count(Outcome::NotUnderstood),
        count(Outcome::NotNeeded),
        if all { "" } else { " (see --all)" }
    )
}
