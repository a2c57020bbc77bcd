//! Which cabinet the simulated world surrounds: its connectors, devices and wires, from one TOML file.

use std::path::PathBuf;

use mcu_link::{ContactorLayout, Place};
use safety::Limits;
use serde::Deserialize;
use units::{ConnectorId, ContactorId, Milliamps};

use crate::{
    device::{infy::Rating, meter::Resolution},
    num::float,
    wire::{CarWire, WireAddress},
};

/// The cabinet of the bench and the demo.
const BENCH: &str = include_str!("../examples/bench.toml");

/// A cabinet as the outside world sees it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cabinet {
    /// Where each wire ends.
    #[serde(default)]
    pub wires: Wires,
    /// Its outlets.
    pub connectors: Vec<Connector>,
    /// Its power modules.
    pub modules: Vec<Module>,
    /// The contactors between the buses of its slots.
    #[serde(default)]
    pub ties: Vec<Tie>,
    /// What the power lines are like.
    #[serde(default)]
    pub plc: Plc,
    /// Of every meter's energy register, in watt-hours.
    #[serde(default)]
    pub meter_resolution_wh: Resolution,
}

/// Where each wire ends; one that is absent is not there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wires {
    /// `hub:PATH` or `slcan:PATH`.
    pub can: Option<WireAddress>,
    /// `pty:PATH` or `unix:PATH`.
    pub mcu: Option<WireAddress>,
    /// `pty:PATH` or `unix:PATH`.
    pub rs485: Option<WireAddress>,
    /// `pty:PATH` or `unix:PATH`.
    pub rfid: Option<WireAddress>,
    /// The control socket's path.
    pub control: Option<PathBuf>,
}

/// One outlet.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connector {
    /// Counted from 1.
    pub id: u8,
    /// The id of its contactor.
    pub contactor: u8,
    /// The addresses of the modules that feed it.
    pub modules: Vec<u8>,
    /// Its meter's address on RS-485.
    pub meter: u8,
    /// What the meter has counted before, in watt-hours.
    #[serde(default = "counted_before")]
    pub meter_wh: u32,
    /// Its isolation monitor's address on RS-485.
    pub imd: u8,
    /// The car's end of its power line.
    pub car: Option<CarWire>,
}

const fn counted_before() -> u32 {
    123_456
}

/// A contactor between the buses of two slots (a slot is a connector with its modules).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tie {
    /// Its id, among those of all contactors.
    pub contactor: u8,
    /// The two connectors. Current from the first to the second counts as positive.
    pub between: [u8; 2],
}

/// One power module.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// On the CAN.
    pub address: u8,
    /// The group that it answers for.
    #[serde(default = "first_group")]
    pub group: u8,
    /// In watts.
    #[serde(default = "module_w")]
    pub max_power_w: u32,
    /// In amperes.
    #[serde(default = "module_a")]
    pub max_current_a: u32,
}

const fn first_group() -> u8 {
    1
}
const fn module_w() -> u32 {
    30_000
}
const fn module_a() -> u32 {
    100
}

/// What the power lines are like.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plc {
    /// From the key to the link, in milliseconds: 400 to 8,400 on real modems.
    pub join_delay_ms: u32,
    /// In decibels.
    pub attenuation_db: u8,
    /// From a sound to its profile, in milliseconds: 0 or 7.5 on real modems.
    pub profile_delay_ms: u32,
}

impl Default for Plc {
    fn default() -> Self {
        Self { join_delay_ms: 400, attenuation_db: 26, profile_delay_ms: 0 }
    }
}

/// Why a cabinet cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum CabinetError {
    /// Not TOML, or not this shape.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// Two of a kind have the same number.
    #[error("{field}: {value} is there twice, expected each once")]
    Twice {
        /// Which number.
        field: &'static str,
        /// The number.
        value: u8,
    },
    /// A number that is out of range, or names nothing.
    #[error("{field}: {value} is not {expected}")]
    Value {
        /// Which number.
        field: &'static str,
        /// The number.
        value: u8,
        /// What would do.
        expected: &'static str,
    },
}

impl Cabinet {
    /// Reads and checks a description.
    pub fn from_toml(text: &str) -> Result<Self, CabinetError> {
        let cabinet: Self = toml::from_str(text)?;
        cabinet.check()?;
        Ok(cabinet)
    }

    /// The cabinet of the bench, without wires.
    pub fn bench() -> Result<Self, CabinetError> {
        let mut cabinet = Self::from_toml(BENCH)?;
        cabinet.wires = Wires::default();
        for connector in &mut cabinet.connectors {
            connector.car = None;
        }
        Ok(cabinet)
    }

    fn check(&self) -> Result<(), CabinetError> {
        once("connectors.id", self.connectors.iter().map(|one| one.id))?;
        let contactors =
            self.connectors.iter().map(|one| one.contactor).chain(self.ties.iter().map(|tie| tie.contactor));
        once("connectors.contactor, ties.contactor", contactors)?;
        once("modules.address", self.modules.iter().map(|one| one.address))?;
        let on_rs485 = self.connectors.iter().flat_map(|one| [one.meter, one.imd]);
        once("connectors.meter, connectors.imd", on_rs485)?;
        once("connectors.modules", self.connectors.iter().flat_map(|one| one.modules.iter().copied()))?;
        for connector in &self.connectors {
            let most = mcu_link::MAX_CONNECTORS;
            if connector.id == 0 || self.connectors.len() > most {
                let expected = "one of 32 connectors, counted from 1";
                return Err(CabinetError::Value { field: "connectors.id", value: connector.id, expected });
            }
            let absent = connector.modules.iter().find(|address| !self.has_module(**address));
            if let Some(address) = absent {
                let expected = "the address of a module";
                return Err(CabinetError::Value { field: "connectors.modules", value: *address, expected });
            }
        }
        for tie in &self.ties {
            let [one, other] = tie.between;
            let absent =
                tie.between.into_iter().find(|id| !self.connectors.iter().any(|connector| connector.id == *id));
            if let Some(value) = absent.or_else(|| (one == other).then_some(one)) {
                let expected = "the id of one of two connectors";
                return Err(CabinetError::Value { field: "ties.between", value, expected });
            }
        }
        match self.modules.iter().find(|module| module.address > 0x3B) {
            Some(module) => Err(CabinetError::Value {
                field: "modules.address",
                value: module.address,
                expected: "an address from 0 to 59",
            }),
            None => Ok(()),
        }
    }

    fn has_module(&self, address: u8) -> bool {
        self.modules.iter().any(|module| module.address == address)
    }

    /// The contactors as the MCU has them.
    pub fn contactors(&self) -> Vec<ContactorLayout> {
        let guns = self.connectors.iter().filter_map(|one| {
            let place = Place::Gun(ConnectorId::new(one.id)?);
            Some(ContactorLayout { contactor: ContactorId(one.contactor), place })
        });
        let ties = self.ties.iter().filter_map(|tie| {
            let [one, other] = tie.between;
            let place = Place::Tie(ConnectorId::new(one)?, ConnectorId::new(other)?);
            Some(ContactorLayout { contactor: ContactorId(tie.contactor), place })
        });
        guns.chain(ties).collect()
    }

    /// When the MCU trips: a tenth above what modules can give to one connector, its own and those that ties reach.
    pub fn limits(&self) -> Limits {
        let given = |connectors: &[u8]| -> i64 {
            let at = |id: &u8| self.connectors.iter().find(|connector| connector.id == *id);
            let feeds = |module: &&Module| {
                connectors.iter().filter_map(at).any(|connector| connector.modules.contains(&module.address))
            };
            self.modules.iter().filter(feeds).map(|module| i64::from(module.max_current_a)).sum()
        };
        let most = self.connectors.iter().map(|connector| given(&self.reachable(connector.id))).max().unwrap_or(0);
        let most = Milliamps(most * 1_100);
        Limits { max_current: most, max_tie_current: most, ..Limits::default() }
    }

    /// A connector, and those that ties could join with it.
    fn reachable(&self, connector: u8) -> Vec<u8> {
        let mut found = vec![connector];
        let mut next = 0;
        while let Some(from) = found.get(next).copied() {
            for tie in &self.ties {
                let [one, other] = tie.between;
                for (at, to) in [(one, other), (other, one)] {
                    if at == from && !found.contains(&to) {
                        found.push(to);
                    }
                }
            }
            next += 1;
        }
        found
    }
}

impl Module {
    /// What it is.
    pub fn rating(&self) -> Rating {
        Rating { max_a: float(self.max_current_a.into()), max_w: float(self.max_power_w.into()), ..Rating::default() }
    }
}

fn once(field: &'static str, values: impl Iterator<Item = u8>) -> Result<(), CabinetError> {
    let mut seen = std::collections::BTreeSet::new();
    for value in values {
        if !seen.insert(value) {
            return Err(CabinetError::Twice { field, value });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_are_good() {
        let cabinet = Cabinet::from_toml(BENCH).unwrap();
        assert_eq!(cabinet.connectors.len(), 2);
        assert_eq!(cabinet.limits().max_current, Milliamps(110_000));
        let four = Cabinet::from_toml(include_str!("../examples/four.toml")).unwrap();
        assert_eq!((four.connectors.len(), four.ties.len()), (4, 3));
        assert_eq!(four.limits().max_current, Milliamps(440_000));
    }

    #[test]
    fn a_tie_lends_what_its_modules_can() {
        let tied = Cabinet::from_toml(&format!("{BENCH}\n[[ties]]\ncontactor = 3\nbetween = [2, 1]\n")).unwrap();
        assert_eq!(tied.limits().max_current, Milliamps(220_000));
        assert_eq!(tied.contactors().len(), 3);
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        for (from, to, named) in [
            ("id = 2", "id = 1", "connectors.id"),
            ("id = 1\n", "id = 0\n", "connectors.id"),
            ("modules = [1]", "modules = [7]", "connectors.modules"),
            ("modules = [1]", "modules = [0]", "connectors.modules"),
            ("imd = 101", "imd = 1", "connectors.imd"),
            ("meter = 1\n", "metre = 1\n", "metre"),
            ("address = 1\n", "address = 60\n", "connectors.modules"),
            ("meter_resolution_wh = 1\n", "meter_resolution_wh = 7\n", "7 Wh"),
            ("[[modules]]", "[[ties]]\ncontactor = 3\nbetween = [1, 7]\n[[modules]]", "ties.between"),
            ("[[modules]]", "[[ties]]\ncontactor = 3\nbetween = [1, 1]\n[[modules]]", "ties.between"),
            ("[[modules]]", "[[ties]]\ncontactor = 2\nbetween = [1, 2]\n[[modules]]", "ties.contactor"),
        ] {
            assert!(BENCH.contains(from), "{from}");
            let error = Cabinet::from_toml(&BENCH.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(named), "{to}: {error}");
        }
    }
}
