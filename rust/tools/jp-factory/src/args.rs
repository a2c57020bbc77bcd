//! The command lines.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jp_keys::args::Tpm;

use crate::serial::Serial;

/// The factory's command: writes a unit, makes its TPM's keys, certifies them, records and labels it.
#[derive(Debug, Parser)]
#[command(
    name = "jp-factory",
    version,
    after_help = "The last line says PASS, or FAIL and what failed; the exit code is 0 or 1."
)]
pub struct Factory {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the station can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes one unit: disk, TPM, certificates, list, label
    Make(Make),
    /// Checks a unit that is made
    Verify(Verify),
    /// Writes an image to a disk and reads it back, and nothing else
    Write(Write),
    /// Writes the block map of a raw image to standard output
    Map {
        /// The image, with holes where nothing is
        image: PathBuf,
    },
    /// Makes a station for a desk: a development CA and licence master. Never a product's
    NewStation {
        /// Its folder
        folder: PathBuf,
    },
}

/// What a station is.
#[derive(Debug, Args)]
pub struct StationArgs {
    /// The station's folder: ca.pem, ca.key, licence-master, units.csv, labels/
    #[arg(long)]
    pub station: PathBuf,
    /// The CA's key, if it is not in the folder: a PEM file, or
    /// pkcs11:token=T;object=O?module-path=/….so&pin-source=/file
    #[arg(long)]
    pub ca_key: Option<String>,
}

/// What is written where.
#[derive(Debug, Args)]
pub struct Write {
    /// The image: raw, or compressed with zstd
    #[arg(long)]
    pub image: PathBuf,
    /// Its block map [default: IMAGE.bmap, else the holes of a raw image]
    #[arg(long)]
    pub bmap: Option<PathBuf>,
    /// The disk, ALL OF WHICH IS LOST; not a mounted one
    #[arg(long)]
    pub disk: PathBuf,
}

/// One unit.
#[derive(Debug, Args)]
pub struct Make {
    /// Its serial number, such as JP-2026-000001
    #[arg(long)]
    pub serial: Serial,
    /// Image and disk.
    #[command(flatten)]
    pub write: Write,
    /// What the image is called on record, list and label [default: its file name]
    #[arg(long)]
    pub image_version: Option<String>,
    /// TPM and rules.
    #[command(flatten)]
    pub tpm: Tpm,
    /// The station.
    #[command(flatten)]
    pub station: StationArgs,
    /// Makes a unit anew that was made before, under the same serial number
    #[arg(long)]
    pub again: bool,
    /// A command that prints a label, which is an SVG on its standard input
    #[arg(long, value_name = "COMMAND")]
    pub print: Option<String>,
    /// A command that writes the board's firmware, once the image is found whole (JP_DISK and JP_SERIAL say of what)
    /// [default: none is written]
    #[arg(long, value_name = "COMMAND")]
    pub firmware_command: Option<String>,
    /// A command that makes and seals the data partition (JP_DISK, JP_DATA, JP_SERIAL say of what); the last line that it
    /// prints must be the recovery key, which goes to the printer and nowhere else [default: the unit's first start does it]
    #[arg(long, value_name = "COMMAND", requires = "print")]
    pub data_command: Option<String>,
}

/// A unit that is made.
#[derive(Debug, Args)]
pub struct Verify {
    /// Who it should be
    #[arg(long)]
    pub serial: Serial,
    /// TPM and rules.
    #[command(flatten)]
    pub tpm: Tpm,
    /// The station.
    #[command(flatten)]
    pub station: StationArgs,
    /// The folder of the keys' authorisations, for a unit that has started
    #[arg(long)]
    pub secrets: Option<PathBuf>,
}
