//! The command line.

use std::{net::SocketAddr, path::PathBuf};

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
    /// Where sticks are mounted, one folder a partition.
    #[arg(long, env = "JOULEPOINT_USB_DIR", default_value = "/run/joulepoint/usb")]
    pub usb_dir: PathBuf,
    /// Certificate authorities (PEM) that a server which bundles are fetched from must have.
    #[arg(long, env = "JOULEPOINT_CA_FILE", default_value = "/etc/ssl/certs/ca-certificates.crt")]
    pub ca_file: PathBuf,
    /// Where the HMI serves its page: part of the health check.
    #[arg(long, env = "JOULEPOINT_HMI", default_value = "127.0.0.1:8443")]
    pub hmi: SocketAddr,
    /// Print the OpenAPI document and end.
    #[arg(long)]
    pub print_openapi: bool,
}
