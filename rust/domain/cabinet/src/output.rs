//! All that a cabinet asks of the world.

use std::sync::Arc;

use api::{
    fault::Fault,
    history::PowerSample,
    link::ToPlc,
    outbox::{Body, Event},
    profile::Profile,
    receipt::Receipt,
    session::{Register, Session, Stamp},
    tokens::{CachedToken, LocalList},
};
use charging::Setpoint;
use config::Config;
use mcu_link::ToMcu;
use units::{ChainId, ConnectorId, ModuleId, Mono, SessionId};

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
    /// The meter's register did not continue: the session has another segment.
    Segment(Session),
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
    /// A fault came, came again, or went: the row of its boot, first instant, code and place.
    Fault(Box<Fault>),
    /// What the planner gave whom.
    Power(Vec<PowerSample>),
    /// The clock was set: rows of this boot that were dated worse are dated by it (D4).
    Redate(Stamp),
    /// A meter has signed a session: its record, byte for byte.
    Signed {
        /// Where.
        connector: ConnectorId,
        /// When.
        at: Stamp,
        /// The record.
        receipt: Box<Receipt>,
    },
}

impl Record {
    /// The event that tells of it, to be written in the same transaction; its `seq` is given by the store.
    pub fn event(&self) -> Option<Event> {
        match self {
            Self::Open(session) => Some(Event {
                seq: 0,
                at: session.started.clone(),
                body: Body::SessionStarted {
                    session: session.id.clone(),
                    connector: session.connector,
                    id_tag: session.id_tag.clone(),
                    meter: session.meter_start.clone(),
                },
            }),
            Self::Reading { event, .. } => event.clone(),
            Self::Close(session) => {
                let (Some(at), Some(reason)) = (session.stopped.clone(), session.reason) else { return None };
                let body = Body::SessionStopped {
                    session: session.id.clone(),
                    connector: session.connector,
                    id_tag: session.id_tag.clone(),
                    meter: session.meter_last.clone(),
                    reported_wh: Some(session.reported_wh()),
                    reason,
                };
                Some(Event { seq: 0, at, body })
            }
            Self::Signed { connector, at, receipt } => {
                let body = Body::SessionSigned { connector: *connector, receipt: Receipt::clone(receipt) };
                Some(Event { seq: 0, at: at.clone(), body })
            }
            _ => None,
        }
    }
}
