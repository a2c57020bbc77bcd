//! Memory, load and disk.

use std::path::Path;

use api::system::{Disk, Memory};
use nix::sys::statvfs::statvfs;

/// From `/proc/meminfo`.
pub(crate) fn memory(text: &str) -> Option<Memory> {
    let field = |name: &str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        rest.split_ascii_whitespace().next()?.parse().ok()
    };
    Some(Memory { total_kib: field("MemTotal")?, available_kib: field("MemAvailable")? })
}

/// From `/proc/loadavg`, in hundredths.
pub(crate) fn load(text: &str) -> Option<[u32; 3]> {
    let mut words = text.split_ascii_whitespace().map(|word| {
        let (whole, fraction) = word.split_once('.')?;
        let (whole, fraction): (u32, u32) = (whole.parse().ok()?, fraction.get(..2)?.parse().ok()?);
        whole.checked_mul(100)?.checked_add(fraction)
    });
    Some([words.next()??, words.next()??, words.next()??])
}

/// Of the file system that holds `path`.
pub(crate) fn disk(path: &Path) -> Option<Disk> {
    let stat = statvfs(path).ok()?;
    let unit = stat.fragment_size();
    Some(Disk {
        path: path.display().to_string(),
        total_kib: stat.blocks().saturating_mul(unit) / 1_024,
        free_kib: stat.blocks_available().saturating_mul(unit) / 1_024,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_load_are_read() {
        let text = "MemTotal:        2048 kB\nMemFree: 1 kB\nMemAvailable:    1024 kB\n";
        assert_eq!(memory(text), Some(Memory { total_kib: 2_048, available_kib: 1_024 }));
        assert_eq!(load("0.42 12.05 1.00 1/99 4711\n"), Some([42, 1_205, 100]));
    }

    #[test]
    fn what_cannot_be_read_is_absent() {
        assert_eq!(memory("MemTotal: x kB"), None);
        for bad in ["", "1 2 3", "0.42 1.0", "a.bc d.ef g.hi", "99999999999.00 0.00 0.00"] {
            assert_eq!(load(bad), None, "{bad}");
        }
        assert_eq!(disk(Path::new("/no/such/folder")), None);
    }
}
