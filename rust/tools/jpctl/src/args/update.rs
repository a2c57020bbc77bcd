//! The command line of `jpctl update`.

use clap::{Args, Subcommand, ValueEnum};

/// What can be done about updates.
#[derive(Debug, Subcommand)]
pub enum UpdateCommand {
    /// Both sides, what is being done, and how the last updates ended.
    Show,
    /// Bundles on the sticks that are plugged in.
    Usb,
    /// What a bundle is, and whether it would be taken. Exit code 1 if not.
    Check {
        /// A file, or usb:NAME as `jpctl update usb` tells it.
        source: String,
        /// As for install.
        #[arg(long)]
        force: bool,
    },
    /// Install a bundle to the other side and restart into it. Exit code 1 if it is refused or fails.
    Install(InstallArgs),
    /// Restart into what was installed.
    Restart {
        /// Although cars charge: their charges end.
        #[arg(long)]
        force: bool,
    },
    /// Take back what has not begun to be written, and any download.
    Cancel,
    /// Take this version and no other.
    Pin(VersionArgs),
    /// Take nothing older than this version.
    Floor(VersionArgs),
}

/// What to install.
#[derive(Debug, Args)]
pub struct InstallArgs {
    /// A file, an http or https URL, or usb:NAME as `jpctl update usb` tells it.
    pub source: String,
    /// Although cars charge, and although this version runs already. Pin, floor, hardware and signature stay.
    #[arg(long)]
    pub force: bool,
    /// When to restart into it.
    #[arg(long, value_enum, default_value = "when-idle")]
    pub restart: When,
    /// Take the file only if its SHA-256 is this.
    #[arg(long)]
    pub sha256: Option<String>,
    /// Do not wait for it; `jpctl update` shows what comes of it.
    #[arg(long)]
    pub detach: bool,
}

/// When to restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// As soon as no car charges.
    WhenIdle,
    /// At once; with --force even if cars charge.
    Now,
    /// When `jpctl update restart` says so.
    No,
}

/// A version, or none.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct VersionArgs {
    /// Like 0.2.0, or 0.2.0+g1a2b3c4.
    pub version: Option<String>,
    /// Lift it.
    #[arg(long)]
    pub lift: bool,
}
