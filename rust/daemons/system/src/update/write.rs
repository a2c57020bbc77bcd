//! Writing a bundle to the other side: what was looked at is what is written.

use std::path::{Path, PathBuf};

use api::update::Refused;
use update::{Inspection, Location};

use super::{fetch::Shelf, rauc};

/// Why nothing was written, or not all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotWritten {
    /// This RAUC (before 1.14) cannot be told which contents alone it may write. Nothing has begun.
    CannotBind,
    /// It failed, in its words.
    Failed(String),
}

/// Whoever writes sides.
pub(super) trait Writer {
    /// Looks at a bundle.
    fn inspect(&self, path: &Path) -> impl Future<Output = Result<Inspection, Refused>> + Send;

    /// Writes it; with a manifest hash only if it is that one's.
    fn install(
        &self,
        path: &Path,
        transaction: &str,
        manifest_hash: Option<String>,
        told: &mut (impl FnMut(u8, String) + Send),
    ) -> impl Future<Output = Result<(), NotWritten>> + Send;
}

/// RAUC itself.
pub(super) struct Rauc;

impl Writer for Rauc {
    async fn inspect(&self, path: &Path) -> Result<Inspection, Refused> {
        rauc::inspect(path).await
    }

    async fn install(
        &self,
        path: &Path,
        transaction: &str,
        manifest_hash: Option<String>,
        told: &mut (impl FnMut(u8, String) + Send),
    ) -> Result<(), NotWritten> {
        rauc::install(path, transaction, manifest_hash, told).await
    }
}

/// What is written, and where it is.
pub(super) struct Wanted<'a> {
    /// The update's id, and RAUC's transaction.
    pub(super) id: &'a str,
    /// Whose hands it is in.
    pub(super) at: &'a Location,
    /// Its file.
    pub(super) path: PathBuf,
    /// What was looked at.
    pub(super) manifest_hash: String,
}

/// Writes what was looked at, and nothing else.
pub(super) async fn write(
    writer: &impl Writer,
    shelf: &Shelf,
    wanted: Wanted<'_>,
    mut told: impl FnMut(u8, String) + Send,
) -> Result<(), String> {
    let Wanted { id, at, path, manifest_hash } = wanted;
    match writer.install(&path, id, Some(manifest_hash.clone()), &mut told).await {
        Ok(()) => return Ok(()),
        Err(NotWritten::Failed(words)) => return Err(words),
        Err(NotWritten::CannotBind) => {}
    }
    // Then it gets a file that nobody but this program can change, and that is looked at once more. A stick may give
    // other bytes each time it is read, and a file may be its owner's.
    let copied = match at {
        Location::Download(_) => None,
        Location::File(_) | Location::Usb(_) => Some(shelf.copy(&path, id).await.map_err(|failure| failure.reason)?),
    };
    let own = copied.as_ref().unwrap_or(&path);
    let result = write_own(writer, own, id, &manifest_hash, &mut told).await;
    if copied.is_some() {
        shelf.delete(id);
    }
    result
}

async fn write_own(
    writer: &impl Writer,
    path: &Path,
    id: &str,
    manifest_hash: &str,
    told: &mut (impl FnMut(u8, String) + Send),
) -> Result<(), String> {
    let found = writer.inspect(path).await.map_err(|refused| refused.reason)?.bundle.manifest_hash;
    if found != manifest_hash {
        return Err(format!(
            "the bundle has changed since it was looked at: its manifest's hash is {found}, expected {manifest_hash}"
        ));
    }
    writer.install(path, id, None, told).await.map_err(|reason| match reason {
        NotWritten::Failed(words) => words,
        NotWritten::CannotBind => "RAUC refuses what it was not asked".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Mutex};

    use update::Bundle;

    use super::*;

    /// A RAUC before 1.14. Whoever holds the stick gives other bytes from the second look on.
    struct Old<'a> {
        stick: &'a Path,
        written: Mutex<Vec<(PathBuf, String)>>,
    }

    impl Writer for Old<'_> {
        async fn inspect(&self, path: &Path) -> Result<Inspection, Refused> {
            let manifest_hash = fs::read_to_string(path).unwrap();
            let (version, compatible) = ("0.2.0".to_owned(), "x".to_owned());
            let bundle = Bundle { version, compatible: compatible.clone(), description: None, manifest_hash };
            Ok(Inspection { bundle, compatible })
        }

        async fn install(
            &self,
            path: &Path,
            _: &str,
            manifest_hash: Option<String>,
            _: &mut (impl FnMut(u8, String) + Send),
        ) -> Result<(), NotWritten> {
            if manifest_hash.is_some() {
                return Err(NotWritten::CannotBind);
            }
            // Between the second look and the writing.
            fs::write(self.stick, "older").unwrap();
            self.written.lock().unwrap().push((path.to_owned(), fs::read_to_string(path).unwrap()));
            Ok(())
        }
    }

    async fn write_from(at: Location, file: &str, found: &str) -> (Result<(), String>, Vec<(PathBuf, String)>, bool) {
        let dir = tempfile::tempdir().unwrap();
        let (path, shelf) = (dir.path().join(file), Shelf::new(dir.path()));
        fs::write(&path, found).unwrap();
        let old = Old { stick: &path, written: Mutex::default() };
        let wanted = Wanted { id: "1", at: &at, path: path.clone(), manifest_hash: "looked at".to_owned() };
        let result = write(&old, &shelf, wanted, |_, _| ()).await;
        let kept = shelf.path("1").exists();
        let written = old.written.into_inner().unwrap();
        let own = written.iter().map(|(from, text)| (from.strip_prefix(dir.path()).unwrap().to_owned(), text.clone()));
        (result, own.collect(), kept)
    }

    #[tokio::test]
    async fn what_a_stick_or_a_file_gives_later_is_not_written_by_an_old_rauc() {
        for at in [Location::Usb("sda1/x.raucb".to_owned()), Location::File("/x.raucb".to_owned())] {
            let (result, written, kept) = write_from(at.clone(), "stick.raucb", "looked at").await;
            assert_eq!((result, kept), (Ok(()), false));
            assert_eq!(written, [(PathBuf::from("update/1.raucb"), "looked at".to_owned())]);
            let (result, written, kept) = write_from(at, "stick.raucb", "older").await;
            assert!(result.unwrap_err().contains("has changed since"));
            assert_eq!((written, kept), (Vec::new(), false));
        }
    }

    #[tokio::test]
    async fn what_was_fetched_is_written_where_it_lies() {
        let (result, written, _) = write_from(Location::Download("1".to_owned()), "1.raucb", "looked at").await;
        assert_eq!((result, written.len()), (Ok(()), 1));
        assert_eq!(written[0].0, PathBuf::from("1.raucb"));
    }
}
