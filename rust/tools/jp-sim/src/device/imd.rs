//! An isolation monitor: Bender isoCHA425HV on Modbus RTU.
//!
//! A measurement is four registers: a float (big-endian), status with unit and validity, and the channel.

use units::Mono;

use super::modbus::{Action, Answer, Exception, Request, read};
use crate::num::single;

const R_F: u16 = 1_000;
const U_N: u16 = 1_008;
const U_L1E: u16 = 1_016;
const U_L2E: u16 = 1_020;
const PRE_ALARM_KOHM: u16 = 3_005;
const ALARM_KOHM: u16 = 3_007;
const SELF_TEST: u16 = 8_005;
const SELF_TEST_WORD: u16 = 0x5445;
const NAME: u16 = 9_800;
const FIRMWARE: u16 = 9_820;
const SELF_TEST_MS: u64 = 1_000;

const UNIT_OHM: u16 = 2;
const UNIT_VOLT: u16 = 4;
const EXACT: u16 = 0;

/// One monitor.
#[derive(Clone, Debug)]
pub struct Imd {
    /// Its address on the line.
    pub address: u8,
    /// The resistance to earth in ohms.
    pub ohms: f64,
    /// Between the poles.
    pub volts: f64,
    settings: [u16; 32],
    self_test: Option<Mono>,
}

impl Imd {
    /// A monitor with its settings as they leave the factory.
    pub fn new(address: u8) -> Self {
        let mut settings = [0; 32];
        for (register, value) in [(PRE_ALARM_KOHM, 600), (ALARM_KOHM, 120)] {
            if let Some(place) = settings.get_mut(usize::from(register - 3_000)) {
                *place = value;
            }
        }
        Self { address, ohms: 0.0, volts: 0.0, settings, self_test: None }
    }

    /// Answers a request that is addressed to it.
    pub fn answer(&mut self, now: Mono, request: &Request) -> Answer {
        if self.self_test.is_some_and(|since| now.since(since).as_millis() >= u128::from(SELF_TEST_MS)) {
            self.self_test = None;
        }
        match &request.action {
            Action::Read { start, count } => read(*start, *count, |register| self.register(register)),
            Action::Write { start, values } => {
                for (register, value) in (*start..).zip(values) {
                    self.write(now, register, *value)?;
                }
                Ok(Vec::new())
            }
            Action::Unknown => Err(Exception::IllegalFunction),
        }
    }

    fn write(&mut self, now: Mono, register: u16, value: u16) -> Result<(), Exception> {
        match (register, value) {
            (SELF_TEST, SELF_TEST_WORD) => self.self_test = Some(now),
            (SELF_TEST, _) => return Err(Exception::IllegalValue),
            _ => {
                let place = register.checked_sub(3_000).and_then(|at| self.settings.get_mut(usize::from(at)));
                *place.ok_or(Exception::IllegalAddress)? = value;
            }
        }
        Ok(())
    }

    fn setting(&self, register: u16) -> u16 {
        register.checked_sub(3_000).and_then(|at| self.settings.get(usize::from(at))).copied().unwrap_or(0)
    }

    fn register(&self, register: u16) -> Option<u16> {
        let block = |start: u16, value: f64, unit: u16, channel: u16| {
            let [a, b, c, d] = single(value).to_be_bytes();
            match register.wrapping_sub(start) {
                0 => Some(u16::from_be_bytes([a, b])),
                1 => Some(u16::from_be_bytes([c, d])),
                2 => Some(self.state() << 8 | EXACT << 6 | unit),
                3 => Some(channel),
                _ => None,
            }
        };
        match register {
            _ if (R_F..R_F + 4).contains(&register) => block(R_F, self.ohms, UNIT_OHM, 71),
            _ if (U_N..U_N + 4).contains(&register) => block(U_N, self.volts, UNIT_VOLT, 76),
            _ if (U_L1E..U_L1E + 4).contains(&register) => block(U_L1E, self.volts / 2.0, UNIT_VOLT, 102),
            _ if (U_L2E..U_L2E + 4).contains(&register) => block(U_L2E, -self.volts / 2.0, UNIT_VOLT, 102),
            3_000..=3_031 => Some(self.setting(register)),
            NAME..9_810 => Some(text("isoCHA425HV", register - NAME)),
            FIRMWARE..9_826 => Some(text("D0000 V5.10", register - FIRMWARE)),
            _ => None,
        }
    }

    /// Alarm in bits 2 to 0, test in bits 7 and 6.
    fn state(&self) -> u16 {
        let kilohms = self.ohms / 1_000.0;
        let alarm = if kilohms < f64::from(self.setting(ALARM_KOHM)) {
            5
        } else {
            u16::from(kilohms < f64::from(self.setting(PRE_ALARM_KOHM)))
        };
        let test = if self.self_test.is_some() { 2 } else { 0 };
        test << 6 | alarm
    }
}

/// Two characters of a text.
fn text(text: &str, at: u16) -> u16 {
    let byte = |at: u16| text.as_bytes().get(usize::from(at)).copied().unwrap_or(b' ');
    u16::from_be_bytes([byte(2 * at), byte(2 * at + 1)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement() {
        let mut imd = Imd::new(101);
        imd.ohms = 1_000_000.0;
        let block = read(1_000, 4, |register| imd.register(register)).unwrap();
        // 1e6 as a float is 0x49742400.
        assert_eq!(block, [0x4974, 0x2400, 2, 71]);
        imd.ohms = 50_000.0;
        let block = read(1_000, 4, |register| imd.register(register)).unwrap();
        assert_eq!(block[2] >> 8 & 7, 5);
    }

    #[test]
    fn settings_and_self_test() {
        let mut imd = Imd::new(101);
        let now = Mono::from_millis(1);
        imd.write(now, 3_007, 100).unwrap();
        assert_eq!(imd.register(3_007), Some(100));
        assert_eq!(imd.write(now, 8_005, 1), Err(Exception::IllegalValue));
        assert_eq!(imd.write(now, 1_000, 1), Err(Exception::IllegalAddress));
        imd.write(now, 8_005, 0x5445).unwrap();
        assert_eq!(imd.state() >> 6, 2);
    }
}
