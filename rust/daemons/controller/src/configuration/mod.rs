//! The configuration: what is accepted, what was, and how another one comes to be.
//!
//! One thread, the clerk, takes one change at a time: a document over HTTP, or a file that a hand has edited. A change is read
//! and checked whole, what it lowers acts at once (D15), then it is written down, placed in the file, and put in force.
//!
//! | file | what |
//! |---|---|
//! | `joulepoint.toml` | the accepted configuration, and where a hand edits it |
//! | `joulepoint.toml.new` | the next one, until its version is written down |
//! | `joulepoint.toml.refused` | what a hand wrote and nobody could take, when another change had to go into its place |
//! | `STATE/configuration/schema-N/VERSION.json` | every version that was accepted, the last 200, by the schema that it was written for (D16) |

mod book;
mod clerk;
mod file;
mod start;
#[cfg(test)]
mod tests;
mod watch;

use std::sync::Arc;

use config::{Config, Mistake};

pub(crate) use book::{Book, BookError};
pub(crate) use clerk::{Cabinet, Clerk, Desk, Document, Refusal, Request, history};
pub(crate) use start::{Loaded, StartError, load};
pub(crate) use watch::watch;

/// The configuration that was accepted last.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    pub(crate) config: Arc<Config>,
    pub(crate) version: u64,
    /// As it stands in the file.
    pub(crate) text: Arc<str>,
}

/// The mistakes in one line, for a fault and a log.
fn in_one_line(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("; ")
}
