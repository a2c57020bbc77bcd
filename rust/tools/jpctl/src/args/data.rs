//! The command line of `jpctl data`.

use clap::Subcommand;

/// What can be done about the data partition.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Whether it is open, and whether there is a recovery key.
    Show,
    /// Open it with the recovery key, which is read from standard input: keys do not belong on a command line.
    Unlock {
        /// Do not seal it to this machine as it is now: the next start asks again.
        #[arg(long)]
        keep_sealing: bool,
    },
    /// Make a new recovery key and print it, this once. The one before opens nothing any more.
    RecoveryKey,
}
