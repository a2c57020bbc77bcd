//! Modbus RTU, as the master of a line that several devices share.
//!
//! Responsibilities: the frames ([`Request`], [`decode`]), and whose turn it is ([`Bus`]). Sans-I/O: bytes and time come
//! in as arguments, bytes to send go out through a closure.
//!
//! Terms. A *device* ([`Device`]) is a driver that knows its unit address and what it wants to ask next. A *bus* is one
//! line with its devices; at most one request is on it at a time.

mod bus;
mod frame;

pub use bus::{Bus, Counters, Device, Next};
pub use frame::{Error, Operation, Request, Response, crc, decode, expected_length};
