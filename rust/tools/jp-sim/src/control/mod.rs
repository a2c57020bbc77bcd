//! The control socket: one JSON object a line in, one answer a line out. See `README.md` for the protocol.

mod command;
mod server;

pub use command::{Command, Force, Refusal};
pub use server::{Request, Server};
