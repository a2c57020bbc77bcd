//! Which configuration a start finds.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use api::{configuration::Version, session::Stamp};
use config::{Config, Mistake};

use super::{Accepted, Book, BookError, book::Entry, file::File, in_one_line};

/// Who writes with an editor.
pub(super) const BY_HAND: &str = "file";

/// What a start goes on with.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) accepted: Accepted,
    /// What is wrong with the file, if an older configuration had to stand in.
    pub(crate) refused: Option<String>,
    pub(super) book: Book,
    pub(super) file: File,
}

/// Why there is nothing to go on with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// Neither the file nor any version before is usable.
    #[error("there is no usable configuration")]
    None(Vec<String>),
    /// The disk says no.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The file cannot be put right after a power cut.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// The configuration to start with: the file if it is good, which makes it a new version if a hand has changed it, else the
/// newest version that is good.
pub(crate) fn load(path: &Path, state_dir: &Path, at: Stamp) -> Result<Loaded, StartError> {
    let book = Book::open(state_dir)?;
    let mut file = File::at(path);
    let newest = book.newest(|entry| Some((config::from_toml(&entry.document).ok()?, entry)));
    let document = newest.as_ref().map(|(_, entry)| entry.document.as_str());
    file.settle(document).map_err(|source| StartError::File { path: file.path().to_owned(), source })?;
    let mistakes = match file.read() {
        Ok(text) => match config::from_toml(&text) {
            Ok(config) => {
                let accepted = take(&book, newest, config, text, at, None);
                return Ok(Loaded { accepted, refused: None, book, file });
            }
            Err(mistakes) => mistakes,
        },
        Err(error) => vec![missing(path, &error)],
    };
    let refused = Some(in_one_line(&mistakes));
    if let Some((config, entry)) = newest {
        let accepted =
            Accepted { config: Arc::new(config), version: entry.version.version, text: entry.document.into() };
        return Ok(Loaded { accepted, refused, book, file });
    }
    // The first start of this program, with a file that only the one before could read.
    let earlier = Book::earlier(state_dir, |text| Some((config::from_toml(text).ok()?, text.to_owned())));
    let Some((config, text)) = earlier else {
        return Err(StartError::None(mistakes.iter().map(Mistake::to_string).collect()));
    };
    let accepted = take(&book, None, config, text, at, Some("left by an earlier version of the program"));
    Ok(Loaded { accepted, refused, book, file })
}

/// A good configuration as a version: the newest, if it is the same.
fn take(
    book: &Book,
    newest: Option<(Config, Entry)>,
    config: Config,
    text: String,
    at: Stamp,
    note: Option<&str>,
) -> Accepted {
    let (before, number) = match newest {
        Some((before, entry)) if before == config => {
            let version = entry.version.version;
            return Accepted { config: Arc::new(config), version, text: text.into() };
        }
        Some((before, _)) => (Some(before), book.numbers().last().map_or(1, |last| last + 1)),
        None => (None, book.numbers().last().map_or(1, |last| last + 1)),
    };
    let changes = before.map(|before| config::diff(&before, &config)).unwrap_or_default();
    let version = Version {
        version: number,
        at,
        author: BY_HAND.to_owned(),
        note: note.map(str::to_owned),
        changes: changes.into_iter().map(|change| change.pointer).collect(),
    };
    // A full disk keeps nobody from starting: the file itself is there.
    if let Err(error) = book.write(&Entry { version, document: text.clone() }) {
        tracing::error!(%error, "the configuration's version cannot be written down");
    }
    Accepted { config: Arc::new(config), version: number, text: text.into() }
}

fn missing(path: &Path, error: &io::Error) -> Mistake {
    Mistake {
        pointer: String::new(),
        value: String::new(),
        expected: format!("{}: {error}; write one there (an example is in the documentation)", path.display()),
    }
}
