//! When a reading was taken, and what that is worth (D4).

use chrono::{DateTime, Datelike as _, Timelike as _};
use ocmf::{OcmfTime, TimeStatus};
use units::{ClockQuality, Wall};

use crate::{Reading, sign::Error};

/// Dates readings that belong together: those of one boot by the best-known of them (the latest, among equals), as the
/// clock that never steps tells how far apart they are.
pub(crate) fn date<'a>(readings: impl Iterator<Item = &'a Reading> + Clone) -> Vec<Wall> {
    let best = readings.clone().map(|reading| &reading.at).max_by_key(|at| (at.wall.quality, at.mono));
    let dated = readings.map(|Reading { at, .. }| match best {
        Some(best) if best.boot == at.boot => {
            let milliseconds = |span: core::time::Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
            let before = milliseconds(best.mono.since(at.mono));
            let after = milliseconds(at.mono.since(best.mono));
            let ms = best.wall.ms.saturating_sub(before).saturating_add(after);
            Wall { ms, quality: best.wall.quality }
        }
        _ => at.wall,
    });
    dated.collect()
}

/// `TM` of an instant, in UTC, with the clock's letter.
pub(crate) fn time(wall: Wall) -> Result<OcmfTime, Error> {
    let utc = DateTime::from_timestamp_millis(wall.ms).filter(|utc| (1..=9_999).contains(&utc.year()));
    let utc = utc.ok_or(Error::Time { ms: wall.ms })?;
    let small = |value: u32| u8::try_from(value).unwrap_or(u8::MAX);
    Ok(OcmfTime {
        year: utc.year(),
        month: small(utc.month()),
        day: small(utc.day()),
        hour: small(utc.hour()),
        minute: small(utc.minute()),
        second: small(utc.second()),
        millisecond: u16::try_from(utc.timestamp_subsec_millis()).unwrap_or(u16::MAX),
        offset_minutes: 0,
        status: Some(match wall.quality {
            ClockQuality::Unset => TimeStatus::Unknown,
            ClockQuality::Informative => TimeStatus::Informative,
            ClockQuality::Synchronised => TimeStatus::Synchronized,
        }),
    })
}

/// `EF` of a reading: its time is no good for billing when nobody has set the clock.
pub(crate) const fn flags(wall: Wall) -> &'static str {
    match wall.quality {
        ClockQuality::Unset => "t",
        ClockQuality::Informative | ClockQuality::Synchronised => "",
    }
}

#[cfg(test)]
mod tests {
    use units::{BootId, Mono};

    use super::*;
    use crate::Moment;

    const TEN: i64 = 1_795_000_000_000;

    fn reading(boot: &str, s: u64, ms: i64, quality: ClockQuality) -> Reading {
        let at = Moment { boot: BootId(boot.into()), mono: Mono::from_millis(s * 1_000), wall: Wall { ms, quality } };
        Reading { digits: 1, exponent: 0, at }
    }

    fn dated(readings: &[Reading]) -> Vec<(i64, ClockQuality)> {
        date(readings.iter()).into_iter().map(|wall| (wall.ms, wall.quality)).collect()
    }

    #[test]
    fn a_clock_that_is_set_during_the_charge_dates_its_beginning() {
        use ClockQuality::{Synchronised, Unset};
        let readings = [reading("a", 100, 5_000, Unset), reading("a", 700, TEN, Synchronised)];
        assert_eq!(dated(&readings), [(TEN - 600_000, Synchronised), (TEN, Synchronised)]);
    }

    #[test]
    fn a_step_of_hours_changes_no_duration() {
        use ClockQuality::Informative;
        for step in [-7_200_000, 7_200_000] {
            let readings = [reading("a", 100, TEN, Informative), reading("a", 160, TEN + step, Informative)];
            let dated = dated(&readings);
            assert_eq!(dated[1].0 - dated[0].0, 60_000);
        }
    }

    #[test]
    fn a_clock_that_lost_its_source_does_not_spoil_what_was_known() {
        use ClockQuality::{Synchronised, Unset};
        let readings = [reading("a", 100, TEN, Synchronised), reading("a", 160, 0, Unset)];
        assert_eq!(dated(&readings), [(TEN, Synchronised), (TEN + 60_000, Synchronised)]);
    }

    #[test]
    fn another_boot_has_another_clock() {
        use ClockQuality::{Informative, Synchronised};
        let readings = [reading("a", 100, 7, Informative), reading("b", 5, TEN, Synchronised)];
        assert_eq!(dated(&readings), [(7, Informative), (TEN, Synchronised)]);
    }

    #[test]
    fn each_quality_has_its_letter_and_an_unset_clock_its_flag() {
        let letter = |quality| time(Wall { ms: TEN, quality }).unwrap().to_string();
        assert_eq!(letter(ClockQuality::Synchronised), "2026-11-18T11:06:40,000+0000 S");
        assert!(letter(ClockQuality::Informative).ends_with(" I"));
        assert!(letter(ClockQuality::Unset).ends_with(" U"));
        assert_eq!(flags(Wall { ms: TEN, quality: ClockQuality::Unset }), "t");
        assert_eq!(flags(Wall { ms: TEN, quality: ClockQuality::Informative }), "");
        assert!(time(Wall { ms: i64::MAX, quality: ClockQuality::Informative }).is_err());
    }
}
