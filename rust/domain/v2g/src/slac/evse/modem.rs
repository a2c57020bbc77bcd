//! Keeping the outlet's modem on our key.
//!
//! `CM_SET_KEY.CNF` says 0 by the specification and 1 on every Qualcomm chip seen, so its result proves nothing: the
//! number of the network is read back. A modem that confirms but cannot tell its network is taken at its word.

use core::time::Duration;

use units::Mono;

use crate::slac::{Mme, Network, Nmk};

const ANSWER: Duration = Duration::from_millis(500);
/// Forming the network anew takes a modem a moment.
const READ_AGAIN: Duration = Duration::from_millis(200);
const TRY_AGAIN: Duration = Duration::from_secs(1);
const TRIES: u8 = 3;
const READ_TRIES: u8 = 10;

/// How a modem is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ModemState {
    /// Not asked yet.
    #[default]
    Unknown,
    /// Does not answer.
    Silent,
    /// Answers, but stays on another network than we told it.
    WrongNetwork,
    /// Is on our key, read back.
    Ready,
    /// Said that it took our key; cannot tell its network.
    Unverified,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// No key yet.
    #[default]
    Keyless,
    /// To be told at this time.
    Telling { nmk: Nmk, tries: u8, at: Mono },
    /// Told; waiting for its confirmation.
    Told { nmk: Nmk, tries: u8, until: Mono },
    /// To be asked for its network at this time.
    Asking { nmk: Nmk, tries: u8, answers: u8, at: Mono },
    /// Asked; waiting for its answer.
    Asked { nmk: Nmk, tries: u8, answers: u8, until: Mono },
    /// On our key.
    Set { nmk: Nmk },
}

#[derive(Debug, Default)]
pub(super) struct Modem {
    state: State,
    health: ModemState,
    reported: ModemState,
    lists_stations: bool,
}

impl Modem {
    pub(super) const fn set_key(&mut self, now: Mono, nmk: Nmk) {
        self.state = State::Telling { nmk, tries: 0, at: now };
    }

    pub(super) const fn forget_key(&mut self) {
        self.state = State::Keyless;
    }

    /// The key, once the modem is on it.
    pub(super) const fn key(&self) -> Option<Nmk> {
        match self.state {
            State::Set { nmk } => Some(nmk),
            _ => None,
        }
    }

    pub(super) const fn state(&self) -> ModemState {
        self.health
    }

    pub(super) fn take_change(&mut self) -> Option<ModemState> {
        (self.health != self.reported).then(|| {
            self.reported = self.health;
            self.health
        })
    }

    pub(super) const fn lists_stations(&mut self) {
        self.lists_stations = true;
    }

    pub(super) const fn can_list_stations(&self) -> bool {
        self.lists_stations
    }

    pub(super) const fn confirmed(&mut self, now: Mono) {
        if let State::Told { nmk, .. } = self.state {
            self.state = State::Asking { nmk, tries: 0, answers: 0, at: now };
        }
    }

    pub(super) fn networks(&mut self, now: Mono, networks: &[Network]) {
        let (State::Asked { nmk, answers, .. } | State::Asking { nmk, answers, .. }) = self.state else { return };
        if networks.iter().any(|network| network.nid == nmk.nid()) {
            self.health = ModemState::Ready;
            self.state = State::Set { nmk };
        } else if answers + 1 >= READ_TRIES {
            self.health = ModemState::WrongNetwork;
            self.state = State::Telling { nmk, tries: 0, at: now + TRY_AGAIN };
        } else {
            self.state = State::Asking { nmk, tries: 0, answers: answers + 1, at: now + READ_AGAIN };
        }
    }

    pub(super) const fn next_wake(&self) -> Option<Mono> {
        match self.state {
            State::Keyless | State::Set { .. } => None,
            State::Telling { at, .. } | State::Asking { at, .. } => Some(at),
            State::Told { until, .. } | State::Asked { until, .. } => Some(until),
        }
    }

    /// Messages for the modem that are due.
    pub(super) fn pass_time(&mut self, now: Mono) -> Option<Mme> {
        self.expire(now);
        match self.state {
            State::Telling { nmk, tries, at } if at <= now => {
                self.state = State::Told { nmk, tries, until: now + ANSWER };
                Some(Mme::SetKeyReq { nid: nmk.nid(), nmk })
            }
            State::Asking { nmk, tries, answers, at } if at <= now => {
                self.state = State::Asked { nmk, tries, answers, until: now + ANSWER };
                Some(Mme::NwInfoReq)
            }
            _ => None,
        }
    }

    fn expire(&mut self, now: Mono) {
        match self.state {
            State::Told { nmk, tries, until } if until <= now => {
                let at = if tries + 1 < TRIES {
                    now
                } else {
                    self.health = ModemState::Silent;
                    now + TRY_AGAIN
                };
                self.state = State::Telling { nmk, tries: (tries + 1).min(TRIES), at };
            }
            State::Asked { nmk, tries, answers, until } if until <= now => {
                self.state = if tries + 1 < TRIES {
                    State::Asking { nmk, tries: tries + 1, answers, at: now }
                } else {
                    self.health = ModemState::Unverified;
                    State::Set { nmk }
                };
            }
            _ => {}
        }
    }
}
