//! Every fault's name, with its cause, what it does and what to do about it.
//!
//! The vocabulary is the public one (the Minimum Required Error Codes, and the error names that other open chargers use), so
//! that what a CSMS is told can be compared with other makes. Not each is raised by this version; a name stands here so
//! that it is never invented a second time.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How bad a fault is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Charging goes on, perhaps with less power.
    Low,
    /// A charge ends or cannot begin; the next may.
    #[default]
    Medium,
    /// Out of service until a person has looked.
    High,
}

/// What is known of a fault by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// Its Minimum Required Error Code, where the public list has one.
    pub mrec: Option<&'static str>,
    /// How bad it is.
    pub severity: Severity,
    /// What it most likely comes from.
    pub cause: &'static str,
    /// What it does to charging.
    pub effect: &'static str,
    /// What a service engineer should do first.
    pub remedy: &'static str,
}

const ENDS: &str = "The charge ends, or does not begin.";
const OUT: &str = "The charge ends at once; the connector stays out of service until the fault is cleared.";
const ALL_OUT: &str = "Every charge ends at once; no connector charges.";
const LESS: &str = "Charging goes on, perhaps with less power.";
const NOTED: &str = "Charging goes on.";
const MODULE_OUT: &str = "The module delivers nothing; its charge goes on with the others, or ends if there are none.";
const BLIND: &str = "Nothing can be billed there: no charge begins, and a running one ends.";

/// Declares the codes and what is known of each.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident: $severity:ident $($mrec:literal)?, $cause:expr, $effect:expr, $remedy:expr;)*) => {
        /// What can be wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum FaultCode { $($(#[$doc])* $name,)* }

        impl FaultCode {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// What is known of it by its name.
            pub const fn about(self) -> About {
                match self {
                    $(Self::$name => About {
                        mrec: codes!(@ $($mrec)?),
                        severity: Severity::$severity,
                        cause: $cause,
                        effect: $effect,
                        remedy: $remedy,
                    },)*
                }
            }
        }
    };
    (@) => { None };
    (@ $mrec:literal) => { Some($mrec) };
}

impl FaultCode {
    /// The MREC name for `vendorErrorCode`, where the list has one.
    pub const fn mrec(self) -> Option<&'static str> {
        self.about().mrec
    }

    /// What a service engineer should do first.
    pub const fn remedy(self) -> &'static str {
        self.about().remedy
    }
}

codes! {
    /// MREC1: the connector does not lock or unlock.
    ConnectorLockFailure: High "CX001", "The lock's motor or feedback, or a plug that is not home.", OUT,
        "Free the lock by hand and check its motor and feedback.";
    /// MREC2: current to earth.
    GroundFailure: High "CX002", "Damaged insulation, or water in cable or inlet.", OUT,
        "Take the connector out of service and measure cable and inlet against earth.";
    /// MREC3: too hot.
    HighTemperature: High "CX003", "A bad contact, a fan that stands, or a hot day.", OUT,
        "Let it cool, check contacts and fans.";
    /// MREC4: more current than was set.
    OverCurrent: High "CX004", "A module that does not keep its set-point, or a short.", OUT,
        "Check the power module's readings against the meter's.";
    /// MREC5: more voltage than was negotiated.
    OverVoltage: High "CX005", "A module that does not keep its set-point, or a car that dropped its load.", OUT,
        "Check the power module's readings against the meter's.";
    /// MREC6: less voltage than is needed.
    UnderVoltage: Medium "CX006", "The mains sag, or a module does not reach its set-point.", ENDS,
        "Measure the mains under load; look at the module's own faults.";
    /// MREC7: the line to the backend is weak.
    WeakSignal: Low "CX007", "The modem's antenna or its place.", NOTED,
        "Move or change the antenna; look at the signal where the charger stands.";
    /// MREC8: the emergency stop is pressed.
    EmergencyStop: High "CX008", "Somebody pressed it, or its wire is open.", ALL_OUT,
        "Find out why it was pressed, release it, then clear the fault.";
    /// MREC9: nobody said in time who pays.
    AuthorizationTimeout: Low "CX009", "No card was presented, or the authority did not answer.", "No charge begins.",
        "Present a card again; if it happens often, look at the line to the CSMS.";
    /// MREC10: the car went into a mode that it must not be in.
    InvalidVehicleMode: Medium "CX010", "The car's charger, or the pilot wire.", ENDS,
        "Unplug and plug in again; try another car.";
    /// MREC11: the cable check did not pass.
    CableCheckFault: High "CX011", "Insulation too low or the test voltage not reached.", OUT,
        "Look at cable and inlet for damage and water, try another car.";
    /// MREC12: voltages could not be matched in time.
    PrechargeFailure: Medium "CX012", "The module's output, or a car that names another voltage than it has.", ENDS,
        "Check the module's output and the car's battery voltage.";
    /// MREC13: the backend cannot be reached.
    NoInternet: Low "CX013", "The network, or the CSMS itself.", "Charging goes on by the offline rules.",
        "Check cable, modem and name resolution; ask whether the CSMS is up.";
    /// MREC14: the control pilot is in a state that it must not be in.
    PilotFault: Medium "CX014", "The pilot wire, a dirty contact, or the car's diode.", ENDS,
        "Check the pilot wire and the connector's contacts.";
    /// MREC15: the mains were lost.
    PowerLoss: Medium "CX015", "A breaker, a fuse, or the grid.", "Every charge ends.",
        "Look at breakers and fuses; then at the modules.";
    /// MREC16: the car's contactor is not where it should be.
    VehicleContactorFault: Medium "CX016", "The car's contactors.", ENDS, "Try another car; send this one to its workshop.";
    /// MREC17: a contactor is not where it was commanded to be.
    ContactorFault: High "CX017", "Welded contacts, a coil that does not pull, or the mirror contact's wire.", OUT,
        "Measure the contactor's contacts and its mirror contact; do not use the connector before.";
    /// MREC18: the cable is so warm that it gets less current.
    CableOverTempDerate: Low "CX018", "A worn contact in the plug, or missing coolant.", LESS,
        "Look at the plug's contacts and the coolant.";
    /// MREC19: the cable is too hot to go on.
    CableOverTempStop: High "CX019", "A worn contact in the plug, or no coolant.", OUT,
        "Let it cool; look at the plug's contacts and the coolant before it is used again.";
    /// MREC20: the plug is not home.
    PartialInsertion: Low "CX020", "The plug hangs, or dirt is in the inlet.", "No charge begins.",
        "Push the plug home; clean the inlet.";
    /// MREC21: too much capacity between the poles and earth.
    CapacitanceFault: Medium "CX021", "The car's filters, or too many modules on one bus.", ENDS, "Try another car.";
    /// MREC22: insulation resistance below the limit while charging.
    ResistanceFault: High "CX022", "Damaged insulation, or water in cable or inlet.", OUT,
        "Take the connector out of service and measure cable and inlet against earth.";
    /// MREC23: the proximity line says what cannot be.
    ProximityFault: Medium "CX023", "The proximity wire, or the plug's coding resistor.", ENDS,
        "Check the proximity wire and the plug.";
    /// MREC24: voltage at a connector that must have none.
    ConnectorVoltageHigh: High "CX024", "Welded contacts, or a car that feeds back.", OUT,
        "Do not touch the plug's contacts; measure them, then the contactor.";
    /// MREC25: the latch is broken.
    BrokenLatch: High "CX025", "Force, or wear.", OUT, "Change the plug's latch.";
    /// MREC26: the cable is cut.
    CutCable: High "CX026", "Theft, or a vehicle that drove off.", OUT,
        "Keep people away from the cable's end; change the cable.";
    /// The pilot's diode is missing.
    DiodeFault: Medium, "A manipulated or damaged car side.", ENDS, "Try another car.";
    /// The car asks for ventilation that there is not.
    VentilationNotAvailable: Medium, "The car asks for state D.", "No charge begins.", "Charge this car elsewhere.";
    /// The controller's own supply sags.
    BrownOut: High, "The auxiliary supply, or its load.", ALL_OUT, "Measure the auxiliary supply under load.";
    /// The energy manager gives no power.
    EnergyManagement: Low, "Limits that leave nothing, or a manager that is silent.", "The charge waits.",
        "Look at the site's limits and at the CSMS's profiles.";
    /// A fault that no restart mends.
    PermanentFault: High, "A broken part.", OUT, "Change the part that is named.";
    /// The cabinet leans.
    TiltDetected: High, "Something drove into it.", ALL_OUT, "Look at the cabinet before it is switched on again.";
    /// Water in the cabinet.
    WaterIngressDetected: High, "A seal, a door, or a flood.", ALL_OUT, "Switch the mains off; dry and inspect the cabinet.";
    /// The door is open.
    EnclosureOpen: High, "Somebody works in it, or its switch is broken.", ALL_OUT, "Close the door; check its switch.";
    /// Something inside the software failed.
    Internal: Medium, "A mistake in the program, or a machine without memory.", ENDS,
        "Make a diagnostics bundle and report it.";
    /// Out of service for another fault.
    Inoperative: High, "Another fault, which is told beside this one.", OUT, "Clear the other fault first.";
    /// Voltages that must agree do not.
    VoltagePlausibilityFault: High, "A sensor, or a wire between module and connector.", OUT,
        "Measure the voltage at module, bus and connector.";
    /// The meter did not take the session's beginning.
    PowermeterTransactionStartFailed: Medium, "The meter, or its line.", ENDS, "Read the meter's own fault and follow its manual.";
    /// The lock's reserve of energy is not charged.
    LockCapNotCharged: Medium, "The lock's capacitor or its supply.", ENDS, "Wait a minute; then change the lock.";
    /// The lock opened by itself.
    LockUnexpectedOpen: High, "Force, or the lock's feedback.", OUT, "Check the lock and its feedback.";
    /// The lock closed by itself.
    LockUnexpectedClose: Medium, "The lock's motor or feedback.", ENDS, "Check the lock and its feedback.";
    /// The lock does not close.
    LockFailedLock: Medium, "A plug that is not home, or the lock's motor.", ENDS, "Push the plug home; check the lock.";
    /// The lock does not open.
    LockFailedUnlock: High, "A strained plug, or the lock's motor.", "The plug stays locked in.", "Free the lock by hand.";
    /// The residual current device failed its own test.
    RcdSelftest: High, "The device.", ALL_OUT, "Change the residual current device.";
    /// Residual current with a direct part.
    RcdDc: High, "Insulation on the mains side.", ALL_OUT, "Measure the modules' insulation on the mains side.";
    /// Residual current.
    RcdAc: High, "Insulation on the mains side.", ALL_OUT, "Measure the modules' insulation on the mains side.";
    /// The isolation monitor is broken.
    IsolationMonitorFault: High, "The monitor.", OUT, "Read the monitor's own fault; change it.";
    /// The isolation monitor is silent.
    IsolationMonitorCommunication: Medium, "Its supply, address or wiring.", ENDS,
        "Check the isolation monitor's supply, address and wiring.";
    /// The over-voltage monitor is broken.
    OverVoltageMonitorFault: High, "The monitor.", OUT, "Change the over-voltage monitor.";
    /// The over-voltage monitor is silent.
    OverVoltageMonitorCommunication: Medium, "Its supply or wiring.", ENDS, "Check the over-voltage monitor's supply and wiring.";
    /// The power module is silent.
    ModuleCommunication: Medium, "Its supply, its address, or the bus.", MODULE_OUT,
        "Check the module's supply, address and CAN wiring.";
    /// The power module reports a fault of its own.
    ModuleFault: Medium, "A part of the module.", MODULE_OUT, "Read the module's own fault and follow its manual.";
    /// The power module is too hot.
    ModuleOverTemperature: Medium, "Dust, a fan that stands, or hot air drawn in again.", MODULE_OUT,
        "Clean the filters; check the fans.";
    /// The power module is too cold.
    ModuleUnderTemperature: Medium, "The cabinet stood in frost.", MODULE_OUT, "Let the cabinet's heating run first.";
    /// Too little mains voltage at the module.
    ModuleUnderVoltageAc: Medium, "The mains sag or a phase is missing.", MODULE_OUT, "Measure all phases under load.";
    /// Too much mains voltage at the module.
    ModuleOverVoltageAc: Medium, "The mains.", MODULE_OUT, "Measure all phases.";
    /// Too little output voltage of the module.
    ModuleUnderVoltageDc: Medium, "The module, or a short behind it.", MODULE_OUT, "Measure the bus; change the module.";
    /// Too much output voltage of the module.
    ModuleOverVoltageDc: High, "The module.", OUT, "Change the module.";
    /// Too much mains current into the module.
    ModuleOverCurrentAc: Medium, "The module.", MODULE_OUT, "Change the module.";
    /// Too much output current of the module.
    ModuleOverCurrentDc: High, "The module, or a short behind it.", OUT, "Measure the bus; change the module.";
    /// The meter is silent.
    MeterCommunication: Medium, "Its supply, address or wiring.", BLIND, "Check the meter's supply, address and RS-485 wiring.";
    /// The meter's register is not the one that it was, or counts backwards.
    MeterRegister: Medium, "The meter was changed or reset in a charge, or answers for another address.",
        "What was counted stands; the rest of the charge is a segment of its own that is not signed.",
        "Compare the meter's serial number and address with the configuration.";
    /// The MCU is silent or speaks another version.
    McuCommunication: High, "Its supply, the serial line, or a firmware of another version.", ALL_OUT,
        "Check the MCU's supply and the serial line; nothing is energised meanwhile.";
    /// The chain's process is not connected.
    ChainCommunication: Medium, "The process ended or hangs.", "The chain's charges end; others go on.",
        "The chain's process restarts by itself; if it does not, look at its log.";
    /// The car ended the communication without ending the session.
    VehicleCommunication: Medium, "The car, or a disturbed pilot wire.", ENDS, "Unplug and plug in again; try another car.";
    /// SLAC found no match.
    SlacFailure: Medium, "The PLC modem, the pilot wire, or a car without SLAC.", "No charge begins.",
        "Check the PLC modem and the pilot wire.";
    /// The configuration was refused; the last good one is in force.
    ConfigurationRejected: Low, "A value that does not fit.", NOTED, "Correct the configuration; the last good one is in force.";
    /// The store cannot be written.
    StoreFailure: Medium, "A full or broken disk.", "Running charges end normally; new ones are refused.",
        "Free disk space or replace the storage; new charges are refused meanwhile.";
    /// Another error of a vendor's own list.
    VendorError: Medium, "See the part's own words.", ENDS, "Look the part's own words up in its manual.";
    /// Another warning of a vendor's own list.
    VendorWarning: Low, "See the part's own words.", NOTED, "Look the part's own words up in its manual.";
    /// A newer version's word.
    #[serde(other)]
    Unknown: Medium, "This version does not know it.", ENDS, "Look the fault up in the newer version.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_required_codes_are_all_there_once() {
        let mut found: Vec<&str> = FaultCode::ALL.iter().filter_map(|code| code.mrec()).collect();
        found.sort_unstable();
        assert_eq!(found, (1..=26).map(|n| format!("CX{n:03}")).collect::<Vec<_>>());
    }

    #[test]
    fn each_says_where_it_comes_from_what_it_does_and_what_to_do() {
        for code in FaultCode::ALL {
            let About { cause, effect, remedy, .. } = code.about();
            for text in [cause, effect, remedy] {
                assert!(text.ends_with('.') && text.len() > 6, "{code:?}: {text:?}");
            }
        }
    }
}
