//! Every version that was accepted, a file each.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use api::configuration::Version;
use serde::{Deserialize, Serialize};

/// The shape of the document: it steps when a document of this program could be one that the program before cannot read.
const SCHEMA: u32 = 1;
/// How many versions are kept.
pub(crate) const KEPT: usize = 200;

/// A version with its document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    #[serde(flatten)]
    pub(crate) version: Version,
    /// The whole configuration, in TOML.
    pub(crate) document: String,
}

/// Why a version cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BookError {
    /// It is not kept, or never was.
    #[error("there is no version {0} of the configuration")]
    Unknown(u64),
    /// The disk says no.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// The versions of one schema.
#[derive(Clone, Debug)]
pub(crate) struct Book {
    folder: PathBuf,
}

impl Book {
    /// The book below a daemon's state directory.
    pub(crate) fn open(state_dir: &Path) -> Result<Self, BookError> {
        Self::of_schema(state_dir, SCHEMA)
    }

    pub(super) fn of_schema(state_dir: &Path, schema: u32) -> Result<Self, BookError> {
        let folder = folder(state_dir, schema);
        fs::create_dir_all(&folder).map_err(|source| BookError::Io { path: folder.clone(), source })?;
        Ok(Self { folder })
    }

    /// The newest document that an earlier program left and that `read` can take. It stays where it is: the earlier program
    /// may have to run again.
    pub(super) fn earlier<T>(state_dir: &Path, mut read: impl FnMut(&str) -> Option<T>) -> Option<T> {
        let schemas = (0..SCHEMA).rev();
        let books = schemas.map(|schema| Self { folder: folder(state_dir, schema) });
        let newest = books.flat_map(|book| book.numbers().into_iter().rev().filter_map(move |n| book.read(n).ok()));
        newest
            .map(|entry| entry.document)
            .chain(fs::read_to_string(state_dir.join("last-good.toml")).ok())
            .find_map(|text| read(&text))
    }

    /// The numbers that are kept, rising.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        let Ok(files) = fs::read_dir(&self.folder) else { return Vec::new() };
        let number = |name: &str| name.strip_suffix(".json")?.parse().ok();
        let mut numbers: Vec<u64> = files.filter_map(|file| number(file.ok()?.file_name().to_str()?)).collect();
        numbers.sort_unstable();
        numbers
    }

    /// The newest that can be read. One that was cut short by a power cut was never told to anybody.
    pub(super) fn newest<T>(&self, mut read: impl FnMut(Entry) -> Option<T>) -> Option<T> {
        self.numbers().into_iter().rev().find_map(|number| read(self.read(number).ok()?))
    }

    /// One version.
    pub(crate) fn read(&self, number: u64) -> Result<Entry, BookError> {
        let path = self.path(number);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(BookError::Unknown(number)),
            Err(source) => return Err(BookError::Io { path, source }),
        };
        serde_json::from_slice(&text).map_err(|error| BookError::Io { path, source: error.into() })
    }

    /// Writes a version down for good, and lets the oldest go.
    pub(crate) fn write(&self, entry: &Entry) -> Result<(), BookError> {
        let path = self.path(entry.version.version);
        let write = || {
            let bytes = serde_json::to_vec(entry)?;
            let mut file = fs::File::create(&path)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::File::open(&self.folder)?.sync_all()
        };
        if let Err(source) = write() {
            self.forget(entry.version.version);
            return Err(BookError::Io { path, source });
        }
        let numbers = self.numbers();
        for old in numbers.iter().take(numbers.len().saturating_sub(KEPT)) {
            self.forget(*old);
        }
        Ok(())
    }

    /// Takes a version back that came to nothing.
    pub(super) fn forget(&self, number: u64) {
        let _ = fs::remove_file(self.path(number));
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number}.json"))
    }
}

fn folder(state_dir: &Path, schema: u32) -> PathBuf {
    state_dir.join("configuration").join(format!("schema-{schema}"))
}
