//! The disk is full: running charges end and are billed, new ones do not begin, and all is well when there is room again (D15).

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use brittle_disk::Disk;
use cabinet::{Input, Record, StoreHealth};

use super::{Opened, Room, Writer, end, reading, session};
use crate::{
    inbox::{Inbox, Message},
    store::tables::sessions,
};

/// More than the ends of all running sessions take in the log before it is carried over.
const RESERVE: usize = 1024 * 1024;

/// A reserve on a disk that somebody else has filled.
struct Kept {
    disk: Disk,
    full: Arc<AtomicBool>,
}

impl Room for Kept {
    fn hold(&mut self) -> bool {
        !self.full.load(Ordering::Relaxed)
    }

    fn release(&mut self) {
        self.disk.limit(Some(self.disk.used() + RESERVE));
    }
}

#[test]
fn what_bills_has_a_reserve_and_nothing_begins_on_it() {
    let disk = Disk::new();
    let store = Opened::at(&disk.path("controller.db")).unwrap();
    let (inbox, messages) = Inbox::new(serial::Waker::new().unwrap());
    let (newest, _) = tokio::sync::watch::channel(0);
    let full = Arc::new(AtomicBool::new(false));
    let kept = Kept { disk: disk.clone(), full: Arc::clone(&full) };
    let mut writer = Writer::new(store.connection, Box::new(kept), inbox, newest);
    let mut running: Vec<_> = (1..=20).map(session).collect();
    for session in &running {
        writer.record(Record::Open(session.clone()));
    }
    full.store(true, Ordering::Relaxed);
    disk.limit(Some(disk.used() + 20_000));
    for n in 1..200 {
        writer.record(reading(&running[0], 100 + n, n));
    }
    for session in &mut running {
        end(session, 400, 300);
        writer.record(Record::Close(session.clone()));
    }
    assert!(writer.on_reserve && writer.backlog.is_empty(), "all ends are written");
    let mut late = session(30);
    writer.record(Record::Open(late.clone()));
    end(&mut late, 100, 400);
    writer.record(Record::Close(late.clone()));
    writer.retry();
    assert!(writer.on_reserve, "it is still full");
    let rows = sessions::newest(&writer.connection, 100).unwrap();
    assert_eq!(rows.len(), 20, "what was refused is not written");
    assert!(rows.iter().all(|session| session.reason.is_some() && session.energy_wh() == 3_000));

    full.store(false, Ordering::Relaxed);
    disk.limit(None);
    writer.retry();
    writer.record(Record::Open(session(31)));
    assert!(!writer.on_reserve);
    assert_eq!(sessions::newest(&writer.connection, 100).unwrap().len(), 21);
    let told: Vec<Input> = messages
        .try_iter()
        .filter_map(|message| match message {
            Message::Input(input) => Some(input),
            _ => None,
        })
        .collect();
    let committed = told.iter().filter(|input| matches!(input, Input::Committed(_))).count();
    assert_eq!(committed, 21, "who is not let begin is not told that it may");
    let good = told.iter().rposition(|input| *input == Input::Store(StoreHealth::Good)).unwrap();
    let bad = told.iter().rposition(|input| matches!(input, Input::Store(StoreHealth::Failing(_)))).unwrap();
    assert!(bad < good);
}
