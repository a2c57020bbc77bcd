//! A session's receipt: its meter readings as a signed record in the Open Charge Metering Format (OCMF 1.0).
//!
//! Responsibilities: what the record says of a session, that it says no more than is known, and that the bytes which are
//! signed are the bytes which are kept. The key lives elsewhere: whoever signs is handed a SHA-256 digest.
//!
//! What is never signed: an estimate, and a difference between two meters (D14). A [`Charge`] therefore has one meter, and
//! its registers go into the record digit by digit as the meter gave them.
//!
//! Time (D4). Each reading's `TM` carries the letter of the clock: `S` synchronised, `I` informative, `U` not set, and in the
//! last case the flag `t`: not to be billed by. Readings of one boot are dated by the best-known of them, so that a clock
//! that is set or stepped during a charge changes no duration. The letter `R` is never written: it claims a legal quality of
//! the clock that nobody has certified.

mod charge;
mod dating;
mod holder;
mod key;
mod sign;
mod transparency;

pub use charge::{Charge, Ended, Meter, Moment, Reading};
pub use holder::{Holder, Way};
pub use key::{KeyKind, PublicKey, Signature};
pub use sign::{ALGORITHM, Error, is_record, sign, verify};
pub use transparency::transparency;
