//! Bender isoCHA425HV on Modbus RTU.
//!
//! A measurement is four registers: a float, a register of alarm, test, unit and validity, and the channel that was
//! measured. Nothing is set up by this driver: thresholds and modes stay as the monitor was commissioned.

use std::time::Duration;

use serial::modbus::{Device, Error, Next, Request, Response};
use units::{Millivolts, Mono, Ohms};

use crate::{Alarm, Monitor, Reading, SelfTest, Update, Validity};

/// The insulation resistance.
const RESISTANCE: u16 = 1000;
/// The voltage between the poles.
const VOLTAGE: u16 = 1008;
/// Registers of a measurement. Each is asked for by itself: whether a read may span several is not documented.
const LENGTH: u16 = 4;
const SELF_TEST: u16 = 8005;
const START: u16 = 0x5445;
/// How often it is read.
const EVERY: Duration = Duration::from_millis(500);
/// How often the voltage is read.
const VOLTAGE_EVERY: Duration = Duration::from_secs(2);
/// A voltage older than this is not told any more.
const VOLTAGE_LASTS: Duration = Duration::from_secs(5);
/// How often it is tried while it is silent.
const SEARCH: Duration = Duration::from_secs(2);
/// A self-test must have begun by then, and ended by then.
const TEST_BEGINS: Duration = Duration::from_secs(3);
const TEST_ENDS: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Answering,
    Silent,
}

/// What the next registers are an answer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Resistance,
    Voltage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    None,
    /// To be written at the next turn.
    Wanted {
        since: Mono,
    },
    /// The write is on the line.
    Asked {
        since: Mono,
    },
    /// Written; the monitor does not say yet that it tests.
    Started {
        since: Mono,
    },
    /// The monitor says that it tests.
    Running {
        since: Mono,
    },
}

/// The driver of one monitor.
#[derive(Debug)]
pub struct Bender {
    unit: u8,
    due: Mono,
    voltage_due: Mono,
    voltage: Option<(Millivolts, Mono)>,
    asked: Asked,
    /// Assumed until the first failure, so that one is told even if the monitor has never answered.
    state: State,
    test: Test,
}

impl Bender {
    /// The address as delivered.
    pub const FACTORY_UNIT: u8 = 3;

    /// A driver that reads at its first turn.
    #[must_use]
    pub fn new(unit: u8) -> Self {
        Self {
            unit,
            due: Mono::BOOT,
            voltage_due: Mono::BOOT,
            voltage: None,
            asked: Asked::Resistance,
            state: State::Answering,
            test: Test::None,
        }
    }

    fn on_registers(&mut self, now: Mono, registers: &[u16], updates: &mut Vec<Update>) -> Result<(), String> {
        let block: [u16; 4] =
            registers.try_into().map_err(|_| format!("{} registers, expected {LENGTH}", registers.len()))?;
        let block = Block::new(block);
        if self.asked == Asked::Voltage {
            let known = block.milli.filter(|_| block.validity != Validity::Invalid);
            self.voltage = known.map(|voltage| (Millivolts(voltage), now));
            return Ok(());
        }
        self.state = State::Answering;
        if block.testing {
            if let Test::Started { since } | Test::Running { since } = self.test {
                self.test = Test::Running { since };
            }
        } else {
            self.end_test(now, block.alarm, updates);
            updates.push(Update::Reading(Reading {
                resistance: Ohms(block.value.unwrap_or_default()),
                validity: if block.value.is_some() { block.validity } else { Validity::Invalid },
                alarm: block.alarm,
                voltage: self.voltage.filter(|(_, at)| now.since(*at) < VOLTAGE_LASTS).map(|(voltage, _)| voltage),
                at: now,
            }));
        }
        Ok(())
    }

    /// The monitor measures again: its test, if there was one, is over.
    fn end_test(&mut self, now: Mono, alarm: Alarm, updates: &mut Vec<Update>) {
        let result = match self.test {
            Test::Running { .. } if alarm == Alarm::DeviceError => SelfTest::Failed,
            Test::Running { .. } => SelfTest::Passed,
            Test::Started { since } if now.since(since) >= TEST_BEGINS => SelfTest::TimedOut,
            _ => return,
        };
        self.test = Test::None;
        updates.push(Update::SelfTest(result));
    }

    fn expire_test(&mut self, now: Mono, updates: &mut Vec<Update>) {
        if let Test::Wanted { since } | Test::Asked { since } | Test::Started { since } | Test::Running { since } =
            self.test
            && now.since(since) >= TEST_ENDS
        {
            self.test = Test::None;
            updates.push(Update::SelfTest(SelfTest::TimedOut));
        }
    }

    fn failed(&mut self, now: Mono, reason: String, updates: &mut Vec<Update>) {
        self.due = now + SEARCH;
        if std::mem::replace(&mut self.state, State::Silent) == State::Answering {
            updates.push(Update::Silent { reason });
        }
    }
}

/// One measurement of four registers, read.
struct Block {
    /// The value in its unit, if it is a number.
    value: Option<i64>,
    /// The same in thousandths.
    milli: Option<i64>,
    alarm: Alarm,
    testing: bool,
    validity: Validity,
}

impl Block {
    fn new(registers: [u16; 4]) -> Self {
        let [high, low, status, _channel] = registers;
        let value = f32::from_bits(u32::from(high) << 16 | u32::from(low));
        let [alarm, unit] = status.to_be_bytes();
        Self {
            value: whole(value.into()),
            milli: whole(f64::from(value) * 1_000.0),
            alarm: match alarm & 0x07 {
                0 => Alarm::None,
                1 => Alarm::PreWarning,
                4 => Alarm::Warning,
                5 => Alarm::Alarm,
                // 2 is the monitor's own error; what is not defined is no reason to trust it either.
                _ => Alarm::DeviceError,
            },
            testing: alarm >> 6 != 0,
            validity: match unit >> 6 {
                0 => Validity::Exact,
                1 => Validity::Below,
                2 => Validity::Above,
                _ => Validity::Invalid,
            },
        }
    }
}

/// A non-negative number of sensible size, rounded down; a resistance must not be rounded up.
fn whole(value: f64) -> Option<i64> {
    if !value.is_finite() || !(0.0..=1e12).contains(&value) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "finite and at most 1e12")]
    let whole = value as i64;
    Some(whole)
}

impl Device for Bender {
    type Update = Update;

    fn next(&mut self, now: Mono) -> Next {
        if let Test::Wanted { since } = self.test {
            self.test = Test::Asked { since };
            return Next::Ask(Request::write(self.unit, SELF_TEST, START));
        }
        // The resistance first: the voltage is a courtesy, asked of a monitor that answers.
        let (asked, register) = if now >= self.due {
            self.due = now + EVERY;
            (Asked::Resistance, RESISTANCE)
        } else if self.state == State::Answering && now >= self.voltage_due {
            self.voltage_due = now + VOLTAGE_EVERY;
            (Asked::Voltage, VOLTAGE)
        } else {
            let courtesy = if self.state == State::Answering { self.voltage_due } else { Mono(u64::MAX) };
            return Next::Wait(self.due.min(courtesy));
        };
        self.asked = asked;
        Next::Ask(Request::read_holding(self.unit, register, LENGTH))
    }

    fn answer(&mut self, now: Mono, answer: Result<&Response, Error>, updates: &mut Vec<Update>) {
        match (answer, self.test) {
            (Ok(Response::Registers(registers)), _) => {
                if let Err(reason) = self.on_registers(now, registers, updates) {
                    self.failed(now, reason, updates);
                }
            }
            (Ok(Response::Written), Test::Asked { since }) => {
                self.test = Test::Started { since };
            }
            (Ok(Response::Written), _) => {}
            (Err(error), Test::Asked { .. }) => {
                self.test = Test::None;
                updates.push(Update::SelfTest(SelfTest::TimedOut));
                // A refused write leaves a monitor that measures.
                if matches!(error, Error::Timeout { .. }) {
                    self.failed(now, error.to_string(), updates);
                }
            }
            // A monitor without that channel still measures what counts.
            (Err(Error::Exception { .. }), _) if self.asked == Asked::Voltage => self.voltage = None,
            (Err(error), _) => self.failed(now, error.to_string(), updates),
        }
        self.expire_test(now, updates);
    }
}

impl Monitor for Bender {
    fn start_self_test(&mut self, now: Mono) {
        if self.test == Test::None {
            self.test = Test::Wanted { since: now };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn registers(value: f32, status: u16) -> Vec<u16> {
        let [a, b, c, d] = value.to_be_bytes();
        vec![u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]), status, 1]
    }

    fn answer(monitor: &mut Bender, at: u64, registers: Vec<u16>) -> Vec<Update> {
        let mut updates = Vec::new();
        monitor.answer(Mono::from_millis(at), Ok(&Response::Registers(registers)), &mut updates);
        updates
    }

    #[test]
    fn reads_resistance_validity_and_alarm() {
        let mut monitor = Bender::new(Bender::FACTORY_UNIT);
        assert_eq!(monitor.next(Mono::BOOT), Next::Ask(Request::read_holding(3, 1000, 4)));
        answer(&mut monitor, 5, registers(1.0, 0x0000));
        assert_eq!(monitor.next(Mono::from_millis(6)), Next::Ask(Request::read_holding(3, 1008, 4)));
        assert!(answer(&mut monitor, 6, registers(400.5, 0x0000)).is_empty());
        assert_eq!(monitor.next(Mono::from_millis(7)), Next::Wait(Mono::from_millis(500)));
        assert!(matches!(monitor.next(Mono::from_millis(500)), Next::Ask(_)));
        let updates = answer(&mut monitor, 507, registers(500_000.9, 0x0000));
        let expected = Reading {
            resistance: Ohms(500_000),
            validity: Validity::Exact,
            alarm: Alarm::None,
            voltage: Some(Millivolts(400_500)),
            at: Mono::from_millis(507),
        };
        assert_eq!(updates, [Update::Reading(expected)]);
        for (status, validity, alarm) in [
            (0x0140, Validity::Below, Alarm::PreWarning),
            (0x0580, Validity::Above, Alarm::Alarm),
            (0x02C0, Validity::Invalid, Alarm::DeviceError),
            (0x0400, Validity::Exact, Alarm::Warning),
            (0x0700, Validity::Exact, Alarm::DeviceError),
        ] {
            let updates = answer(&mut monitor, 508, registers(1.0, status));
            assert!(
                matches!(updates[..], [Update::Reading(r)] if r.validity == validity && r.alarm == alarm),
                "{status:04x}: {updates:?}"
            );
        }
    }

    #[test]
    fn a_number_that_is_none_is_invalid() {
        for bad in [f32::NAN, f32::INFINITY, -1.0] {
            let updates = answer(&mut Bender::new(3), 1, registers(bad, 0));
            assert!(matches!(updates[..], [Update::Reading(r)] if r.validity == Validity::Invalid));
        }
    }

    #[test]
    fn a_self_test_is_followed_to_its_end() {
        for (end, result) in [(0x0000, SelfTest::Passed), (0x0200, SelfTest::Failed)] {
            let mut monitor = Bender::new(101);
            monitor.start_self_test(Mono::BOOT);
            assert_eq!(monitor.next(Mono::BOOT), Next::Ask(Request::write(101, 8005, 0x5445)));
            let mut updates = Vec::new();
            monitor.answer(Mono::from_millis(20), Ok(&Response::Written), &mut updates);
            assert!(updates.is_empty());
            assert!(matches!(answer(&mut monitor, 600, registers(1e6, 0x0000))[..], [Update::Reading(_)]));
            assert!(answer(&mut monitor, 1_100, registers(1e6, 0x8000)).is_empty());
            assert_eq!(answer(&mut monitor, 9_000, registers(1e6, end))[0], Update::SelfTest(result));
            assert!(matches!(answer(&mut monitor, 9_500, registers(1e6, end))[..], [Update::Reading(_)]));
        }
    }

    #[test]
    fn a_self_test_that_does_not_happen_times_out() {
        let mut monitor = Bender::new(101);
        monitor.start_self_test(Mono::BOOT);
        monitor.next(Mono::BOOT);
        monitor.answer(Mono::BOOT, Ok(&Response::Written), &mut Vec::new());
        let updates = answer(&mut monitor, 3_000, registers(1e6, 0));
        assert_eq!(updates[0], Update::SelfTest(SelfTest::TimedOut));

        monitor.start_self_test(Mono::from_millis(4_000));
        monitor.next(Mono::from_millis(4_000));
        let mut updates = Vec::new();
        monitor.answer(Mono::from_millis(5_000), Err(Error::Timeout { unit: 101, millis: 500 }), &mut updates);
        assert_eq!(updates[0], Update::SelfTest(SelfTest::TimedOut));
        assert!(matches!(updates[1], Update::Silent { .. }));
    }

    #[test]
    fn silence_is_told_once_and_neighbours_are_spared() {
        let mut monitor = Bender::new(101);
        let mut updates = Vec::new();
        for _ in 0..3 {
            monitor.answer(Mono::BOOT, Err(Error::Timeout { unit: 101, millis: 500 }), &mut updates);
        }
        assert!(matches!(updates[..], [Update::Silent { .. }]));
        assert_eq!(monitor.next(Mono::BOOT), Next::Wait(Mono::from_millis(2_000)));
    }

    proptest! {
        #[test]
        fn any_registers_are_taken(registers in proptest::collection::vec(any::<u16>(), 0..20)) {
            let updates = answer(&mut Bender::new(3), 1, registers);
            prop_assert!(updates.len() <= 1);
        }
    }
}
