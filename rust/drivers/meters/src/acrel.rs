//! Acrel DJSF1352-RN, a DC meter on Modbus RTU.
//!
//! Registers 0 to 19 are read in one go. Voltage, current and power come as a number and a count of decimals `d`:
//! number × 10^(d-3). Two things are not certain from what is public. What one count of the energy register is, is
//! therefore configuration (by default 0.01 kWh: exponent 1). The unit of the power register may be W or kW, so it is
//! not used: power is voltage times current of the same answer.

use std::time::Duration;

use serial::modbus::{Device, Error, Next, Request, Response};
use units::{Milliamps, Millivolts, Mono};

use crate::{Meter, Reading, Register, Update};

/// How often it is read.
const EVERY: Duration = Duration::from_millis(500);
/// How often it is tried while it is silent: each try holds up its neighbours on the line.
const SEARCH: Duration = Duration::from_secs(2);

/// One meter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The Modbus address, 1 to 247.
    pub unit: u8,
    /// Which meter this is: the serial on its plate, else what and where it is.
    pub identity: String,
    /// One count of the energy register is 10^this Wh.
    pub energy_exponent: i8,
}

impl Config {
    /// A meter that counts in 0.01 kWh.
    #[must_use]
    pub fn new(unit: u8, identity: impl Into<String>) -> Self {
        Self { unit, identity: identity.into(), energy_exponent: 1 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Answering,
    Silent,
}

/// The driver of one meter.
#[derive(Debug)]
pub struct Acrel {
    config: Config,
    due: Mono,
    /// Assumed until the first failure, so that one is told even if the meter has never answered.
    state: State,
}

impl Acrel {
    /// A driver that reads at its first turn.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config, due: Mono::BOOT, state: State::Answering }
    }

    fn parse(&self, registers: &[u16], at: Mono) -> Result<Reading, String> {
        let &[v, v_dec, i, i_dec, _, _, _, _, _, _, _, _, energy, energy_low, ..] = registers else {
            return Err(format!("{} registers, expected 20", registers.len()));
        };
        let milli = |name: &str, digits: i64, decimals: u16| {
            // Up to 10^6: beyond, no voltage or current on earth fits.
            let scale = 10_i64.checked_pow(decimals.into()).filter(|_| decimals <= 6);
            scale.map(|scale| digits * scale).ok_or(format!("{name} has {decimals} decimals, expected 0 to 6"))
        };
        let voltage = Millivolts(milli("voltage", signed(v), v_dec)?);
        let current = Milliamps(milli("current", signed(i), i_dec)?);
        Ok(Reading {
            register: Register {
                digits: u64::from(energy) << 16 | u64::from(energy_low),
                exponent: self.config.energy_exponent,
            },
            voltage,
            current,
            power: voltage * current,
            at,
        })
    }

    fn silent(&mut self, reason: String, updates: &mut Vec<Update>) {
        if std::mem::replace(&mut self.state, State::Silent) == State::Answering {
            updates.push(Update::Silent { reason });
        }
    }
}

fn signed(register: u16) -> i64 {
    i64::from(register.cast_signed())
}

impl Device for Acrel {
    type Update = Update;

    fn next(&mut self, now: Mono) -> Next {
        if now < self.due { Next::Wait(self.due) } else { Next::Ask(Request::read_holding(self.config.unit, 0, 20)) }
    }

    fn answer(&mut self, now: Mono, answer: Result<&Response, Error>, updates: &mut Vec<Update>) {
        let reading =
            answer.map_err(|error| error.to_string()).and_then(|response| self.parse(response.registers(), now));
        match reading {
            Ok(reading) => {
                self.due = now + EVERY;
                self.state = State::Answering;
                updates.push(Update::Reading(reading));
            }
            Err(reason) => {
                self.due = now + SEARCH;
                self.silent(reason, updates);
            }
        }
    }
}

impl Meter for Acrel {
    fn identity(&self) -> &str {
        &self.config.identity
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use units::Watts;

    fn meter() -> Acrel {
        Acrel::new(Config::new(1, "ACREL-1"))
    }

    fn registers() -> Vec<u16> {
        let mut registers = vec![0; 20];
        registers[0] = 4_005; // 400.5 V
        registers[1] = 2;
        registers[2] = 1_250_u16; // 125.0 A
        registers[3] = 2;
        registers[12] = 1;
        registers[13] = 2;
        registers
    }

    fn answer(meter: &mut Acrel, registers: Vec<u16>) -> Vec<Update> {
        let mut updates = Vec::new();
        meter.answer(Mono::from_millis(5), Ok(&Response::Registers(registers)), &mut updates);
        updates
    }

    #[test]
    fn asks_for_twenty_registers_twice_a_second() {
        let mut meter = meter();
        assert_eq!(meter.next(Mono::BOOT), Next::Ask(Request::read_holding(1, 0, 20)));
        answer(&mut meter, registers());
        assert_eq!(meter.next(Mono::from_millis(5)), Next::Wait(Mono::from_millis(505)));
    }

    #[test]
    fn reads_the_register_as_it_stands() {
        let updates = answer(&mut meter(), registers());
        let reading = Reading {
            register: Register { digits: 65_538, exponent: 1 },
            voltage: Millivolts(400_500),
            current: Milliamps(125_000),
            power: Watts(50_062),
            at: Mono::from_millis(5),
        };
        assert_eq!(updates, [Update::Reading(reading)]);
    }

    #[test]
    fn current_has_a_sign() {
        let mut registers = registers();
        registers[2] = 0xFFF6;
        let updates = answer(&mut meter(), registers);
        assert!(matches!(&updates[..], [Update::Reading(reading)] if reading.current == Milliamps(-1_000)));
    }

    #[test]
    fn silence_is_told_once_and_ends_with_a_reading() {
        let mut meter = meter();
        let mut updates = Vec::new();
        for _ in 0..3 {
            meter.answer(Mono::BOOT, Err(Error::Timeout { unit: 1, millis: 500 }), &mut updates);
        }
        assert_eq!(updates.len(), 1);
        assert!(matches!(&updates[0], Update::Silent { reason } if reason.contains("500 ms")));
        assert!(matches!(&answer(&mut meter, registers())[..], [Update::Reading(_)]));
        meter.answer(Mono::BOOT, Err(Error::Timeout { unit: 1, millis: 500 }), &mut updates);
        assert_eq!(updates.len(), 2);
    }

    proptest! {
        #[test]
        fn any_registers_are_a_reading_or_a_reason(registers in proptest::collection::vec(any::<u16>(), 0..30)) {
            prop_assert_eq!(answer(&mut meter(), registers).len(), 1);
        }
    }
}
