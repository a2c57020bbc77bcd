//! All that a cabinet asks of the world.

use std::sync::Arc;

use api::{
    link::ToPlc,
    outbox::Event,
    profile::Profile,
    session::{Register, Session, Stamp},
    tokens::{CachedToken, LocalList},
};
use charging::Setpoint;
use config::Config;
use mcu_link::ToMcu;
use units::{ChainId, ModuleId, Mono, SessionId};

/// What is to be done, in this order, and when to come back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outputs {
    /// In order.
    pub list: Vec<Output>,
    /// At the latest.
    pub next_wake: Mono,
}

/// One thing to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a lease comes five times a second, and is handed on at once")]
pub enum Output {
    /// Tell the MCU.
    Mcu(ToMcu),
    /// Tell a power module.
    Module(ModuleId, Setpoint),
    /// Tell a chain's process.
    Link(ChainId, ToPlc),
    /// Write this down.
    Store(Record),
    /// This configuration is in force from now on: the wires follow it.
    Apply(Arc<Config>),
    /// Hand in more session ids.
    NeedSessionIds,
    /// The state changed: show it, and write the checkpoint.
    Changed,
}

/// What is written down. Each record is one transaction, and carries the event that tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A session begins. Its commit is to be acknowledged.
    Open(Session),
    /// The meter was read.
    Reading {
        /// Which session.
        session: SessionId,
        /// The register.
        meter: Register,
        /// When.
        at: Stamp,
        /// What to tell, if it is told; its `seq` is given by the store.
        event: Option<Event>,
    },
    /// A session ends.
    Close(Session),
    /// The charging profiles, all that there are.
    Profiles(Vec<Profile>),
    /// The local list, all of it.
    LocalList(LocalList),
    /// The CSMS's word on a tag.
    Cached(CachedToken),
    /// The CSMS's words on tags are forgotten.
    ForgetCache,
}
