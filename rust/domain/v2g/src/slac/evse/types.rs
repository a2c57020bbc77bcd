//! What goes into the matching machine and comes out of it.

use core::time::Duration;

use super::ModemState;
use crate::slac::{Mac, Nmk};

/// Times of ISO 15118-3 and our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timings {
    /// From the plug to the first probe (`TT_EVSE_SLAC_init`). Only reported: a car may wake up later.
    pub slac_init: Duration,
    /// From the probe's answer to the announcement of sounds (`TT_match_sequence`).
    pub match_sequence: Duration,
    /// For all sounds (`TT_EVSE_match_MNBC`).
    pub sounds: Duration,
    /// For the modem to hand over the last sound's profile.
    pub settle: Duration,
    /// For the car to acknowledge the report (`TT_match_response`).
    pub match_response: Duration,
    /// How often the report is repeated (`C_EV_match_retry`).
    pub report_retries: u8,
    /// From the acknowledgement to the request for the key (`TT_EVSE_match_session`).
    pub match_session: Duration,
    /// From the key to the line (`TT_match_join`).
    pub join: Duration,
    /// Pause between two looks at the line while it forms.
    pub join_poll: Duration,
    /// Pause between two looks at the line while it stands.
    pub watch_poll: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            slac_init: Duration::from_secs(40),
            match_sequence: Duration::from_millis(400),
            sounds: Duration::from_millis(600),
            settle: Duration::from_millis(45),
            match_response: Duration::from_millis(200),
            report_retries: 2,
            match_session: Duration::from_secs(10),
            join: Duration::from_secs(12),
            join_poll: Duration::from_millis(100),
            watch_poll: Duration::from_secs(1),
        }
    }
}

/// What an outlet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The address of the network interface.
    pub mac: Mac,
    /// Added to what the modem measures, for this kind of outlet.
    pub attenuation_offset_db: i8,
    /// Times.
    pub timings: Timings,
}

impl Config {
    /// An outlet with the standard's times.
    pub fn new(mac: Mac) -> Self {
        Self { mac, attenuation_offset_db: 0, timings: Timings::default() }
    }
}

/// What happens to an outlet.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A car was plugged in (pilot B, C or D).
    PluggedIn,
    /// It was unplugged.
    PluggedOut,
    /// A frame came in.
    Frame(&'a [u8]),
    /// Random bytes, in answer to [`Event::KeyWanted`].
    Key(Nmk),
    /// The car was heard over the line (it asked for our port): whatever the modem says, the line stands.
    CarHeard,
    /// Time has passed.
    Tick,
}

/// What an outlet has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A fresh key is needed.
    KeyWanted,
    /// The modem's state changed.
    Modem(ModemState),
    /// A car is being measured.
    Matching {
        /// Which.
        ev_mac: Mac,
    },
    /// A car chose this outlet and was given the key.
    Matched {
        /// Which.
        ev_mac: Mac,
        /// How it sounds here.
        attenuation_db: u8,
    },
    /// The line to it stands.
    LinkUp {
        /// Which.
        ev_mac: Mac,
        /// How it sounds here.
        attenuation_db: u8,
    },
    /// The line fell.
    LinkLost {
        /// Which.
        ev_mac: Mac,
    },
    /// It did not work; the outlet keeps listening.
    Failed(Cause),
}

/// Why matching did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Cause {
    /// No probe after the plug.
    #[error("the car sent no SLAC request within the time after plugging in")]
    NoRequest,
    /// The modem measured no sound.
    #[error("the modem measured none of the car's sounds")]
    NoProfile,
    /// The car did not acknowledge the report.
    #[error("the car did not acknowledge its attenuation report")]
    NoAcknowledgement,
    /// The line did not form.
    #[error("the car did not join the network after it was given the key")]
    NoJoin,
}

/// Where matching stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    /// No car, or none heard yet.
    #[default]
    Unmatched,
    /// A car is being measured.
    Matching,
    /// The key is given; the line forms.
    Joining,
    /// The line stands.
    Matched,
    /// The line fell.
    Lost,
    /// The last attempt did not work.
    Failed,
}

/// What came in and was not used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames that could not be read.
    pub malformed: u64,
    /// Messages that we do not speak: vendors' and neighbours'.
    pub unknown: u64,
    /// Messages that were not for us, or not now.
    pub ignored: u64,
}
