//! The link between a `plc` process and the controller (D9): JSON text messages over a WebSocket.
//!
//! `plc` dials. The first message each way is a greeting: [`FromPlc::Hello`], answered by [`ToPlc::Setup`].
//! After that, [`ToPlc::Snapshot`] (latest wins, one per connector at each change and at least every 500 ms) tells what may be
//! said to the car, and [`FromPlc::Demand`] (latest wins) what the car wants. What must not be lost is a numbered
//! [`FromPlc::Event`], repeated after a reconnect until [`ToPlc::Ack`] names its number.
//!
//! The controller owns the phase. `plc` answers the car `Ongoing` until a snapshot of the *same epochs* grants the step.
//! Instants are on `CLOCK_BOOTTIME`, which both processes share.

use serde::{Deserialize, Serialize};
use units::{ChainId, ConnectorId, Milliamps, Millivolts, Mono, Ohms, Percent, PlugInEpoch, V2gEpoch, Watts};
use utoipa::ToSchema;

use crate::chain::ConnectorHealth;

/// The version of this protocol; another one is refused at the greeting.
pub const VERSION: u32 = 1;

/// What `plc` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FromPlc {
    /// The first message.
    Hello {
        /// [`VERSION`].
        version: u32,
        /// Which chain.
        chain: ChainId,
        /// Made anew at each start of the process: tells a restart from a reconnect.
        instance: String,
        /// The V2G sessions that this process still holds, so that a restarted controller can adopt them.
        running: Vec<Running>,
    },
    /// What the car wants now. Latest wins.
    Demand(Demand),
    /// Something that happened once.
    Event {
        /// Rising by one within an `instance`.
        seq: u64,
        /// Where.
        connector: ConnectorId,
        /// In which plug-in.
        plug_in_epoch: PlugInEpoch,
        /// What.
        event: Event,
    },
    /// How the power line is. Latest wins.
    Health(ConnectorHealth),
}

/// A V2G session that a `plc` process holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Running {
    /// Where.
    pub connector: ConnectorId,
    /// In which plug-in.
    pub plug_in_epoch: PlugInEpoch,
    /// Which session.
    pub v2g_epoch: V2gEpoch,
    /// How far it got.
    pub stage: Stage,
}

/// Where the car is in its session: the message it last sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Session set-up, services, payment selection.
    Setup,
    /// Asks to be authorised.
    Authorisation,
    /// Exchanges charge parameters.
    Parameters,
    /// Cable check.
    CableCheck,
    /// Precharge.
    PreCharge,
    /// Power delivery asked to start, not yet answered or no current demand yet.
    PowerDelivery,
    /// The charge loop.
    CurrentDemand,
    /// Power delivery asked to stop.
    PowerDown,
    /// Welding detection.
    WeldingDetection,
    /// The session is stopped.
    Stopped,
}

/// What the car wants. Latest wins; void after `valid_until`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Demand {
    /// Where.
    pub connector: ConnectorId,
    /// In which plug-in.
    pub plug_in_epoch: PlugInEpoch,
    /// In which V2G session.
    pub v2g_epoch: V2gEpoch,
    /// Until when it holds.
    pub valid_until: Mono,
    /// Where the car is.
    pub stage: Stage,
    /// The voltage it asks for (precharge and charge loop).
    pub target_voltage: Option<Millivolts>,
    /// The current it asks for.
    pub target_current: Option<Milliamps>,
    /// The most it can take.
    pub limits: VehicleLimits,
    /// Its state of charge.
    pub soc: Option<Percent>,
    /// Whether it says that it is ready.
    pub ready: bool,
}

/// The car's own limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VehicleLimits {
    /// Highest voltage.
    pub max_voltage: Option<Millivolts>,
    /// Highest current.
    pub max_current: Option<Milliamps>,
    /// Highest power.
    pub max_power: Option<Watts>,
}

/// Something that happened once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Event {
    /// SLAC found the car, and the line is up.
    SlacMatched {
        /// The car's MAC address, as text.
        ev_mac: String,
        /// Mean attenuation, in dB.
        attenuation_db: u8,
    },
    /// SLAC found none. `plc` tries again by itself.
    SlacFailed {
        /// Why, for a person.
        reason: String,
    },
    /// The car opened a V2G session: a new V2G epoch.
    SessionStarted {
        /// The epoch, counted by `plc`.
        v2g_epoch: V2gEpoch,
        /// Which protocol.
        protocol: Protocol,
        /// The car's EVCCID, as text.
        evcc_id: String,
    },
    /// The car reached a stage for the first time in this session.
    Stage {
        /// In which V2G session.
        v2g_epoch: V2gEpoch,
        /// Which.
        stage: Stage,
    },
    /// The car stopped the session as the protocol has it.
    SessionStopped {
        /// In which V2G session.
        v2g_epoch: V2gEpoch,
        /// Whether it wants to come back to it.
        pause: bool,
    },
    /// The session ended in another way.
    SessionLost {
        /// In which V2G session.
        v2g_epoch: V2gEpoch,
        /// Why, for a person.
        reason: String,
    },
}

/// A vehicle protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// DIN SPEC 70121.
    Din70121,
    /// ISO 15118-2.
    Iso15118Part2,
    /// ISO 15118-20.
    Iso15118Part20,
}

/// What the controller says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ToPlc {
    /// The answer to [`FromPlc::Hello`], and again whenever the chain's configuration changes.
    Setup {
        /// [`VERSION`].
        version: u32,
        /// What the chain is made of.
        connectors: Vec<ConnectorSetup>,
    },
    /// What may be said to the car now. Latest wins.
    Snapshot(Snapshot),
    /// Everything up to `seq` of this `instance` is taken.
    Ack {
        /// The number.
        seq: u64,
    },
}

/// One connector as the chain's process needs to know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConnectorSetup {
    /// Which.
    pub connector: ConnectorId,
    /// The network interface of its modem.
    pub interface: String,
    /// The EVSEID told to cars, such as `DE*ABC*E1234*1`.
    pub evse_id: String,
    /// What may be spoken, best first.
    pub protocols: Vec<Protocol>,
}

/// What may be said to the car. Void after `valid_until`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Snapshot {
    /// Where.
    pub connector: ConnectorId,
    /// For which plug-in.
    pub plug_in_epoch: PlugInEpoch,
    /// For which V2G session; `None` before the controller has heard of one.
    pub v2g_epoch: Option<V2gEpoch>,
    /// Until when it holds.
    pub valid_until: Mono,
    /// Whether a car is plugged in (pilot B, C or D): SLAC may run.
    pub plugged: bool,
    /// Authorisation.
    pub authorisation: Grant,
    /// Cable check, isolation included.
    pub cable_check: Grant,
    /// Power delivery: the contactors are closed for energy and the modules follow.
    pub power: Grant,
    /// The contactors are open and the line is dead: welding detection may be answered with the present voltage.
    pub powered_down: bool,
    /// Whether the session should end, and how.
    pub stop: Stop,
    /// The insulation.
    pub isolation: Isolation,
    /// Measured at the connector.
    pub present_voltage: Millivolts,
    /// Measured at the connector.
    pub present_current: Milliamps,
    /// The cabinet's limits now.
    pub limits: EvseLimits,
}

/// The controller's word on one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// Not yet: the car is answered `Ongoing`.
    #[default]
    Pending,
    /// Go on.
    Granted,
    /// No: the car is answered with a failure.
    Refused,
}

/// Whether the session should end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// No.
    #[default]
    None,
    /// Ask the car to stop (`EVSENotification=StopCharging`).
    Normal,
    /// `EVSE_EmergencyShutdown`, then close.
    Emergency,
}

/// The insulation between the DC lines and earth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Isolation {
    /// Not measured in this plug-in.
    #[default]
    Unknown,
    /// Being measured.
    Testing,
    /// Above the limit.
    Valid {
        /// As measured.
        resistance: Ohms,
    },
    /// Below the limit.
    Failed {
        /// As measured.
        resistance: Ohms,
    },
}

/// What the cabinet can give now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvseLimits {
    /// Lowest voltage.
    pub min_voltage: Millivolts,
    /// Highest voltage.
    pub max_voltage: Millivolts,
    /// Lowest current.
    pub min_current: Milliamps,
    /// Highest current.
    pub max_current: Milliamps,
    /// Highest power.
    pub max_power: Watts,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_as_they_were_written() {
        let messages = [
            FromPlc::Hello {
                version: VERSION,
                chain: ChainId::new("main").unwrap(),
                instance: "i".into(),
                running: vec![],
            },
            FromPlc::Event {
                seq: 7,
                connector: ConnectorId::new(1).unwrap(),
                plug_in_epoch: PlugInEpoch(3),
                event: Event::SessionStarted {
                    v2g_epoch: V2gEpoch(2),
                    protocol: Protocol::Iso15118Part2,
                    evcc_id: "02:00".into(),
                },
            },
        ];
        for message in messages {
            let text = serde_json::to_string(&message).unwrap();
            assert_eq!(serde_json::from_str::<FromPlc>(&text).unwrap(), message, "{text}");
        }
    }
}
