//! What is true of the machine that the daemons run on.
//!
//! Responsibilities in this version: to tell, over `GET /v1/state`, the version, the side that was started, the clock's
//! quality, memory, load, free disk and network interfaces, and which of the programs that updates, network and tunnel need
//! are there; and, over `/v1/update`, to update the unit's software: what is taken and when is said by the crate `update`,
//! and carried out here. What it cannot do is named in `lacking`.
//!
//! Terms. A *side* is one of the two systems of an A/B image. The *machine* ([`Machine`]) is everything that is read: a
//! root folder, so that tests can make one up.

pub mod args;
pub mod data;
mod lacking;
mod machine;
mod network;
mod resources;
pub mod server;
mod slot;
mod update;

pub use machine::Machine;
pub use update::{Places, Updates};
