//! Notices that a hand has edited the file.

use std::{
    io,
    os::fd::AsFd as _,
    path::{Path, PathBuf},
    sync::mpsc::TrySendError,
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::inotify::{AddWatchFlags, InitFlags, Inotify},
};

use super::{
    clerk::{Desk, Job},
    file::File,
};

/// An editor writes, renames and removes in one go: it has ended when nothing happens for this long.
const CALM: Duration = Duration::from_millis(50);
/// Without news the file is looked at this often: not every file system tells.
const LOOK: Duration = Duration::from_secs(5);

/// Starts the thread that watches the folder of the file.
pub(crate) fn watch(path: &Path, desk: Desk) -> io::Result<()> {
    let file = File::at(path).path().to_owned();
    thread::Builder::new().name("config-file".to_owned()).spawn(move || {
        let watching = match inotify(&file) {
            Ok(watching) => Some(watching),
            Err(error) => {
                tracing::warn!(%error, path = %file.display(), "the file's folder cannot be watched, it is looked at");
                None
            }
        };
        loop {
            match &watching {
                Some(watching) => settle(watching, &file),
                None => thread::sleep(LOOK),
            }
            // A full desk has looked at the file before each of its changes.
            if let Err(TrySendError::Disconnected(_)) = desk.jobs.try_send(Job::Look) {
                return;
            }
        }
    })?;
    Ok(())
}

fn inotify(file: &Path) -> Result<Inotify, Errno> {
    let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
    let folder = file.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
    // The folder and not the file: editors put another file in its place.
    inotify.add_watch(&folder, AddWatchFlags::IN_CLOSE_WRITE | AddWatchFlags::IN_MOVED_TO)?;
    Ok(inotify)
}

/// Returns when something was done to the file and is over, or after a while.
fn settle(watching: &Inotify, file: &Path) {
    let begun = Instant::now();
    let mut calm = LOOK;
    while wait(watching, calm.min(LOOK.saturating_sub(begun.elapsed()))) {
        let events = watching.read_events().unwrap_or_default();
        if events.iter().any(|event| event.name.as_deref() == file.file_name()) {
            calm = CALM;
        }
    }
}

/// Whether there is news within the time.
fn wait(watching: &Inotify, limit: Duration) -> bool {
    let mut fds = [PollFd::new(watching.as_fd(), PollFlags::POLLIN)];
    let limit = PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX);
    match poll(&mut fds, limit) {
        Ok(ready) => ready > 0,
        Err(_) => false,
    }
}
