//! The car's side of a charger, without sockets, clocks or randomness: time and bytes come in as arguments.
//!
//! This is the one adapter over the crate `iso15118`; nothing else in the workspace names its types.
//!
//! - [`slac`]: management messages, the charger's matching machine and its modem, the car's machine for simulators.
//! - [`sdp`]: how a car finds the charger's TCP port.
//! - [`secc`]: the charger's session engine for ISO 15118-2 DC with external payment. Every answer is built from one
//!   [`secc::Snapshot`], at once; nothing waits for the power path.
//! - [`evcc`]: the car's session engine, for simulators.
//!
//! Terms: *SECC*, the charger's communication controller; *EVCC*, the car's; *V2GTP*, the eight-byte framing of a V2G
//! message; *EXI*, its binary XML.

mod clock;
pub mod evcc;
mod physical;
pub mod sdp;
pub mod secc;
pub mod slac;
mod stage;
mod status;

pub use stage::Stage;
pub use status::{EvError, EvseStatus, Isolation, Notification};

/// The UDP port of the discovery protocol.
pub const SDP_PORT: u16 = 15118;
