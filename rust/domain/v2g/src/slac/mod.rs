//! SLAC (ISO 15118-3): finding out which car hangs on this cable, and handing it the key of a private powerline network.
//!
//! - [`Frame`] and [`Mme`]: what goes over the wire, the modem's own messages among it.
//! - [`evse`]: the charger's matching machine, and the care of its modem.
//! - [`ev`]: the car's, for simulators.
//!
//! Terms: *MME*, a HomePlug management message; *NMK*, the key of a powerline network; *NID*, that network's number;
//! *AVLN*, the network itself; *sound*, one of the packets whose attenuation the charger's modem measures.

pub mod ev;
pub mod evse;
mod frame;
mod key;
mod mme;

pub use frame::{Frame, Malformed};
pub use key::{Nid, Nmk};
pub use mme::{Attenuation, Mme, Network, Station};

use core::fmt;

/// EtherType of HomePlug management messages.
pub const ETHERTYPE: u16 = 0x88E1;

/// The longest management message that SLAC or our modems use, with room to spare.
pub const MAX_FRAME_LEN: usize = 1514;

/// An Ethernet address.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Everybody.
    pub const BROADCAST: Self = Self([0xFF; 6]);
    /// The address at which every HomePlug modem listens for its own host.
    pub const LOCAL_MODEM: Self = Self([0x00, 0xB0, 0x52, 0x00, 0x00, 0x01]);
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = self.0;
        write!(f, "{first:02x}")?;
        rest.iter().try_for_each(|byte| write!(f, ":{byte:02x}"))
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The number that a car gives to one matching run.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub [u8; 8]);

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {:016x}", u64::from_be_bytes(self.0))
    }
}
