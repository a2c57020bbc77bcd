//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use keys::TpmAddress;

/// Where a unit's TPM is, and what it is to hold.
#[derive(Debug, Args)]
pub struct Tpm {
    /// The TPM: device:/dev/tpmrm0, or swtpm:host=127.0.0.1,port=2321
    #[arg(long, default_value = "device:/dev/tpmrm0")]
    pub tpm: TpmAddress,
    /// The rules of the TPM's keys
    #[arg(long, default_value = "/usr/share/joulepoint/tpm-keys.toml")]
    pub rules: PathBuf,
}

/// The unit's own look at its TPM's keys.
#[derive(Debug, Parser)]
#[command(name = "jp-keys", version)]
pub struct Keys {
    /// TPM and rules.
    #[command(flatten)]
    pub tpm: Tpm,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the unit can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows who the unit is and what its TPM holds
    Show,
    /// Says what is not as the rules want it; exit code 1 if anything
    Check,
    /// Locks the factory's keys to the unit's secrets; done once, and harmless at every start
    Lock {
        /// The folder of the secrets, on the sealed data partition
        #[arg(long, default_value = "/var/lib/joulepoint/secrets")]
        secrets: PathBuf,
    },
}
