//! An image as it comes from the build: raw or compressed with zstd, with a block map or without.

pub mod bmap;

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek as _, SeekFrom},
    os::fd::AsFd,
    path::{Path, PathBuf},
};

use nix::unistd::{Whence, lseek64};
use ruzstd::decoding::StreamingDecoder;
use sha2::{Digest as _, Sha256};

use crate::{Failure, failure::at};
use bmap::{Map, Range};

/// What a zstd file begins with.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The block of a map that we make ourselves: what file systems tell holes by.
const BLOCK: u64 = 4096;

/// An image, read from front to back.
pub struct Image {
    path: PathBuf,
    content: Content,
    at: u64,
}

enum Content {
    Raw(File),
    Zstd(Box<StreamingDecoder<BufReader<File>, ruzstd::decoding::FrameDecoder>>),
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Image").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Image {
    /// Opens an image.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let mut file = File::open(path).map_err(at(path))?;
        let mut magic = Vec::new();
        file.by_ref().take(4).read_to_end(&mut magic).map_err(at(path))?;
        file.rewind().map_err(at(path))?;
        let content = if magic == ZSTD {
            let decoder =
                StreamingDecoder::new(BufReader::with_capacity(1 << 20, file)).map_err(|error| Failure::Content {
                    path: path.to_owned(),
                    found: error.to_string(),
                    expected: "an image compressed with zstd".to_owned(),
                })?;
            Content::Zstd(Box::new(decoder))
        } else {
            Content::Raw(file)
        };
        Ok(Self { path: path.to_owned(), content, at: 0 })
    }

    /// Its name, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What there is to write: the given map; else the image's file `IMAGE.bmap`, the one beside its uncompressed name; else
    /// what the holes of a raw image tell.
    pub fn map(&mut self, given: Option<&Path>) -> Result<Map, Failure> {
        let text = self.path.as_os_str().to_string_lossy().into_owned();
        let beside = [format!("{text}.bmap"), format!("{}.bmap", text.trim_end_matches(".zst"))];
        let map = match (given, beside.iter().map(Path::new).find(|path| path.exists()), &self.content) {
            (Some(path), ..) | (None, Some(path), _) => Map::read(path)?,
            (None, None, Content::Raw(file)) => holes(file).map_err(at(&self.path))?,
            (None, None, Content::Zstd(_)) => {
                return Err(Failure::Content {
                    path: self.path.clone(),
                    found: "no block map beside a compressed image".to_owned(),
                    expected: format!("{} or --bmap", beside.last().map_or("", String::as_str)),
                });
            }
        };
        if let Content::Raw(file) = &self.content {
            let size = file.metadata().map_err(at(&self.path))?.len();
            if size != map.size {
                return Err(Failure::Content {
                    path: self.path.clone(),
                    found: format!("{size} bytes"),
                    expected: format!("{} bytes as its block map says", map.size),
                });
            }
        }
        Ok(map)
    }

    /// Goes forward to a place; never back.
    pub fn advance(&mut self, to: u64) -> Result<(), Failure> {
        match &mut self.content {
            Content::Raw(file) => {
                file.seek(SeekFrom::Start(to)).map_err(at(&self.path))?;
            }
            Content::Zstd(decoder) => {
                let skip = to.saturating_sub(self.at);
                let skipped = io::copy(&mut decoder.take(skip), &mut io::sink()).map_err(at(&self.path))?;
                if skipped < skip {
                    return Err(at(&self.path)(io::ErrorKind::UnexpectedEof.into()));
                }
            }
        }
        self.at = to;
        Ok(())
    }

    /// Fills a buffer.
    pub fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Failure> {
        match &mut self.content {
            Content::Raw(file) => file.read_exact(buffer),
            Content::Zstd(decoder) => decoder.read_exact(buffer),
        }
        .map_err(at(&self.path))?;
        self.at = self.at.saturating_add(buffer.len().try_into().unwrap_or(u64::MAX));
        Ok(())
    }

    /// The map of a raw image with a checksum for each range: what is shipped beside it.
    pub fn summed(&mut self) -> Result<Map, Failure> {
        let mut map = match &self.content {
            Content::Raw(file) => holes(file).map_err(at(&self.path))?,
            Content::Zstd(_) => {
                return Err(Failure::Content {
                    path: self.path.clone(),
                    found: "a compressed image".to_owned(),
                    expected: "a raw one: its holes are the map".to_owned(),
                });
            }
        };
        let mut buffer = vec![0; 1 << 20];
        let places: Vec<(u64, u64)> = map.ranges.iter().map(|range| map.bytes(range)).collect();
        for (range, (from, length)) in map.ranges.iter_mut().zip(places) {
            self.advance(from)?;
            let mut sum = Sha256::new();
            let mut left = length;
            while left > 0 {
                let piece =
                    buffer.get_mut(..usize::try_from(left).unwrap_or(usize::MAX).min(1 << 20)).unwrap_or_default();
                self.fill(piece)?;
                sum.update(&*piece);
                left = left.saturating_sub(piece.len().try_into().unwrap_or(u64::MAX));
            }
            range.sum = Some(sum.finalize().into());
        }
        Ok(map)
    }
}

/// What is no hole, as the file system tells.
fn holes(file: &File) -> io::Result<Map> {
    let size = file.metadata()?.len();
    let seek = |from: u64, what| -> io::Result<Option<u64>> {
        match lseek64(file.as_fd(), from.try_into().unwrap_or(i64::MAX), what) {
            Ok(found) => Ok(u64::try_from(found).ok()),
            Err(nix::errno::Errno::ENXIO) => Ok(None),
            Err(error) => Err(error.into()),
        }
    };
    let mut ranges: Vec<Range> = Vec::new();
    let mut from = 0;
    while let Some(data) = seek(from, Whence::SeekData)? {
        let hole = seek(data, Whence::SeekHole)?.unwrap_or(size);
        let (first, last) = (data / BLOCK, hole.saturating_sub(1) / BLOCK);
        match ranges.last_mut() {
            Some(before) if before.last.saturating_add(1) >= first => before.last = last,
            _ => ranges.push(Range { first, last, sum: None }),
        }
        from = hole;
    }
    Ok(Map { size, block: BLOCK, ranges })
}
