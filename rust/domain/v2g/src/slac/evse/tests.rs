//! The machine against the car's machine and a simulated modem, in virtual time; each of the known traps by name.

use core::time::Duration;

use proptest::prelude::*;
use units::Mono;

use super::*;
use crate::slac::{Attenuation, Network, Nid, Nmk, Station, ev};

const EVSE: Mac = Mac([2, 0, 0, 0, 0, 0xE5]);
const MODEM: Mac = Mac([2, 0, 0, 0, 0, 0x0D]);
const CAR: Mac = Mac([2, 0, 0, 0, 0, 0xCA]);
const NEIGHBOUR: Mac = Mac([2, 0, 0, 0, 0, 0xCB]);
const RUN: RunId = RunId([1; 8]);
const OTHER_RUN: RunId = RunId([2; 8]);

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// An outlet, its modem, and all that was said.
struct Bench {
    now: Mono,
    evse: Evse,
    nid: Option<Nid>,
    /// What the modem says to a key: 1 as the real ones do.
    set_key_result: Option<u8>,
    tells_network: bool,
    car_on_line: bool,
    keys: u8,
    sent: Vec<Frame>,
    events: Vec<Event>,
}

impl Bench {
    fn new() -> Self {
        Self {
            now: Mono::from_millis(1_000),
            evse: Evse::new(Config::new(EVSE)),
            nid: None,
            set_key_result: Some(1),
            tells_network: true,
            car_on_line: false,
            keys: 0,
            sent: vec![],
            events: vec![],
        }
    }

    fn plugged() -> Self {
        let mut bench = Self::new();
        bench.settle();
        assert_eq!(bench.evse.modem(), ModemState::Ready);
        bench.input(Input::PluggedIn);
        bench
    }

    fn input(&mut self, input: Input<'_>) {
        self.evse.handle(self.now, input);
        self.settle();
    }

    fn hear(&mut self, source: Mac, mme: Mme) {
        let bytes = Frame { destination: EVSE, source, mme }.encode();
        self.input(Input::Frame(&bytes));
    }

    /// Answers as the shell and the modem do, until nothing more is said.
    fn settle(&mut self) {
        loop {
            let mut busy = false;
            while let Some(event) = self.evse.poll_event() {
                self.events.push(event);
                if event == Event::KeyWanted {
                    self.keys += 1;
                    self.evse.handle(self.now, Input::Key(Nmk([self.keys; 16])));
                    busy = true;
                }
            }
            for bytes in self.evse.take_frames() {
                let frame = Frame::decode(&bytes).unwrap();
                busy = true;
                let answer = self.modem(&frame);
                self.sent.push(frame);
                if let Some(mme) = answer {
                    let bytes = Frame { destination: EVSE, source: MODEM, mme }.encode();
                    self.evse.handle(self.now, Input::Frame(&bytes));
                }
            }
            if !busy {
                return;
            }
        }
    }

    fn modem(&mut self, frame: &Frame) -> Option<Mme> {
        if frame.destination != Mac::LOCAL_MODEM {
            return None;
        }
        match frame.mme {
            Mme::SetKeyReq { nid, .. } => {
                let result = self.set_key_result?;
                self.nid = Some(nid);
                Some(Mme::SetKeyCnf { result })
            }
            Mme::NwInfoReq if self.tells_network => {
                let networks = self.nid.map(|nid| Network { nid, snid: 1, tei: 1, role: 2, coordinator: MODEM });
                Some(Mme::NwInfoCnf { networks: networks.into_iter().collect() })
            }
            Mme::DiscoverListReq => Some(Mme::DiscoverListCnf {
                stations: vec![Station { mac: CAR, tei: 2, same_network: self.car_on_line }],
            }),
            _ => None,
        }
    }

    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.evse.next_wake().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.input(Input::Tick);
        }
        self.now = end;
    }

    fn count(&self, is: impl Fn(&Mme) -> bool) -> usize {
        self.sent.iter().filter(|frame| is(&frame.mme)).count()
    }

    fn reports(&self) -> Vec<(u8, u8)> {
        let report = |frame: &Frame| match frame.mme {
            Mme::AttenCharInd { num_sounds, attenuation, .. } => Some((num_sounds, attenuation.mean().unwrap())),
            _ => None,
        };
        self.sent.iter().filter_map(report).collect()
    }

    fn sound(&mut self, car: Mac, run_id: RunId, sounds: u8) {
        self.hear(car, Mme::SlacParmReq { run_id });
        self.hear(car, Mme::StartAttenCharInd { num_sounds: sounds, timeout: 6, forwarding_sta: car, run_id });
        for remaining in (0..sounds).rev() {
            self.pass(ms(30));
            self.hear(car, Mme::MnbcSoundInd { remaining, run_id, random: [0; 16] });
        }
    }

    fn profile(&mut self, car: Mac, db: u8) {
        self.hear(MODEM, Mme::AttenProfileInd { ev_mac: car, attenuation: Attenuation::flat(db) });
    }

    /// Up to the acknowledged report.
    fn measured(car: Mac) -> Self {
        let mut bench = Self::plugged();
        bench.measure(car, RUN);
        bench
    }

    fn measure(&mut self, car: Mac, run_id: RunId) {
        self.sound(car, run_id, 10);
        for _ in 0..10 {
            self.profile(car, 26);
        }
        self.pass(ms(45));
        self.hear(car, Mme::AttenCharRsp { ev_mac: car, run_id, result: 0 });
    }

    fn ask(&mut self, car: Mac, run_id: RunId) {
        self.hear(car, Mme::SlacMatchReq { ev_mac: car, evse_mac: EVSE, run_id });
    }
}

fn is_key(mme: &Mme) -> bool {
    matches!(mme, Mme::SlacMatchCnf { .. })
}

#[test]
fn a_car_is_matched_and_its_line_comes_up() {
    let mut bench = Bench::plugged();
    let mut car = ev::Ev::new(ev::Config { mac: CAR, run_id: RUN, random: [7; 16], sounds: None });
    car.start(bench.now);
    let began = bench.now;
    let mut said = 0;
    let matched = loop {
        for bytes in car.take_frames() {
            bench.input(Input::Frame(&bytes));
            if let Mme::MnbcSoundInd { .. } = Frame::decode(&bytes).unwrap().mme {
                bench.profile(CAR, 26);
            }
        }
        for frame in bench.sent.split_off(said) {
            car.handle_frame(bench.now, &frame.encode());
            bench.sent.push(frame);
        }
        said = bench.sent.len();
        if let Some(event) = car.poll_event() {
            break event;
        }
        let next = [car.next_wake(), bench.evse.next_wake()].into_iter().flatten().min().unwrap();
        bench.pass(next.since(bench.now));
        car.handle_timeout(bench.now);
    };
    let nmk = Nmk([1; 16]);
    assert_eq!(matched, ev::Event::Matched { evse_mac: EVSE, nid: nmk.nid(), nmk });
    assert!(bench.now.since(began) < ms(800), "{:?}", bench.now.since(began));
    assert_eq!(bench.evse.status(), Status::Joining);
    bench.pass(ms(3_400));
    assert_eq!(bench.evse.status(), Status::Joining);
    bench.car_on_line = true;
    bench.pass(ms(100));
    assert_eq!(bench.evse.status(), Status::Matched);
    assert!(bench.events.contains(&Event::LinkUp { ev_mac: CAR, attenuation_db: 26 }));
}

#[test]
fn defect_1_a_lost_report_is_repeated_twice() {
    let mut bench = Bench::plugged();
    bench.sound(CAR, RUN, 10);
    bench.profile(CAR, 26);
    bench.pass(ms(300 + 45));
    assert_eq!(bench.reports().len(), 1);
    bench.pass(ms(200));
    assert_eq!(bench.reports().len(), 2);
    bench.pass(ms(200));
    assert_eq!(bench.reports().len(), 3);
    bench.pass(ms(5_000));
    assert_eq!(bench.reports().len(), 3);
    assert_eq!(bench.events.last(), Some(&Event::Failed(Cause::NoAcknowledgement)));
    assert_eq!(bench.evse.status(), Status::Failed);
}

#[test]
fn defect_2_a_repeated_request_for_the_key_is_answered_again() {
    let mut bench = Bench::measured(CAR);
    bench.ask(CAR, RUN);
    bench.ask(CAR, RUN);
    assert_eq!(bench.count(is_key), 2);
    assert_eq!(bench.evse.status(), Status::Joining);
    bench.car_on_line = true;
    bench.pass(ms(100));
    bench.ask(CAR, RUN);
    assert_eq!(bench.count(is_key), 3);
    assert_eq!(bench.evse.status(), Status::Matched);
}

#[test]
fn defect_3_a_neighbours_car_does_not_lock_ours_out() {
    let mut bench = Bench::plugged();
    bench.hear(NEIGHBOUR, Mme::SlacParmReq { run_id: OTHER_RUN });
    bench.hear(CAR, Mme::SlacParmReq { run_id: RUN });
    assert_eq!(bench.count(|mme| matches!(mme, Mme::SlacParmCnf { .. })), 2);
    bench.measure(CAR, RUN);
    bench.measure(NEIGHBOUR, OTHER_RUN);
    bench.ask(CAR, RUN);
    assert_eq!(bench.count(is_key), 1);
    // The key is given to one car only.
    bench.ask(NEIGHBOUR, OTHER_RUN);
    assert_eq!(bench.count(is_key), 1);
}

#[test]
fn a_neighbour_that_chose_its_own_outlet_is_no_failure() {
    let mut bench = Bench::measured(NEIGHBOUR);
    bench.pass(ms(15_000));
    assert_eq!(bench.evse.status(), Status::Unmatched);
    assert!(!bench.events.iter().any(|event| matches!(event, Event::Failed(_))));
}

#[test]
fn defect_4_every_profile_counts_the_late_tenth_too() {
    let mut bench = Bench::plugged();
    bench.sound(CAR, RUN, 10);
    for _ in 0..9 {
        bench.profile(CAR, 20);
    }
    // 300 ms of sounds are over; the tenth profile comes 44 ms after the window for sounds closed.
    bench.pass(ms(300 + 44));
    assert_eq!(bench.reports(), []);
    bench.profile(CAR, 30);
    bench.pass(ms(1));
    assert_eq!(bench.reports(), [(10, 21)]);
}

#[test]
fn defect_4_lost_profiles_are_not_waited_for_beyond_the_window() {
    let mut bench = Bench::plugged();
    bench.sound(CAR, RUN, 10);
    bench.profile(CAR, 20);
    bench.profile(CAR, 30);
    bench.pass(ms(345));
    assert_eq!(bench.reports(), [(2, 25)]);
}

#[test]
fn defect_4_a_single_sound_is_enough() {
    let mut bench = Bench::plugged();
    bench.sound(CAR, RUN, 1);
    bench.pass(Duration::from_micros(7_500));
    bench.profile(CAR, 31);
    bench.pass(ms(45));
    assert_eq!(bench.reports(), [(1, 31)]);
}

#[test]
fn defect_5_validation_is_declined() {
    let mut bench = Bench::measured(CAR);
    bench.hear(CAR, Mme::ValidateReq { signal_type: 0, timer: 0, result: 1 });
    assert_eq!(bench.count(|mme| matches!(mme, Mme::ValidateCnf { result: 3, .. })), 1);
    bench.ask(CAR, RUN);
    assert_eq!(bench.count(is_key), 1);
}

#[test]
fn defect_6_the_network_read_back_tells_not_the_result() {
    for result in [0, 1] {
        let mut bench = Bench::new();
        bench.set_key_result = Some(result);
        bench.settle();
        assert_eq!(bench.evse.modem(), ModemState::Ready, "result {result}");
    }
}

#[test]
fn a_modem_that_stays_on_its_old_network_is_told_again() {
    let mut bench = Bench::new();
    bench.evse.handle(bench.now, Input::Key(Nmk([9; 16])));
    // It confirms, and names another network than ours.
    let other = Nmk([0x77; 16]).nid();
    for _ in 0..40 {
        for bytes in bench.evse.take_frames() {
            let mme = match Frame::decode(&bytes).unwrap().mme {
                Mme::SetKeyReq { .. } => Mme::SetKeyCnf { result: 1 },
                _ => Mme::NwInfoCnf {
                    networks: vec![Network { nid: other, snid: 1, tei: 1, role: 2, coordinator: MODEM }],
                },
            };
            let bytes = Frame { destination: EVSE, source: MODEM, mme }.encode();
            bench.evse.handle(bench.now, Input::Frame(&bytes));
        }
        bench.now = bench.now + ms(100);
        bench.evse.handle(bench.now, Input::Tick);
    }
    assert_eq!(bench.evse.modem(), ModemState::WrongNetwork);
    bench.pass(ms(2_000));
    assert_eq!(bench.evse.modem(), ModemState::Ready);
}

#[test]
fn a_modem_that_cannot_tell_its_network_is_taken_at_its_word() {
    let mut bench = Bench::new();
    bench.tells_network = false;
    bench.settle();
    bench.pass(ms(2_000));
    assert_eq!(bench.evse.modem(), ModemState::Unverified);
}

#[test]
fn a_silent_modem_is_told_until_it_answers() {
    let mut bench = Bench::new();
    bench.set_key_result = None;
    bench.settle();
    bench.pass(ms(5_000));
    assert_eq!(bench.evse.modem(), ModemState::Silent);
    bench.set_key_result = Some(1);
    bench.pass(ms(2_000));
    assert_eq!(bench.evse.modem(), ModemState::Ready);
}

#[test]
fn a_probe_without_a_plug_is_ignored() {
    let mut bench = Bench::new();
    bench.settle();
    bench.hear(CAR, Mme::SlacParmReq { run_id: RUN });
    assert_eq!(bench.count(|mme| matches!(mme, Mme::SlacParmCnf { .. })), 0);
    assert_eq!(bench.evse.counters().ignored, 1);
}

#[test]
fn unplugging_changes_the_key() {
    let mut bench = Bench::measured(CAR);
    bench.ask(CAR, RUN);
    assert_eq!(bench.keys, 1);
    bench.input(Input::PluggedOut);
    assert_eq!(bench.keys, 2);
    assert_eq!(bench.nid, Some(Nmk([2; 16]).nid()));
    assert_eq!(bench.evse.status(), Status::Unmatched);
}

#[test]
fn a_car_that_does_not_join_gets_another_try_with_another_key() {
    let mut bench = Bench::measured(CAR);
    bench.ask(CAR, RUN);
    bench.pass(ms(12_000));
    assert!(bench.events.contains(&Event::Failed(Cause::NoJoin)));
    assert_eq!((bench.keys, bench.evse.status()), (2, Status::Failed));
    bench.measure(CAR, OTHER_RUN);
    bench.ask(CAR, OTHER_RUN);
    assert_eq!(bench.evse.status(), Status::Joining);
}

#[test]
fn a_line_that_falls_is_noticed_and_may_come_back() {
    let mut bench = Bench::measured(CAR);
    bench.ask(CAR, RUN);
    bench.car_on_line = true;
    bench.pass(ms(1_000));
    bench.car_on_line = false;
    bench.pass(ms(4_000));
    assert!(bench.events.contains(&Event::LinkLost { ev_mac: CAR }));
    assert_eq!(bench.evse.status(), Status::Lost);
    bench.measure(CAR, OTHER_RUN);
    bench.ask(CAR, OTHER_RUN);
    bench.car_on_line = true;
    bench.pass(ms(1_000));
    assert_eq!(bench.evse.status(), Status::Matched);
}

#[test]
fn a_car_that_asks_for_our_port_is_on_the_line() {
    let mut bench = Bench::measured(CAR);
    bench.ask(CAR, RUN);
    bench.input(Input::CarHeard);
    assert_eq!(bench.evse.status(), Status::Matched);
}

#[test]
fn a_plug_without_a_probe_is_reported_once_and_still_served() {
    let mut bench = Bench::plugged();
    bench.pass(ms(100_000));
    assert_eq!(bench.events.iter().filter(|e| **e == Event::Failed(Cause::NoRequest)).count(), 1);
    bench.measure(CAR, RUN);
    bench.ask(CAR, RUN);
    assert_eq!(bench.count(is_key), 1);
}

#[test]
fn a_repeated_probe_starts_its_run_over() {
    let mut bench = Bench::plugged();
    bench.sound(CAR, RUN, 3);
    bench.profile(CAR, 90);
    bench.measure(CAR, RUN);
    assert_eq!(bench.reports(), [(10, 26)]);
}

#[test]
fn garbage_is_counted() {
    let mut bench = Bench::plugged();
    bench.input(Input::Frame(&[0xFF; 30]));
    bench.hear(MODEM, Mme::Other { mmtype: 0xA14E });
    let counters = bench.evse.counters();
    assert_eq!((counters.malformed, counters.unknown), (1, 1));
}

fn any_mme() -> impl Strategy<Value = Mme> {
    let run = prop_oneof![Just(RUN), Just(OTHER_RUN)];
    let car = prop_oneof![Just(CAR), Just(NEIGHBOUR)];
    (0..12_u8, car, run, any::<u8>()).prop_map(|(kind, ev_mac, run_id, n)| match kind {
        0 => Mme::SlacParmReq { run_id },
        1 => Mme::StartAttenCharInd { num_sounds: n, timeout: 6, forwarding_sta: ev_mac, run_id },
        2 => Mme::MnbcSoundInd { remaining: n, run_id, random: [0; 16] },
        3 | 4 => Mme::AttenProfileInd { ev_mac, attenuation: Attenuation::new(&vec![n; usize::from(n % 60)]) },
        5 | 6 => Mme::AttenCharRsp { ev_mac, run_id, result: 0 },
        7 | 8 => Mme::SlacMatchReq { ev_mac, evse_mac: EVSE, run_id },
        9 => Mme::DiscoverListCnf { stations: vec![Station { mac: ev_mac, tei: 2, same_network: n > 127 }] },
        10 => Mme::NwInfoCnf { networks: vec![] },
        _ => Mme::Other { mmtype: u16::from(n) },
    })
}

proptest! {
    /// Whatever is said in whatever order: no panic, bounded runs, a deadline in the future, and no key to two cars.
    #[test]
    fn any_talk_is_survived(talk in proptest::collection::vec((any_mme(), 0..700_u64), 0..120)) {
        let mut bench = Bench::plugged();
        let mut given = vec![];
        for (mme, wait) in talk {
            let source = match &mme {
                Mme::AttenCharRsp { ev_mac, .. } | Mme::SlacMatchReq { ev_mac, .. } => *ev_mac,
                _ => CAR,
            };
            bench.hear(source, mme);
            bench.pass(ms(wait));
            prop_assert!(bench.evse.runs.len() <= MAX_RUNS);
            prop_assert!(bench.evse.next_wake().is_none_or(|at| at > bench.now));
        }
        for frame in &bench.sent {
            if let Mme::SlacMatchCnf { ev_mac, nid, .. } = frame.mme {
                given.push((nid, ev_mac));
            }
        }
        for (nid, car) in &given {
            prop_assert!(given.iter().all(|(n, c)| n != nid || c == car), "{given:?}");
        }
    }
}
