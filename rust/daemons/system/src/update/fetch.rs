//! One attempt to fetch a bundle: into a file, hashed on the way, going on where the last attempt stopped.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use api::update::Code;
use data_encoding::HEXLOWER;
use http_body_util::BodyExt as _;
use hyper::{StatusCode, header};
use nix::sys::statvfs::statvfs;
use sha2::{Digest as _, Sha256};
use tokio::{
    fs::{File, OpenOptions},
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, timeout},
};
use update::{Again, FetchFailure, Fetched};

use super::http::Client;

/// The largest bundle that is fetched: RAUC's own limit.
const LARGEST: u64 = 512 * 1024 * 1024;
/// What a download leaves of the disk to those who bill.
const LEAVE: u64 = 64 * 1024 * 1024;
/// A server that sends nothing for so long is gone.
const SILENCE: Duration = Duration::from_mins(1);
/// How far it is, is told so often.
const TELL: Duration = Duration::from_millis(500);

/// Where downloads are kept.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    dir: PathBuf,
}

impl Shelf {
    pub(super) fn new(state_dir: &Path) -> Self {
        Self { dir: state_dir.join("update") }
    }

    /// A download that is whole. Ids are ours, but nothing may lead out of the folder.
    pub(super) fn path(&self, id: &str) -> PathBuf {
        self.dir.join(format!("{}.raucb", id.replace(['/', '.'], "_")))
    }

    fn part(&self, id: &str) -> PathBuf {
        self.path(id).with_extension("part")
    }

    /// What the server called the part that is here.
    fn tag(&self, id: &str) -> PathBuf {
        self.path(id).with_extension("etag")
    }

    pub(super) fn delete(&self, id: &str) {
        for path in [self.path(id), self.part(id), self.tag(id)] {
            let _ = fs::remove_file(path);
        }
    }

    /// A copy of a file that others can change, whole and on disk. It is nobody's download: whoever made it deletes it.
    pub(super) async fn copy(&self, from: &Path, id: &str) -> Result<PathBuf, FetchFailure> {
        let copied = self.try_copy(from, &self.path(id)).await;
        copied.inspect_err(|_| self.delete(id)).map(|()| self.path(id))
    }

    async fn try_copy(&self, from: &Path, to: &Path) -> Result<(), FetchFailure> {
        fs::create_dir_all(&self.dir).map_err(|error| disk(&self.dir, &error))?;
        let source = File::open(from).await.map_err(|error| disk(from, &error))?;
        let size = source.metadata().await.map_err(|error| disk(from, &error))?.len();
        room(self, size, Some(size))?;
        let mut file = File::create(to).await.map_err(|error| disk(to, &error))?;
        tokio::io::copy(&mut source.take(size), &mut file).await.map_err(|error| disk(to, &error))?;
        file.sync_all().await.map_err(|error| disk(to, &error))
    }

    /// Deletes what belongs to no download that is known.
    pub(super) fn tidy(&self, known: Option<&str>) {
        let known = known.map(|id| self.path(id));
        for file in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            if known.as_ref().is_none_or(|known| file.path().file_stem() != known.file_stem()) {
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

fn may_help(reason: impl Into<String>) -> FetchFailure {
    FetchFailure { code: Code::Download, reason: reason.into(), again: Again::MayHelp }
}

fn no_use(code: Code, reason: impl Into<String>) -> FetchFailure {
    FetchFailure { code, reason: reason.into(), again: Again::IsOfNoUse }
}

fn disk(path: &Path, error: &std::io::Error) -> FetchFailure {
    let full = error.raw_os_error().is_some_and(|code| code == nix::libc::ENOSPC || code == nix::libc::EDQUOT);
    if full {
        no_use(Code::NoSpace, format!("the disk is full: {}", path.display()))
    } else {
        may_help(format!("{}: {error}", path.display()))
    }
}

/// Makes one attempt.
pub(super) async fn attempt(
    client: &Client,
    shelf: &Shelf,
    id: &str,
    url: &str,
    mut told: impl FnMut(u64, Option<u64>),
) -> Result<Fetched, FetchFailure> {
    let (path, part) = (shelf.path(id), shelf.part(id));
    fs::create_dir_all(&shelf.dir).map_err(|error| disk(&shelf.dir, &error))?;
    if path.exists() {
        // It was whole when the program was restarted.
        let (hash, size) = hashed(&path).await.map_err(|error| disk(&path, &error))?;
        return Ok(Fetched { path: path.display().to_string(), sha256: HEXLOWER.encode(&hash.finalize()), size });
    }
    let (mut hash, mut here) = hashed(&part).await.unwrap_or((Sha256::new(), 0));
    // The attempt begins, also if no byte comes of it.
    told(here, None);
    let tag = fs::read_to_string(shelf.tag(id)).unwrap_or_default();
    let mut headers = Vec::new();
    if here > 0 && !tag.is_empty() {
        headers.push((header::RANGE, format!("bytes={here}-")));
        headers.push((header::IF_RANGE, tag));
    }
    let answer = client.get(url, &headers).await.map_err(|error| may_help(error.to_string()))?;
    let status = answer.status();
    match status {
        StatusCode::PARTIAL_CONTENT => {}
        StatusCode::OK => (hash, here) = (Sha256::new(), 0),
        _ => {
            let again = status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429);
            let reason = format!("the server says {status}");
            return Err(if again { may_help(reason) } else { no_use(Code::Download, reason) });
        }
    }
    let length =
        answer.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let total = length.map(|length| here.saturating_add(length));
    room(shelf, length.unwrap_or(0), total)?;
    // A weak tag says too little to go on by.
    let tag = answer.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| tag.starts_with('"'));
    let _ = fs::write(shelf.tag(id), tag.unwrap_or_default());
    let file = OpenOptions::new().create(true).write(true).append(here > 0).truncate(here == 0).open(&part).await;
    let mut file = file.map_err(|error| disk(&part, &error))?;
    told(here, total);
    let mut body = answer.into_body();
    let mut last = Instant::now();
    loop {
        let frame = timeout(SILENCE, body.frame())
            .await
            .map_err(|_| may_help(format!("the server sent nothing for {} s", SILENCE.as_secs())))?;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|error| may_help(format!("the connection broke after {here} bytes: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        here = here.saturating_add(data.len() as u64);
        if here > LARGEST {
            return Err(no_use(
                Code::Download,
                format!("it is larger than {LARGEST} bytes, the most that a bundle may be"),
            ));
        }
        hash.update(&data);
        file.write_all(&data).await.map_err(|error| disk(&part, &error))?;
        if last.elapsed() >= TELL {
            last = Instant::now();
            told(here, total);
            room(shelf, 0, None)?;
        }
    }
    if total.is_some_and(|total| total != here) {
        return Err(may_help(format!("the connection ended after {here} of {} bytes", total.unwrap_or(0))));
    }
    file.flush().await.map_err(|error| disk(&part, &error))?;
    file.sync_all().await.map_err(|error| disk(&part, &error))?;
    fs::rename(&part, &path).map_err(|error| disk(&path, &error))?;
    let synced = fs::File::open(&shelf.dir).and_then(|dir| dir.sync_all());
    synced.map_err(|error| disk(&shelf.dir, &error))?;
    let _ = fs::remove_file(shelf.tag(id));
    Ok(Fetched { path: path.display().to_string(), sha256: HEXLOWER.encode(&hash.finalize()), size: here })
}

/// Whether so much more fits and leaves enough to the others.
fn room(shelf: &Shelf, more: u64, total: Option<u64>) -> Result<(), FetchFailure> {
    if total.is_some_and(|total| total > LARGEST) {
        let total = total.unwrap_or(0);
        return Err(no_use(Code::Download, format!("it has {total} bytes, expected at most {LARGEST}")));
    }
    let Ok(stat) = statvfs(&shelf.dir) else { return Ok(()) };
    let free = stat.blocks_available().saturating_mul(stat.fragment_size());
    // A small disk, as in a test or on a bench, is left a tenth.
    let leave = LEAVE.min(stat.blocks().saturating_mul(stat.fragment_size()) / 10);
    if free < more.saturating_add(leave) {
        let reason = format!("{more} bytes more do not fit: {free} are free, and {leave} are kept for what bills");
        return Err(no_use(Code::NoSpace, reason));
    }
    Ok(())
}

/// The SHA-256 of a file so far, and its size.
async fn hashed(path: &Path) -> std::io::Result<(Sha256, u64)> {
    let mut file = File::open(path).await?;
    let (mut hash, mut size, mut block) = (Sha256::new(), 0_u64, vec![0; 256 * 1024]);
    loop {
        let read = file.read(&mut block).await?;
        if read == 0 {
            return Ok((hash, size));
        }
        hash.update(block.get(..read).unwrap_or_default());
        size = size.saturating_add(read as u64);
    }
}

/// The SHA-256 of a whole file, in hexadecimal digits.
pub(super) async fn sha256(path: &Path) -> std::io::Result<String> {
    Ok(HEXLOWER.encode(&hashed(path).await?.0.finalize()))
}
