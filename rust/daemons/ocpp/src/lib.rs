//! The daemon `ocpp`: the charger's side of OCPP 1.6J.
//!
//! It carries what must arrive from the controller's outbox to the CSMS (D13), puts the CSMS's word on a card to the
//! controller, and the CSMS's commands. It knows no rule of charging.
//!
//! | module | what it does |
//! |---|---|
//! | [`station`] | decides: what is asked when, what follows from an answer. Sans-I/O |
//! | [`rpc`] | calls, answers and errors of OCPP-J. Sans-I/O |
//! | [`wire`] | payloads of OCPP 1.6, and the only place that names the types of `rust-ocpp` |
//! | [`queue`] | what must arrive, in SQLite |
//! | [`firmware`] | an update that the CSMS asked for, and who may sign one. Sans-I/O |
//! | [`release`] | which version runs |
//! | [`endpoint`] | where the CSMS is |
//! | [`connection`] | the WebSocket |
//! | [`controller`] | the controller's state, configuration, outbox and commands |
//! | [`updates`] | `system`, which fetches and installs |
//! | [`daemon`] | the loop that joins them |
//! | `carry` | what the CSMS wants of the controller, put to it |
//! | [`http`] | this daemon's own socket |
//!
//! *Session* is ours, *transaction* is the CSMS's name for the same thing; its number lives only here.

mod carry;
pub mod connection;
pub mod controller;
pub mod daemon;
pub mod endpoint;
pub mod firmware;
pub mod http;
pub mod queue;
pub mod release;
pub mod rpc;
pub mod station;
pub mod updates;
pub mod wire;
