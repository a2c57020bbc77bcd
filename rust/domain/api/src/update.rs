//! Updates of the unit's own software: `/v1/update` of `system`.
//!
//! | | |
//! |---|---|
//! | `GET /v1/update` | [`UpdateState`] |
//! | `GET /v1/update/events` | Server-Sent Events named `state`: an [`UpdateState`] at once and at every change |
//! | `GET /v1/update/usb` | [`UsbBundles`]: what lies on sticks that are plugged in |
//! | `POST /v1/update/check` | [`Check`] -> [`Checked`]: would it be taken? Nothing is written |
//! | `POST /v1/update/download` | [`FetchBundle`] -> 202 [`Started`]; [`UpdateState::download`] shows what comes of it |
//! | `POST /v1/update/install` | [`Install`] -> 202 [`Started`]; [`UpdateState::outcomes`] says how it ended, over any restart |
//! | `POST /v1/update/restart` | [`Restart`]: into what was installed |
//! | `POST /v1/update/cancel` | what has not begun to be written, and any download |
//! | `PUT /v1/update/pin`, `PUT /v1/update/floor` | [`SetVersion`] |
//!
//! A request that cannot be understood is a 422 problem, one at the wrong time a 409 with the code `busy`, `charging` or
//! `nothing_pending`. Whether a bundle is taken is told in the outcome, since reading it takes time: ask `check` to know
//! it before.

use serde::{Deserialize, Serialize};
use units::Wall;
use utoipa::ToSchema;

use crate::system::Side;

/// Everything about updates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UpdateState {
    /// Steps at every change that is told.
    pub rev: u64,
    /// What runs.
    pub running: Running,
    /// Both sides, as far as they are known; empty where there is no RAUC.
    pub sides: Vec<SideState>,
    /// What is being done.
    pub progress: Progress,
    /// The update under way.
    pub pending: Option<Pending>,
    /// The bundle that was fetched, or is being fetched, for somebody who wants to look at it first.
    pub download: Option<Download>,
    /// How the last updates ended, the newest first; at most [`UpdateState::OUTCOMES`].
    pub outcomes: Vec<Outcome>,
    /// The one version that is taken, if the unit is pinned.
    pub pin: Option<String>,
    /// The oldest version that is taken.
    pub floor: Option<String>,
    /// Whether this boot has been found healthy; until then the other side gets its turn at the next start.
    pub confirmed: bool,
    /// Why this unit cannot be updated, if so.
    pub unavailable: Option<String>,
}

impl UpdateState {
    /// So many outcomes are kept.
    pub const OUTCOMES: usize = 10;

    /// How the update of this asker's `reference` ended, if it has.
    pub fn outcome_of(&self, asked_by: &str, reference: &str) -> Option<&Outcome> {
        let asked =
            |outcome: &&Outcome| outcome.asked_by == asked_by && outcome.reference.as_deref() == Some(reference);
        self.outcomes.iter().find(asked)
    }
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Running {
    /// The side, if it is known.
    pub side: Option<Side>,
    /// The image's version (SemVer): `0.1.0+g1a2b3c4`.
    pub version: String,
}

/// One side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SideState {
    /// Which.
    pub side: Side,
    /// Whether it can be started, as RAUC and the firmware have it.
    pub status: SideStatus,
    /// Whether it is started when nobody says otherwise.
    pub primary: bool,
    /// What is on it; nothing if it was never installed here (as the factory left it) and does not run.
    pub version: Option<String>,
    /// When that was installed (ISO 8601, as RAUC wrote it down).
    pub installed_at: Option<String>,
}

/// Whether a side can be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SideStatus {
    /// It can.
    Good,
    /// It is being written, or did not prove itself.
    Bad,
    /// Nobody says.
    Unknown,
}

/// What is being done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// Which step.
    pub phase: Phase,
    /// How far it is, where that can be said.
    pub percent: Option<u8>,
    /// The same in words.
    pub message: String,
}

/// The steps of an update, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// No update is under way.
    #[default]
    Idle,
    /// The bundle is fetched.
    Downloading,
    /// Its signature, hardware and version are looked at. Up to here nothing was written to a side.
    Checking,
    /// The other side is written.
    Installing,
    /// It is written; the restart waits for the last charge to end, or for somebody to ask for it.
    WaitingRestart,
    /// The machine goes down.
    Restarting,
    /// The new side runs, and is compared with the record taken before.
    Verifying,
}

/// The update under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pending {
    /// Its id.
    pub id: String,
    /// The bundle's version, once it was read.
    pub version: Option<String>,
    /// The side that it is for, once it is being written.
    pub side: Option<Side>,
    /// When it restarts.
    pub restart: RestartWhen,
    /// Who asked.
    pub asked_by: String,
    /// What the asker calls it.
    pub reference: Option<String>,
}

/// Where a bundle is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// At an `http` or `https` URL.
    Url(String),
    /// A file of the unit, by its absolute path.
    File(String),
    /// On a USB stick, by the name that [`UsbBundle::name`] tells.
    Usb(String),
    /// Fetched before by `POST /v1/update/download`, by its id.
    Downloaded(String),
}

/// When the machine restarts into what was installed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RestartWhen {
    /// As soon as no car charges.
    #[default]
    WhenIdle,
    /// As soon as it is installed: with `force` even if cars charge (their charges end), else like `when_idle`.
    Now,
    /// When somebody asks for it.
    No,
}

/// Install a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Install {
    /// Where it is.
    pub source: Source,
    /// Although cars charge, and although the same version runs already. Pin, floor, hardware and signature stay.
    #[serde(default)]
    pub force: bool,
    /// When to restart into it.
    #[serde(default)]
    pub restart: RestartWhen,
    /// Take it only if the whole file's SHA-256 is this (64 hexadecimal digits).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Who asks: `jpctl`, `ocpp`, or a user of the HMI. At most 64 characters.
    pub asked_by: String,
    /// What the asker calls it; given back in the outcome. At most 128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// Would a bundle be taken?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Where it is; not a URL.
    pub source: Source,
    /// As in [`Install`].
    #[serde(default)]
    pub force: bool,
}

/// What a bundle is, and whether it would be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Checked {
    /// Its version.
    pub version: String,
    /// The hardware that it is for.
    pub compatible: String,
    /// In its maker's words.
    pub description: Option<String>,
    /// Why it would be refused; nothing if it would be taken.
    pub refused: Option<Refused>,
}

/// Why a bundle is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refused {
    /// For a program.
    pub code: Code,
    /// In words: what is wrong, and what would be taken.
    pub reason: String,
}

/// Fetch a bundle, and keep it until it is installed, cancelled, or another one is fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FetchBundle {
    /// From where: `http` or `https`.
    pub url: String,
    /// How often to try again after a failure; 0 to 100.
    #[serde(default)]
    pub retries: u32,
    /// So long to wait before each, in s (1 to 86,400).
    #[serde(default = "FetchBundle::interval")]
    pub retry_interval_s: u32,
    /// Who asks. At most 64 characters.
    pub asked_by: String,
    /// What the asker calls it. At most 128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl FetchBundle {
    const fn interval() -> u32 {
        30
    }
}

/// A bundle that is fetched. It goes on after a restart of the daemon or the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Download {
    /// Its id.
    pub id: String,
    /// From where, without user and password.
    pub url: String,
    /// Where it stands.
    pub status: DownloadStatus,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// So many bytes are here.
    pub received: u64,
    /// Of so many, if the server said.
    pub total: Option<u64>,
    /// What went wrong last, in words.
    pub error: Option<String>,
    /// Who asked.
    pub asked_by: String,
    /// What the asker calls it.
    pub reference: Option<String>,
}

/// Where a download stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DownloadStatus {
    /// Bytes come, or are about to.
    Running,
    /// The last attempt failed; another one follows.
    Waiting,
    /// The whole file is here and on disk.
    Done {
        /// Where.
        path: String,
        /// Its SHA-256, 64 hexadecimal digits.
        sha256: String,
        /// Its size, in bytes.
        size: u64,
    },
    /// Every attempt failed, or it does not fit.
    Failed,
    /// Somebody did not want it any more.
    Cancelled,
}

/// The request was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Started {
    /// The id of the update or download.
    pub id: String,
}

/// Restart into what was installed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Restart {
    /// Although cars charge: their charges end.
    #[serde(default)]
    pub force: bool,
}

/// Set the pin or the floor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetVersion {
    /// A version (SemVer), or nothing to lift it. A pin without a build (`+…`) takes every build of its version.
    pub version: Option<String>,
}

/// How an update ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// The update's id.
    pub id: String,
    /// The bundle's version, if it was read.
    pub version: Option<String>,
    /// How.
    pub result: OutcomeResult,
    /// Why, for a program.
    pub code: Code,
    /// Why, in words.
    pub reason: String,
    /// When, as well as it was known.
    pub at: Wall,
    /// Who asked; empty if nobody did (a side that stopped starting).
    pub asked_by: String,
    /// What the asker calls it.
    pub reference: Option<String>,
}

/// How an update ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeResult {
    /// The new side runs, is healthy, and stays.
    Confirmed,
    /// Nothing was written.
    Refused,
    /// It was cancelled before anything was written.
    Cancelled,
    /// The other side was being written and is not whole; this one goes on.
    Failed,
    /// The new side was started and the old one is back.
    RolledBack,
}

/// Why an update ended as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Confirmed: it is healthy.
    Healthy,
    /// Refused: cars charge, or nobody knows whether they do.
    Charging,
    /// Refused: the unit is pinned to another version.
    Pinned,
    /// Refused: it is older than the floor.
    BelowFloor,
    /// Refused: it runs already.
    SameVersion,
    /// Refused: its version is no SemVer.
    BadVersion,
    /// Refused: nobody signed it whom this unit trusts.
    Signature,
    /// Refused: it is for other hardware.
    Compatible,
    /// Refused: it is damaged, or no bundle at all.
    Damaged,
    /// Refused: there is no such file, stick or download, or its SHA-256 is another one.
    Source,
    /// Refused: it could not be fetched.
    Download,
    /// Refused: there is no room for it.
    NoSpace,
    /// Refused: this unit cannot be updated (no RAUC, no known side, no data).
    Unavailable,
    /// Cancelled by somebody.
    Cancelled,
    /// Failed: RAUC could not write it.
    Install,
    /// Failed: the machine or RAUC was restarted while it was written.
    Interrupted,
    /// Rolled back: the new side did not pass its health check.
    Unhealthy,
    /// Rolled back: the new side restarted before its check had ended: a crash, a hang or a power cut.
    CutShort,
    /// Rolled back: nothing was heard of the new side, or a side that had been confirmed stopped starting.
    NotStarted,
}

/// What lies on sticks that are plugged in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsbBundles {
    /// Bundles in the sticks' top folders.
    pub bundles: Vec<UsbBundle>,
}

/// A bundle on a stick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsbBundle {
    /// To name it by: the stick's device and the file, `sda1/joulepoint-0.2.0.raucb`.
    pub name: String,
    /// Its size, in bytes.
    pub size: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_as_short_as_it_can_be() {
        let text = r#"{"source":{"url":"https://x/y.raucb"},"asked_by":"ocpp","reference":"17"}"#;
        let install: Install = serde_json::from_str(text).unwrap();
        assert_eq!(install.source, Source::Url("https://x/y.raucb".to_owned()));
        assert_eq!((install.force, install.restart), (false, RestartWhen::WhenIdle));
        assert!(serde_json::from_str::<Install>(r#"{"source":{"url":"x"},"asked_by":"o","typo":1}"#).is_err());
        assert!(serde_json::from_str::<Install>(r#"{"source":"url","asked_by":"o"}"#).is_err());
    }
}
