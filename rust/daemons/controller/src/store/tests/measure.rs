//! What the store costs, for ci/bench: `cargo test --profile ci -p controller -- --ignored --nocapture store::tests::measure`.

use std::time::Instant;

use cabinet::Record;

use super::{Opened, end, reading, session};
use crate::inbox::Inbox;

const SESSIONS: u64 = 10_000;
const READINGS: u64 = 8;

#[test]
#[ignore = "a measurement; ci/bench runs it"]
fn rows_a_second_and_what_they_cost_the_charging_path() {
    let dir = tempfile::tempdir().unwrap();
    let opened = Opened::at(&dir.path().join("controller.db")).unwrap();
    let (inbox, messages) = Inbox::new(serial::Waker::new().unwrap());
    let store = opened.start(inbox).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let begun = Instant::now();
    let (mut rows, mut path) = (0_u64, std::time::Duration::ZERO);
    for n in 0..SESSIONS {
        let mut own = session(1);
        own.id = units::SessionId::new(&format!("00000000-0000-4000-8000-{n:012}")).unwrap();
        let mut records = vec![Record::Open(own.clone())];
        records.extend((1..=READINGS).map(|s| reading(&own, 100 + s, s)));
        end(&mut own, 200, 9);
        records.push(Record::Close(own));
        rows += u64::try_from(records.len()).unwrap();
        let sent = Instant::now();
        for record in records {
            store.record(record);
        }
        path += sent.elapsed();
        if n % 500 == 499 {
            runtime.block_on(store.settled()).unwrap();
            messages.try_iter().for_each(drop);
        }
    }
    let took = begun.elapsed();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().trim().trim_end_matches(" kB");
    println!("store/rows_a_second: {} rows", u128::from(rows) * 1_000 / took.as_millis());
    println!("store/write_on_the_charging_path: {} ns", path.as_nanos() / u128::from(rows));
    println!("store/resident_after_10000_sessions: {resident} KiB");
}
