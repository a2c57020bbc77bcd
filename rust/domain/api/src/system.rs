//! The state of the machine that the daemons run on: `GET /v1/state` of `system`.
//!
//! What could not be found out is absent, and what this version cannot do is in [`SystemState::lacking`]: a screen shows
//! no button that does nothing.

use serde::{Deserialize, Serialize};
use units::{BootId, Wall};
use utoipa::ToSchema;

/// The machine's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SystemState {
    /// The version of Joulepoint.
    pub version: String,
    /// What it was built from, if the build said so.
    pub build: Option<String>,
    /// Which side of the image runs.
    pub slot: Slot,
    /// Which boot this is.
    pub boot_id: BootId,
    /// Since the boot, in seconds.
    pub uptime_s: u64,
    /// The wall clock, and what it is worth.
    pub wall: Wall,
    /// The machine.
    pub host: Host,
    /// Its memory.
    pub memory: Option<Memory>,
    /// The load averages over 1, 5 and 15 minutes, in hundredths.
    pub load_centi: Option<[u32; 3]>,
    /// The file system that holds what must be kept.
    pub disk: Option<Disk>,
    /// The network interfaces but the loopback, by name.
    pub network: Vec<Interface>,
    /// The programs that this daemon works with.
    pub services: Vec<Service>,
    /// The TPM.
    pub tpm: Tpm,
    /// What this unit cannot do, and why.
    pub lacking: Vec<Lack>,
}

/// Which side of the image runs (D17).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Slot {
    /// The side, if it is known.
    pub side: Option<Side>,
    /// How it is known.
    pub source: SlotSource,
    /// The same in words for a person.
    pub message: String,
}

/// A side of an A/B image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// `boot-a` and `rootfs-a`.
    A,
    /// `boot-b` and `rootfs-b`.
    B,
}

/// How the side is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlotSource {
    /// The partition that the EFI firmware started.
    Efi,
    /// The boot loader's word on the kernel's command line.
    CommandLine,
    /// Nothing says so.
    Unknown,
}

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// The kernel's release.
    pub kernel: String,
    /// The operating system's own name for itself.
    pub os: Option<String>,
}

/// Memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Memory {
    /// All there is, in KiB.
    pub total_kib: u64,
    /// What programs could still take, in KiB.
    pub available_kib: u64,
}

/// A file system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Disk {
    /// A folder on it.
    pub path: String,
    /// Its size, in KiB.
    pub total_kib: u64,
    /// What is free for us, in KiB.
    pub free_kib: u64,
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Whether it carries traffic.
    pub link: NetworkLink,
    /// Its addresses, with the length of their prefix: `192.0.2.7/24`.
    pub addresses: Vec<String>,
}

/// Whether an interface carries traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NetworkLink {
    /// It does.
    Up,
    /// It is down, or nothing is plugged in.
    Down,
    /// Its driver does not say.
    Unknown,
}

/// A program that this daemon works with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Service {
    /// `rauc`, `network_manager` or `tailscale`.
    pub name: String,
    /// Whether it is there.
    pub presence: Presence,
}

/// Whether a program is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is not installed.
    Absent,
    /// It is installed and does not run, or only when it is asked for.
    Installed,
    /// It runs.
    Running,
}

/// The TPM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Tpm {
    /// There is none, or the kernel has no driver for it.
    Absent,
    /// There is one.
    Present {
        /// The major version of its specification, if the kernel says.
        version: Option<u8>,
    },
}

/// Something that this unit cannot do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lack {
    /// What: `updates`, `network`, `tunnel`, `diagnostics`, `licence`, `clock`, `tpm`, `data`.
    pub feature: String,
    /// Whose fault that is.
    pub cause: LackCause,
    /// Why, in words for a person.
    pub reason: String,
}

/// Why something cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LackCause {
    /// This version does not have it yet.
    Version,
    /// Something that it needs is missing on this unit.
    Unit,
}
