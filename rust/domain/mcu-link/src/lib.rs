//! The wire protocol between the controller (Linux) and the safety MCU.
//!
//! Linux proposes: a [`Lease`] names, for each contactor, the [`Purpose`] that it may be closed for and the plug-in that
//! it is meant for; the MCU disposes, on its own sensors, and tells what it granted, refused or tripped in [`Status`].
//!
//! Terms: a *frame* is `COBS(version, sequence, payload, CRC-32 of all before it) 0x00`; the payload is a [`ToMcu`] or a
//! [`FromMcu`] in postcard's encoding. A *plug count* is the MCU's own counter of plug-ins: it starts at 0 with the MCU
//! and steps when a plug comes in. Together with the boot nonce of [`McuHello`] it names one plug-in for ever.
//!
//! The crate is `no_std` and needs no allocator. Quantities are the types of `units`, on the wire as variable-length
//! integers in the unit that the type is named after.
#![no_std]

mod frame;
mod message;
mod wire;

pub use frame::{Decoder, EncodeError, Encoder, Garbage, MAX_FRAME, MAX_PAYLOAD, VERSION};
pub use message::{
    ConnectorStatus, ContactorFeedback, ContactorLayout, ContactorStatus, EStop, FromMcu, Gate, GateSensors,
    InhibitLine, Isolation, IsolationStatus, IsolationTest, Lease, LeaseEntry, LeaseTime, LockCommand, LockFeedback,
    McuHello, PilotOutput, PilotState, PlugCount, Provenance, Purpose, ResetReason, Status, ToMcu, Trip, TripScope,
};

/// The most connectors that one MCU serves.
pub const MAX_CONNECTORS: usize = 8;
/// The most contactors that one MCU drives.
pub const MAX_CONTACTORS: usize = 16;
