//! Faults: what is wrong, where, since when, and what to do about it.

use serde::{Deserialize, Serialize};
use units::{ConnectorId, Mono, Wall};
use utoipa::ToSchema;

/// What can be wrong. The names with `Mrec` are the public Minimum Required Error Codes, so that what a CSMS is told
/// can be compared with other makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// MREC8: the emergency stop is pressed.
    EmergencyStop,
    /// MREC11: the cable check did not pass.
    CableCheckFault,
    /// MREC22: insulation resistance below the limit while charging.
    ResistanceFault,
    /// MREC17: a contactor is not where it was commanded to be.
    ContactorFault,
    /// MREC14: the control pilot is in a state that it must not be in.
    PilotFault,
    /// MREC3: too hot.
    HighTemperature,
    /// MREC4: more current than was set.
    OverCurrent,
    /// MREC5: more voltage than was negotiated.
    OverVoltage,
    /// MREC1: the connector does not lock or unlock.
    ConnectorLockFailure,
    /// The MCU is silent or speaks another version.
    McuCommunication,
    /// The power module is silent.
    ModuleCommunication,
    /// The power module reports a fault of its own.
    ModuleFault,
    /// The meter is silent.
    MeterCommunication,
    /// The isolation monitor is silent.
    IsolationMonitorCommunication,
    /// The chain's process is not connected.
    ChainCommunication,
    /// The car ended the communication without ending the session.
    VehicleCommunication,
    /// SLAC found no match.
    SlacFailure,
    /// Voltages could not be matched in time.
    PrechargeFailure,
    /// The configuration at start was refused; the last good one is in force.
    ConfigurationRejected,
    /// The store cannot be written.
    StoreFailure,
}

impl FaultCode {
    /// The MREC name for `vendorErrorCode`, where the list has one.
    pub const fn mrec(self) -> Option<&'static str> {
        match self {
            Self::ConnectorLockFailure => Some("CX001"),
            Self::HighTemperature => Some("CX003"),
            Self::OverCurrent => Some("CX004"),
            Self::OverVoltage => Some("CX005"),
            Self::EmergencyStop => Some("CX008"),
            Self::CableCheckFault => Some("CX011"),
            Self::PilotFault => Some("CX014"),
            Self::ContactorFault => Some("CX017"),
            Self::ResistanceFault => Some("CX022"),
            _ => None,
        }
    }

    /// What a service engineer should do first.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::EmergencyStop => "Find out why it was pressed, release it, then clear the fault.",
            Self::CableCheckFault => "Look at cable and inlet for damage and water, try another car.",
            Self::ResistanceFault => "Take the connector out of service and measure cable and inlet against earth.",
            Self::ContactorFault => {
                "Measure the contactor's contacts and its mirror contact; do not use the connector before."
            }
            Self::PilotFault => "Check the pilot wire and the connector's contacts.",
            Self::HighTemperature => "Let it cool, check contacts and fans.",
            Self::OverCurrent | Self::OverVoltage => "Check the power module's readings against the meter's.",
            Self::ConnectorLockFailure => "Free the lock by hand and check its motor and feedback.",
            Self::McuCommunication => "Check the MCU's supply and the serial line; nothing is energised meanwhile.",
            Self::ModuleCommunication => "Check the module's supply, address and CAN wiring.",
            Self::ModuleFault => "Read the module's own fault and follow its manual.",
            Self::MeterCommunication => "Check the meter's supply, address and RS-485 wiring.",
            Self::IsolationMonitorCommunication => "Check the isolation monitor's supply, address and wiring.",
            Self::ChainCommunication => "The chain's process restarts by itself; if it does not, look at its log.",
            Self::VehicleCommunication => "Unplug and plug in again; try another car.",
            Self::SlacFailure => "Check the PLC modem and the pilot wire.",
            Self::PrechargeFailure => "Check the module's output and the car's battery voltage.",
            Self::ConfigurationRejected => "Correct the configuration; the last good one is in force.",
            Self::StoreFailure => "Free disk space or replace the storage; new charges are refused meanwhile.",
        }
    }
}

/// One fault, active or past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// What.
    pub code: FaultCode,
    /// Where; `None` is the whole cabinet.
    pub connector: Option<ConnectorId>,
    /// Which part: a module's, meter's or chain's name.
    pub part: Option<String>,
    /// The readings at the time, as a sentence.
    pub detail: String,
    /// What to do first.
    pub remedy: String,
    /// When it was first seen, in this boot.
    pub first: Mono,
    /// The same on the wall.
    pub first_wall: Wall,
    /// When it was last seen.
    pub last: Mono,
    /// How often it was seen.
    pub count: u32,
    /// Whether it stays until somebody clears it.
    pub latched: bool,
    /// When it ended, for past ones.
    pub cleared: Option<Mono>,
}
