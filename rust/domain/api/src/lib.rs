//! What the daemons say to each other and to the HMI: requests, responses, events, states.
//!
//! Every type here travels as JSON over a Unix socket. Numbers are integers in the units that their types name (see the
//! crate `units`): never floats, so that nothing is lost and nothing depends on how a JSON library keeps numbers.
//! Enums are written in `snake_case`; those with data carry a `kind`.
//!
//! | module | spoken by |
//! |---|---|
//! | [`state`] | `controller`: `GET /v1/state`, `GET /v1/events` |
//! | [`command`] | `controller`: `POST /v1/connectors/…`, `POST /v1/authorisations/…` |
//! | [`outbox`] | `controller`: `GET /v1/outbox`, what must arrive |
//! | [`session`] | `controller`: `GET /v1/sessions` |
//! | [`receipt`] | `controller`: `GET /v1/sessions/{id}/ocmf`, `GET /v1/keys/metering` |
//! | [`configuration`] | `controller`: `PUT` and `PATCH /v1/config`, `GET /v1/config/history` |
//! | [`profile`] | `controller`: `GET`, `PUT`, `DELETE /v1/profiles` |
//! | [`tokens`] | `controller`: `/v1/local-list`, `/v1/authorisation-cache`, `/v1/csms` |
//! | [`fault`] | `controller`: `GET /v1/faults`, and inside the state |
//! | [`history`] | `controller`: `GET /v1/planner/history` |
//! | [`link`] | `plc` and `controller`: the WebSocket `/v1/chains/{chain}/link` |
//! | [`chain`] | `plc`: `GET /v1/state` |
//! | [`ocpp`] | `ocpp`: `GET /v1/state` |
//! | [`system`] | `system`: `GET /v1/state` |
//! | [`data`] | `system`: `/v1/data`, what opens the data partition |
//! | [`update`] | `system`: `/v1/update`, updates of the unit's own software |
//! | [`problem`] | everybody: the one error body |

pub mod chain;
pub mod command;
pub mod configuration;
pub mod data;
pub mod fault;
pub mod history;
pub mod link;
pub mod ocpp;
pub mod outbox;
pub mod problem;
pub mod profile;
pub mod receipt;
pub mod session;
pub mod state;
pub mod system;
pub mod tokens;
pub mod update;
