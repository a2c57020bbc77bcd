//! How far a V2G session has got.

/// The message that the car last sent, told in the charger's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// Asks for power.
    PowerDelivery,
    /// The charge loop.
    CurrentDemand,
    /// Asks for the end of power.
    PowerDown,
    /// Welding detection.
    WeldingDetection,
    /// Asks for the end of the session.
    Stopped,
}
