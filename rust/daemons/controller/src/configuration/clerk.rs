//! The clerk: takes one change at a time.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use api::{
    configuration::{self, Version},
    session::Stamp,
    state::ConfigWaiting,
};
use config::{Config, Mistake};
use serde_json::Value;
use tokio::sync::{oneshot, watch};

use super::{
    Accepted, Book, BookError, Loaded,
    book::{Entry, KEPT},
    file::File,
    in_one_line,
    start::BY_HAND,
};

/// How many changes may wait for the clerk.
const DEPTH: usize = 16;
/// The cabinet takes a configuration within this, or it has hung.
const TAKEN: Duration = Duration::from_secs(2);

/// What a change brings.
#[derive(Clone, Debug)]
pub(crate) enum Document {
    /// A whole configuration, as a file has it.
    Toml(String),
    /// A whole configuration.
    Json(Value),
    /// A merge patch over the accepted one.
    Patch(Value),
    /// The number of an earlier version.
    Revert(u64),
}

/// Somebody wants another configuration.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) document: Document,
    /// The version that it was made from; any, if it does not matter.
    pub(crate) made_from: Option<u64>,
    pub(crate) author: String,
    pub(crate) note: Option<String>,
}

/// Why a change is not taken. Nothing of it is in force.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// It was made from another version than the accepted one.
    #[error("the configuration has version {accepted} by now, this was made from {made_from}")]
    Stale {
        /// What it was made from.
        made_from: u64,
        /// What is accepted.
        accepted: u64,
    },
    /// It is wrong.
    #[error("{}", in_one_line(_0))]
    Mistakes(Vec<Mistake>),
    /// There is no such version to go back to.
    #[error("there is no version {0} of the configuration")]
    Unknown(u64),
    /// It cannot be kept, or nobody is there to take it.
    #[error("{0}")]
    Unavailable(String),
}

impl From<BookError> for Refusal {
    fn from(error: BookError) -> Self {
        match error {
            BookError::Unknown(version) => Self::Unknown(version),
            BookError::Io { .. } => Self::Unavailable(error.to_string()),
        }
    }
}

/// Who puts a configuration in force.
pub(crate) trait Cabinet: Send + 'static {
    /// Hands one over; what of it waits is told over the channel as soon as it is in force. `None` if it is not listening.
    fn accept(&self, config: &Config, version: u64) -> Option<Receiver<Vec<ConfigWaiting>>>;
    /// The file cannot be taken, and why; the accepted one stays in force.
    fn refused(&self, why: String);
}

type Answer = oneshot::Sender<Result<configuration::Accepted, Refusal>>;

pub(super) enum Job {
    Change(Request, Answer),
    /// Somebody may have written into the file.
    Look,
}

/// Where changes are handed in. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(super) jobs: SyncSender<Job>,
    accepted: watch::Receiver<Accepted>,
    book: Book,
}

impl Desk {
    /// The accepted configuration.
    pub(crate) fn accepted(&self) -> Accepted {
        self.accepted.borrow().clone()
    }

    /// The versions that are kept.
    pub(crate) const fn book(&self) -> &Book {
        &self.book
    }

    /// Hands in a change and waits until it is in force and on disk.
    pub(crate) async fn change(&self, request: Request) -> Result<configuration::Accepted, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.jobs.try_send(Job::Change(request, answer)).map_err(|error| {
            Refusal::Unavailable(match error {
                TrySendError::Full(_) => "too many changes at once; try again in a second".to_owned(),
                TrySendError::Disconnected(_) => "nobody takes changes any more".to_owned(),
            })
        })?;
        answered.await.unwrap_or_else(|_| Err(Refusal::Unavailable("nobody took the change".to_owned())))
    }

    /// What a document would change; nothing is applied.
    pub(crate) fn check(&self, document: Document) -> Result<Vec<configuration::Change>, Refusal> {
        let accepted = self.accepted();
        let (config, _) = read(document, &accepted, &self.book)?;
        Ok(changes(&accepted.config, &config))
    }
}

/// The clerk.
pub(crate) struct Clerk<C> {
    accepted: watch::Sender<Accepted>,
    book: Book,
    file: File,
    /// What is wrong with the file.
    refused: Option<String>,
    /// Whether the cabinet has the accepted configuration.
    handed: Handed,
    cabinet: C,
    stamp: fn() -> Stamp,
}

impl<C: Cabinet> Clerk<C> {
    /// Starts the clerk's thread.
    pub(crate) fn start(loaded: Loaded, cabinet: C, stamp: fn() -> Stamp) -> std::io::Result<Desk> {
        let (mut clerk, desk, jobs) = Self::new(loaded, cabinet, stamp);
        thread::Builder::new().name("clerk".to_owned()).spawn(move || {
            if let Some(why) = clerk.refused.clone() {
                clerk.cabinet.refused(why);
            }
            while let Ok(job) = jobs.recv() {
                clerk.take(job);
            }
        })?;
        Ok(desk)
    }

    pub(super) fn new(loaded: Loaded, cabinet: C, stamp: fn() -> Stamp) -> (Self, Desk, Receiver<Job>) {
        let Loaded { accepted, refused, book, file } = loaded;
        let (jobs, queue) = sync_channel(DEPTH);
        let (accepted, watching) = watch::channel(accepted);
        let desk = Desk { jobs, accepted: watching, book: book.clone() };
        (Self { accepted, book, file, refused, handed: Handed::Over, cabinet, stamp }, desk, queue)
    }

    pub(super) fn take(&mut self, job: Job) {
        match job {
            Job::Change(request, answer) => {
                let result = self.change(request);
                if let Err(refusal) = &result {
                    tracing::info!(%refusal, "a change of the configuration is refused");
                }
                // Whoever asked may be gone; the change is made all the same.
                let _ = answer.send(result);
            }
            Job::Look => self.look(),
        }
    }

    fn change(&mut self, request: Request) -> Result<configuration::Accepted, Refusal> {
        // What a hand wrote first comes first.
        self.look();
        let before = self.accepted.borrow().clone();
        if let Some(made_from) = request.made_from.filter(|made_from| *made_from != before.version) {
            return Err(Refusal::Stale { made_from, accepted: before.version });
        }
        let (config, text) = read(request.document, &before, &self.book)?;
        let author = Author { name: request.author, note: request.note };
        self.accept(&before, &config, text, author, Place::Write)
    }

    /// Looks whether a hand has changed the file, and whether the cabinet has what was accepted.
    fn look(&mut self) {
        if self.handed == Handed::NotYet {
            let accepted = self.accepted.borrow().clone();
            let _ = self.tell(&accepted.config, accepted.version);
        }
        let Some(text) = self.file.look() else { return };
        let before = self.accepted.borrow().clone();
        let result = match config::from_toml(&text) {
            Ok(config) if config == *before.config => {
                if self.refused.take().is_some() {
                    // The same configuration again: all that it does is to end the fault.
                    let _ = self.tell(&config, before.version);
                    tracing::info!("the configuration file is good again");
                }
                self.accepted.send_modify(|accepted| accepted.text = text.into());
                return;
            }
            Ok(config) => {
                let author = Author { name: BY_HAND.to_owned(), note: None };
                self.accept(&before, &config, Text::Given(text), author, Place::IsThere)
            }
            Err(mistakes) => Err(Refusal::Mistakes(mistakes)),
        };
        if let Err(refusal) = result {
            let why = refusal.to_string();
            tracing::error!(path = %self.file.path().display(), why, "the edited configuration file is refused");
            self.refused = Some(why.clone());
            self.cabinet.refused(why);
        }
    }

    /// Puts a checked configuration in force and writes it down; or neither.
    fn accept(
        &mut self,
        before: &Accepted,
        config: &Config,
        text: Text,
        author: Author,
        place: Place,
    ) -> Result<configuration::Accepted, Refusal> {
        // What is lowered waits for nothing, least of all for the disk.
        let lowered = config::lowered(&before.config, config);
        let hurried = lowered != *before.config;
        if hurried {
            self.hand_over(&lowered, before.version)?;
        }
        let changes = changes(&before.config, config);
        if changes.is_empty() && self.refused.is_none() {
            let waiting = self.tell(&before.config, before.version)?;
            return Ok(configuration::Accepted { version: before.version, changes, waiting, set_aside: None });
        }
        let last = self.book.numbers().last().copied().unwrap_or(0);
        let number = if changes.is_empty() { before.version } else { last.max(before.version) + 1 };
        let entry = Entry {
            version: Version {
                version: number,
                at: (self.stamp)(),
                author: author.name,
                note: author.note,
                changes: changes.iter().map(|change| change.pointer.clone()).collect(),
            },
            document: text.of(config),
        };
        let set_aside = match self.keep(&entry, before, place) {
            Ok(set_aside) => set_aside,
            Err(refusal) => {
                if hurried {
                    self.tell(&before.config, before.version)?;
                }
                return Err(refusal);
            }
        };
        self.refused = None;
        let Entry { version, document } = entry;
        tracing::info!(version = number, author = version.author, changes = changes.len(), "configuration accepted");
        self.accepted.send_replace(Accepted {
            config: Arc::new(config.clone()),
            version: number,
            text: document.into(),
        });
        // It is written down, and so it is accepted: a cabinet that does not take it now is handed it again.
        let waiting = self.tell(config, number)?;
        Ok(configuration::Accepted { version: number, changes, waiting, set_aside })
    }

    /// Writes a version down and puts it into the file, in an order that a power cut at any instant leaves one of the two
    /// configurations, whole, in both places.
    fn keep(&mut self, entry: &Entry, before: &Accepted, place: Place) -> Result<Option<String>, Refusal> {
        let failed =
            |error: std::io::Error| Refusal::Unavailable(format!("the configuration cannot be written: {error}"));
        if place == Place::Write {
            self.file.prepare(&entry.document).map_err(failed)?;
        }
        let is_new = entry.version.version != before.version;
        if is_new {
            self.book.write(entry)?;
        }
        if place == Place::IsThere {
            return Ok(None);
        }
        let placed = || {
            let aside = self.refused.is_some().then(|| self.file.set_aside()).transpose()?;
            self.file.place()?;
            Ok(aside)
        };
        match placed() {
            Ok(aside) => {
                self.file.placed(&entry.document);
                Ok(aside.map(|path| {
                    let path = path.display().to_string();
                    tracing::warn!(path, "a file that was refused made room for another configuration");
                    path
                }))
            }
            Err(error) => {
                if is_new {
                    self.book.forget(entry.version.version);
                }
                Err(failed(error))
            }
        }
    }

    /// Puts a configuration in force; gives what of it waits.
    fn tell(&mut self, config: &Config, version: u64) -> Result<Vec<ConfigWaiting>, Refusal> {
        self.handed = Handed::NotYet;
        let taken = self.hand_over(config, version)?;
        let late = || Refusal::Unavailable(format!("version {version} is kept, but the cabinet has not taken it yet"));
        let waiting = taken.recv_timeout(TAKEN).map_err(|_| late())?;
        self.handed = Handed::Over;
        Ok(waiting)
    }

    fn hand_over(&self, config: &Config, version: u64) -> Result<Receiver<Vec<ConfigWaiting>>, Refusal> {
        let busy = || Refusal::Unavailable("the controller is starting or busy; try again in a second".to_owned());
        self.cabinet.accept(config, version).ok_or_else(busy)
    }
}

/// Whether the cabinet has the accepted configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handed {
    Over,
    /// It did not take it: it is handed over again at the next look.
    NotYet,
}

struct Author {
    name: String,
    note: Option<String>,
}

/// Where the text of a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It is to be written into the file.
    Write,
    /// It is the file.
    IsThere,
}

/// How a configuration is written.
enum Text {
    /// As it came.
    Given(String),
    /// As this program writes it.
    Ours,
}

impl Text {
    fn of(self, config: &Config) -> String {
        match self {
            Self::Given(text) => text,
            // Every checked configuration can be written.
            Self::Ours => config::to_toml(config).unwrap_or_default(),
        }
    }
}

/// A document as a whole configuration, and how it is written.
fn read(document: Document, accepted: &Accepted, book: &Book) -> Result<(Config, Text), Refusal> {
    let from_json = |value: &Value| Ok((config::from_json(value).map_err(Refusal::Mistakes)?, Text::Ours));
    let from_toml = |text: String| Ok((config::from_toml(&text).map_err(Refusal::Mistakes)?, Text::Given(text)));
    match document {
        Document::Toml(text) => from_toml(text),
        Document::Json(value) => from_json(&value),
        Document::Patch(patch) => {
            let tree = serde_json::to_value(&*accepted.config);
            let mut tree = tree.map_err(|error| Refusal::Unavailable(error.to_string()))?;
            config::merge(&mut tree, &patch);
            from_json(&tree)
        }
        Document::Revert(version) => from_toml(book.read(version)?.document),
    }
}

fn changes(before: &Config, after: &Config) -> Vec<configuration::Change> {
    let changes = config::diff(before, after).into_iter();
    let told = changes.map(|change| configuration::Change {
        applies: match config::applies(&change.pointer) {
            config::Applies::Now => configuration::Applies::Now,
            config::Applies::NextSession => configuration::Applies::NextSession,
        },
        pointer: change.pointer,
        before: change.before,
        after: change.after,
    });
    told.collect()
}

/// The versions that are kept, the newest first.
pub(crate) fn history(book: &Book, limit: usize) -> Vec<Version> {
    let newest = book.numbers().into_iter().rev().take(limit.min(KEPT));
    newest.filter_map(|number| Some(book.read(number).ok()?.version)).collect()
}
