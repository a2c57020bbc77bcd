//! Records go in, sessions and events come out; nothing that bills is lost or told twice.

mod full_disk;
mod measure;
mod power_cut;

use std::path::PathBuf;

use api::{
    command::StopReason,
    fault::{ClearedBy, Fault, FaultCode},
    history::PowerSample,
    outbox::{Ack, Body, Event},
    session::{AuthorisedBy, Register, Session, Stamp},
    state::Constraint,
};
use cabinet::Record;
use units::{BootId, ChainId, ClockQuality, ConnectorId, IdTag, Milliamps, Millivolts, Mono, SessionId, Wall, Watts};

use super::{
    Error, Opened, Reader,
    tables::{self, outbox},
    writer::{Room, Writer},
};
use crate::inbox::Inbox;

fn stamp(s: u64) -> Stamp {
    let wall = Wall { ms: 1_795_000_000_000 + i64::try_from(s).unwrap() * 1_000, quality: ClockQuality::Informative };
    Stamp { boot: BootId("boot".into()), mono: Mono::from_millis(s * 1_000), wall }
}

fn register(digits: u64) -> Register {
    Register { digits, exponent: 1, meter: "meter1".into() }
}

fn session(n: u8) -> Session {
    let id = SessionId::new(&format!("00000000-0000-4000-8000-0000000000{n:02}")).unwrap();
    let place = (ConnectorId::new(1).unwrap(), ChainId::new("main").unwrap());
    let mut session = Session::begin(id, place, IdTag::new("04A1").unwrap(), register(100), stamp(1));
    session.authorised_by = AuthorisedBy::Csms;
    session
}

/// Ends it with a register.
fn end(session: &mut Session, digits: u64, s: u64) {
    session.read(register(digits), stamp(s), vec![]);
    session.stopped = Some(stamp(s));
    session.reason = Some(StopReason::Local);
}

fn reading(session: &Session, digits: u64, s: u64) -> Record {
    let body = Body::MeterValues {
        session: session.id.clone(),
        connector: session.connector,
        meter: register(digits),
        voltage: Millivolts(400_000),
        current: Milliamps(50_000),
        power: Watts(20_000),
        soc: None,
        reported_wh: None,
    };
    let event = Some(Event { seq: 0, at: stamp(s), body });
    Record::Reading { session: session.id.clone(), meter: register(digits), at: stamp(s), event }
}

fn open() -> (tempfile::TempDir, PathBuf, Opened, Reader) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("controller.db");
    let opened = Opened::at(&path).unwrap();
    let reader = Reader::new(path.clone());
    (dir, path, opened, reader)
}

fn write(store: &mut Opened, record: &Record) -> Result<(), Error> {
    let transaction = store.connection.transaction()?;
    tables::write(&transaction, record)?;
    Ok(transaction.commit()?)
}

#[test]
fn a_session_reads_as_it_was_written() {
    let (_dir, _, mut store, reader) = open();
    let mut session = session(1);
    write(&mut store, &Record::Open(session.clone())).unwrap();
    assert_eq!(reader.session(&session.id).unwrap().unwrap(), session);
    end(&mut session, 142, 9);
    write(&mut store, &Record::Close(session.clone())).unwrap();
    assert_eq!(reader.sessions(10).unwrap(), [session.clone()]);
    assert_eq!(session.energy_wh(), 420);
}

#[test]
fn events_are_numbered_in_order_and_pruned_below_the_slowest_reader() {
    let (_dir, _, mut store, reader) = open();
    let session = session(1);
    write(&mut store, &Record::Open(session.clone())).unwrap();
    for i in 1..=3 {
        write(&mut store, &reading(&session, 100 + i, i)).unwrap();
    }
    let page = reader.outbox(0, 10).unwrap();
    assert_eq!(page.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(matches!(page.events[0].body, Body::SessionStarted { .. }));
    for (reader_name, seq) in [("ocpp", 3), ("slow", 1), ("ocpp", 2)] {
        outbox::acknowledge(&mut store.connection, &Ack { reader: reader_name.into(), seq }).unwrap();
    }
    // The first acknowledgement came alone and pruned for its reader; the later, lower one takes nothing back.
    let page = reader.outbox(0, 10).unwrap();
    assert_eq!(page.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [4]);
    assert_eq!(page.newest, 4);
    outbox::acknowledge(&mut store.connection, &Ack { reader: "slow".into(), seq: 4 }).unwrap();
    outbox::acknowledge(&mut store.connection, &Ack { reader: "ocpp".into(), seq: 4 }).unwrap();
    assert_eq!(reader.outbox(0, 10).unwrap().events, []);
    assert_eq!(outbox::newest(&store.connection).unwrap(), 4, "a number is never used twice");
}

#[test]
fn a_session_that_nobody_holds_is_closed_as_of_its_last_reading() {
    let (_dir, path, mut store, reader) = open();
    let (lost, held) = (session(1), session(2));
    for session in [&lost, &held] {
        write(&mut store, &Record::Open(session.clone())).unwrap();
        write(&mut store, &reading(session, 130, 7)).unwrap();
    }
    drop(store);
    let mut store = Opened::at(&path).unwrap();
    assert_eq!(store.close_orphans(std::slice::from_ref(&held.id)).unwrap(), std::slice::from_ref(&lost.id));
    let closed = reader.session(&lost.id).unwrap().unwrap();
    assert_eq!((closed.reason, closed.energy_wh()), (Some(StopReason::PowerLoss), 300));
    assert_eq!(closed.stopped, Some(stamp(7)));
    assert_eq!(reader.session(&held.id).unwrap().unwrap().reason, None);
    let last = reader.outbox(0, 10).unwrap().events.pop().unwrap();
    assert!(matches!(last.body, Body::SessionStopped { reason: StopReason::PowerLoss, .. }));
    assert!(store.close_orphans(&[held.id]).unwrap().is_empty(), "once");
}

/// No reserve at all.
struct NoRoom;

impl Room for NoRoom {
    fn hold(&mut self) -> bool {
        false
    }

    fn release(&mut self) {}
}

/// A writer whose file may grow by so many pages.
fn writer(store: Opened, pages: i64) -> Writer {
    let (inbox, _messages) = Inbox::new(serial::Waker::new().unwrap());
    let full: i64 = store.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    store.connection.pragma_update(None, "max_page_count", full + pages).unwrap();
    let (newest, _) = tokio::sync::watch::channel(0);
    Writer::new(store.connection, Box::new(NoRoom), inbox, newest)
}

#[test]
fn what_bills_is_written_as_soon_as_the_disk_takes_it() {
    let (_dir, _, store, reader) = open();
    let mut writer = writer(store, 0);
    let mut sessions: Vec<Session> = (1..=40).map(session).collect();
    for session in &mut sessions {
        writer.record(Record::Open(session.clone()));
        writer.record(reading(session, 120, 4));
        end(session, 150, 9);
        writer.record(Record::Close(session.clone()));
    }
    assert!(!writer.backlog.is_empty(), "the disk was not full");
    writer.connection.pragma_update(None, "max_page_count", 100_000).unwrap();
    writer.retry();
    assert!(writer.backlog.is_empty());
    let ended = |session: &Session| (session.reason, session.energy_wh()) == (Some(StopReason::Local), 500);
    assert_eq!(reader.sessions(100).unwrap().iter().filter(|session| ended(session)).count(), 40);
    let page = reader.outbox(0, 1_000).unwrap();
    let is_end = |event: &&Event| matches!(event.body, Body::SessionStopped { .. });
    assert_eq!(page.events.iter().filter(is_end).count(), 40, "each end is told once");
}

#[test]
fn a_disk_that_takes_nothing_is_told_and_nothing_is_half_written() {
    let (_dir, _, mut store, reader) = open();
    let first = session(1);
    write(&mut store, &Record::Open(first.clone())).unwrap();
    let pages: i64 = store.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    store.connection.pragma_update(None, "max_page_count", pages).unwrap();
    let mut refused = 0;
    for i in 0..500 {
        refused += usize::from(write(&mut store, &reading(&first, 101 + i, i)).is_err());
    }
    assert!(refused > 0);
    store.connection.pragma_update(None, "max_page_count", pages + 100).unwrap();
    write(&mut store, &reading(&first, 900, 900)).unwrap();
    let page = reader.outbox(0, 1_000).unwrap();
    // One event for each reading that was taken, in order and without a gap in the story.
    let digits: Vec<u64> = page
        .events
        .iter()
        .filter_map(|event| match &event.body {
            Body::MeterValues { meter, .. } => Some(meter.digits),
            _ => None,
        })
        .collect();
    assert_eq!(digits.len(), 501 - refused);
    assert!(digits.is_sorted());
    assert_eq!(reader.session(&first.id).unwrap().unwrap().meter_last.digits, 900);
}

fn fault(first: u64, connector: Option<u8>) -> Fault {
    let fault = serde_json::json!({
        "code": "contactor_fault", "connector": connector, "part": null, "detail": "welded", "remedy": "", "boot": "boot",
        "first": first, "first_wall": stamp(first).wall, "last": first, "last_wall": stamp(first).wall, "count": 1,
        "latched": true, "cleared": null,
    });
    serde_json::from_value(fault).unwrap()
}

fn cleared(mut fault: Fault, by: ClearedBy) -> Fault {
    fault.cleared = Some(Mono(fault.last.0 + 1));
    fault.cleared_by = Some(by);
    fault
}

#[test]
fn a_fault_has_one_row_from_its_coming_to_its_going() {
    let (_dir, path, mut store, reader) = open();
    for n in 1..=5 {
        let fault = fault(n, Some(u8::try_from(n % 2 + 1).unwrap()));
        write(&mut store, &Record::Fault(Box::new(fault.clone()))).unwrap();
        let person = ClearedBy::Person { name: "anna".into() };
        write(&mut store, &Record::Fault(Box::new(cleared(fault, person)))).unwrap();
    }
    write(&mut store, &Record::Fault(Box::new(fault(9, None)))).unwrap();
    drop(store);
    let _store = Opened::at(&path).unwrap();
    let page = reader.faults(None, None, 3).unwrap();
    assert_eq!(
        page.faults.iter().map(|fault| fault.first.0).collect::<Vec<_>>(),
        [5, 4, 3],
        "past ones, the newest first"
    );
    assert_eq!(page.faults[0].cleared_by, Some(ClearedBy::Person { name: "anna".into() }));
    let rest = reader.faults(None, page.next, 3).unwrap();
    assert_eq!((rest.faults.len(), rest.next), (2, None));
    let of_one = reader.faults(ConnectorId::new(1), None, 10).unwrap();
    assert_eq!(of_one.faults.iter().map(|fault| fault.first.0).collect::<Vec<_>>(), [4, 2]);
}

#[test]
fn faults_that_nobody_holds_at_a_start_are_closed_as_what_they_were() {
    let (_dir, _, mut store, reader) = open();
    let (gone, held) = (fault(1, Some(1)), fault(2, Some(2)));
    let cut = Fault { boot: BootId("before".into()), ..fault(3, None) };
    for fault in [&gone, &held, &cut] {
        write(&mut store, &Record::Fault(Box::new(fault.clone()))).unwrap();
    }
    assert_eq!(store.close_faults(&[held], &BootId("boot".into())).unwrap(), 2);
    let past = reader.faults(None, None, 10).unwrap().faults;
    let told: Vec<_> =
        past.iter().map(|fault| (fault.first.0, fault.cleared, fault.cleared_by.clone().unwrap())).collect();
    assert_eq!(told, [(3, Some(Mono(3)), ClearedBy::PowerCut), (1, Some(Mono(1)), ClearedBy::Restart)]);
}

#[test]
fn segments_are_kept_and_grow_with_the_readings() {
    let (_dir, _, mut store, reader) = open();
    let mut session = session(1);
    write(&mut store, &Record::Open(session.clone())).unwrap();
    session.read(register(150), stamp(5), vec![]);
    session.read(register(20), stamp(6), vec![]);
    assert!(session.is_flagged());
    write(&mut store, &Record::Segment(session.clone())).unwrap();
    write(&mut store, &reading(&session, 26, 7)).unwrap();
    assert_eq!(store.close_orphans(&[]).unwrap(), std::slice::from_ref(&session.id));
    session.read(register(26), stamp(7), vec![]);
    session.stopped = Some(stamp(7));
    session.reason = Some(StopReason::PowerLoss);
    assert_eq!(reader.session(&session.id).unwrap().unwrap(), session);
    assert_eq!((session.energy_wh(), session.reported_wh()), (500 + 60, 1_000 + 560));
    let last = reader.outbox(0, 10).unwrap().events.pop().unwrap();
    assert_eq!(last.body.reported_wh(), Some(1_560));
}

#[test]
fn the_planners_day_is_a_ring_on_the_boots_own_clock() {
    let (_dir, _, mut store, reader) = open();
    let sample = |s: u64, id| PowerSample {
        at: stamp(s),
        connector: ConnectorId::new(id).unwrap(),
        requested: Watts(4),
        offered: Watts(3),
        allowed: Watts(2),
        assigned: Watts(1),
        drawn: Watts(0),
        bound_by: Some(Constraint::Site),
    };
    for s in 0..100 {
        write(&mut store, &Record::Power(vec![sample(s * 900, 1), sample(s * 900, 2)])).unwrap();
    }
    let all = reader.power(None, i64::MIN, 0, 1_000).unwrap();
    assert_eq!((all.samples.len(), all.next), (2 * 97, None), "24 hours of a sample each 15 minutes, and the newest");
    assert_eq!(all.samples[0], sample(3 * 900, 1));
    let first = reader.power(ConnectorId::new(2), stamp(50 * 900).wall.ms, 0, 40).unwrap();
    assert_eq!((first.samples.len(), first.samples[0].clone()), (40, sample(50 * 900, 2)));
    let rest = reader.power(ConnectorId::new(2), i64::MIN, first.next.unwrap(), 40).unwrap();
    assert_eq!((rest.samples.len(), rest.next), (10, None));
}

#[test]
fn rows_of_this_boot_are_dated_when_the_clock_is_set_and_keep_their_distance() {
    let (_dir, _, mut store, reader) = open();
    let without_time = |s: u64, boot: &str| Stamp {
        boot: BootId(boot.into()),
        wall: Wall { ms: i64::try_from(s).unwrap() * 1_000, quality: ClockQuality::Unset },
        ..stamp(s)
    };
    let mut sessions = Vec::new();
    for (n, boot) in [(1, "before"), (2, "boot")] {
        let mut session = session(n);
        session.started = without_time(10, boot);
        write(&mut store, &Record::Open(session.clone())).unwrap();
        let at = without_time(70, boot);
        let reading =
            Record::Reading { session: session.id.clone(), meter: register(130), at: at.clone(), event: None };
        write(&mut store, &reading).unwrap();
        session.read(register(130), at.clone(), vec![]);
        (session.stopped, session.reason) = (Some(at), Some(StopReason::Local));
        write(&mut store, &Record::Close(session.clone())).unwrap();
        let fault = Fault {
            boot: BootId(boot.into()),
            first_wall: Wall::default(),
            last_wall: Wall::default(),
            ..fault(10, None)
        };
        write(&mut store, &Record::Fault(Box::new(cleared(fault, ClearedBy::Itself)))).unwrap();
        sessions.push(session);
    }
    let clock = |ms, quality| Stamp { wall: Wall { ms, quality }, ..stamp(100) };
    // Informative first, then hours back and forth by clocks that are no better, then synchronised.
    for (ms, quality, dated) in [
        (1_795_000_100_000, ClockQuality::Informative, 1_795_000_010_000),
        (1_795_009_000_000, ClockQuality::Informative, 1_795_000_010_000),
        (1_700_000_000_000, ClockQuality::Unset, 1_795_000_010_000),
        (1_795_000_103_000, ClockQuality::Synchronised, 1_795_000_013_000),
    ] {
        write(&mut store, &Record::Redate(clock(ms, quality))).unwrap();
        let read = reader.session(&sessions[1].id).unwrap().unwrap();
        let stopped = read.stopped.clone().unwrap();
        assert_eq!(read.started.wall.ms, dated);
        assert_eq!(stopped.wall.ms - read.started.wall.ms, 60_000, "a minute is a minute");
        assert_eq!(stopped.mono.since(read.started.mono).as_secs(), 60);
    }
    let other = reader.session(&sessions[0].id).unwrap().unwrap();
    assert_eq!(other.started, sessions[0].started, "another boot is not dated");
    let events = reader.outbox(0, 10).unwrap().events;
    let dates: Vec<_> = events.iter().map(|event| (event.at.boot.0.as_str(), event.at.wall.ms)).collect();
    let dated = [("before", 10_000), ("before", 70_000), ("boot", 1_795_000_013_000), ("boot", 1_795_000_073_000)];
    assert_eq!(dates, dated);
    let faults = reader.faults(None, None, 10).unwrap().faults;
    let qualities: Vec<_> = faults.iter().map(|fault| fault.first_wall.quality).collect();
    assert_eq!(qualities, [ClockQuality::Synchronised, ClockQuality::Unset]);
}

#[test]
fn a_newer_versions_words_stop_nothing() {
    let (_dir, path, mut store, reader) = open();
    for n in 1..=2 {
        write(&mut store, &Record::Open(session(n))).unwrap();
        write(&mut store, &Record::Fault(Box::new(fault(n.into(), Some(n))))).unwrap();
    }
    let newer = "UPDATE faults SET body = '{}' WHERE id = 1; UPDATE outbox SET body = '{}' WHERE seq = 1;
        UPDATE sessions SET authorised_by = 'telepathy', outlet = '[]' WHERE connector = 1;
        UPDATE faults SET body = replace(body, 'contactor_fault', 'gremlin') WHERE id = 2;";
    store.connection.execute_batch(newer).unwrap();
    drop(store);
    let mut store = Opened::at(&path).unwrap();
    assert_eq!(store.close_faults(&[], &BootId("after".into())).unwrap(), 2);
    assert_eq!(store.close_orphans(&[]).unwrap().len(), 2);
    let page = reader.outbox(0, 2).unwrap();
    assert_eq!(page.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [2, 3]);
    let faults = reader.faults(None, None, 10).unwrap().faults;
    assert_eq!(faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), [FaultCode::Unknown]);
    assert_eq!(reader.sessions(10).unwrap().len(), 2);
}

#[test]
fn what_a_newer_version_ended_for_a_reason_of_its_own_is_billed() {
    let (_dir, path, mut store, reader) = open();
    let mut session = session(1);
    write(&mut store, &Record::Open(session.clone())).unwrap();
    end(&mut session, 102, 9);
    write(&mut store, &Record::Close(session)).unwrap();
    let newer =
        "UPDATE sessions SET reason = 'sunset'; UPDATE outbox SET body = replace(body, '\"local\"', '\"sunset\"')";
    store.connection.execute_batch(newer).unwrap();
    drop(store);
    Opened::at(&path).unwrap();
    let found: Vec<_> = reader.sessions(10).unwrap().iter().map(|session| session.reason).collect();
    assert_eq!(found, [Some(StopReason::Other)]);
    let told = reader.outbox(0, 10).unwrap().events.pop().unwrap().body;
    assert!(matches!(told, Body::SessionStopped { reason: StopReason::Other, .. }), "{told:?}");
}

#[test]
fn an_outbox_that_nobody_reads_keeps_what_bills() {
    let (_dir, _, mut store, reader) = open();
    let session = session(1);
    write(&mut store, &Record::Open(session.clone())).unwrap();
    write(&mut store, &reading(&session, 101, 2)).unwrap();
    store.connection.execute("UPDATE sqlite_sequence SET seq = 200000 WHERE name = 'outbox'", []).unwrap();
    write(&mut store, &reading(&session, 102, 3)).unwrap();
    let left = reader.outbox(0, 10).unwrap().events;
    assert_eq!(left.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 200_001]);
}
