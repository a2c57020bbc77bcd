//! Values as people read them.

use serde::Serialize;
use serde_json::Value;
use units::{ClockQuality, Mono, Wall};

/// The name that an enum without data has in JSON.
pub(crate) fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        Ok(Value::Object(fields)) => {
            let tag = ["kind", "state"].iter().find_map(|tag| fields.get(*tag)).and_then(Value::as_str);
            tag.unwrap_or("?").to_owned()
        }
        _ => "?".to_owned(),
    }
}

/// How long it has been so: `45s`, `12m30s`, `3h05m`, `2d04h`.
pub(crate) fn duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{minutes}m{:02}s", seconds % 60),
        3_600..86_400 => format!("{hours}h{:02}m", minutes % 60),
        _ => format!("{days}d{:02}h", hours % 24),
    }
}

/// How long before `now` something was.
pub(crate) fn ago(now: Mono, then: Mono) -> String {
    duration(now.since(then).as_secs())
}

/// A date and time in UTC, with a question mark if nobody knows whether the clock was right.
pub(crate) fn wall(wall: Wall) -> String {
    let seconds = wall.ms.div_euclid(1_000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let doubt = if wall.quality == ClockQuality::Unset { "?" } else { "" };
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}Z{doubt}", rest / 3_600, rest / 60 % 60, rest % 60)
}

/// The proleptic Gregorian date so many days after 1970-01-01: years are counted from a first of March, so that the
/// leap day is the last of its year, in eras of 400 years, which are all alike.
fn civil(days: i64) -> (i64, i64, i64) {
    const ERA: i64 = 146_097;
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / (ERA - 1)) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right() {
        let at = |ms| wall(Wall { ms, quality: ClockQuality::Synchronised });
        assert_eq!(at(0), "1970-01-01 00:00:00Z");
        assert_eq!(at(951_827_696_000), "2000-02-29 12:34:56Z");
        assert_eq!(at(1_795_398_707_999), "2026-11-23 01:51:47Z");
        assert_eq!(at(-1), "1969-12-31 23:59:59Z");
        assert_eq!(wall(Wall::default()), "1970-01-01 00:00:00Z?");
    }

    #[test]
    fn durations_have_two_places() {
        let all = [(5, "5s"), (750, "12m30s"), (11_100, "3h05m"), (187_200, "2d04h")];
        for (seconds, text) in all {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn enums_are_named_as_in_json() {
        assert_eq!(name(&ClockQuality::Synchronised), "synchronised");
        assert_eq!(name(&api::state::Authorisation::None), "none");
    }
}
