//! Who gets how many watts, and over which contactors.
//!
//! One cycle is [`cycle()`], or [`divide()`] (the first three steps) and [`budgets()`], or the steps by themselves:
//! 1. [`allocate()`] divides the site's power among connectors, exactly and fairly: nobody can get more without taking it from
//!    somebody who has no more (weighted max-min fairness, found by water-filling).
//! 2. [`route()`] says which whole modules feed which connector, over which bus ties. Home first; slots at rest may be borrowed.
//! 3. [`allocate()`] again, under what the routed modules can carry.
//! 4. [`release()`] turns a target into what may be commanded now: decreases at once, increases only into room that is proven
//!    free. Its word is a [`Budget`], which is void when it is not renewed.
//!
//! Terms: a *slot* is a connector with its home modules on one bus; a *tie* is a contactor between the buses of two neighbouring
//! slots; an *island* is the run of slots that feeds one connector. A *limit* is one connector's, a *cap* is a group's.

mod allocate;
mod budget;
mod cycle;
mod engage;
mod islands;
mod limits;
mod release;
mod route;
mod strip;

pub use allocate::{Caps, Claim, Share, allocate};
pub use budget::Budget;
pub use cycle::{Carried, Connector, Division, Outcome, Rules, Situation, budgets, cycle, divide};
pub use limits::{Constraint, Limit, Limits};
pub use release::{Flow, release};
pub use route::{Borrowing, Memory, Module, Plant, Position, Potential, Role, Route, Slot, Tie, TieState, route};
