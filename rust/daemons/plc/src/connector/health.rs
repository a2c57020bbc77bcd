//! How a connector's power line is, in one word and a reason.

use std::sync::Arc;

use api::chain::{ConnectorHealth, DroppedFrames, Health, Slac};
use shell::clock::mono;
use units::{ConnectorId, PlugInEpoch};
use v2g::slac::evse::{Cause, Evse, ModemState, Status};

use super::session::Session;
use crate::chain::Chain;

/// Keeps a connector's health and tells it when it changes.
#[derive(Debug)]
pub(super) struct HealthBook {
    chain: Arc<Chain>,
    health: ConnectorHealth,
    failure: Option<Cause>,
    /// Frames dropped before the interface was last opened.
    dropped_before: u64,
    dropped_now: u64,
}

impl HealthBook {
    pub(super) fn new(connector: ConnectorId, chain: Arc<Chain>) -> Self {
        let health = ConnectorHealth {
            connector,
            health: Health::Unknown,
            reason: String::new(),
            since: mono(),
            slac: Slac::Unmatched,
            modem: None,
            attenuation_db: None,
            plug_in_epoch: PlugInEpoch::default(),
            v2g_epoch: None,
            soc: None,
            dropped: DroppedFrames::default(),
        };
        let book = Self { chain, health, failure: None, dropped_before: 0, dropped_now: 0 };
        book.chain.health(book.health.clone());
        book
    }

    fn say(&mut self, health: Health, reason: String) {
        if (self.health.health, &self.health.reason) != (health, &reason) {
            self.health.health = health;
            self.health.reason = reason;
            self.health.since = mono();
        }
        self.chain.health(self.health.clone());
    }

    /// The interface cannot be used.
    pub(super) fn out_of_order(&mut self, reason: String) {
        self.dropped_before += std::mem::take(&mut self.dropped_now);
        self.health.slac = Slac::Unmatched;
        self.health.v2g_epoch = None;
        self.health.soc = None;
        self.say(Health::Faulty, reason);
    }

    /// The interface is open, and this is how the machines on it stand.
    pub(super) fn wire_works(&mut self, slac: &Evse, session: Option<&Session>, epoch: Option<PlugInEpoch>) {
        self.dropped_now = slac.counters().malformed;
        self.health.dropped.slac = self.dropped_before + self.dropped_now;
        self.health.plug_in_epoch = epoch.unwrap_or(self.health.plug_in_epoch);
        self.health.v2g_epoch = session.and_then(Session::epoch);
        self.health.soc = session.and_then(Session::soc);
        self.health.slac = match slac.status() {
            Status::Unmatched => Slac::Unmatched,
            Status::Matching => Slac::Matching,
            Status::Joining => Slac::Joining,
            Status::Matched => Slac::Matched,
            Status::Lost => Slac::Lost,
            Status::Failed => Slac::Failed,
        };
        if !matches!(slac.status(), Status::Failed | Status::Matching) {
            self.failure = None;
        }
        let (health, reason) = match (slac.modem(), self.failure) {
            (ModemState::Silent, _) => (Health::Faulty, "the modem does not answer".to_owned()),
            (ModemState::WrongNetwork, _) => (Health::Faulty, "the modem does not take our key".to_owned()),
            (ModemState::Unknown, _) => (Health::Unknown, String::new()),
            (_, Some(cause)) => (Health::Degraded, cause.to_string()),
            (ModemState::Unverified, None) => {
                (Health::Degraded, "the modem cannot tell which network it is in".to_owned())
            }
            (ModemState::Ready, None) => (Health::Healthy, String::new()),
        };
        self.say(health, reason);
    }

    pub(super) const fn attenuation(&mut self, db: u8) {
        self.health.attenuation_db = Some(db);
    }

    pub(super) const fn slac_failed(&mut self, cause: Cause) {
        self.failure = Some(cause);
    }

    /// Another plug-in: what was measured in the last one is not of this one.
    pub(super) const fn plugged(&mut self) {
        self.failure = None;
        self.health.attenuation_db = None;
    }

    pub(super) const fn dropped_sdp(&mut self) {
        self.health.dropped.sdp += 1;
    }

    pub(super) const fn dropped_v2g(&mut self) {
        self.health.dropped.v2g += 1;
    }
}
