//! A power module that speaks InfyPower V1.13 on CAN.
//!
//! Id: error (bits 28 to 26), device (25 to 22; 10 one module, 11 a group), command (21 to 16), destination (15 to 8),
//! source (7 to 0). Numbers are big-endian.

use units::Mono;

use crate::{
    num::{float, round_to, single},
    wire::can::{CanFrame, Format},
};

const ONE: u32 = 0x0A;
const GROUP: u32 = 0x0B;
const ALL: u8 = 0x3F;
const CONTROLLERS: std::ops::RangeInclusive<u8> = 0xF0..=0xF8;

const COUNT: u32 = 0x02;
const OUTPUT: u32 = 0x03;
const STATUS: u32 = 0x04;
const CAPABILITY: u32 = 0x0A;
const BARCODE: u32 = 0x0B;
const EXTERNAL: u32 = 0x0C;
const SWITCH: u32 = 0x1A;
const SETPOINT: u32 = 0x1C;

const INVALID_COMMAND: u32 = 2;
const INVALID_DATA: u32 = 3;

/// Without a frame from a controller for so long the module switches itself off.
const WATCHDOG_MS: u64 = 10_000;
/// How fast the current limit follows the setpoint.
const AMPS_PER_SECOND: f64 = 200.0;

/// What the module is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rating {
    /// The lowest voltage that it regulates.
    pub min_v: f64,
    /// The highest.
    pub max_v: f64,
    /// The highest current.
    pub max_a: f64,
    /// The highest power.
    pub max_w: f64,
}

impl Default for Rating {
    /// The 30 kW module of the bench.
    fn default() -> Self {
        Self { min_v: 150.0, max_v: 1_000.0, max_a: 100.0, max_w: 30_000.0 }
    }
}

/// Whether it has been told to deliver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Switch {
    /// No.
    #[default]
    Off,
    /// Yes.
    On,
}

/// Whether it is to be heard on the bus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Voice {
    /// As it should.
    #[default]
    Normal,
    /// Its transceiver is dead: it neither hears nor answers, and delivers on until its watchdog ends that.
    Silent,
}

/// One module.
#[derive(Clone, Debug)]
pub struct Module {
    /// 0 to 59.
    pub address: u8,
    /// Which group it answers for.
    pub group: u8,
    /// What it is.
    pub rating: Rating,
    /// On or off, as told.
    pub switch: Switch,
    /// On the bus.
    pub voice: Voice,
    /// The line that forbids delivery.
    pub inhibited: bool,
    /// Where it stands on the DC side.
    pub hot: bool,
    set_v: f64,
    set_a: f64,
    limit_a: f64,
    last_heard: Mono,
    /// What it delivers, as the plant found out.
    measured: (f64, f64),
}

impl Module {
    /// A module that has just got power: off, no setpoint.
    pub const fn new(address: u8, group: u8, rating: Rating, now: Mono) -> Self {
        Self {
            address,
            group,
            rating,
            switch: Switch::Off,
            voice: Voice::Normal,
            inhibited: true,
            hot: false,
            set_v: 0.0,
            set_a: 0.0,
            limit_a: 0.0,
            last_heard: now,
            measured: (0.0, 0.0),
        }
    }

    /// Takes a frame from the bus; answers with at most one.
    pub fn receive(&mut self, now: Mono, frame: &CanFrame) -> Option<CanFrame> {
        let id = frame.id;
        let field = |shift: u32, bits: u32| (id >> shift) & ((1 << bits) - 1);
        let (device, command) = (field(22, 4), field(16, 6));
        let destination = u8::try_from(field(8, 8)).unwrap_or(ALL);
        let source = u8::try_from(field(0, 8)).unwrap_or(0);
        if frame.format != Format::Extended || field(26, 3) != 0 || !CONTROLLERS.contains(&source) {
            return None;
        }
        let meant = match device {
            ONE => destination == self.address || destination == ALL,
            GROUP => destination == self.group || destination == ALL,
            _ => false,
        };
        if !meant || self.voice == Voice::Silent {
            return None;
        }
        self.last_heard = now;
        let broadcast = device == GROUP || destination == ALL;
        let answer = self.obey(device, command, frame.padded());
        let (error, data) = match answer {
            Answer::Reading(data) => (0, data),
            // A command to many is not answered by each.
            Answer::Done | Answer::Error(_) if broadcast => return None,
            Answer::Done => (0, frame.padded()),
            Answer::Error(error) => (error, frame.padded()),
        };
        let from = if device == GROUP { self.group } else { self.address };
        let id = error << 26 | device << 22 | command << 16 | u32::from(source) << 8 | u32::from(from);
        Some(CanFrame::extended(id, data))
    }

    fn obey(&mut self, device: u32, command: u32, data: [u8; 8]) -> Answer {
        match (device, command) {
            // How many there are in a group is the business of the farm, which overwrites this 1.
            (_, COUNT) => Answer::Reading([0, 0, 1, 0, 0, 0, 0, 0]),
            (ONE, OUTPUT) => {
                let [v0, v1, v2, v3] = single(self.measured.0).to_be_bytes();
                let [a0, a1, a2, a3] = single(self.measured.1).to_be_bytes();
                Answer::Reading([v0, v1, v2, v3, a0, a1, a2, a3])
            }
            (ONE, STATUS) => Answer::Reading(self.status()),
            (ONE, CAPABILITY) => {
                let rating = &self.rating;
                Answer::Reading(words([rating.max_v, rating.min_v, rating.max_a * 10.0, rating.max_w / 10.0]))
            }
            // The documented sample, its last byte stepped by the address so that no two are the same.
            (ONE, BARCODE) => {
                Answer::Reading([0x56, 0x13, 0x0C, 0x15, 0xA3, 0xFB, 0x06, 0xA8_u8.wrapping_add(self.address)])
            }
            (ONE, EXTERNAL) => Answer::Reading(words([self.measured.0 * 10.0, self.available_a() * 10.0, 0.0, 0.0])),
            (_, SWITCH) => match data {
                [0, ..] => {
                    self.switch = Switch::On;
                    Answer::Done
                }
                [1, ..] => {
                    self.switch = Switch::Off;
                    Answer::Done
                }
                _ => Answer::Error(INVALID_DATA),
            },
            (ONE, SETPOINT) => {
                let [v0, v1, v2, v3, a0, a1, a2, a3] = data;
                let volts = float(u32::from_be_bytes([v0, v1, v2, v3]).into()) / 1_000.0;
                let amps = float(u32::from_be_bytes([a0, a1, a2, a3]).into()) / 1_000.0;
                if volts > self.rating.max_v || amps > self.rating.max_a {
                    return Answer::Error(INVALID_DATA);
                }
                (self.set_v, self.set_a) = (volts, amps);
                Answer::Done
            }
            _ => Answer::Error(INVALID_COMMAND),
        }
    }

    fn status(&self) -> [u8; 8] {
        let off = !self.delivers();
        let hot = self.hot;
        let byte_6 = u8::from(off) | u8::from(hot) << 2 | u8::from(hot) << 4;
        let limited = self.set_v * self.set_a > self.rating.max_w;
        [0, 0, 0, 0, 25, u8::from(limited), byte_6, 0]
    }

    /// Lets time pass: the watchdog and the ramp of the current.
    pub fn step(&mut self, now: Mono, seconds: f64) {
        if now.since(self.last_heard).as_millis() >= u128::from(WATCHDOG_MS) {
            self.switch = Switch::Off;
        }
        let wanted = if self.delivers() { self.set_a.min(self.available_a()) } else { 0.0 };
        let step = AMPS_PER_SECOND * seconds;
        // Down it goes at once: a converter's current can be cut in a cycle.
        self.limit_a = if wanted < self.limit_a { wanted } else { (self.limit_a + step).min(wanted) };
    }

    /// Whether it delivers now.
    pub fn delivers(&self) -> bool {
        self.switch == Switch::On && !self.inhibited && !self.hot
    }

    fn available_a(&self) -> f64 {
        self.rating.max_a.min(self.rating.max_w / self.measured.0.max(self.rating.min_v))
    }

    /// What it regulates to.
    pub fn voltage(&self) -> f64 {
        self.set_v.clamp(self.rating.min_v, self.rating.max_v)
    }

    /// No more than this now.
    pub const fn limit(&self) -> f64 {
        self.limit_a
    }

    /// The setpoint as received: volts, amperes.
    pub const fn setpoint(&self) -> (f64, f64) {
        (self.set_v, self.set_a)
    }

    /// What the plant measured at its output: volts, amperes.
    pub const fn measured(&self) -> (f64, f64) {
        self.measured
    }

    /// The plant tells what flows.
    pub const fn measure(&mut self, volts: f64, amps: f64) {
        self.measured = (volts, amps);
    }
}

enum Answer {
    Reading([u8; 8]),
    Done,
    Error(u32),
}

fn words(values: [f64; 4]) -> [u8; 8] {
    let [[a0, a1], [b0, b1], [c0, c1], [d0, d1]] = values.map(|value| round_to::<u16>(value).to_be_bytes());
    [a0, a1, b0, b1, c0, c1, d0, d1]
}

/// All modules on one bus.
pub fn receive(modules: &mut [Module], now: Mono, frame: &CanFrame) -> Vec<CanFrame> {
    let mut answers: Vec<(u8, CanFrame)> = Vec::new();
    for module in &mut *modules {
        if let Some(answer) = module.receive(now, frame) {
            answers.push((module.group, answer));
        }
    }
    let command = (frame.id >> 16) & 0x3F;
    let device = (frame.id >> 22) & 0xF;
    if command != COUNT {
        return answers.into_iter().map(|(_, answer)| answer).collect();
    }
    // One answer for each group, with the number of those that are to be heard.
    let heard = |group: u8| modules.iter().filter(|m| m.group == group && m.voice == Voice::Normal).count();
    if device == GROUP {
        answers.dedup_by_key(|(group, _)| *group);
    }
    let counted = |(group, answer): (u8, CanFrame)| {
        let count = u8::try_from(heard(group)).unwrap_or(u8::MAX);
        CanFrame::extended(answer.id, [0, 0, count, 0, 0, 0, 0, 0])
    };
    answers.into_iter().map(counted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(address: u8) -> Module {
        let mut module = Module::new(address, 1, Rating::default(), Mono::BOOT);
        module.inhibited = false;
        module
    }

    fn ask(module: &mut Module, id: u32, data: [u8; 8]) -> Option<CanFrame> {
        module.receive(Mono::BOOT, &CanFrame::extended(id, data))
    }

    #[test]
    fn the_golden_frames() {
        // Read V and A of module 0, answered under its own id.
        let mut zero = module(0);
        zero.measure(400.0, 12.5);
        let answer = ask(&mut zero, 0x0283_00F0, [0; 8]).unwrap();
        assert_eq!(answer, CanFrame::extended(0x0283_F000, [0x43, 0xC8, 0, 0, 0x41, 0x48, 0, 0]));
        // 500 V and 20 A to all: taken, not answered.
        assert_eq!(ask(&mut zero, 0x029C_3FF0, [0x00, 0x07, 0xA1, 0x20, 0x00, 0x00, 0x4E, 0x20]), None);
        assert_eq!(zero.setpoint(), (500.0, 20.0));
        // On for module 2: nobody else feels meant, and it echoes.
        let mut two = module(2);
        let on = CanFrame::extended(0x029A_02F0, [0; 8]);
        assert_eq!(zero.receive(Mono::BOOT, &on), None);
        assert_eq!(two.receive(Mono::BOOT, &on), Some(CanFrame::extended(0x029A_F002, [0; 8])));
        assert_eq!((zero.switch, two.switch), (Switch::Off, Switch::On));
        let _ = ask(&mut two, 0x029A_02F0, [1, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(two.switch, Switch::Off);
        // The number of modules in group 1.
        let mut farm = [module(0), module(1), module(2)];
        let answers = receive(&mut farm, Mono::BOOT, &CanFrame::extended(0x02C2_01F0, [0; 8]));
        assert_eq!(answers, [CanFrame::extended(0x02C2_F001, [0, 0, 3, 0, 0, 0, 0, 0])]);
    }

    #[test]
    fn it_says_what_it_can_do() {
        let answer = ask(&mut module(1), 0x028A_01F0, [0; 8]).unwrap();
        assert_eq!(answer.bytes(), [0x03, 0xE8, 0x00, 0x96, 0x03, 0xE8, 0x0B, 0xB8]);
        let barcode = ask(&mut module(0), 0x028B_00F0, [0; 8]).unwrap();
        assert_eq!(barcode.bytes(), [0x56, 0x13, 0x0C, 0x15, 0xA3, 0xFB, 0x06, 0xA8]);
    }

    #[test]
    fn what_it_does_not_know_is_refused_with_the_error_field() {
        let unknown = ask(&mut module(1), 0x0291_01F0, [0; 8]).unwrap();
        assert_eq!(unknown.id >> 26, 2);
        let too_much = ask(&mut module(1), 0x029C_01F0, [0xFF; 8]).unwrap();
        assert_eq!(too_much.id >> 26, 3);
    }

    #[test]
    fn without_a_controller_it_switches_itself_off() {
        let mut module = module(1);
        let _ = ask(&mut module, 0x029A_01F0, [0; 8]);
        let _ = ask(&mut module, 0x029C_01F0, [0, 6, 0x1A, 0x80, 0, 0, 0x4E, 0x20]);
        module.step(Mono::from_millis(9_999), 1.0);
        assert!(module.delivers() && module.limit() > 0.0);
        module.step(Mono::from_millis(10_000), 1.0);
        assert_eq!((module.delivers(), module.limit()), (false, 0.0));
    }

    #[test]
    fn the_inhibit_line_stops_it_at_once() {
        let mut module = module(1);
        let _ = ask(&mut module, 0x029A_01F0, [0; 8]);
        let _ = ask(&mut module, 0x029C_01F0, [0, 6, 0x1A, 0x80, 0, 0, 0x4E, 0x20]);
        module.step(Mono::from_millis(5), 0.05);
        assert!((module.limit() - 10.0).abs() < 1e-9);
        module.inhibited = true;
        module.step(Mono::from_millis(10), 0.005);
        assert!(module.limit().abs() < 1e-9);
        assert_eq!(ask(&mut module, 0x0284_01F0, [0; 8]).unwrap().bytes()[6] & 1, 1);
    }
}
