//! The daemon as browsers meet it: real TCP and TLS on a free port, made-up daemons on Unix sockets behind it.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod access;
mod browser;
mod data;
mod gateway;
