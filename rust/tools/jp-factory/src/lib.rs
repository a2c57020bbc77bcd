//! The factory: writes a unit's disk, makes its TPM's keys, certifies them, and says PASS or what failed.
//!
//! It has a CA and a licence master, and works on a disk and a TPM, either of the machine it runs on (the flasher image) or
//! of one that stands beside it. The unit's own part is `jp-keys`: at the first start it locks the factory's keys to secrets
//! of the unit.
//!
//! A unit is made in steps ([`make`]), each of which can be done again. The record in the TPM comes last but for the
//! station's own list: a unit that a power cut left half made has none, and is simply made again.
//!
//! What stays in the unit: keys, certificates and record in its TPM. What stays at the station: one line of a list, and the
//! label's picture. A recovery key goes to the printer and nowhere else.

pub mod args;
pub mod certify;
pub mod disk;
mod failure;
pub mod image;
pub mod label;
pub mod list;
pub mod make;
pub mod printer;
pub mod serial;
pub mod station;
pub mod steps;
pub mod verify;
mod zero;

pub use failure::Failure;
