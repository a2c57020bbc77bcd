//! The safety MCU's own state machine. Linux proposes, this disposes.
//!
//! # Responsibilities
//! - A contactor closes only for a [`Purpose`](mcu_link::Purpose) that a live lease names, in the plug-in that it names,
//!   when every gate of that purpose holds on the MCU's own sensors ([`gates`]).
//! - A closed contactor opens at once on the MCU's own trips; a trip is latched until it is cleared by name.
//! - When Linux falls silent for longer than the lease: the module-inhibit line drops, the MCU waits until at most 2 A
//!   flow or [`SOFT_OPEN`] has passed, and opens. In the same soft way it opens under load when Linux asks for it: a
//!   module that no longer listens to Linux still obeys the line.
//! - A tie between two slots closes when both buses match and no second car comes onto the island; it opens when Linux
//!   asks only once at most 2 A flow through it, and with the others when the lease lapses. Nobody is connected to a tie:
//!   what protects a person is the connector's own contactor.
//! - A lock opens only when its contactor is open and its cable carries less than 60 V, as measured.
//!
//! # Terms
//! *Coil*: what the MCU drives. *Position*: what the auxiliary contact says. *Gate*: what must hold before closing.
//! *Trip*: why it opened by itself. *Refused*: the gate that holds the present request back; the request stands as long
//! as the lease does, so a contactor closes as soon as the last gate holds.
//!
//! The machine is sans-I/O: [`Safety::handle`] takes the time and one [`Input`], and answers with the level of every
//! actuator, with what to send, and with when to call it next at the latest.
#![no_std]

mod connector;
mod contactor;
pub mod gates;
mod io;
mod island;
mod machine;

pub use gates::Limits;
pub use io::{Actuators, Coil, CoilLevel, ConnectorLevel, Input, IsolationReading, Outputs, Position, Readings, Setup};
pub use machine::Safety;

use core::time::Duration;

/// The longest that current may flow on after a lapsed lease, or a request to open, before the contactor opens anyway.
pub const SOFT_OPEN: Duration = Duration::from_millis(100);
/// How long a contactor may take to follow its coil.
pub const TRAVEL: Duration = Duration::from_millis(200);
/// How often a status is due when nothing changes.
pub const STATUS_EVERY: Duration = Duration::from_millis(100);
