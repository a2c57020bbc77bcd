//! The command line.

mod configuration;
mod data;
mod update;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
pub use configuration::{Assignment, Change, ConfigCommand};
pub use data::DataCommand;
use units::{ConnectorId, IdTag, SessionId};
pub use update::{InstallArgs, UpdateCommand, VersionArgs, When};

/// Looks at a Joulepoint cabinet and operates it.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 done, 1 refused or (health) degraded, 2 (health) faulty, 64 usage, \
    69 a daemon does not answer, 78 the configuration has mistakes."
)]
pub struct Args {
    /// Where the daemons' sockets are.
    #[arg(long, env = "JOULEPOINT_RUN_DIR", default_value = "/run/joulepoint", global = true)]
    pub run_dir: PathBuf,
    /// Print JSON instead of tables.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The cabinet at a glance.
    Status,
    /// The connectors, in full.
    Connectors {
        /// Show every change until interrupted.
        #[arg(long)]
        watch: bool,
    },
    /// Past and running sessions, newest first.
    Sessions {
        /// How many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
    },
    /// One session.
    Session {
        /// Its id.
        #[arg(value_parser = SessionId::new)]
        id: SessionId,
    },
    /// The signed record of a session that has ended, as it was signed (OCMF).
    Ocmf {
        /// The session's id.
        #[arg(value_parser = SessionId::new)]
        id: SessionId,
        /// With its public key, as the file that the S.A.F.E. transparency software reads.
        #[arg(long)]
        xml: bool,
    },
    /// The keys that sessions are signed with.
    Keys,
    /// Faults, active ones first.
    Faults,
    /// Start a charge, as if the tag had been shown at the connector.
    Start {
        /// The connector.
        #[arg(value_parser = connector)]
        connector: ConnectorId,
        /// The tag.
        #[arg(long, value_parser = IdTag::new)]
        tag: IdTag,
    },
    /// End a charge.
    Stop {
        /// The connector.
        #[arg(value_parser = connector)]
        connector: ConnectorId,
    },
    /// Clear a connector's latched fault.
    Clear {
        /// The connector.
        #[arg(value_parser = connector)]
        connector: ConnectorId,
    },
    /// The configuration.
    Config {
        /// What of it.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// The unit's own software: its two sides, updates, pin and floor.
    Update {
        /// What of it; without, how it stands.
        #[command(subcommand)]
        command: Option<UpdateCommand>,
    },
    /// The data partition and what opens it.
    Data {
        /// What of it.
        #[command(subcommand)]
        command: DataCommand,
    },
    /// What has been billed and not yet been fetched by the OCPP daemon.
    Outbox {
        /// Only events after this number.
        #[arg(long, default_value_t = 0)]
        after: u64,
        /// How many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
    },
    /// A checklist. Exit code 0 if all is well, 1 if something is off, 2 if something does not work.
    Health,
}

fn connector(text: &str) -> Result<ConnectorId, String> {
    let number = text.parse().map_err(|_| "expected a number from 1 to 255".to_owned())?;
    ConnectorId::new(number).ok_or_else(|| "expected a number from 1 to 255".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_arguments_are_refused() {
        for bad in [
            &["jpctl", "stop", "0"][..],
            &["jpctl", "stop", "x"],
            &["jpctl", "start", "1"],
            &["jpctl", "session", "no uuid"],
            &["jpctl", "sessions", "--limit", "0"],
            &["jpctl"],
        ] {
            assert!(Args::try_parse_from(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn json_may_stand_anywhere() {
        assert!(Args::try_parse_from(["jpctl", "status", "--json"]).unwrap().json);
        assert!(Args::try_parse_from(["jpctl", "--json", "config", "show"]).unwrap().json);
    }
}
