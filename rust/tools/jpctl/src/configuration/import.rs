//! `jpctl config import`: the older controller's `charger.json`.

use std::{
    io::{self, Write},
    path::Path,
};

use api::configuration::Accepted;
use config::{
    Config,
    charger_json::{Imported, import},
};
use serde_json::{Value, json};
use shell::client::{Method, header};

use super::{TOML, accepted, answer, call, noted, told, views};
use crate::{
    Cabinet, Failure,
    args::{Assignment, Change},
    commands::show,
};

/// What is wanted of an import.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) output: Option<&'a Path>,
    pub(super) given: &'a [Assignment],
    pub(super) fresh: bool,
    pub(super) all: bool,
    pub(super) apply: bool,
}

pub(super) async fn run(
    cabinet: &Cabinet,
    text: &str,
    wanted: &Wanted<'_>,
    json: bool,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let unit = unit(cabinet, wanted).await?;
    let given: Vec<(String, Value)> =
        wanted.given.iter().map(|Assignment { pointer, value }| (pointer.clone(), value.clone())).collect();
    let base = unit.as_ref().and_then(|(config, _)| config.as_ref());
    let imported = import(text, base, &given);
    // Of what cannot be read at all there is nothing to write.
    let unreadable = imported.document.is_null();
    if let Some(path) = wanted.output.filter(|_| !unreadable) {
        write_new(path, &imported)?;
    }
    if !json {
        report(out, &imported, unit.as_ref().map(|(_, etag)| etag.as_str()), wanted)?;
    }
    let mut taken = Value::Null;
    if wanted.apply && imported.lacking.is_empty() {
        let document = imported.to_toml().map_err(|error| io::Error::other(error.to_string()))?;
        let note = Change { version: None, note: Some("import of a charger.json".to_owned()) };
        let mut call = call(Method::PUT, &noted("/v1/config", &note), Some((TOML, document)));
        call.headers.push((header::IF_MATCH, unit.map(|(_, etag)| etag).unwrap_or_default()));
        let (raw, accepted) = answer::<Accepted>(cabinet, call, json, out).await?;
        if !json {
            views::accepted(out, &accepted)?;
        }
        taken = raw;
    }
    let lacking: Vec<_> = imported.lacking.into_iter().map(told).collect();
    if json {
        let whole = json!({
            "document": imported.document, "lacking": &lacking, "added": imported.added, "report": imported.report,
            "accepted": taken,
        });
        show(out, true, &whole, |_| Ok(()))?;
    }
    if (wanted.apply || unreadable) && !lacking.is_empty() {
        return Err(Failure::Configuration { mistakes: lacking });
    }
    Ok(())
}

/// The unit's own configuration and its `ETag`, for what the older file cannot know. Without a controller there is none,
/// which is in order unless it is to take the new one.
async fn unit(cabinet: &Cabinet, wanted: &Wanted<'_>) -> Result<Option<(Option<Config>, String)>, Failure> {
    if wanted.fresh && !wanted.apply {
        return Ok(None);
    }
    match accepted(cabinet).await {
        Ok((tree, etag)) => Ok(Some((config::from_json(&tree).ok().filter(|_| !wanted.fresh), etag))),
        Err(failure) if wanted.apply => Err(failure),
        Err(_) => Ok(None),
    }
}

fn report(out: &mut impl Write, imported: &Imported, etag: Option<&str>, wanted: &Wanted<'_>) -> io::Result<()> {
    views::imported(out, imported, wanted.all)?;
    match etag {
        _ if wanted.fresh => {}
        Some(etag) => writeln!(out, "what the file cannot know is as in this unit's configuration {etag}")?,
        None => writeln!(out, "no controller answers: nothing is taken over from this unit's configuration")?,
    }
    if let Some(path) = wanted.output.filter(|_| !imported.document.is_null()) {
        writeln!(out, "written to {}", path.display())?;
    }
    if imported.lacking.is_empty() {
        return writeln!(out, "nothing is lacking");
    }
    if wanted.apply || imported.document.is_null() {
        // Told as the failure that it is then.
        return Ok(());
    }
    writeln!(out, "\nto be filled in (--set POINTER=VALUE) or corrected before it can be accepted:")?;
    imported.lacking.iter().try_for_each(|mistake| writeln!(out, "  {mistake}"))
}

/// Writes the new configuration. What is there already is not overwritten.
fn write_new(path: &Path, imported: &Imported) -> Result<(), Failure> {
    let failed = |source| Failure::File { path: path.to_owned(), source };
    let text = imported.to_toml().map_err(|error| failed(io::Error::other(error.to_string())))?;
    let mut file = std::fs::File::create_new(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}
