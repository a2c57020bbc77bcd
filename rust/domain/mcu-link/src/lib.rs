//! The wire protocol between the controller (Linux) and the safety MCU.
//!
//! Linux proposes: a [`Lease`] names, for each contactor, the [`Purpose`] that it may be closed for and the plug-in that
//! it is meant for; the MCU disposes, on its own sensors, and tells what it granted, refused or tripped in [`Status`].
//!
//! Terms: a *frame* is `COBS(version, sequence, payload, CRC-32 of all before it) 0x00`; the payload is a [`ToMcu`] or a
//! [`FromMcu`] in postcard's encoding. A *plug count* is the MCU's own counter of plug-ins: it starts at 0 with the MCU
//! and steps when a plug comes in. Together with the boot nonce of [`McuHello`] it names one plug-in for ever.
//!
//! A *slot* is a connector with its home modules and their bus. A *tie* is a contactor between the buses of two slots: the
//! slots that closed ties join are an *island*, and no more than one connector of an island carries a car.
//!
//! A status is one frame, whole: what a gate stands on is never half old. The largest cabinet's (32 connectors, 32 ties)
//! is 2.8 kB with every integer at its longest and about 1.2 kB in practice, which a line of 115,200 baud carries in its
//! 100 ms; a cabinet of up to 12 connectors takes a third of the line.
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
    McuHello, PilotOutput, PilotState, Place, PlugCount, Provenance, Purpose, ResetReason, Status, TieStatus, ToMcu,
    Trip, TripScope,
};

/// The most connectors that one MCU serves.
pub const MAX_CONNECTORS: usize = 32;
/// The most bus ties that one MCU drives: a ring of all slots.
pub const MAX_TIES: usize = MAX_CONNECTORS;
/// The most contactors that one MCU drives: one for each connector, and the ties.
pub const MAX_CONTACTORS: usize = MAX_CONNECTORS + MAX_TIES;
