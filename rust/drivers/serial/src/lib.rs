//! Serial lines, and what rides on them.
//!
//! Responsibilities: opening a tty raw and alone ([`Line`]), keeping it open when the device behind it goes away and
//! comes back, waking the thread that owns it ([`Waker`]), and the master of a Modbus RTU line ([`modbus`]).
//!
//! Terms. A *line* is one tty. Its *owner* is the one thread that reads and writes it; everybody else hands it work
//! over a bounded queue and calls [`Waker::wake`].
//!
//! [`wait`] is shared with the `can` crate: a CAN bus has an owner thread in just the same way.

mod line;
pub mod modbus;
pub mod wait;

pub use line::{Event, Line, Parity, Settings};
pub use wait::{Backoff, Waker};
