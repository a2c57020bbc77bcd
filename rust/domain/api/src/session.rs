//! Sessions: one authorised charge, from the first energy close to the last meter reading.

use serde::{Deserialize, Serialize};
use units::{BootId, ChainId, ConnectorId, IdTag, Mono, SessionId, Wall};
use utoipa::ToSchema;

use crate::command::StopReason;

/// An instant as stored: on the boot's own clock, and on the wall as well as it was known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stamp {
    /// Which boot `mono` belongs to.
    pub boot: BootId,
    /// The instant within it.
    pub mono: Mono,
    /// The wall's, with its quality; re-dated when the clock is set later.
    pub wall: Wall,
}

impl Stamp {
    /// With `self` as the clock's newest reading: dates what happened at `mono` of the same boot, if it was dated worse. What
    /// was dated as well stands as it was written, however the clock stepped since.
    pub fn redate(&self, mono: Mono, wall: &mut Wall) {
        if self.wall.quality > wall.quality {
            let apart = i128::from(mono.0) - i128::from(self.mono.0);
            let apart = i64::try_from(apart / 1_000_000).unwrap_or(0);
            *wall = Wall { ms: self.wall.ms.saturating_add(apart), quality: self.wall.quality };
        }
    }

    /// The same for another stamp, which may be of another boot: that one nobody can date any more.
    pub fn redate_stamp(&self, other: &mut Self) {
        if self.boot == other.boot {
            self.redate(other.mono, &mut other.wall);
        }
    }
}

/// A meter's energy register, as read: `digits` × 10^`exponent` watt-hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Register {
    /// The digits that the meter gave.
    pub digits: u64,
    /// The power of ten of one digit, in Wh; -3 to 6.
    pub exponent: i8,
    /// The meter's serial or configured name.
    pub meter: String,
}

impl Register {
    /// Whole watt-hours, rounded down: what is reported and billed.
    pub fn floor_wh(&self) -> u64 {
        let power = 10_u64.checked_pow(u32::from(self.exponent.unsigned_abs())).unwrap_or(u64::MAX);
        if self.exponent < 0 { self.digits / power } else { self.digits.saturating_mul(power) }
    }
}

/// On whose word a session's owner was let in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthorisedBy {
    /// It was not written down (sessions of an older version).
    #[default]
    Unknown,
    /// A card, and the configuration's own list of tags.
    LocalTag,
    /// A card, and the CSMS's answer.
    Csms,
    /// A card, and the local list that the CSMS gave.
    LocalList,
    /// A card, and what the CSMS said of it before.
    Cache,
    /// A card taken in good faith, as nobody could be asked.
    Offline,
    /// A start from afar.
    Remote,
    /// The vehicle's own id.
    Vehicle,
    /// The vehicle's contract.
    Contract,
    /// Nobody: charging is free.
    Free,
}

/// What a session is measured with, and where, as it was when the session began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outlet {
    /// The connector's EVSEID.
    pub evse_id: String,
    /// Who makes the meter.
    pub meter_vendor: String,
    /// Which one of theirs it is.
    pub meter_model: String,
}

/// One session, running or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Its id everywhere.
    pub id: SessionId,
    /// Where.
    pub connector: ConnectorId,
    /// On which chain.
    pub chain: ChainId,
    /// Whose.
    pub id_tag: IdTag,
    /// On whose word.
    #[serde(default)]
    pub authorised_by: AuthorisedBy,
    /// Where, and measured with what; not written down by older versions.
    #[serde(default)]
    pub outlet: Option<Outlet>,
    /// Its parts: one, as long as the meter's register counts on.
    #[serde(default)]
    pub segments: Vec<Segment>,
    /// When the session's row was written.
    pub started: Stamp,
    /// The meter then.
    pub meter_start: Register,
    /// The newest reading; the last one once ended.
    pub meter_last: Register,
    /// When the newest reading was taken.
    pub meter_last_at: Stamp,
    /// When it ended.
    pub stopped: Option<Stamp>,
    /// Why it ended.
    pub reason: Option<StopReason>,
}

impl Session {
    /// Begins with the meter as it stands.
    pub fn begin(
        id: SessionId,
        (connector, chain): (ConnectorId, ChainId),
        id_tag: IdTag,
        meter: Register,
        at: Stamp,
    ) -> Self {
        Self {
            id,
            connector,
            chain,
            id_tag,
            authorised_by: AuthorisedBy::default(),
            outlet: None,
            segments: vec![Segment::begin(meter.clone(), at.clone(), Vec::new())],
            started: at.clone(),
            meter_start: meter.clone(),
            meter_last: meter,
            meter_last_at: at,
            stopped: None,
            reason: None,
        }
    }

    /// The register was read: the running segment grows, or, if there are `flags`, another one begins here. What was counted
    /// stands either way.
    pub fn read(&mut self, meter: Register, at: Stamp, mut flags: Vec<SegmentFlag>) {
        if flags.is_empty() {
            flags = SegmentFlag::between(&self.meter_last, &meter);
        }
        self.meter_last = meter.clone();
        self.meter_last_at = at.clone();
        match self.segments.last_mut() {
            Some(running) if flags.is_empty() => (running.end, running.ended) = (meter, at),
            _ => self.segments.push(Segment::begin(meter, at, flags)),
        }
    }

    /// The clock was set: what was dated worse in its boot is dated by it.
    pub fn redate(&mut self, clock: &Stamp) {
        let Self { started, meter_last_at, stopped, segments, .. } = self;
        let segments = segments.iter_mut().flat_map(|segment| [&mut segment.began, &mut segment.ended]);
        for stamp in [started, meter_last_at].into_iter().chain(stopped).chain(segments) {
            clock.redate_stamp(stamp);
        }
    }

    /// Energy so far, in Wh: of each segment the difference of its floored ends.
    pub fn energy_wh(&self) -> u64 {
        self.segments.iter().map(Segment::energy_wh).fold(0, u64::saturating_add)
    }

    /// The register as it is told: where the session began, and what it has counted since. It never runs backwards, and while
    /// nothing is flagged it is the meter's own.
    pub fn reported_wh(&self) -> u64 {
        self.meter_start.floor_wh().saturating_add(self.energy_wh())
    }

    /// Whether the meter's register did not continue in between.
    pub fn is_flagged(&self) -> bool {
        self.segments.iter().any(|segment| !segment.flags.is_empty())
    }
}

/// A part of a session in which one meter's register counted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Segment {
    /// The register where it began.
    pub start: Register,
    /// The newest register; the last one once another segment or the session's end followed.
    pub end: Register,
    /// When it began.
    pub began: Stamp,
    /// When its newest register was read.
    pub ended: Stamp,
    /// Why it does not continue the one before. A flagged segment is never signed.
    pub flags: Vec<SegmentFlag>,
}

impl Segment {
    fn begin(meter: Register, at: Stamp, flags: Vec<SegmentFlag>) -> Self {
        Self { start: meter.clone(), end: meter, began: at.clone(), ended: at, flags }
    }

    /// The difference of the floored ends, in Wh.
    pub fn energy_wh(&self) -> u64 {
        self.end.floor_wh().saturating_sub(self.start.floor_wh())
    }
}

/// Why a register does not continue the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SegmentFlag {
    /// It is another meter's.
    MeterChanged,
    /// Its digits are worth something else.
    ResolutionChanged,
    /// It is lower.
    RanBackwards,
    /// It is higher than what could flow in the time.
    RanAhead,
    /// A newer version's word.
    #[serde(other)]
    Unknown,
}

impl SegmentFlag {
    /// What keeps `next` from continuing `last`; nothing in a well-behaved session.
    pub fn between(last: &Register, next: &Register) -> Vec<Self> {
        let mut flags = Vec::new();
        if last.meter != next.meter {
            flags.push(Self::MeterChanged);
        } else if last.exponent != next.exponent {
            flags.push(Self::ResolutionChanged);
        } else if last.digits > next.digits {
            flags.push(Self::RanBackwards);
        }
        flags
    }
}

/// The newest sessions first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sessions {
    /// At most as many as were asked for.
    pub sessions: Vec<Session>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_is_floored_to_watt_hours() {
        let register = |digits, exponent| Register { digits, exponent, meter: "m".into() }.floor_wh();
        assert_eq!(register(12_345, 0), 12_345);
        assert_eq!(register(12_345, 1), 123_450);
        assert_eq!(register(12_345, -3), 12);
        assert_eq!(register(u64::MAX, 6), u64::MAX);
    }
}
