//! One connector's life: plug, SLAC, authorisation, cable check, precharge, energy, stop, welding check, unlock.
//!
//! [`Machine`] is told what is [`Observed`] and what [`Happened`], and answers with [`Effect`]s (what happens once) and a
//! [`Wish`] (what should hold from now on). The wish is the whole truth about what this connector wants of the contactor, the
//! lock, the pilot, the power modules and the car, so that it can be repeated at will and a lost message heals by itself.
//!
//! ```text
//! Available -plug-> Matching -SLAC-> Authorising -tag-> Preparing -car-> CableCheck -> PreCharge -> Charging
//!     ^                ^                  |                 |                |             |            |
//!     |                +--session lost----+                 +------any end---+-------------+------------+
//!     |                                                                                   v
//!     +--unplug-- Finishing / Faulted <-- Ending (last meter reading) <-- WeldingCheck <-- Stopping (ramp, open)
//! ```
//!
//! Nothing here closes a contactor: the wish asks, the MCU decides on its own sensors. Nothing here reads a clock: time
//! comes in as `now`, and [`Machine::next_wake`] says when to come back.

mod happened;
mod limits;
mod machine;
mod observed;
mod phase;
mod wish;

pub use happened::{Effect, EndReason, Happened, Trouble};
pub use limits::Rating;
pub use machine::Machine;
pub use observed::{
    Contactor, Demand, Feedback, Isolation, Lock, Modules, Observed, Pilot, Purpose, Reach, Stage, Trip,
};
pub use phase::{CableCheck, Phase, Stopping};
pub use wish::{Grant, Grants, PilotOutput, Setpoint, StopCall, Wish};
