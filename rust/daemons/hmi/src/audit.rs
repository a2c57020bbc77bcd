//! The audit log: one JSON line for each sign-in and each change, on disk before the answer goes out.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    net::IpAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use serde::Serialize;
use units::Wall;

use crate::role::Role;

/// A file is put aside when it is this long.
const MAX_BYTES: u64 = 2 * 1024 * 1024;
/// So many are kept besides the current one.
const KEEP: usize = 4;

const FILE: &str = "audit.jsonl";

/// What somebody did.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// When.
    pub at: Wall,
    /// Who; what was typed, for a failed sign-in.
    pub user: String,
    /// As what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// From where.
    pub from: IpAddr,
    /// What.
    #[serde(flatten)]
    pub action: Action,
}

/// The kinds of things that are written down.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Signed in.
    SignedIn,
    /// Tried to.
    SignInFailed,
    /// Tried so often that the next attempts are refused for a while.
    SignInSlowed,
    /// Signed out.
    SignedOut,
    /// Was refused for want of a role.
    Forbidden {
        /// The request's method and path.
        request: String,
    },
    /// Changed something.
    Changed {
        /// The request's method and path.
        request: String,
        /// What the daemon answered.
        status: u16,
    },
}

/// The log. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Audit {
    inner: Arc<Mutex<Log>>,
}

#[derive(Debug)]
struct Log {
    dir: PathBuf,
    file: File,
    length: u64,
}

impl Audit {
    /// Opens the log in `dir`, and goes on where it ended.
    pub fn open(dir: &Path) -> io::Result<Self> {
        let (file, length) = open(dir)?;
        Ok(Self { inner: Arc::new(Mutex::new(Log { dir: dir.to_owned(), file, length })) })
    }

    /// Writes one line and waits until it is on disk. A failure is logged: it stops nobody from ending a charge.
    pub async fn write(&self, entry: Entry) {
        let inner = self.inner.clone();
        let written = tokio::task::spawn_blocking(move || {
            let mut log = inner.lock().unwrap_or_else(PoisonError::into_inner);
            log.append(&entry)
        });
        match written.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the audit log cannot be written"),
            Err(error) => tracing::error!(%error, "the audit log's writer failed"),
        }
    }
}

impl Log {
    fn append(&mut self, entry: &Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        if self.length > 0 && self.length + line.len() as u64 > MAX_BYTES {
            self.rotate()?;
        }
        self.file.write_all(&line)?;
        self.length += line.len() as u64;
        self.file.sync_data()
    }

    fn rotate(&mut self) -> io::Result<()> {
        let aside = |n: usize| self.dir.join(format!("audit.{n}.jsonl"));
        for n in (1..KEEP).rev() {
            if aside(n).exists() {
                fs::rename(aside(n), aside(n + 1))?;
            }
        }
        fs::rename(self.dir.join(FILE), aside(1))?;
        (self.file, self.length) = open(&self.dir)?;
        Ok(())
    }
}

fn open(dir: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(dir.join(FILE))?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_appended_and_old_files_go() {
        let dir = tempfile::tempdir().unwrap();
        let audit = Audit::open(dir.path()).unwrap();
        let entry = Entry {
            at: Wall::default(),
            user: "eva".into(),
            role: Some(Role::Operator),
            from: IpAddr::from([127, 0, 0, 1]),
            action: Action::Changed { request: "POST /api/x".into(), status: 200 },
        };
        {
            let mut log = audit.inner.lock().unwrap();
            log.append(&entry).unwrap();
            let text = fs::read_to_string(dir.path().join(FILE)).unwrap();
            assert!(text.ends_with('\n'));
            let line: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(line["action"], "changed");
            assert_eq!(line["user"], "eva");
            assert_eq!(line["role"], "operator");
            for _ in 0..KEEP + 3 {
                log.length = MAX_BYTES;
                log.append(&entry).unwrap();
            }
        }
        let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names.len(), KEEP + 1, "{names:?}");
    }
}
