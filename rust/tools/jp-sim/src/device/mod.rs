//! The devices on the cabinet's wires. Each takes bytes or frames and the time, and answers; none does I/O.
//!
//! Their codecs are written from the devices' documents alone and share nothing with the drivers of the cabinet, so that
//! an error in one is not mirrored by the other.

pub mod imd;
pub mod infy;
pub mod mcu;
pub mod meter;
pub mod modbus;
