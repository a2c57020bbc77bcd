//! Everything outside a charging cabinet: cars and their modems, power modules, meters, isolation monitors, a card
//! reader, and the safety MCU with its contactors and locks.
//!
//! It speaks the same wires as the real things, so the daemons do not know the difference and hold no test mode.
//! [`sim::Sim`] is all of it running; [`world::World`] is the same without threads, sockets and cars, driven by its
//! caller's clock.
//!
//! Terms: the *plant* is the physics of the connectors; an *inlet* is where a car's controller and the plant meet; a
//! *seat* is a connector with all that hangs on it.

pub mod cabinet;
pub mod car;
pub mod control;
pub mod device;
pub mod fault;
mod flow;
pub mod inlet;
mod num;
pub mod plant;
pub mod sim;
pub mod wire;
pub mod world;
