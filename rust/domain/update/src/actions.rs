//! What is to be done, and what comes of it.

use std::time::Duration;

use api::update::{Code, Refused, SideState};

use crate::{health::Health, requests::Occupancy, version::Bundle};

/// What is to be done. In order: a [`Action::Persist`] is on disk before what follows it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Write the record.
    Persist,
    /// Make one attempt to fetch a bundle; ends in [`Input::Fetched`].
    Fetch(FetchJob),
    /// Stop an attempt that runs or waits. It says nothing more.
    StopFetch,
    /// Delete what was fetched, whole or in part.
    Delete {
        /// The download's id.
        id: String,
    },
    /// Look at a bundle; ends in [`Input::Inspected`].
    Inspect {
        /// The update's id.
        id: String,
        /// Where the bundle is.
        at: Location,
        /// What its SHA-256 must be, where that is not known yet.
        sha256: Option<String>,
    },
    /// Write it to the other side; ends in [`Input::Written`].
    Write {
        /// The update's id, and RAUC's transaction.
        id: String,
        /// Where the bundle is.
        at: Location,
        /// What was looked at is what is written.
        manifest_hash: String,
    },
    /// This program was restarted while a side was written: find out how that ended, or wait for it. Ends in
    /// [`Input::Written`].
    Attend {
        /// The update's id, and RAUC's transaction.
        id: String,
    },
    /// Take the cabinet's health; ends in [`Input::Looked`].
    Look,
    /// Ask whether cars charge; ends in [`Input::Cars`].
    AskCars,
    /// Tell RAUC that the side that runs is good; ends in [`Input::Marked`].
    MarkGood,
    /// Tell the rest of the system that this boot is confirmed.
    Confirm,
    /// Restart the machine.
    Restart,
    /// Ask RAUC for the sides; ends in [`Input::Sides`].
    ReadSides,
}

/// One attempt to fetch a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchJob {
    /// The download's id.
    pub id: String,
    /// From where.
    pub url: String,
    /// To wait before.
    pub delay: Duration,
}

/// Where a bundle is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// It was fetched, under this id.
    Download(String),
    /// A file of the unit.
    File(String),
    /// On a stick.
    Usb(String),
}

/// What a bundle was found to be, and what this unit is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The bundle.
    pub bundle: Bundle,
    /// The unit's own hardware.
    pub compatible: String,
}

/// A bundle that is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Where.
    pub path: String,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// Its size, in bytes.
    pub size: u64,
}

/// Why an attempt to fetch it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchFailure {
    /// For a program: [`Code::Download`] or [`Code::NoSpace`].
    pub code: Code,
    /// In words.
    pub reason: String,
    /// Whether another attempt may do better.
    pub again: Again,
}

/// Whether another attempt may do better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It may.
    MayHelp,
    /// It is of no use: the answer will be the same.
    IsOfNoUse,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Bytes came.
    Fetching {
        /// The download's id.
        id: String,
        /// So many are here.
        received: u64,
        /// Of so many.
        total: Option<u64>,
    },
    /// An attempt to fetch ended.
    Fetched {
        /// The download's id.
        id: String,
        /// How.
        result: Result<Fetched, FetchFailure>,
    },
    /// A bundle was looked at.
    Inspected {
        /// The update's id.
        id: String,
        /// What it is, or why it cannot be taken.
        result: Result<Inspection, Refused>,
    },
    /// The other side is being written.
    Writing {
        /// How far.
        percent: u8,
        /// RAUC's words.
        message: String,
    },
    /// Writing ended.
    Written {
        /// The update's id.
        id: String,
        /// How; RAUC's words if it failed.
        result: Result<(), String>,
    },
    /// Whether cars charge.
    Cars(Occupancy),
    /// The cabinet's health.
    Looked(Health),
    /// RAUC was told that this side is good.
    Marked(Result<(), String>),
    /// The sides, as RAUC has them.
    Sides(Vec<SideState>),
    /// Time passed.
    Tick,
}
