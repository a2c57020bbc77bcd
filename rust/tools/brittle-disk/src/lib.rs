//! A disk in memory for SQLite that loses its power or runs full where a test says so.
//!
//! [`Disk::path`] gives a name that `rusqlite` opens on this disk. After so many writes the power is gone: every later call
//! fails, and [`Disk::after_power_cut`] is what is found at the next start. What was synced is there; of what was not, each
//! sector has arrived or has not, as the seed has it: also later ones without earlier ones, and halves of a write.
//!
//! Locks are not kept: use one connection at a time.

mod disk;
mod vfs;

pub use disk::Disk;
