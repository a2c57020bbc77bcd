//! What can go wrong, in words that say what to do.

use std::{io, path::PathBuf};

use api::problem::Mistake;
use shell::client::Error;

use crate::table::Table;

/// A daemon did not answer.
const UNAVAILABLE: u8 = 69;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no socket.
    #[error("{daemon} is not running: no socket at {}; try: systemctl status {daemon}", path.display())]
    NotRunning {
        /// Which daemon.
        daemon: String,
        /// Where its socket should be.
        path: PathBuf,
    },
    /// The socket is there and nobody takes the call.
    #[error("{daemon} does not answer at {} ({reason}); try: systemctl status {daemon}", path.display())]
    Silent {
        /// Which daemon.
        daemon: String,
        /// Its socket.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
    /// We may not use the socket.
    #[error("{}: permission denied; be root, or in the group joulepoint", path.display())]
    Forbidden {
        /// The socket.
        path: PathBuf,
    },
    /// The daemon refused.
    #[error("{daemon} refused ({code}): {message}{}", hint(code))]
    Refused {
        /// Which daemon.
        daemon: String,
        /// Its code.
        code: String,
        /// Its words.
        message: String,
    },
    /// The daemon is of another version.
    #[error("{daemon} answered something that this jpctl does not understand: {reason}; is it of another version?")]
    Answer {
        /// Which daemon.
        daemon: String,
        /// What does not fit.
        reason: String,
    },
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A configuration has mistakes.
    #[error("{}", listed(mistakes))]
    Configuration {
        /// What is wrong.
        mistakes: Vec<Mistake>,
    },
    /// A field that is to be set cannot be there.
    #[error("{reason}")]
    Pointer {
        /// Which and why.
        reason: String,
    },
    /// Standard output is gone.
    #[error("standard output: {0}")]
    Output(#[from] io::Error),
}

/// What to do about a refusal, where it is not plain.
fn hint(code: &str) -> &'static str {
    match code {
        "stale" => "; it was changed meanwhile: see jpctl config history, then try again",
        _ => "",
    }
}

/// Mistakes as a table.
fn listed(mistakes: &[Mistake]) -> String {
    let mut table = Table::new(["FIELD", "IS", "EXPECTED"]);
    for mistake in mistakes {
        let field = if mistake.pointer.is_empty() { "the document" } else { &mistake.pointer };
        table.row([field.to_owned(), mistake.value.clone(), mistake.expected.clone()]);
    }
    let mut text = Vec::new();
    match table.print(&mut text, "") {
        Ok(()) => format!("the configuration is refused\n{}", String::from_utf8_lossy(&text).trim_end()),
        Err(error) => error.to_string(),
    }
}

impl Failure {
    pub(crate) fn of(daemon: &str, error: Error) -> Self {
        let daemon = daemon.to_owned();
        match error {
            Error::Connect { path, source } if source.kind() == io::ErrorKind::NotFound => {
                Self::NotRunning { daemon, path }
            }
            Error::Connect { path, source } if source.kind() == io::ErrorKind::PermissionDenied => {
                Self::Forbidden { path }
            }
            Error::Connect { path, source } => Self::Silent { daemon, path, reason: source.to_string() },
            Error::Broken { path, reason } => Self::Silent { daemon, path, reason },
            Error::Timeout { path, after } => {
                Self::Silent { daemon, path, reason: format!("nothing within {} s", after.as_secs()) }
            }
            Error::Refused { problem, .. } => Self::Refused { daemon, code: problem.code, message: problem.message },
            Error::Answer { source, .. } => Self::Answer { daemon, reason: source.to_string() },
        }
    }

    /// What the process ends with.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotRunning { .. } | Self::Silent { .. } | Self::Forbidden { .. } => UNAVAILABLE,
            Self::Refused { .. } | Self::File { .. } | Self::Pointer { .. } => 1,
            Self::Answer { .. } | Self::Output(_) => shell::exit::INTERNAL,
            Self::Configuration { .. } => shell::exit::CONFIG,
        }
    }

    /// Whether the reader of our output has gone away.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
