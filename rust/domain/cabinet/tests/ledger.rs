//! The ledger is exact (D14): the energy of a session's row is the sum of its intervals and what the CSMS is told, for meters
//! of 1, 10 and 100 Wh, whatever a meter does. A unit without time bills the same, and is dated when time comes (D4).
#![cfg(test)]

use api::{
    command::StopReason,
    outbox::{Body, Event},
    session::{Register, Session, Stamp},
};
use cabinet::Record;
use proptest::prelude::*;
use units::{BootId, ChainId, ClockQuality, ConnectorId, IdTag, Mono, SessionId, Wall};

#[derive(Clone, Copy, Debug)]
enum Step {
    Counts(u64),
    Resets(u64),
    IsExchanged(u64),
    ChangesResolution,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0_u64..50).prop_map(Step::Counts),
        1 => (0_u64..100_000).prop_map(Step::Resets),
        1 => (0_u64..100_000).prop_map(Step::IsExchanged),
        1 => Just(Step::ChangesResolution),
    ]
}

fn stamp(s: u64) -> Stamp {
    let wall = Wall { ms: i64::try_from(s).unwrap() * 1_000, quality: ClockQuality::Unset };
    Stamp { boot: BootId("boot".into()), mono: Mono::from_millis(s * 1_000), wall }
}

fn begin(meter: Register) -> Session {
    let id = SessionId::new("00000000-0000-4000-8000-000000000001").unwrap();
    let place = (ConnectorId::new(1).unwrap(), ChainId::new("main").unwrap());
    Session::begin(id, place, IdTag::new("04A1").unwrap(), meter, stamp(0))
}

/// The event of a reading, as the cabinet makes it.
fn told(session: &Session, at: u64) -> Event {
    let body = Body::MeterValues {
        session: session.id.clone(),
        connector: session.connector,
        meter: session.meter_last.clone(),
        voltage: units::Millivolts::ZERO,
        current: units::Milliamps::ZERO,
        power: units::Watts::ZERO,
        soc: None,
        reported_wh: Some(session.reported_wh()),
    };
    Event { seq: 0, at: stamp(at), body }
}

proptest! {
    #[test]
    fn row_intervals_and_reports_agree(
        exponent in 0_i8..3,
        first in 0_u64..1_000_000,
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut meter = Register { digits: first, exponent, meter: "m0".into() };
        let mut session = begin(meter.clone());
        let mut reported = vec![Record::Open(session.clone()).event().unwrap().body.reported_wh().unwrap()];
        // What an honest person with a notebook writes down: the difference of each two readings of one meter.
        let mut notebook = 0;
        for (n, step) in steps.into_iter().enumerate() {
            let before = meter.clone();
            match step {
                Step::Counts(digits) => meter.digits += digits,
                Step::Resets(digits) => meter.digits = digits,
                Step::IsExchanged(digits) => meter = Register { digits, meter: format!("m{n}x"), ..meter },
                Step::ChangesResolution => meter.exponent = (meter.exponent + 1) % 3,
            }
            let same = before.meter == meter.meter && before.exponent == meter.exponent && before.digits <= meter.digits;
            notebook += if same { meter.floor_wh() - before.floor_wh() } else { 0 };
            let at = u64::try_from(n).unwrap() + 1;
            session.read(meter.clone(), stamp(at), vec![]);
            reported.push(told(&session, at).body.reported_wh().unwrap());
        }
        session.stopped = Some(stamp(100));
        session.reason = Some(StopReason::Local);
        reported.push(Record::Close(session.clone()).event().unwrap().body.reported_wh().unwrap());
        let intervals: u64 = reported.windows(2).map(|pair| pair[1] - pair[0]).sum();
        prop_assert_eq!(session.energy_wh(), notebook);
        prop_assert_eq!(session.energy_wh(), intervals);
        prop_assert_eq!(session.energy_wh(), session.segments.iter().map(api::session::Segment::energy_wh).sum::<u64>());
        if !session.is_flagged() {
            prop_assert_eq!(*reported.last().unwrap(), meter.floor_wh(), "an honest meter is told as it stands");
        }
        prop_assert_eq!(&session.segments.first().unwrap().start, &session.meter_start);
        prop_assert_eq!(&session.segments.last().unwrap().end, &session.meter_last);
    }

    /// However the clock steps, what is dated is dated by one clock, and how long it took does not change.
    #[test]
    fn steps_of_the_clock_change_no_duration(
        length in 0_u64..100_000,
        steps in prop::collection::vec((-1_000_000_i64..1_000_000, 0_u8..3), 1..8),
    ) {
        let mut session = begin(Register { digits: 0, exponent: 0, meter: "m".into() });
        session.read(Register { digits: 5, exponent: 0, meter: "m".into() }, stamp(length), vec![]);
        session.stopped = Some(stamp(length));
        let mut best = ClockQuality::Unset;
        for (offset_s, quality) in steps {
            let quality = [ClockQuality::Unset, ClockQuality::Informative, ClockQuality::Synchronised][usize::from(quality)];
            let wall = Wall { ms: 1_795_000_000_000 + offset_s * 1_000, quality };
            let before = session.clone();
            session.redate(&Stamp { boot: BootId("boot".into()), mono: Mono::from_millis(50_000_000), wall });
            if quality <= best {
                prop_assert_eq!(&session, &before, "a clock that is no better changes nothing");
            }
            best = best.max(quality);
            let stopped = session.stopped.as_ref().unwrap();
            prop_assert_eq!(stopped.mono.since(session.started.mono).as_secs(), length);
            prop_assert_eq!(stopped.wall.ms - session.started.wall.ms, i64::try_from(length).unwrap() * 1_000);
            prop_assert_eq!(session.started.wall.quality, best);
        }
    }
}
