//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand};

use crate::role::Role;

/// The web server of a Joulepoint cabinet.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Args {
    /// Where the daemons' sockets are.
    #[arg(long, env = "JOULEPOINT_RUN_DIR", default_value = "/run/joulepoint", global = true)]
    pub run_dir: PathBuf,
    /// Where users, certificate and audit log are kept.
    #[arg(long, env = "JOULEPOINT_STATE_DIR", default_value = "/var/lib/joulepoint/hmi", global = true)]
    pub state_dir: PathBuf,
    /// The TCP address for browsers.
    #[arg(long, env = "JOULEPOINT_LISTEN", default_value = "127.0.0.1:8443")]
    pub listen: SocketAddr,
    /// The built React bundle.
    #[arg(long, env = "JOULEPOINT_ASSETS", default_value = "/usr/share/joulepoint/hmi")]
    pub assets: PathBuf,
    /// Print the OpenAPI document of this daemon's own requests and end.
    #[arg(long)]
    pub print_openapi: bool,
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What can be done besides serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set a user's password, read from standard input up to the first line break. Makes the user if there is none.
    Passwd {
        /// Whose.
        user: String,
        /// The user's role from now on; a new user without one becomes a viewer.
        #[arg(long)]
        role: Option<Role>,
    },
}
