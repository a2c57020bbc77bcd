//! The wires: where bytes and frames come from and go to. No device lives here.

pub mod can;
mod hub;
mod line;

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::mpsc::SyncSender,
};

use serde::Deserialize;

use can::{CanFrame, Slcan, SlcanReader};
use hub::Hub;
use line::Line;

/// Which of the wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// The CAN.
    Can,
    /// The MCU's serial line.
    Mcu,
    /// The line of meters and monitors.
    Rs485,
    /// The card reader's serial line.
    Rfid,
}

/// Something came over a wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A frame on the CAN.
    Frame(CanFrame),
    /// A packet on the CAN that is no frame.
    NoFrame,
    /// Bytes on a serial line.
    Bytes(Wire, Vec<u8>),
}

/// Something is to go over a wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// A frame on the CAN.
    Frame(CanFrame),
    /// Bytes as they are; on the CAN a packet that is no frame.
    Bytes(Wire, Vec<u8>),
}

/// Where a wire ends.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum WireAddress {
    /// Listen on a Unix socket of packets, one CAN frame each.
    Hub(PathBuf),
    /// Connect to a Unix socket that carries the ASCII of a serial CAN adapter.
    Slcan(PathBuf),
    /// Make a pseudo-terminal and a symbolic link to it.
    Pty(PathBuf),
    /// Connect to a Unix socket that carries bytes.
    Unix(PathBuf),
}

impl FromStr for WireAddress {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?}: expected hub:PATH or slcan:PATH for the CAN, pty:PATH or unix:PATH for others");
        let (kind, path) = text.split_once(':').filter(|(_, path)| !path.is_empty()).ok_or_else(wrong)?;
        let path = PathBuf::from(path);
        match kind {
            "hub" | "virtual" => Ok(Self::Hub(path)),
            "slcan" | "slcan-unix" => Ok(Self::Slcan(path)),
            "pty" => Ok(Self::Pty(path)),
            "unix" => Ok(Self::Unix(path)),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for WireAddress {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// The car's end of a connector's power line: an interface in a network namespace.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct CarWire {
    /// The interface.
    pub interface: String,
    /// The namespace as `ip netns` names it; none: this process's own.
    pub netns: Option<String>,
}

impl FromStr for CarWire {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (interface, netns) = match text.split_once('@') {
            Some((interface, netns)) => (interface, Some(netns)),
            None => (text, None),
        };
        let named = |name: &str| !name.is_empty() && !name.contains(['/', ' ', '@', ':', '=']);
        if !named(interface) || netns.is_some_and(|netns| !named(netns)) {
            return Err(format!("{text:?}: expected INTERFACE or INTERFACE@NAMESPACE"));
        }
        Ok(Self { interface: interface.to_owned(), netns: netns.map(str::to_owned) })
    }
}

impl TryFrom<String> for CarWire {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for CarWire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.interface)?;
        self.netns.iter().try_for_each(|netns| write!(f, "@{netns}"))
    }
}

/// A wire could not be laid.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// That kind of address does not do for this wire.
    #[error("{wire:?} cannot end at {address:?}: expected {expected}")]
    Kind {
        /// The wire.
        wire: Wire,
        /// The address.
        address: WireAddress,
        /// What would do.
        expected: &'static str,
    },
    /// The system refused.
    #[error("cannot open {path}")]
    Io {
        /// Where.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
}

/// All wires of a cabinet.
#[derive(Debug, Default)]
pub struct Wires {
    can: Option<CanPort>,
    lines: Vec<(Wire, Line)>,
}

#[derive(Debug)]
enum CanPort {
    Hub(Hub),
    Adapter(Line),
}

impl Wires {
    /// Lays one wire. What comes in goes to `into`, for as long as the process lives.
    pub fn lay(&mut self, wire: Wire, address: &WireAddress, into: &SyncSender<Incoming>) -> Result<(), WireError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| WireError::Io { path, source }
        };
        let into = into.clone();
        match (wire, address) {
            (Wire::Can, WireAddress::Hub(path)) => {
                self.can = Some(CanPort::Hub(Hub::listen(path, into).map_err(io(path))?));
            }
            (Wire::Can, WireAddress::Slcan(path)) => {
                let mut reader = SlcanReader::default();
                let hear = move |bytes: &[u8]| {
                    let mut back = Vec::new();
                    for heard in reader.feed(bytes) {
                        // A full queue loses frames, as a bus does.
                        let _ = match heard {
                            Slcan::Frame(frame) => into.try_send(Incoming::Frame(frame)).ok(),
                            Slcan::Garbage => into.try_send(Incoming::NoFrame).ok(),
                            Slcan::Command => {
                                back.push(b'\r');
                                None
                            }
                        };
                    }
                    back
                };
                self.can = Some(CanPort::Adapter(Line::connect(path, hear).map_err(io(path))?));
            }
            (Wire::Mcu | Wire::Rs485 | Wire::Rfid, WireAddress::Pty(path) | WireAddress::Unix(path)) => {
                let hear = move |bytes: &[u8]| {
                    let _ = into.try_send(Incoming::Bytes(wire, bytes.to_vec()));
                    Vec::new()
                };
                let line = match address {
                    WireAddress::Pty(_) => Line::pty(path, hear),
                    _ => Line::connect(path, hear),
                };
                self.lines.push((wire, line.map_err(io(path))?));
            }
            _ => {
                let expected = if wire == Wire::Can { "hub:PATH or slcan:PATH" } else { "pty:PATH or unix:PATH" };
                return Err(WireError::Kind { wire, address: address.clone(), expected });
            }
        }
        Ok(())
    }

    /// Sends, or loses it if nobody is there to take it.
    pub fn send(&self, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Frame(frame) => match &self.can {
                Some(CanPort::Hub(hub)) => hub.send(&frame.to_linux()),
                Some(CanPort::Adapter(line)) => line.send(frame.to_slcan().into_bytes()),
                None => {}
            },
            Outgoing::Bytes(Wire::Can, bytes) => match &self.can {
                Some(CanPort::Hub(hub)) => hub.send(&bytes),
                Some(CanPort::Adapter(line)) => line.send(bytes),
                None => {}
            },
            Outgoing::Bytes(wire, bytes) => {
                if let Some((_, line)) = self.lines.iter().find(|(name, _)| *name == wire) {
                    line.send(bytes);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!("hub:/a".parse(), Ok(WireAddress::Hub("/a".into())));
        assert_eq!("virtual:/a".parse(), Ok(WireAddress::Hub("/a".into())));
        for bad in ["", "hub", "hub:", "tcp:1"] {
            assert!(bad.parse::<WireAddress>().is_err(), "{bad}");
        }
        let car: CarWire = "eth0@ns1".parse().unwrap();
        assert_eq!((car.interface.as_str(), car.netns.as_deref()), ("eth0", Some("ns1")));
        for bad in ["", "@ns", "eth0@", "../x"] {
            assert!(bad.parse::<CarWire>().is_err(), "{bad}");
        }
    }
}
