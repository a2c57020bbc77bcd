//! What happens once: towards the machine and from it.

use serde::{Deserialize, Serialize};
use units::{Mono, V2gEpoch};

/// Something that happened, as opposed to something that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// SLAC found the car.
    Matched,
    /// The car opened a V2G session.
    SessionStarted(V2gEpoch),
    /// The car ended its V2G session as the protocol has it.
    SessionStopped(V2gEpoch),
    /// The V2G session ended in another way.
    SessionLost(V2gEpoch),
    /// Somebody may charge here.
    Authorised,
    /// The MCU has counted another plug-in, or has started anew: whatever was plugged in here is another car by now.
    Replugged,
    /// The session's row is on disk.
    Committed,
    /// The charge shall end.
    Stop(EndReason),
    /// A person says that the fault is mended.
    ClearFault,
}

/// Why a charge ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndReason {
    /// Somebody at the charger.
    Local,
    /// The CSMS.
    Remote,
    /// The car.
    Vehicle,
    /// The plug was pulled.
    Unplugged,
    /// The emergency stop.
    EmergencyStop,
    /// A fault.
    Fault,
    /// The authority withdrew its word.
    Deauthorised,
    /// The controller came back and could not adopt the charge.
    Restart,
}

/// What went wrong with a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trouble {
    /// The emergency stop.
    EmergencyStop,
    /// The MCU is silent.
    Mcu,
    /// The chain's process is gone.
    Chain,
    /// The car broke off.
    Vehicle,
    /// No module delivers.
    ModuleSilent,
    /// The modules have faults of their own.
    ModuleFault,
    /// The cable check failed.
    CableCheck,
    /// Insulation lost while charging.
    Isolation,
    /// The contactor is not where it should be.
    Contactor,
    /// The pilot is where it must not be.
    Pilot,
    /// The lock does not obey.
    Lock,
    /// Too much current.
    OverCurrent,
    /// Too hot.
    OverTemperature,
    /// Voltages could not be matched.
    PreCharge,
    /// The session's row could not be written.
    Store,
}

impl Trouble {
    /// Whether only a person can end it. The others end when the plug is pulled.
    pub const fn latched(self) -> bool {
        matches!(self, Self::EmergencyStop | Self::Contactor | Self::Isolation | Self::OverCurrent)
    }
}

/// Something to be done once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A car was plugged in: a new plug-in epoch.
    PluggedIn,
    /// The plug is out.
    Unplugged,
    /// Write the session's row, with the meter as it stands.
    OpenSession,
    /// Close the session, with the meter as it stands. `at` is when the contactor was seen open.
    CloseSession {
        /// Why.
        reason: EndReason,
        /// When the energy ended.
        at: Mono,
    },
    /// Measure the insulation now.
    StartIsolationTest,
    /// A fault to be shown.
    Raise(Trouble),
    /// No longer.
    Clear(Trouble),
}
