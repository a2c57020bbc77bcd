//! Who gets how many watts.
//!
//! [`allocate()`] divides a site's power among connectors, exactly and fairly: nobody can get more without taking it from
//! somebody who has no more (weighted max-min fairness, found by water-filling). [`release()`] turns that target into what may be
//! commanded now: decreases at once, increases only into room that is proven free.
//!
//! Terms: *want* is the most that a connector could use, of car, cable and modules; a *cap* is a limit on a group.

mod allocate;
mod release;

pub use allocate::{Bound, Claim, Share, allocate};
pub use release::{Flow, release};
