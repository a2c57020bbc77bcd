//! The web server of the cabinet: the only process with an open TCP port.
//!
//! It signs people in, knows what each role may do, writes down who changed what, serves the React bundle, and passes
//! allow-listed requests on to the other daemons' Unix sockets. It holds no rule of charging and keeps no state of the
//! cabinet, so it may die and come back at any time.
//!
//! | term | meaning |
//! |---|---|
//! | *user* | a name with a password and a [`role::Role`], kept in `users.json` |
//! | *session* | one signed-in browser; a random token in a cookie, its digest in memory. A restart signs everybody out |
//! | *route* | a method and a path pattern of one daemon, with the least role that may call it: [`routes::ROUTES`] |
//! | *audit log* | one JSON line for each sign-in and each change, in `audit.jsonl` |

pub mod args;
pub mod assets;
pub mod audit;
mod data;
mod gateway;
mod guard;
pub mod limiter;
pub mod messages;
pub mod password;
pub mod role;
pub mod routes;
pub mod server;
pub mod sessions;
mod sign_in;
pub mod tls;
pub mod users;

mod app;

pub use app::App;
