//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Tells what is true of the machine.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Args {
    /// Where the daemons' sockets are.
    #[arg(long, env = "JOULEPOINT_RUN_DIR", default_value = "/run/joulepoint")]
    pub run_dir: PathBuf,
    /// Where this daemon keeps its data; free space is told of the file system that holds it.
    #[arg(long, env = "JOULEPOINT_STATE_DIR", default_value = "/var/lib/joulepoint/system")]
    pub state_dir: PathBuf,
    /// Print the OpenAPI document and end.
    #[arg(long)]
    pub print_openapi: bool,
}
