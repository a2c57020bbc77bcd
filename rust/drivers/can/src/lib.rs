//! CAN frames and the buses they travel on.
//!
//! Responsibilities: the [`Frame`] type that every driver speaks, and [`Bus`], one bus with one owner thread: opened
//! when it is there, reopened when it comes back, never blocking on a send.
//!
//! Terms. A *bus* is one CAN interface, or its stand-in: on a machine without CAN the *virtual* transport carries the
//! same frames as packets of a Unix socket, 16 bytes each, laid out as Linux lays out a `struct can_frame`.

mod bus;
mod frame;

pub use bus::{Bus, Counters, Event, Filter, SendError, Transport};
pub use frame::{Frame, Id, InvalidFrame};
pub use serial::Waker;
