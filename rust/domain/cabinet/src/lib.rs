//! A charging cabinet as a pure function of what happened to it: [`Cabinet::handle`]`(now, Input) -> Outputs`.
//!
//! It gathers the connectors' machines, the planner, the power modules, the meters, the ledger and the faults, and speaks to the
//! world through [`Input`] and [`Output`] alone. It reads no clock and no file and draws no random number: time is an
//! argument, session ids are handed in, commits are acknowledged by an input. So any run can be repeated from its inputs.
//!
//! Outputs are ordered and idempotent: sent twice, they mean the same. [`Outputs::next_wake`] says when to come back at
//! the latest; there is no tick.
//!
//! | file | what |
//! |---|---|
//! | `cabinet` | the function itself |
//! | `clock` | the wall clock, and what is dated by it |
//! | `connector` | one connector: its machine, its car, its authorisation |
//! | `equipment` | MCU, modules, meters and monitors as last heard |
//! | `mcu` | lease, pilot and lock, towards the MCU |
//! | `power` | wants to planner to budgets |
//! | `switching` | the bus ties, each with a machine of its own |
//! | `setpoints` | budgets to modules |
//! | `authorise` | cards, verdicts, remote starts |
//! | `tokens` | the local list and the cache |
//! | `profiles` | what OCPP charging profiles leave |
//! | `ledger` | sessions and meter readings |
//! | `faults` | what is wrong |
//! | `history` | what the planner gave whom, for the last day |
//! | `hear` | taking in what happened |
//! | `link` | what a chain's process is told |
//! | `recover` | the decision at every start (D7) |
//! | `reload` | another configuration, without a restart |
//! | `seen` | whether anything changed that is worth telling |
//! | `view` | the state as others see it |

mod authorise;
mod cabinet;
mod clock;
mod connector;
mod equipment;
mod faults;
mod hear;
mod history;
mod input;
mod ledger;
mod link;
mod mcu;
mod output;
mod power;
mod profile_words;
mod profiles;
mod recover;
mod reload;
mod seen;
mod setpoints;
mod switching;
mod tokens;
mod view;

pub use cabinet::{Cabinet, Identity, Kept};
pub use input::{Command, CommandError, Input, LinkNews, MeterNews, ModuleNews, MonitorNews, StoreHealth};
pub use output::{Output, Outputs, Record};
pub use profiles::{OcppLimits, criteria};
pub use recover::{Checkpoint, Verdict};
pub use tokens::ListRefusal;
