//! The service engineer's command line.
//!
//! Responsibilities: to show what the daemons say, in tables for people and in JSON for programs, and to hand them
//! commands. It knows no rule of its own: what is allowed is decided by the daemon that is asked.
//!
//! Terms. A *view* is one table of a state. The *cabinet* ([`Cabinet`]) is the run folder with the daemons' sockets.

pub mod args;
mod cabinet;
mod commands;
mod configuration;
mod data;
mod failure;
mod health;
mod table;
mod text;
mod update;
mod views;

pub use cabinet::Cabinet;
pub use commands::run;
pub use failure::Failure;
