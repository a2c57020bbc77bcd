//! Zeros on a disk, the quickest way that it knows.

use std::{
    fs::File,
    io::{self, Seek as _, SeekFrom, Write as _},
};

use nix::{
    errno::Errno,
    fcntl::{FallocateFlags, fallocate},
};

/// How much goes at once where nothing but writing helps.
const PIECE: usize = 4 << 20;

/// Makes a part of a file or disk read as zeros.
pub(crate) fn zero(file: &mut File, from: u64, length: u64) -> io::Result<()> {
    if length == 0 {
        return Ok(());
    }
    let keep = FallocateFlags::FALLOC_FL_KEEP_SIZE;
    if let (Ok(at), Ok(count)) = (from.try_into(), length.try_into()) {
        for way in [FallocateFlags::FALLOC_FL_PUNCH_HOLE, FallocateFlags::FALLOC_FL_ZERO_RANGE] {
            match fallocate(&*file, way | keep, at, count) {
                Ok(()) => return Ok(()),
                Err(Errno::EOPNOTSUPP | Errno::ENOSYS | Errno::ENODEV | Errno::EINVAL) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    let zeros = vec![0; PIECE];
    file.seek(SeekFrom::Start(from))?;
    let mut left = length;
    while left > 0 {
        let piece = zeros.get(..usize::try_from(left).unwrap_or(PIECE).min(PIECE)).unwrap_or_default();
        file.write_all(piece)?;
        left = left.saturating_sub(piece.len().try_into().unwrap_or(u64::MAX));
    }
    Ok(())
}
