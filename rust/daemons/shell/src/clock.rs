//! The machine's clocks as the domain's types.

use nix::time::{ClockId, clock_gettime};
use units::{BootId, ClockQuality, Mono, Wall};

/// Now on `CLOCK_BOOTTIME`, which goes on in suspend and never steps.
pub fn mono() -> Mono {
    read(ClockId::CLOCK_BOOTTIME).map_or(Mono::BOOT, |(s, ns)| Mono(s.saturating_mul(1_000_000_000).saturating_add(ns)))
}

/// Now on the wall, with what systemd's time service says it is worth.
pub fn wall() -> Wall {
    let ms = read(ClockId::CLOCK_REALTIME)
        .map_or(0, |(s, ns)| i64::try_from(s.saturating_mul(1_000).saturating_add(ns / 1_000_000)).unwrap_or(i64::MAX));
    Wall { ms, quality: quality() }
}

/// Both chrony and timesyncd leave a mark when the clock is disciplined; the kernel's own flag would need privileges in
/// some sandboxes.
fn quality() -> ClockQuality {
    let marks = ["/run/systemd/timesync/synchronized", "/run/joulepoint/clock-synchronised"];
    if marks.iter().any(|mark| std::path::Path::new(mark).exists()) {
        ClockQuality::Synchronised
    } else if std::path::Path::new("/run/joulepoint/clock-informative").exists() {
        ClockQuality::Informative
    } else {
        ClockQuality::Unset
    }
}

/// The kernel's id of this boot.
pub fn boot_id() -> BootId {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    BootId(text.trim().to_owned())
}

fn read(clock: ClockId) -> Option<(u64, u64)> {
    let time = clock_gettime(clock).ok()?;
    Some((u64::try_from(time.tv_sec()).ok()?, u64::try_from(time.tv_nsec()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on() {
        let before = mono();
        assert!(before > Mono::BOOT);
        assert!(mono() >= before);
        assert!(wall().ms > 1_700_000_000_000);
        assert_eq!(boot_id().0.len(), 36);
    }
}
