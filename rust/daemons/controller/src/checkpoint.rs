//! The checkpoint in `/run`: written at every change, read by the next controller.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use cabinet::Checkpoint;

/// Where it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Keeper {
    path: PathBuf,
    last: Vec<u8>,
}

impl Keeper {
    pub(crate) fn new(run_dir: &Path) -> io::Result<Self> {
        let dir = run_dir.join("controller");
        fs::create_dir_all(&dir)?;
        Ok(Self { path: dir.join("checkpoint.json"), last: Vec::new() })
    }

    /// What the last controller left; nothing if there is none or it cannot be read (then no charge is adopted).
    pub(crate) fn read(&self) -> Option<Checkpoint> {
        let bytes = fs::read(&self.path).ok()?;
        serde_json::from_slice(&bytes)
            .inspect_err(|error| tracing::warn!(%error, "the checkpoint cannot be read; no charge is adopted"))
            .ok()
    }

    /// Writes it, by renaming a whole new file into place. `/run` is memory, so there is nothing to sync.
    pub(crate) fn write(&mut self, checkpoint: &Checkpoint) {
        let Ok(bytes) = serde_json::to_vec(checkpoint) else { return };
        if bytes == self.last {
            return;
        }
        let new = self.path.with_extension("new");
        match fs::write(&new, &bytes).and_then(|()| fs::rename(&new, &self.path)) {
            Ok(()) => self.last = bytes,
            Err(error) => tracing::error!(%error, path = %self.path.display(), "the checkpoint cannot be written"),
        }
    }
}
