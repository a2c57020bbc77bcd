//! The disk of a unit: written, read back, its table stretched to its size.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use data_encoding::HEXLOWER;
use nix::fcntl::{OFlag, PosixFadviseAdvice, posix_fadvise};
use sha2::{Digest as _, Sha256};

use crate::{
    Failure,
    failure::at,
    image::{Image, bmap::Map},
    zero::zero,
};

/// How much goes at once.
const PIECE: usize = 4 << 20;
/// What is wiped in front of `data`: as much as `tpm/seal-data` looks at before it makes a partition.
const HEADERS: u64 = 32 << 20;
/// The partitions that every image has (D17).
pub const PARTITIONS: [&str; 6] = ["boot-a", "rootfs-a", "boot-b", "rootfs-b", "reserved", "data"];

/// A disk, or a file that stands for one.
#[derive(Debug)]
pub struct Disk {
    path: PathBuf,
    file: File,
}

/// What was written, in order: from where, how much, and what.
pub type Written = Vec<(u64, u64, Content)>;

/// What a part of a disk holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Something with this SHA-256.
    Sum([u8; 32]),
    /// Nothing but zeros.
    Zeros,
}

/// A partition: its number, first byte and size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: u32,
    /// Its first byte.
    pub start: u64,
    /// Its size in bytes.
    pub size: u64,
}

impl Disk {
    /// Opens a disk that nobody uses: a mounted one is refused by the system.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let metadata = std::fs::metadata(path).map_err(at(path))?;
        let block = metadata.file_type().is_block_device();
        if !block && !metadata.is_file() {
            let found = "neither a disk nor a file".to_owned();
            return Err(Failure::Content {
                path: path.to_owned(),
                found,
                expected: "a disk such as /dev/mmcblk2".to_owned(),
            });
        }
        let flags = if block { OFlag::O_EXCL.bits() } else { 0 };
        let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open(path).map_err(at(path))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How much it holds.
    pub fn size(&mut self) -> Result<u64, Failure> {
        self.file.seek(SeekFrom::End(0)).map_err(at(&self.path))
    }

    /// Writes what an image's map names, and zeros between it: to the image's programs a hole is a zero, and a used disk has
    /// something else there. `progress` hears how much of how much is done.
    pub fn write(
        &mut self,
        image: &mut Image,
        map: &Map,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Written, Failure> {
        let size = self.size()?;
        if size < map.size {
            return Err(Failure::Content {
                path: self.path.clone(),
                found: format!("{size} bytes"),
                expected: format!("at least the image's {}", map.size),
            });
        }
        let (mut written, mut done, total) = (Written::new(), 0_u64, map.mapped());
        let mut buffer = vec![0; PIECE];
        for (from, length) in map.gaps() {
            zero(&mut self.file, from, length).map_err(at(&self.path))?;
            written.push((from, length, Content::Zeros));
        }
        for range in &map.ranges {
            let (from, length) = map.bytes(range);
            image.advance(from)?;
            self.file.seek(SeekFrom::Start(from)).map_err(at(&self.path))?;
            let mut sum = Sha256::new();
            let mut left = length;
            while left > 0 {
                let piece = front(&mut buffer, left);
                image.fill(piece)?;
                sum.update(&*piece);
                self.file.write_all(piece).map_err(at(&self.path))?;
                let count = piece.len().try_into().unwrap_or(u64::MAX);
                left = left.saturating_sub(count);
                done = done.saturating_add(count);
                progress(done, total);
            }
            let sum: [u8; 32] = sum.finalize().into();
            if range.sum.is_some_and(|wanted| wanted != sum) {
                return Err(Failure::Content {
                    path: image.path().to_owned(),
                    found: format!("blocks {} to {} with SHA-256 {}", range.first, range.last, HEXLOWER.encode(&sum)),
                    expected: format!("{} as its block map says", HEXLOWER.encode(&range.sum.unwrap_or_default())),
                });
            }
            written.push((from, length, Content::Sum(sum)));
        }
        self.file.sync_all().map_err(at(&self.path))?;
        written.sort_unstable_by_key(|(from, ..)| *from);
        Ok(written)
    }

    /// Reads back what was written, from the disk and not from memory. The zeros too: a disk may say that it has made them,
    /// and give back what it had.
    pub fn read_back(
        &mut self,
        written: &[(u64, u64, Content)],
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), Failure> {
        self.file.sync_all().map_err(at(&self.path))?;
        posix_fadvise(&self.file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)
            .map_err(|error| at(&self.path)(error.into()))?;
        let total = written.iter().map(|(_, length, _)| length).sum();
        let mut done = 0_u64;
        let mut buffer = vec![0; PIECE];
        for (from, length, content) in written {
            self.file.seek(SeekFrom::Start(*from)).map_err(at(&self.path))?;
            let mut sum = Sha256::new();
            let mut left = *length;
            while left > 0 {
                let piece = front(&mut buffer, left);
                self.file.read_exact(piece).map_err(at(&self.path))?;
                match content {
                    Content::Sum(_) => sum.update(&*piece),
                    Content::Zeros => {
                        if let Some((place, found)) = other_than_zero(piece) {
                            let at = from.saturating_add(length.saturating_sub(left)).saturating_add(place);
                            return Err(Failure::NotZero { disk: self.path.clone(), at, found });
                        }
                    }
                }
                let count = piece.len().try_into().unwrap_or(u64::MAX);
                left = left.saturating_sub(count);
                done = done.saturating_add(count);
                progress(done, total);
            }
            if let Content::Sum(wanted) = content
                && sum.finalize()[..] != wanted[..]
            {
                return Err(Failure::ReadBack {
                    disk: self.path.clone(),
                    from: *from,
                    to: from.saturating_add(*length),
                });
            }
        }
        Ok(())
    }

    /// Stretches the partition table and `data` over the whole disk, and wipes what an earlier life left in front of `data`.
    pub fn stretch(&mut self) -> Result<Partition, Failure> {
        let path = self.path.clone();
        sfdisk(&path, &["--quiet", "--no-reread", "--no-tell-kernel", "--relocate", "gpt-bak-std"], "")?;
        let number = self.partition("data")?.number.to_string();
        sfdisk(&path, &["--quiet", "--no-reread", "--no-tell-kernel", "--partno", &number], ", +\n")?;
        let data = self.partition("data")?;
        let headers = data.size.min(HEADERS);
        zero(&mut self.file, data.start, headers).map_err(at(&path))?;
        self.read_back(&[(data.start, headers, Content::Zeros)], &mut |_, _| {})?;
        Ok(data)
    }

    /// Lets go of the disk, and has the system look at its partitions.
    pub fn release(self) -> Result<(), Failure> {
        let Self { path, file } = self;
        let block = file.metadata().map_err(at(&path))?.file_type().is_block_device();
        drop(file);
        if !block {
            return Ok(());
        }
        run("blockdev", &["--rereadpt"], &path, "")?;
        // What stands for the partitions in /dev is made by udev, if there is one.
        let _ = Command::new("udevadm").args(["settle", "--timeout=30"]).status();
        Ok(())
    }

    /// The partitions of the disk: all that an image has, or what is missing.
    pub fn partitions(path: &Path) -> Result<Vec<Partition>, Failure> {
        let found = parse(&sfdisk(path, &["--dump"], "")?);
        let missing: Vec<&str> =
            PARTITIONS.into_iter().filter(|name| !found.iter().any(|partition| partition.name == *name)).collect();
        if missing.is_empty() {
            return Ok(found);
        }
        Err(Failure::Content {
            path: path.to_owned(),
            found: format!("no partition {}", missing.join(", ")),
            expected: format!("{} (ota/partitions.sfdisk)", PARTITIONS.join(", ")),
        })
    }

    fn partition(&self, name: &str) -> Result<Partition, Failure> {
        Self::partitions(&self.path)?.into_iter().find(|partition| partition.name == name).ok_or_else(|| {
            Failure::Content {
                path: self.path.clone(),
                found: "another partition table".to_owned(),
                expected: format!("a partition {name}"),
            }
        })
    }
}

fn front(buffer: &mut [u8], left: u64) -> &mut [u8] {
    let length = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
    buffer.get_mut(..length).unwrap_or_default()
}

/// The first byte that is not zero: where, and what.
fn other_than_zero(piece: &[u8]) -> Option<(u64, u8)> {
    // All at once, which is quicker than one by one, and mostly enough.
    if piece.iter().fold(0_u8, |seen, byte| seen | byte) == 0 {
        return None;
    }
    (0..).zip(piece).find(|(_, byte)| **byte != 0).map(|(place, byte)| (place, *byte))
}

/// Runs sfdisk on a disk; what it prints.
fn sfdisk(disk: &Path, arguments: &[&str], input: &str) -> Result<String, Failure> {
    run("sfdisk", arguments, disk, input)
}

/// Runs a program of util-linux on a disk; what it prints.
fn run(program: &str, arguments: &[&str], disk: &Path, input: &str) -> Result<String, Failure> {
    let failed = |why: String| Failure::Program {
        program: format!("{program} {} {}", arguments.join(" "), disk.display()),
        why,
    };
    let mut child = Command::new(program)
        .args(arguments)
        .arg(disk)
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // It may end without reading.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What `sfdisk --dump` says, with sectors of 512 bytes.
fn parse(dump: &str) -> Vec<Partition> {
    dump.lines()
        .filter_map(|line| {
            let (device, fields) = line.split_once(" : ")?;
            let number: String = device.trim().chars().rev().take_while(char::is_ascii_digit).collect();
            let number = number.chars().rev().collect::<String>().parse().ok()?;
            let field = |name: &str| {
                fields
                    .split(", ")
                    .filter_map(|field| field.split_once('='))
                    .find(|(key, _)| key.trim() == name)
                    .map(|(_, value)| value.trim().trim_matches('"'))
            };
            let sectors = |name: &str| field(name)?.parse::<u64>().ok()?.checked_mul(512);
            Some(Partition {
                name: field("name")?.to_owned(),
                number,
                start: sectors("start")?,
                size: sectors("size")?,
            })
        })
        .collect()
}
