use api::fault::{ClearedBy, FaultCode};
use units::{BootId, ClockQuality, ConnectorId, Mono, Wall};

use super::{Faults, Place, Seen, Stays};
use crate::output::{Output, Outputs, Record};

fn at(s: u64) -> (Mono, Wall) {
    (Mono::from_millis(s * 1_000), Wall { ms: i64::try_from(s).unwrap() * 1_000, quality: ClockQuality::Unset })
}

fn place() -> Place {
    Place::connector(FaultCode::ContactorFault, ConnectorId::new(1).unwrap())
}

fn book() -> Faults {
    Faults::new(BootId("boot".into()))
}

fn raise(book: &mut Faults, s: u64) {
    let (now, wall) = at(s);
    book.raise(now, wall, place(), Seen { detail: format!("at {s}"), ..Seen::default() }, Stays::Latched);
}

fn clear(book: &mut Faults, s: u64) {
    let (now, wall) = at(s);
    book.clear(now, wall, &place());
}

fn written(book: &mut Faults, s: u64) -> Vec<api::fault::Fault> {
    let mut outputs = Outputs::default();
    book.tell(at(s).0, &mut outputs);
    let faults = outputs.list.into_iter().filter_map(|output| match output {
        Output::Store(Record::Fault(fault)) => Some(*fault),
        _ => None,
    });
    faults.collect()
}

#[test]
fn what_comes_again_soon_is_counted_and_later_is_another() {
    let mut book = book();
    raise(&mut book, 10);
    clear(&mut book, 20);
    raise(&mut book, 30);
    let fault = book.active().remove(0);
    assert_eq!((fault.count, fault.first, fault.last, fault.cleared), (2, at(10).0, at(30).0, None));
    assert_eq!(fault.detail, "at 30");
    clear(&mut book, 40);
    raise(&mut book, 2_000);
    let fault = book.active().remove(0);
    assert_eq!((fault.count, fault.first), (1, at(2_000).0));
}

#[test]
fn coming_and_going_are_written_and_flickering_is_not_written_each_time() {
    let mut book = book();
    raise(&mut book, 10);
    assert_eq!(written(&mut book, 10).len(), 1);
    assert!(written(&mut book, 10).is_empty(), "nothing changed");
    for _ in 0..100 {
        clear(&mut book, 10);
        raise(&mut book, 10);
    }
    assert!(written(&mut book, 10).is_empty());
    let late = written(&mut book, 11);
    assert_eq!((late.len(), late[0].count), (1, 101));
    clear(&mut book, 12);
    assert_eq!(written(&mut book, 12)[0].cleared_by, Some(ClearedBy::Itself));
}

#[test]
fn who_cleared_it_is_written_beside_it() {
    let mut book = book();
    raise(&mut book, 10);
    book.cleared_by(ConnectorId::new(1).unwrap(), "anna".into());
    clear(&mut book, 20);
    let fault = written(&mut book, 20).remove(0);
    assert_eq!(fault.cleared_by, Some(ClearedBy::Person { name: "anna".into() }));
    raise(&mut book, 21);
    clear(&mut book, 30);
    assert_eq!(written(&mut book, 30)[0].cleared_by, Some(ClearedBy::Itself), "not for ever");
}

#[test]
fn one_that_lasts_is_written_now_and_then() {
    let mut book = book();
    let mut times = 0;
    for s in 0..3_000 {
        raise(&mut book, s);
        times += written(&mut book, s).len();
    }
    assert_eq!(times, 5);
}

#[test]
fn what_is_over_is_bounded_and_still_written() {
    let mut book = book();
    for id in 1..=200 {
        let (now, wall) = at(u64::from(id));
        let place = Place::connector(FaultCode::PilotFault, ConnectorId::new(id).unwrap());
        book.raise(now, wall, place.clone(), Seen::default(), Stays::WhileItIsSo);
        book.clear(now, wall, &place);
    }
    assert_eq!(book.recent.len(), super::RECENT);
    assert_eq!(written(&mut book, 300).len(), 200);
}
