//! The driver against modules that are simulated here, frame by frame.

use std::collections::BTreeMap;

use proptest::prelude::*;
use units::{Milliamps, Millivolts, Watts};

use super::*;
use crate::driver::{Capabilities, OutputState, Refusal, Status, Update};
use crate::fault::{Fault, Faults};
use wire::Header;

/// How the modules of [`Rig`] acknowledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Echo {
    Data,
    Nothing,
}

#[derive(Clone, Copy, Debug)]
struct Fake {
    voltage: u32,
    current: u32,
    on: bool,
    mute: bool,
    error: u8,
    flags: [u8; 3],
    delivers: f32,
}

impl Default for Fake {
    fn default() -> Self {
        Self { voltage: 0, current: 0, on: false, mute: false, error: 0, flags: [0; 3], delivers: 0.0 }
    }
}

/// A driver and the modules that answer it at once.
struct Rig {
    driver: InfyPower,
    fakes: BTreeMap<u8, Fake>,
    echo: Echo,
    now: Mono,
    sent: Vec<(Mono, Header, [u8; 8])>,
    updates: Vec<(Mono, String, Update)>,
    strangers: Vec<u8>,
}

fn id(address: u8) -> ModuleId {
    ModuleId::new(&format!("m{address}")).unwrap()
}

fn on(volts: i64, amps: i64) -> Setpoint {
    Setpoint::On { voltage: Millivolts::from_volts(volts), current: Milliamps::from_amps(amps) }
}

impl Rig {
    fn new(addresses: &[u8]) -> Self {
        Self {
            driver: InfyPower::new(addresses.iter().map(|&address| (id(address), address))).unwrap(),
            fakes: addresses.iter().map(|&address| (address, Fake::default())).collect(),
            echo: Echo::Data,
            now: Mono::from_millis(1_000),
            sent: Vec::new(),
            updates: Vec::new(),
            strangers: Vec::new(),
        }
    }

    fn armed(addresses: &[u8]) -> Self {
        let mut rig = Self::new(addresses);
        rig.driver.arm();
        rig
    }

    fn fake(&mut self, address: u8) -> &mut Fake {
        self.fakes.get_mut(&address).unwrap()
    }

    fn answer(&mut self, frame: &Frame) -> Vec<Frame> {
        let Id::Extended(raw) = frame.id() else { return vec![] };
        let header = Header::from_id(raw);
        let data = *frame.eight().unwrap();
        self.sent.push((self.now, header, data));
        let echo = self.echo;
        let mut answers = Vec::new();
        for (&address, fake) in &mut self.fakes {
            if fake.mute || (header.destination != address && header.destination != EVERYONE) {
                continue;
            }
            let half = |first: f32, second: f32| {
                let mut data = [0; 8];
                data[..4].copy_from_slice(&first.to_be_bytes());
                data[4..].copy_from_slice(&second.to_be_bytes());
                data
            };
            let reply = match header.command {
                0x03 => half(if fake.on { 400.0 } else { 0.0 }, fake.delivers),
                0x04 => [0, 0, 0, 0, 0, fake.flags[0], fake.flags[1] | u8::from(!fake.on), fake.flags[2]],
                0x0A => [0x03, 0xE8, 0x00, 0x96, 0x03, 0xE8, 0x0B, 0xB8],
                0x0B => [0x56, 0x13, 0x0C, 0x15, 0xA3, 0xFB, 0x06, address],
                0x0C => [0; 8],
                0x1A if fake.error == 0 => {
                    fake.on = data[0] == 0;
                    if echo == Echo::Data { data } else { [0; 8] }
                }
                0x1C if fake.error == 0 => {
                    fake.voltage = u32::from_be_bytes(data[..4].try_into().unwrap());
                    fake.current = u32::from_be_bytes(data[4..].try_into().unwrap());
                    if echo == Echo::Data { data } else { [0; 8] }
                }
                _ => data,
            };
            let error = if matches!(header.command, 0x1A | 0x1C) { fake.error } else { 0 };
            let back = Header { error, destination: header.source, source: address, ..header };
            answers.push(Frame::extended(back.to_id(), reply));
        }
        answers
    }

    /// Lets the driver and the modules talk until `millis` later.
    fn run(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        loop {
            let mut out = Output::default();
            let mut wake = self.driver.poll(self.now, &mut out);
            assert!(wake > self.now, "the driver wants to be called again at once");
            let frames: Vec<Frame> = out.frames.iter().flat_map(|frame| self.answer(frame)).collect();
            for frame in &frames {
                self.driver.on_frame(self.now, frame, &mut out);
            }
            if !frames.is_empty() {
                wake = wake.min(self.now + Duration::from_millis(1));
            }
            self.strangers.extend(out.strangers.iter().map(|stranger| stranger.address));
            self.updates.extend(out.updates.into_iter().map(|(id, update)| (self.now, id.to_string(), update)));
            if wake > end {
                self.now = end;
                return;
            }
            self.now = wake;
        }
    }

    fn count(&self, wanted: impl Fn(&Update) -> bool) -> usize {
        self.updates.iter().filter(|(_, _, update)| wanted(update)).count()
    }

    fn told(&self, wanted: &Update) -> bool {
        self.count(|update| update == wanted) > 0
    }
}

fn writes(header: Header) -> bool {
    matches!(header.command, 0x1A | 0x1C)
}

#[test]
fn modules_come_go_and_move_while_the_others_notice_nothing() {
    let mut rig = Rig::armed(&[0, 1, 2]);
    rig.run(1_000);
    for address in [0, 1] {
        rig.driver.set(rig.now, &id(address), on(400, 20)).unwrap();
    }
    rig.run(1_000);
    let before = rig.sent.len();
    rig.updates.clear();
    // The first stays, the second moves to 5, the third goes, one comes at 7.
    rig.fakes.insert(5, Fake::default());
    rig.fakes.insert(7, Fake::default());
    let modules = [(id(0), 0), (id(1), 5), (id(7), 7)];
    let mut out = Output::default();
    rig.driver.follow(rig.now, &modules, &mut out).unwrap();
    for frame in &out.frames {
        rig.answer(frame);
    }
    rig.run(2_000);
    assert!(!rig.fakes[&1].on, "the one that moved away was not switched off");
    assert!(rig.fakes[&0].on);
    let news = |address: u8, wanted: &Update| {
        rig.updates.iter().any(|(_, of, update)| *of == format!("m{address}") && update == wanted)
    };
    assert!(news(1, &Update::Found) && news(7, &Update::Found));
    for update in [Update::Found, Update::Silent, Update::Lost, Update::Recovered] {
        assert!(!news(0, &update), "the one that stayed was told of as {update:?}");
    }
    let switched = rig.sent[before..]
        .iter()
        .filter(|(_, header, data)| header.destination == 0 && header.command == 0x1A && data[0] != 0);
    assert_eq!(switched.count(), 0, "the one that stayed was switched");
    let asked: Vec<u8> = rig.sent[before..].iter().map(|(_, header, _)| header.destination).collect();
    assert!(!asked.contains(&2), "one that is gone is asked");
    assert!(!rig.fakes[&5].on, "one that moved starts off");
    let shared = [(id(0), 0), (id(1), 0)];
    let refused = rig.driver.follow(rig.now, &shared, &mut out).unwrap_err();
    assert!(matches!(refused, ConfigError::SharedAddress { address: 0, .. }));
}

#[test]
fn it_only_reads_until_it_is_armed() {
    let mut rig = Rig::new(&[0, 1]);
    rig.driver.set(rig.now, &id(0), on(400, 20)).unwrap();
    rig.run(5_000);
    assert!(rig.sent.iter().all(|(_, header, _)| !writes(*header)));
    assert!(rig.told(&Update::Found));
    rig.driver.arm();
    rig.run(100);
    assert_eq!((rig.fakes[&0].voltage, rig.fakes[&0].current, rig.fakes[&0].on), (400_000, 20_000, true));
    assert!(rig.sent.iter().all(|(_, header, _)| !writes(*header) || header.destination == 0));
}

#[test]
fn bring_up_tells_who_and_what_a_module_is() {
    let mut rig = Rig::new(&[2]);
    rig.run(3_000);
    assert!(matches!(rig.updates[0].2, Update::Found));
    assert!(rig.told(&Update::Serial("56130C15A3FB0602".to_owned())));
    assert!(rig.told(&Update::Capabilities(Capabilities {
        min_voltage: Millivolts::from_volts(150),
        max_voltage: Millivolts::from_volts(1_000),
        max_current: Milliamps::from_amps(100),
        max_power: Watts(30_000),
        min_current: Milliamps::from_amps(1),
    })));
    assert!(rig.told(&Update::Status(Status { output: OutputState::Off, faults: Faults::NONE })));
    assert_eq!(
        rig.count(|update| matches!(update, Update::Serial(_) | Update::Capabilities(_) | Update::Status(_))),
        3
    );
}

#[test]
fn a_set_point_is_confirmed_by_either_kind_of_acknowledgement() {
    for echo in [Echo::Data, Echo::Nothing] {
        let mut rig = Rig::armed(&[0, 1]);
        rig.echo = echo;
        rig.run(1_000);
        rig.driver.set(rig.now, &id(1), on(400, 20)).unwrap();
        rig.run(100);
        assert!(rig.told(&Update::Confirmed(on(400, 20))), "{echo:?}");
        assert!(!rig.fakes[&0].on, "its neighbour came on too");
        rig.run(5_000);
        assert_eq!(rig.count(|update| matches!(update, Update::Confirmed(_))), 1);
    }
}

#[test]
fn a_change_reaches_the_module_in_the_next_poll() {
    let mut rig = Rig::armed(&[0]);
    rig.run(1_000);
    rig.driver.set(rig.now, &id(0), on(400, 20)).unwrap();
    rig.run(37);
    rig.driver.set(rig.now, &id(0), on(401, 5)).unwrap();
    rig.run(0);
    assert_eq!(rig.fakes[&0].current, 5_000);
}

#[test]
fn set_points_are_repeated_every_second_at_least() {
    let mut rig = Rig::armed(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    rig.run(1_000);
    for address in 0..12 {
        rig.driver.set(rig.now, &id(address), on(400, 20)).unwrap();
    }
    rig.run(10_000);
    for address in 0..12 {
        for command in [0x1A, 0x1C] {
            let times: Vec<Mono> = rig
                .sent
                .iter()
                .filter(|(_, header, _)| header.command == command && header.destination == address)
                .map(|(at, _, _)| *at)
                .collect();
            let longest = times.windows(2).map(|pair| pair[1].since(pair[0])).max().unwrap();
            assert!(longest <= Duration::from_secs(1), "{command:#x} to {address}: {longest:?}");
        }
    }
}

#[test]
fn a_lost_set_point_is_made_good() {
    let mut rig = Rig::armed(&[0]);
    rig.run(1_000);
    rig.driver.set(rig.now, &id(0), on(400, 20)).unwrap();
    rig.run(1_000);
    *rig.fake(0) = Fake::default();
    rig.run(600);
    assert!(rig.fakes[&0].on);
    assert_eq!(rig.fakes[&0].voltage, 400_000);
}

#[test]
fn off_is_confirmed_when_the_current_is_gone() {
    let mut rig = Rig::armed(&[0]);
    rig.run(1_000);
    rig.driver.set(rig.now, &id(0), on(400, 20)).unwrap();
    rig.fake(0).delivers = 20.0;
    rig.run(500);
    rig.driver.set(rig.now, &id(0), Setpoint::Off).unwrap();
    rig.run(1_000);
    assert!(!rig.fakes[&0].on);
    assert!(!rig.told(&Update::Confirmed(Setpoint::Off)), "20 A still flow");
    rig.fake(0).delivers = 0.4;
    rig.run(200);
    assert!(rig.told(&Update::Confirmed(Setpoint::Off)));
}

#[test]
fn a_silent_module_is_told_before_it_is_lost_and_comes_back_off() {
    let mut rig = Rig::armed(&[0, 1]);
    rig.run(1_000);
    rig.driver.set(rig.now, &id(0), on(400, 20)).unwrap();
    rig.run(1_000);
    let quiet_from = rig.now;
    rig.fake(0).mute = true;
    rig.run(20_000);
    let when = |wanted: Update| {
        let found = rig.updates.iter().find(|(_, id, update)| *update == wanted && id == "m0");
        found.map(|(at, _, _)| at.since(quiet_from)).unwrap()
    };
    assert!((1_800..=2_100).contains(&when(Update::Silent).as_millis()));
    assert!((14_800..=15_100).contains(&when(Update::Lost).as_millis()));
    assert!(rig.updates.iter().all(|(_, id, update)| *update != Update::Silent || id == "m0"));
    rig.fake(0).mute = false;
    rig.run(2_000);
    assert!(!rig.fakes[&0].on, "it came on with the set-point of a charge that is over");
    assert_eq!(rig.count(|update| *update == Update::Found), 3);
}

#[test]
fn a_short_silence_keeps_the_set_point() {
    let mut rig = Rig::armed(&[0]);
    rig.run(1_000);
    rig.driver.set(rig.now, &id(0), on(400, 20)).unwrap();
    rig.run(1_000);
    rig.fake(0).mute = true;
    rig.run(5_000);
    *rig.fake(0) = Fake::default();
    rig.run(1_500);
    assert!(rig.told(&Update::Recovered));
    assert!(rig.fakes[&0].on);
}

#[test]
fn a_refusal_is_told_once_and_ends_when_the_module_gives_in() {
    let mut rig = Rig::armed(&[0]);
    rig.run(1_000);
    rig.fake(0).error = 3;
    rig.driver.set(rig.now, &id(0), on(100, 20)).unwrap();
    rig.run(3_000);
    assert_eq!(rig.count(|update| *update == Update::Refused(on(100, 20), Refusal::InvalidData)), 1);
    rig.fake(0).error = 0;
    rig.run(1_000);
    assert!(rig.told(&Update::Confirmed(on(100, 20))));
}

#[test]
fn never_more_than_the_module_can_do() {
    let mut rig = Rig::armed(&[0]);
    rig.run(1_000);
    rig.driver.set(rig.now, &id(0), on(1_500, 400)).unwrap();
    rig.run(200);
    assert_eq!((rig.fakes[&0].voltage, rig.fakes[&0].current), (1_000_000, 100_000));
    assert!(rig.told(&Update::Confirmed(on(1_000, 100))));
}

#[test]
fn faults_are_told_on_change_and_a_module_that_drops_out_is_told_again() {
    let mut rig = Rig::armed(&[0]);
    rig.run(1_000);
    rig.driver.set(rig.now, &id(0), on(400, 20)).unwrap();
    rig.run(1_000);
    rig.fake(0).flags = [0x01, 0x10, 0];
    rig.fake(0).on = false;
    rig.run(600);
    let faults: Faults = [Fault::Derated, Fault::OverTemperature].into_iter().collect();
    assert!(rig.told(&Update::Status(Status { output: OutputState::Off, faults })));
    assert!(rig.fakes[&0].on, "it was not told again");
    rig.run(1_000);
    assert_eq!(rig.count(|update| matches!(update, Update::Confirmed(_))), 2);
}

#[test]
fn a_module_that_nobody_configured_is_found_once_and_left_alone() {
    let mut rig = Rig::armed(&[0]);
    rig.fakes.insert(9, Fake::default());
    rig.run(200_000);
    assert_eq!(rig.strangers, [9]);
    assert!(rig.sent.iter().all(|(_, header, _)| header.destination != 9));
}

#[test]
fn impossible_set_points_and_layouts_are_refused() {
    let mut driver = InfyPower::new([(id(0), 0)]).unwrap();
    let at = Mono::BOOT;
    assert!(matches!(driver.set(at, &id(1), Setpoint::Off), Err(SetError::UnknownModule { .. })));
    assert!(matches!(driver.set(at, &id(0), on(-1, 5)), Err(SetError::OutOfRange { field: "voltage", .. })));
    assert!(matches!(driver.set(at, &id(0), on(400, 5_000)), Err(SetError::OutOfRange { field: "current", .. })));
    assert!(matches!(InfyPower::new([(id(0), 0x3C)]), Err(ConfigError::Address { .. })));
    assert!(matches!(InfyPower::new([(id(0), 3), (id(1), 3)]), Err(ConfigError::SharedAddress { .. })));
}

#[test]
fn garbage_is_counted_and_changes_nothing() {
    let mut rig = Rig::armed(&[0]);
    rig.run(1_000);
    let mut out = Output::default();
    for frame in [
        Frame::extended(0x0280_F000, [0xFF; 8]),
        Frame::extended(0x0283_F000, [0xFF; 8]),
        Frame::new(Id::Standard(0xF0), &[1]).unwrap(),
        Frame::new(Id::Extended(0x0284_F000), &[1, 2, 3]).unwrap(),
    ] {
        rig.driver.on_frame(rig.now, &frame, &mut out);
    }
    rig.driver.on_frame(rig.now, &Frame::extended(0x0283_F100, [0; 8]), &mut out);
    assert_eq!((rig.driver.counters().garbage, rig.driver.counters().foreign), (4, 1));
    assert!(out.updates.is_empty() && out.frames.is_empty());
}

#[derive(Clone, Debug)]
enum Step {
    Set(u8, i64, i64),
    Off(u8),
    Mute(u8),
    Unmute(u8),
    Noise(u32, Vec<u8>),
    Run(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u8..3, 0_i64..2_000, 0_i64..200).prop_map(|(m, v, a)| Step::Set(m, v, a)),
        (0_u8..3).prop_map(Step::Off),
        (0_u8..3).prop_map(Step::Mute),
        (0_u8..3).prop_map(Step::Unmute),
        (0_u32..=Frame::MAX_EXTENDED, proptest::collection::vec(any::<u8>(), 0..=8))
            .prop_map(|(i, d)| Step::Noise(i, d)),
        (0_u64..4_000).prop_map(Step::Run),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens: no frame is for a module that is not configured, set-points go to one module each, and no
    /// module is ever told more than was asked for it.
    #[test]
    fn no_module_is_told_what_was_not_meant_for_it(steps in proptest::collection::vec(step(), 1..40)) {
        let mut rig = Rig::armed(&[4, 17, 59]);
        let address = |index: u8| [4_u8, 17, 59][usize::from(index)];
        let mut most: BTreeMap<u8, (i64, i64)> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Set(module, volts, amps) => {
                    rig.driver.set(rig.now, &id(address(module)), on(volts, amps)).unwrap();
                    let most = most.entry(address(module)).or_default();
                    *most = (most.0.max(volts * 1_000), most.1.max(amps * 1_000));
                }
                Step::Off(module) => rig.driver.set(rig.now, &id(address(module)), Setpoint::Off).unwrap(),
                Step::Mute(module) => rig.fake(address(module)).mute = true,
                Step::Unmute(module) => rig.fake(address(module)).mute = false,
                Step::Noise(raw, data) => {
                    let frame = Frame::new(Id::Extended(raw), &data).unwrap();
                    rig.driver.on_frame(rig.now, &frame, &mut Output::default());
                }
                Step::Run(millis) => rig.run(millis),
            }
        }
        rig.run(100);
        for (_, header, data) in &rig.sent {
            prop_assert_eq!(header.source, CONTROLLER);
            if writes(*header) {
                prop_assert!([4, 17, 59].contains(&header.destination));
            } else {
                prop_assert!([4, 17, 59, EVERYONE].contains(&header.destination));
            }
            if header.command == 0x1C {
                let volts = u32::from_be_bytes(data[..4].try_into().unwrap());
                let amps = u32::from_be_bytes(data[4..].try_into().unwrap());
                let most = most.get(&header.destination).copied().unwrap_or_default();
                prop_assert!(i64::from(volts) <= most.0 && i64::from(amps) <= most.1);
            }
        }
    }
}
