//! A DC meter: Acrel DJSF1352-RN on Modbus RTU.
//!
//! Readings are `register * 10^(decimals - 3)`, energy is a 32-bit counter in a resolution that is fixed by its build.

use super::modbus::{Action, Answer, Exception, Request, read};
use crate::num::{round, round_to};

/// What one step of the energy register stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "u16")]
pub enum Resolution {
    /// 1 Wh.
    #[default]
    Wh1,
    /// 10 Wh.
    Wh10,
    /// 100 Wh.
    Wh100,
}

impl TryFrom<u16> for Resolution {
    type Error = String;
    fn try_from(wh: u16) -> Result<Self, String> {
        match wh {
            1 => Ok(Self::Wh1),
            10 => Ok(Self::Wh10),
            100 => Ok(Self::Wh100),
            _ => Err(format!("a resolution of {wh} Wh: expected 1, 10 or 100")),
        }
    }
}

impl Resolution {
    /// In watt-hours.
    pub const fn wh(self) -> i64 {
        match self {
            Self::Wh1 => 1,
            Self::Wh10 => 10,
            Self::Wh100 => 100,
        }
    }
}

/// Two decimals for volts, one for amperes: 0.1 V and 0.01 A.
const VOLT_DECIMALS: u16 = 2;
const AMP_DECIMALS: u16 = 1;
const POWER_DECIMALS: u16 = 1;

/// One meter.
#[derive(Clone, Debug)]
pub struct Meter {
    /// Its address on the line.
    pub address: u8,
    /// Of its energy register.
    pub resolution: Resolution,
    volts: f64,
    amps: f64,
    wh: f64,
}

impl Meter {
    /// A meter that has counted `wh` before.
    pub const fn new(address: u8, resolution: Resolution, wh: f64) -> Self {
        Self { address, resolution, volts: 0.0, amps: 0.0, wh }
    }

    /// What flows, for so long.
    pub fn measure(&mut self, volts: f64, amps: f64, seconds: f64) {
        self.volts = volts;
        self.amps = amps;
        // Import only: what flows back is not counted down.
        self.wh += (volts * amps).max(0.0) * seconds / 3_600.0;
    }

    /// Another one of the same make stands in its place.
    pub const fn exchange(&mut self, wh: f64) {
        self.wh = wh;
    }

    /// The energy counted, in full.
    pub const fn wh(&self) -> f64 {
        self.wh
    }

    /// The energy register, in watt-hours as it can be read.
    pub fn register_wh(&self) -> i64 {
        self.steps() * self.resolution.wh()
    }

    fn steps(&self) -> i64 {
        round((self.wh / crate::num::float(self.resolution.wh())).floor())
    }

    /// Answers a request that is addressed to it.
    pub fn answer(&self, request: &Request) -> Answer {
        match &request.action {
            Action::Read { start, count } => read(*start, *count, |register| self.register(register)),
            // Its settings are not for a cabinet to change.
            Action::Write { .. } => Err(Exception::IllegalAddress),
            Action::Unknown => Err(Exception::IllegalFunction),
        }
    }

    fn register(&self, register: u16) -> Option<u16> {
        let scaled = |value: f64, decimals: u16| value * 10_f64.powi(3 - i32::from(decimals));
        let signed = |value: f64| u16::from_ne_bytes(round_to::<i16>(value).to_ne_bytes());
        let energy = u32::try_from(self.steps()).unwrap_or(u32::MAX);
        let [e0, e1, e2, e3] = energy.to_be_bytes();
        Some(match register {
            0 => signed(scaled(self.volts, VOLT_DECIMALS)),
            1 => VOLT_DECIMALS,
            2 => signed(scaled(self.amps, AMP_DECIMALS)),
            3 => AMP_DECIMALS,
            5 => 25,
            8 => signed(scaled(self.volts * self.amps / 1_000.0, POWER_DECIMALS)),
            9 => POWER_DECIMALS,
            12 => u16::from_be_bytes([e0, e1]),
            13 => u16::from_be_bytes([e2, e3]),
            16 => 1,
            17 => 300,
            4 | 6..=7 | 10..=11 | 14..=15 | 18..=19 => 0,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registers(meter: &Meter) -> Vec<u16> {
        read(0, 20, |register| meter.register(register)).unwrap()
    }

    #[test]
    fn the_map() {
        let mut meter = Meter::new(1, Resolution::Wh1, 70_000.0);
        meter.measure(400.0, -12.34, 0.0);
        let map = registers(&meter);
        assert_eq!(map[..4], [4_000, 2, 0u16.wrapping_sub(1_234), 1]);
        assert_eq!(map[12..14], [1, 4_464]);
        assert!(read(0, 21, |register| meter.register(register)).is_err());
    }

    #[test]
    fn it_counts_and_rounds_down() {
        let mut meter = Meter::new(1, Resolution::Wh10, 0.0);
        for _ in 0..1_800 {
            meter.measure(400.0, 50.0, 1.0);
        }
        assert!((meter.wh() - 10_000.0).abs() < 1e-6);
        meter.measure(400.0, 50.0, 1.0);
        assert_eq!(meter.register_wh(), 10_000);
        meter.measure(400.0, -50.0, 100.0);
        assert_eq!(meter.register_wh(), 10_000);
    }
}
