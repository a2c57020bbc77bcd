//! Room on the disk that is kept for the day when it is full (D15).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use nix::{fcntl::posix_fallocate, sys::statvfs::statvfs};

/// A file that takes up room, to be removed when the room is needed.
#[derive(Clone, Debug)]
pub struct Reserve {
    path: PathBuf,
    size: u32,
}

impl Reserve {
    /// So many bytes in a file of this directory.
    pub fn new(dir: &Path, size: u32) -> Self {
        Self { path: dir.join("reserve"), size }
    }

    /// Takes the room up, if as much again stays free; tells whether it is held.
    pub fn hold(&self) -> bool {
        let held = fs::metadata(&self.path).is_ok_and(|file| file.len() >= self.size.into());
        held || self.allot().unwrap_or(false)
    }

    fn allot(&self) -> io::Result<bool> {
        let dir = self.path.parent().unwrap_or(Path::new("/"));
        let disk = statvfs(dir)?;
        if disk.blocks_available().saturating_mul(disk.fragment_size()) < 2 * u64::from(self.size) {
            return Ok(false);
        }
        let file = fs::File::create(&self.path)?;
        let allotted =
            posix_fallocate(&file, 0, self.size.into()).map_err(io::Error::from).and_then(|()| file.sync_all());
        if allotted.is_err() {
            self.release();
        }
        allotted.map(|()| true)
    }

    /// Gives the room to whoever writes next.
    pub fn release(&self) {
        if let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::error!(%error, path = %self.path.display(), "the reserve cannot be released");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_is_really_taken_and_given_back() {
        use std::os::unix::fs::MetadataExt as _;
        let dir = tempfile::tempdir().unwrap();
        let reserve = Reserve::new(dir.path(), 1 << 20);
        assert!(reserve.hold() && reserve.hold());
        let file = dir.path().join("reserve");
        assert!(fs::metadata(&file).unwrap().blocks() * 512 >= 1 << 20);
        reserve.release();
        reserve.release();
        assert!(!file.exists());
    }

    #[test]
    fn what_does_not_fit_is_not_held() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!Reserve::new(&dir.path().join("nowhere"), 1 << 20).hold());
    }
}
