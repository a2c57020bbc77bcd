//! One profile at one instant.

use crate::profile::{Profile, Rate, Schedule};

/// An instant, as profiles see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    /// Since the transaction began, in ms; 0 if none runs, as if one began now.
    pub(crate) elapsed_ms: i64,
    /// The date in ms, if it is known.
    pub(crate) wall_ms: Option<i64>,
}

impl At {
    pub(crate) fn later(self, ms: i64) -> Self {
        Self { elapsed_ms: self.elapsed_ms.saturating_add(ms), wall_ms: self.wall_ms.map(|at| at.saturating_add(ms)) }
    }
}

/// What a profile says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// It has no period now.
    Nothing,
    /// This.
    Limit(Rate),
    /// Nobody knows the time: nothing below this, if anything.
    Perhaps(Rate),
}

/// What a profile says, and in how many ms it may say something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) says: Says,
    pub(crate) next_ms: Option<i64>,
}

const NOTHING: Word = Word { says: Says::Nothing, next_ms: None };

pub(crate) fn at(profile: &Profile, at: At) -> Word {
    let schedule = &profile.schedule;
    let Some(start) = schedule.start_ms else {
        let word = within(schedule, at.elapsed_ms, None);
        return valid(profile, at, word);
    };
    let Some(wall) = at.wall_ms else {
        let Some(rate) = lowest(schedule) else { return NOTHING };
        return Word { says: Says::Perhaps(rate), next_ms: None };
    };
    let offset = wall.saturating_sub(start);
    let word = if offset < 0 {
        Word { says: Says::Nothing, next_ms: Some(offset.saturating_neg()) }
    } else {
        let repeats = profile.repeats_ms();
        within(schedule, repeats.map_or(offset, |every| offset % every), repeats)
    };
    valid(profile, at, word)
}

/// What a schedule says so long after its start, which comes again after `repeats`.
fn within(schedule: &Schedule, offset: i64, repeats: Option<i64>) -> Word {
    let end = schedule.duration_s.map(|s| i64::from(s) * 1_000);
    if end.is_some_and(|end| offset >= end) {
        return Word { says: Says::Nothing, next_ms: repeats.map(|every| every - offset) };
    }
    let starts_at = |s: u32| i64::from(s) * 1_000;
    let following = schedule.periods.partition_point(|period| starts_at(period.start_s) <= offset);
    let Some(period) = following.checked_sub(1).and_then(|i| schedule.periods.get(i)) else { return NOTHING };
    let next = schedule.periods.get(following).map(|next| starts_at(next.start_s));
    Word {
        says: Says::Limit(Rate { unit: schedule.unit, milli: period.limit_milli }),
        next_ms: [next, end, repeats].into_iter().flatten().min().map(|next| next - offset),
    }
}

/// A word, as far as the profile is valid.
fn valid(profile: &Profile, at: At, word: Word) -> Word {
    let (from, to) = (profile.valid_from_ms, profile.valid_to_ms);
    let Some(wall) = at.wall_ms else {
        let says = match word.says {
            Says::Limit(rate) if from.or(to).is_some() => Says::Perhaps(rate),
            says => says,
        };
        return Word { says, ..word };
    };
    if let Some(wait) = from.map(|from| from.saturating_sub(wall)).filter(|wait| *wait > 0) {
        return Word { says: Says::Nothing, next_ms: Some(wait) };
    }
    let left = to.map(|to| to.saturating_sub(wall));
    if left.is_some_and(|left| left <= 0) {
        return NOTHING;
    }
    Word { says: word.says, next_ms: [word.next_ms, left].into_iter().flatten().min() }
}

/// The lowest limit among the periods that ever run.
fn lowest(schedule: &Schedule) -> Option<Rate> {
    let runs = |start: u32| schedule.duration_s.is_none_or(|duration| start < duration);
    let limits = schedule.periods.iter().filter(|period| runs(period.start_s)).map(|period| period.limit_milli);
    limits.min().map(|milli| Rate { unit: schedule.unit, milli })
}
