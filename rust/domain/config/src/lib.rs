//! The configuration of a cabinet, as one typed tree.
//!
//! A text comes in whole (TOML from the file, JSON over HTTP) and is either a [`Config`] or a list of [`Mistake`]s, each naming
//! the field, what stands there and what was expected. Nothing is half taken. [`schema`] gives the JSON Schema that the
//! config editor's form is made from: unit, range, help, and *when a change applies* (`x-apply`).
//!
//! Quantities are whole volts, amperes, watts, as people write them; accessors give the domain's units.

mod applies;
pub mod charger_json;
mod check;
mod diff;
mod effective;
mod lowered;
mod mistake;
mod patch;
mod read;
mod schema;
mod tree;

pub use applies::{Applies, applies};
pub use diff::{Change, diff};
pub use effective::{Effective, Waiting, effective};
pub use lowered::lowered;
pub use mistake::Mistake;
pub use patch::merge;
pub use read::{from_json, from_toml, to_toml};
pub use schema::schema;
pub use tree::{
    Authorisation, AuthorisationMode, Branding, Can, CanTransport, Chain, ChainTransport, Config, Connector, Isolation,
    IsolationDriver, Mcu, Meter, MeterDriver, Module, ModuleDriver, Network, Ocmf, OcmfSigning, Ocpp, OcppVersion,
    Offline, Planner, Rfid, Site, Telemetry, Tie, Tunnel, TunnelService, UpdateWindow, Updates,
};
