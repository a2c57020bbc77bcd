//! Where a connector is in its life.

use serde::{Deserialize, Serialize};
use units::Mono;

use crate::{EndReason, Purpose, Trouble};

/// The phase, with what belongs to it alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// No car.
    #[default]
    Available,
    /// SLAC under way.
    Matching,
    /// The line is up; session set-up and authorisation.
    Authorising,
    /// Authorised; parameters.
    Preparing,
    /// Cable check.
    CableCheck(CableCheck),
    /// Precharge.
    PreCharge,
    /// Energy.
    Charging,
    /// Current down, contactor open.
    Stopping(Stopping),
    /// Contactor open; the car looks whether it is.
    WeldingCheck {
        /// Why the charge ends.
        reason: EndReason,
        /// When the contactor was seen open.
        opened: Mono,
    },
    /// Waiting for the meter's last reading.
    Ending {
        /// Why the charge ends.
        reason: EndReason,
        /// When the contactor was seen open.
        opened: Mono,
        /// What went wrong, if anything did.
        trouble: Option<Trouble>,
    },
    /// Done; waiting for the plug to be pulled.
    Finishing,
    /// Out of order.
    Faulted(Trouble),
}

/// The steps of a cable check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CableCheck {
    /// The contactor is to close for the test.
    Closing,
    /// The test voltage is to be reached.
    Raising,
    /// The insulation is being measured.
    Measuring,
    /// The line is to be discharged.
    Discharging,
    /// The session's row is to be on disk, then the contactor is to be permitted for energy.
    Permitting,
}

/// A charge being stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopping {
    /// Why.
    pub reason: EndReason,
    /// What went wrong; then it is an emergency, and the car is told so.
    pub trouble: Option<Trouble>,
    /// What the contactor was asked to be closed for, held until the current has come down; never more than that.
    pub holding: Purpose,
    /// Whether the current has come down and the contactor is told to open.
    pub opening: bool,
}

impl Phase {
    /// Whether power may be on the line.
    pub const fn is_energised(self) -> bool {
        matches!(self, Self::CableCheck(_) | Self::PreCharge | Self::Charging | Self::Stopping(_))
    }

    /// Whether the phase belongs to a charge that somebody was authorised for and that has not ended.
    pub const fn is_charge(self) -> bool {
        matches!(self, Self::Preparing | Self::CableCheck(_) | Self::PreCharge | Self::Charging)
    }
}
