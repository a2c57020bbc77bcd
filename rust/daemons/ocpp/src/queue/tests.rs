use api::{command::StopReason, session::Register};
use tempfile::TempDir;
use units::{BootId, ClockQuality, IdTag, Milliamps, Millivolts, Mono, Wall, Watts};

use super::*;
use crate::wire::firmware::{Notice, Status};

const A: &str = "6f1f7a3e-0000-4000-8000-00000000000a";
const B: &str = "6f1f7a3e-0000-4000-8000-00000000000b";

fn at(seq: u64) -> Stamp {
    let ms = 1_790_000_000_000 + i64::try_from(seq).unwrap() * 1_000;
    Stamp {
        boot: BootId("boot".into()),
        mono: Mono::from_millis(seq * 1_000),
        wall: Wall { ms, quality: ClockQuality::Unset },
    }
}

/// A meter with ten digits per watt-hour: the floor cuts something off.
fn meter(wh: u64) -> Register {
    Register { digits: wh * 10 + 9, exponent: -1, meter: "m1".into() }
}

fn session(text: &str) -> SessionId {
    SessionId::new(text).unwrap()
}

fn started(seq: u64, of: &str, wh: u64) -> Event {
    let (connector, id_tag) = (ConnectorId::new(1).unwrap(), IdTag::new("04A1").unwrap());
    Event { seq, at: at(seq), body: Body::SessionStarted { session: session(of), connector, id_tag, meter: meter(wh) } }
}

fn metered(seq: u64, of: &str, wh: u64) -> Event {
    let body = Body::MeterValues {
        session: session(of),
        connector: ConnectorId::new(1).unwrap(),
        meter: meter(wh),
        voltage: Millivolts(400_000),
        current: Milliamps(50_000),
        power: Watts(20_000),
        soc: None,
        reported_wh: None,
    };
    Event { seq, at: at(seq), body }
}

fn stopped(seq: u64, of: &str, wh: u64) -> Event {
    let (connector, id_tag) = (ConnectorId::new(1).unwrap(), IdTag::new("04A1").unwrap());
    let body = Body::SessionStopped {
        session: session(of),
        connector,
        id_tag,
        meter: meter(wh),
        reported_wh: None,
        reason: StopReason::Local,
    };
    Event { seq, at: at(seq), body }
}

fn two_sessions() -> Vec<Event> {
    vec![
        started(1, A, 100),
        metered(2, A, 110),
        stopped(3, A, 120),
        started(4, B, 120),
        metered(5, B, 130),
        stopped(6, B, 140),
    ]
}

/// What a message says, in short.
fn short(message: &Message) -> String {
    match message {
        Message::Start { meter_wh, .. } => format!("start {meter_wh}"),
        Message::Meter { transaction_id, sample, .. } => format!("meter {transaction_id:?} {}", sample.wh),
        Message::Stop { transaction_id, meter_wh, .. } => format!("stop {transaction_id} {meter_wh}"),
    }
}

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open(&self) -> Queue {
        Queue::open(&self.0.path().join("queue.db")).unwrap()
    }
}

/// Delivers everything and says what was sent; numbers are given from 41.
fn deliver_all(mut open: impl FnMut() -> Queue) -> Vec<String> {
    let (mut sent, mut number) = (Vec::new(), 41);
    while let Some(head) = open().head(None).unwrap() {
        sent.push(short(&head.message));
        let transaction_id = matches!(head.message, Message::Start { .. }).then_some(number);
        number += i32::from(transaction_id.is_some());
        open().settle(head.id, &Outcome::Delivered { transaction_id }).unwrap();
    }
    sent
}

const BOTH: [&str; 6] =
    ["start 100", "meter Some(41) 110", "stop 41 120", "start 120", "meter Some(42) 130", "stop 42 140"];

#[test]
fn a_process_killed_at_every_step_loses_and_repeats_nothing() {
    let place = Place::new();
    // Every event twice, as if each acknowledgement to the controller had been lost, with a new process for each.
    for event in two_sessions() {
        assert_eq!(place.open().commit(std::slice::from_ref(&event), 0).unwrap(), event.seq);
        let so_far = usize::try_from(event.seq).unwrap();
        assert_eq!(place.open().commit(&two_sessions()[..so_far], 0).unwrap(), event.seq);
    }
    assert_eq!(deliver_all(|| place.open()), BOTH);
    let shown = place.open().transactions().unwrap();
    let told: Vec<_> =
        shown.iter().map(|t| (t.transaction_id, t.meter_start_wh, t.meter_stop_wh, t.delivered)).collect();
    assert_eq!(told, [(Some(42), 120, Some(140), true), (Some(41), 100, Some(120), true)]);
    assert_eq!(place.open().depth().unwrap(), ocpp::Queue { depth: 0, cursor: 6, given_up: 0 });
}

#[test]
fn a_commit_that_was_cut_short_leaves_nothing() {
    let place = Place::new();
    let mut queue = place.open();
    queue.commit(&[started(1, A, 100)], 0).unwrap();
    let transaction = queue.db.transaction().unwrap();
    events::store(&transaction, &metered(2, A, 110)).unwrap();
    put_setting(&transaction, "cursor", "2").unwrap();
    drop(transaction);
    drop(queue);
    let queue = place.open();
    assert_eq!(queue.depth().unwrap(), ocpp::Queue { depth: 1, cursor: 1, given_up: 0 });
}

#[test]
fn a_settled_message_cannot_be_settled_again() {
    let place = Place::new();
    let mut queue = place.open();
    queue.commit(&two_sessions(), 0).unwrap();
    let head = queue.head(None).unwrap().unwrap();
    queue.settle(head.id, &Outcome::Delivered { transaction_id: Some(7) }).unwrap();
    queue.settle(head.id, &Outcome::Delivered { transaction_id: Some(8) }).unwrap();
    assert_eq!(queue.running(7).unwrap(), None, "it has stopped already");
    assert_eq!(short(&queue.head(None).unwrap().unwrap().message), "meter Some(7) 110");
}

#[test]
fn failures_are_counted_across_a_restart() {
    let place = Place::new();
    place.open().commit(&[started(1, A, 100)], 0).unwrap();
    for expected in 0..3 {
        let head = place.open().head(None).unwrap().unwrap();
        assert_eq!(head.attempts, expected);
        place.open().settle(head.id, &Outcome::Failed).unwrap();
    }
}

#[test]
fn without_its_start_a_session_is_given_up_and_the_next_goes_on() {
    let place = Place::new();
    let mut queue = place.open();
    queue.commit(&two_sessions()[..2], 0).unwrap();
    let head = queue.head(None).unwrap().unwrap();
    queue.settle(head.id, &Outcome::GivenUp { why: "refused three times".into() }).unwrap();
    queue.commit(&two_sessions(), 0).unwrap();
    assert_eq!(queue.depth().unwrap().given_up, 3);
    assert_eq!(deliver_all(|| place.open()), ["start 120", "meter Some(41) 130", "stop 41 140"]);
    let first = queue.transactions().unwrap().pop().unwrap();
    assert_eq!((first.delivered, first.given_up.as_deref()), (false, Some("refused three times")));
    assert_eq!(first.meter_stop_wh, Some(120));
}

#[test]
fn an_end_without_a_beginning_is_given_up_and_meter_values_go_unnumbered() {
    let place = Place::new();
    let mut queue = place.open();
    queue.commit(&[metered(8, A, 110), stopped(9, A, 120), started(10, B, 120)], 0).unwrap();
    let head = queue.head(None).unwrap().unwrap();
    assert_eq!(short(&head.message), "meter None 110");
    queue.settle(head.id, &Outcome::Delivered { transaction_id: None }).unwrap();
    assert_eq!(short(&queue.head(None).unwrap().unwrap().message), "start 120");
    assert_eq!(queue.depth().unwrap(), ocpp::Queue { depth: 1, cursor: 10, given_up: 1 });
}

#[test]
fn an_outbox_that_begins_anew_is_read_and_tells_no_session_twice() {
    let place = Place::new();
    let mut queue = place.open();
    queue.commit(&two_sessions()[..3], 0).unwrap();
    queue.restart_cursor().unwrap();
    queue.commit(&[started(1, A, 100), stopped(2, A, 120), started(3, B, 120), stopped(4, B, 140)], 0).unwrap();
    assert_eq!(
        deliver_all(|| place.open()),
        ["start 100", "meter Some(41) 110", "stop 41 120", "start 120", "stop 42 140"]
    );
}

#[test]
fn a_running_transaction_is_found_by_its_number() {
    let place = Place::new();
    let mut queue = place.open();
    queue.commit(&[started(1, A, 100)], 0).unwrap();
    let head = queue.head(None).unwrap().unwrap();
    queue.settle(head.id, &Outcome::Delivered { transaction_id: Some(-3) }).unwrap();
    assert_eq!(queue.running(-3).unwrap(), Some((session(A), ConnectorId::new(1).unwrap())));
    assert_eq!(queue.running(4).unwrap(), None);
}

#[test]
fn what_happened_before_the_clock_was_set_is_dated_by_it() {
    let place = Place::new();
    let mut queue = place.open();
    queue.commit(&[started(1, A, 100)], 0).unwrap();
    let told = |queue: &mut Queue, clock: &Stamp| match queue.head(Some(clock)).unwrap().unwrap().message {
        Message::Start { at_ms, .. } => at_ms,
        other => panic!("{other:?}"),
    };
    let mut clock = at(61);
    clock.wall = Wall { ms: 1_800_000_060_000, quality: ClockQuality::Informative };
    assert_eq!(told(&mut queue, &clock), 1_800_000_000_000);
    clock.boot = BootId("another".into());
    assert_eq!(told(&mut queue, &clock), 1_790_000_001_000);
}

#[test]
fn an_older_version_runs_on_a_newer_ones_file() {
    let place = Place::new();
    let mut queue = place.open();
    queue.commit(&[started(1, A, 100)], 0).unwrap();
    queue.db.execute_batch("ALTER TABLE messages ADD COLUMN colour TEXT; PRAGMA user_version = 99").unwrap();
    drop(queue);
    let mut queue = place.open();
    queue.commit(&[metered(2, A, 110)], 0).unwrap();
    assert_eq!(queue.depth().unwrap().depth, 2);
}

#[test]
fn an_event_that_cannot_be_read_does_not_block_the_rest() {
    let place = Place::new();
    let mut queue = place.open();
    queue.commit(&two_sessions(), 0).unwrap();
    queue.db.execute("UPDATE messages SET event = '{' WHERE seq = 1", []).unwrap();
    assert_eq!(short(&queue.head(None).unwrap().unwrap().message), "start 120");
    assert_eq!(queue.depth().unwrap(), ocpp::Queue { depth: 3, cursor: 6, given_up: 3 });
}

#[test]
fn what_is_over_is_kept_within_bounds() {
    let place = Place::new();
    let mut queue = place.open();
    let names: Vec<String> = (0..1_005).map(|n| format!("6f1f7a3e-0000-4000-8000-{n:012x}")).collect();
    let mut events = Vec::new();
    for name in &names {
        let seq = u64::try_from(events.len()).unwrap() + 1;
        events.extend([started(seq, name, 1), stopped(seq + 1, name, 2)]);
    }
    queue.commit(&events, 0).unwrap();
    // One long transaction instead of two thousand: what is trimmed is the same.
    queue
        .db
        .execute_batch("UPDATE messages SET given_up = 'x' WHERE seq < 2010; UPDATE transactions SET delivered = 1")
        .unwrap();
    let head = queue.head(None).unwrap();
    assert_eq!(head, None, "the last stop has no number");
    assert_eq!(queue.depth().unwrap().given_up, 1_000);
    let kept: i64 = queue.db.query_row("SELECT count(*) FROM transactions", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 1_000);
}

#[test]
fn another_meter_does_not_turn_the_transactions_register_back() {
    let place = Place::new();
    let mut events = vec![started(1, A, 100), metered(2, A, 110), metered(3, A, 7), stopped(4, A, 12)];
    for (event, told) in events.iter_mut().zip([100, 110, 110, 115]) {
        if let Body::MeterValues { reported_wh, .. } | Body::SessionStopped { reported_wh, .. } = &mut event.body {
            *reported_wh = Some(told);
        }
    }
    place.open().commit(&events, 0).unwrap();
    assert_eq!(deliver_all(|| place.open()), ["start 100", "meter Some(41) 110", "meter Some(41) 110", "stop 41 115"]);
    assert_eq!(place.open().transactions().unwrap()[0].meter_stop_wh, Some(115));
}

fn status(status: Status, id: i32) -> Notice {
    Notice::Firmware { status, request_id: Some(id) }
}

#[test]
fn notices_leave_in_their_order_whatever_dies_between() {
    let place = Place::new();
    place.open().keep_firmware(None, &[status(Status::Downloading, 1), status(Status::Downloaded, 1)]).unwrap();
    let head = place.open().notice().unwrap().unwrap();
    place.open().settle_notice(&head, &Outcome::Failed).unwrap();
    let again = place.open().notice().unwrap().unwrap();
    assert_eq!((again.attempts, &again.notice), (1, &status(Status::Downloading, 1)));
    place.open().settle_notice(&again, &Outcome::Delivered { transaction_id: None }).unwrap();
    assert_eq!(place.open().said().unwrap(), Some(status(Status::Downloading, 1)));
    let next = place.open().notice().unwrap().unwrap();
    place.open().settle_notice(&next, &Outcome::GivenUp { why: "x".into() }).unwrap();
    assert_eq!((place.open().notice().unwrap(), place.open().notices().unwrap()), (None, 0));
    assert_eq!(place.open().said().unwrap(), Some(status(Status::Downloading, 1)), "it was never told the other");
}

#[test]
fn notices_are_bounded_and_one_that_cannot_be_read_stops_none() {
    let place = Place::new();
    let mut queue = place.open();
    queue.db.execute("INSERT INTO notices (notice) VALUES ('{\"kind\":\"of a newer version\"}')", []).unwrap();
    let many: Vec<_> = (0..1_000).map(|id| status(Status::Downloading, id)).collect();
    queue.keep_firmware(None, &many).unwrap();
    assert_eq!(queue.notices().unwrap(), 1_000);
    queue.keep_firmware(None, &[status(Status::Installed, 1)]).unwrap();
    assert_eq!(queue.notice().unwrap().unwrap().notice, status(Status::Downloading, 1));
    queue.db.execute("UPDATE notices SET notice = '{' WHERE id < 1002", []).unwrap();
    assert_eq!(queue.notice().unwrap().unwrap().notice, status(Status::Installed, 1));
}

#[test]
fn a_newer_versions_update_is_passed_over() {
    let place = Place::new();
    place.open().set_setting("firmware", r#"{"stage":{"kind":"dancing"}}"#).unwrap();
    assert_eq!(place.open().firmware().unwrap(), None);
}
