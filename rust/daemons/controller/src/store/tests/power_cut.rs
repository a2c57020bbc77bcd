//! The power goes at any instant, with whatever of the unsynced writes the disk has taken: no committed row is lost, none is
//! half there, and the next start closes what was open.

use api::{
    command::StopReason,
    fault::{ClearedBy, Fault},
    outbox::{Body, Event},
    session::Session,
};
use brittle_disk::Disk;
use cabinet::Record;
use units::BootId;

use super::{cleared, end, fault, reading, register, session, stamp, write};
use crate::store::{
    Opened,
    tables::{faults, outbox, sessions},
};

const STORIES: u64 = 5;
const CUTS: u64 = 100;

/// Sessions that begin, are read, lose their meter, end; faults that come and go.
fn story(seed: u64) -> Vec<Record> {
    let mut records = Vec::new();
    for n in 1..=6_u8 {
        let own = u64::from(n) * 100;
        let mut running = session(n);
        running.started = stamp(own);
        records.push(Record::Open(running.clone()));
        records.push(Record::Fault(Box::new(fault(own, Some(1)))));
        let mut digits = 100;
        for s in 1..=(3 + (seed + u64::from(n)) % 4) {
            digits += s;
            if s == 3 && (seed + u64::from(n)).is_multiple_of(3) {
                digits = 7;
                running.read(register(digits), stamp(own + s), vec![]);
                records.push(Record::Segment(running.clone()));
            }
            running.read(register(digits), stamp(own + s), vec![]);
            records.push(reading(&running, digits, own + s));
        }
        if n % 2 == 0 {
            let mended = cleared(fault(own, Some(1)), ClearedBy::Itself);
            records.push(Record::Fault(Box::new(mended)));
        }
        if n % 3 != 0 {
            end(&mut running, digits + 1, own + 50);
            records.push(Record::Close(running));
        }
    }
    records
}

/// All that must not be lost.
#[derive(Debug, PartialEq)]
struct Found {
    sessions: Vec<Session>,
    faults: Vec<Fault>,
    active: i64,
    events: Vec<Event>,
    readings: i64,
}

fn found(store: &Opened) -> Found {
    let count = |sql: &str| store.connection.query_row(sql, [], |row| row.get(0)).unwrap();
    Found {
        sessions: sessions::newest(&store.connection, 1_000).unwrap(),
        faults: faults::past(&store.connection, None, None, 1_000).unwrap().faults,
        active: count("SELECT count(*) FROM faults WHERE active = 1"),
        events: outbox::page(&store.connection, 0, 1_000).unwrap().events,
        readings: count("SELECT count(*) FROM readings"),
    }
}

fn open(disk: &Disk) -> Result<Opened, super::Error> {
    let store = Opened::at(&disk.path("controller.db"))?;
    // So often that the log is carried over many times in a story.
    store.connection.pragma_update(None, "wal_autocheckpoint", 16)?;
    Ok(store)
}

/// Writes until the power goes; gives how many records were committed.
fn live(disk: &Disk, story: &[Record]) -> usize {
    let Ok(mut store) = open(disk) else { return 0 };
    story.iter().take_while(|record| write(&mut store, record).is_ok()).count()
}

#[test]
fn a_power_cut_at_any_instant_loses_no_committed_row_and_the_next_start_closes_what_was_open() {
    let (mut torn, mut closed) = (0, 0);
    for seed in 1..=STORIES {
        let story = story(seed);
        let whole = Disk::new();
        let mut store = open(&whole).unwrap();
        let mut after = vec![found(&store)];
        for record in &story {
            write(&mut store, record).unwrap();
            after.push(found(&store));
        }
        let steps = whole.steps();
        drop(store);
        for cut in 0..CUTS {
            let disk = Disk::new();
            disk.lose_power_after((cut * steps + seed) / CUTS);
            let committed = live(&disk, &story);
            let disk = disk.after_power_cut(seed * CUTS + cut);
            let mut store = open(&disk).unwrap();
            let whole: String = store.connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            assert_eq!(whole, "ok");
            let now = found(&store);
            // What was being written when the power went is there as a whole or not at all.
            let next = after.get(committed + 1);
            assert!(now == after[committed] || Some(&now) == next, "story {seed}, cut {cut}: {now:#?}");
            torn += u32::from(Some(&now) == next);
            closed += check_next_start(&mut store, &now);
        }
    }
    assert!(closed > 300, "{closed} open sessions were closed, {torn} writes arrived although the power was gone");
}

/// Starts as after a power cut; gives how many sessions were open.
fn check_next_start(store: &mut Opened, before: &Found) -> usize {
    let open = before.sessions.iter().filter(|session| session.reason.is_none()).count();
    assert_eq!(store.close_orphans(&[]).unwrap().len(), open);
    let cut = i64::try_from(store.close_faults(&[], &BootId("after".into())).unwrap()).unwrap();
    assert_eq!(cut, before.active);
    let now = found(store);
    for (session, before) in now.sessions.iter().zip(&before.sessions) {
        let Some(reason) = session.reason else { panic!("still open: {session:?}") };
        if before.reason.is_none() {
            assert_eq!(reason, StopReason::PowerLoss);
            assert_eq!(session.stopped.as_ref(), Some(&before.meter_last_at));
        }
        assert_eq!((&session.meter_last, session.energy_wh()), (&before.meter_last, before.energy_wh()));
        let told: Vec<u64> = now
            .events
            .iter()
            .filter_map(|event| match &event.body {
                Body::SessionStarted { session: of, .. }
                | Body::MeterValues { session: of, .. }
                | Body::SessionStopped { session: of, .. }
                    if *of == session.id =>
                {
                    event.body.reported_wh()
                }
                _ => None,
            })
            .collect();
        assert_eq!(told.last().unwrap() - told.first().unwrap(), session.energy_wh(), "what is told is what is billed");
    }
    let by_cut = now.faults.iter().filter(|fault| fault.cleared_by == Some(ClearedBy::PowerCut)).count();
    assert_eq!(i64::try_from(by_cut).unwrap(), before.active);
    open
}

#[test]
fn the_log_is_bounded() {
    let disk = Disk::new();
    let mut store = Opened::at(&disk.path("controller.db")).unwrap();
    let own = session(1);
    write(&mut store, &Record::Open(own.clone())).unwrap();
    for n in 0..3_000 {
        write(&mut store, &reading(&own, 100 + n, n)).unwrap();
    }
    assert!(disk.size_of("-wal") <= 6 * 1024 * 1024, "{} bytes", disk.size_of("-wal"));
}
