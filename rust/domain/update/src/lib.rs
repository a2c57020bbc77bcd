//! An update from asked to confirmed or rolled back.
//!
//! No clock, no file, no bus: [`Updater`] is told what happened and says what is to be done ([`Action`]), in order. What
//! must outlive a restart is its [`Record`]; whoever carries the actions out writes it where [`Action::Persist`] stands,
//! before anything that follows.
//!
//! Terms. A *side* is one of the two systems of the image. A *bundle* is what an update comes in. The *record before* is
//! the health of the cabinet as it was taken just before the restart: a new side that does no worse is *confirmed*, that
//! is, it stays; any other end leaves the old one in charge.
//!
//! ```text
//!  fetching -> checking -> installing -> installed -> restarting =power=> verifying -> confirmed
//!      \           \            \                                             \
//!       +-----------+-> refused  +-> failed                                    +-> unhealthy =power=> rolled back
//! ```

mod actions;
mod fetch;
pub mod health;
mod order;
pub mod record;
mod requests;
pub mod rule;
mod start;
mod updater;
mod verify;
pub mod version;
mod view;

pub use actions::{Action, Again, FetchFailure, FetchJob, Fetched, Input, Inspection, Location};
pub use health::{Health, Part};
pub use record::Record;
pub use requests::{Occupancy, Rejection, source as check_source, without_password};
pub use rule::Rule;
pub use updater::{Boot, Data, Updater};
pub use version::{Bundle, Policy, Version};
