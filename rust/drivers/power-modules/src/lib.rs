//! Rectifier modules on a CAN bus: one trait, one file a vendor.
//!
//! Responsibilities: to tell each module what to deliver and keep telling it, to check that it took it, and to say what
//! it delivers, what it could, what ails it, and when it is gone. Who gets how much is not decided here.
//!
//! Terms. A [`BusDriver`] serves all modules of one vendor on one bus. A *set-point* is what one module shall deliver; it
//! is *confirmed* when the module has acknowledged it and acts on it. A module is *silent* when it has not answered for
//! [`SILENT_AFTER`], and *lost* after [`LOST_AFTER`].
//!
//! Sans-I/O: frames and time come in as arguments, frames and news go out through an [`Output`].
//!
//! Three rules that hold for every driver here:
//! 1. **Hands off at first.** Until [`BusDriver::arm`] is called a driver only reads. A controller that was restarted
//!    during a charge looks before it touches.
//! 2. **Nothing is said once.** An armed driver repeats each set-point at least once a second. A module that missed one
//!    is not left on an old one, and a module's own watchdog never runs out while we live.
//! 3. **A lost module is still dangerous.** It may deliver its last set-point until its own watchdog ends it, so
//!    [`LOST_AFTER`] is longer than any such watchdog. The others may take over its share only then; the total may be
//!    lowered at once, when it falls silent. A module that comes back from being lost starts with its output off.

mod driver;
mod fault;
pub mod infypower;
mod presence;

pub use driver::{
    BusDriver, Capabilities, ConfigError, Counters, Output, OutputState, Reading, Refusal, SetError, Setpoint, Status,
    Stranger, Update,
};
pub use fault::{Fault, Faults};
pub use presence::{LOST_AFTER, SILENT_AFTER};
