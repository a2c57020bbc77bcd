//! The cabinet on its wires.
//!
//! The rules live in `domain/cabinet`; this daemon carries bytes. One OS thread owns the cabinet and the MCU's line (so that
//! the contactor lease is renewed by the very loop that could hang); each CAN bus, RS-485 line and card reader has an owner
//! thread; one thread owns the store, and one beside it the key that signs sessions; HTTP runs on a small tokio
//! runtime. Everything meets in one bounded queue.
//!
//! | socket | what |
//! |---|---|
//! | `RUN/controller.sock` | the API (`GET /v1/openapi.json`) and the chains' links |
//!
//! | file | what |
//! |---|---|
//! | `STATE/joulepoint.toml` | the accepted configuration; edited by hand, it is noticed |
//! | `STATE/configuration/` | every version that was accepted |
//! | `STATE/controller.db` | sessions, readings, faults, the planner's last day, profiles and tags, outbox |
//! | `STATE/reserve` | room that is given up to billing rows when the disk is full |
//! | `STATE/keys/` | the key that signs sessions: a file, or what only the TPM can use |
//! | `RUN/controller/checkpoint.json` | what the next controller needs to adopt a running charge |

mod checkpoint;
mod configuration;
mod http;
mod inbox;
mod signing;
mod start;
mod store;
mod thread;
mod wires;

pub use http::openapi;
pub use start::{Args, StartError, run};
