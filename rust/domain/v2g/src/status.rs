//! What charger and car say about themselves in every DC message.

use iso15118::iso2;

/// The charger's word on itself (`DC_EVSEStatusCode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EvseStatus {
    /// Not ready (yet).
    #[default]
    NotReady,
    /// Ready.
    Ready,
    /// Shut down by its user.
    Shutdown,
    /// The grid asks for a pause.
    UtilityInterrupt,
    /// Measures the insulation.
    IsolationMonitoring,
    /// Ends at once: the car is to stop drawing current.
    EmergencyShutdown,
    /// Broken.
    Malfunction,
}

/// What the charger asks of the car (`EVSENotification`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Notification {
    /// Nothing.
    #[default]
    None,
    /// To stop.
    Stop,
    /// To exchange charge parameters again.
    Renegotiate,
}

/// The charger's word on the insulation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Isolation {
    /// Not measured in this plug-in.
    #[default]
    Invalid,
    /// Good.
    Valid,
    /// Below the warning threshold.
    Warning,
    /// Below the limit.
    Fault,
}

/// The car's word on itself (`DC_EVErrorCode`), as far as it differs for a charger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EvError {
    /// None.
    #[default]
    None,
    /// Battery temperature.
    Temperature,
    /// The shift lever.
    ShiftPosition,
    /// The connector lock.
    ConnectorLock,
    /// The battery.
    Battery,
    /// Current differs from what was asked.
    CurrentDifferential,
    /// Voltage out of range.
    VoltageOutOfRange,
    /// The two do not fit each other.
    Incompatible,
    /// Something else.
    Other,
}

impl From<EvseStatus> for iso2::DCEVSEStatusCode {
    fn from(status: EvseStatus) -> Self {
        match status {
            EvseStatus::NotReady => Self::EVSENotReady,
            EvseStatus::Ready => Self::EVSEReady,
            EvseStatus::Shutdown => Self::EVSEShutdown,
            EvseStatus::UtilityInterrupt => Self::EVSEUtilityInterruptEvent,
            EvseStatus::IsolationMonitoring => Self::EVSEIsolationMonitoringActive,
            EvseStatus::EmergencyShutdown => Self::EVSEEmergencyShutdown,
            EvseStatus::Malfunction => Self::EVSEMalfunction,
        }
    }
}

impl From<iso2::DCEVSEStatusCode> for EvseStatus {
    fn from(code: iso2::DCEVSEStatusCode) -> Self {
        use iso2::DCEVSEStatusCode as C;
        match code {
            C::EVSEReady => Self::Ready,
            C::EVSEShutdown => Self::Shutdown,
            C::EVSEUtilityInterruptEvent => Self::UtilityInterrupt,
            C::EVSEIsolationMonitoringActive => Self::IsolationMonitoring,
            C::EVSEEmergencyShutdown => Self::EmergencyShutdown,
            C::EVSEMalfunction => Self::Malfunction,
            _ => Self::NotReady,
        }
    }
}

impl From<Notification> for iso2::EVSENotification {
    fn from(notification: Notification) -> Self {
        match notification {
            Notification::None => Self::None,
            Notification::Stop => Self::StopCharging,
            Notification::Renegotiate => Self::ReNegotiation,
        }
    }
}

impl From<iso2::EVSENotification> for Notification {
    fn from(notification: iso2::EVSENotification) -> Self {
        match notification {
            iso2::EVSENotification::None => Self::None,
            iso2::EVSENotification::StopCharging => Self::Stop,
            iso2::EVSENotification::ReNegotiation => Self::Renegotiate,
        }
    }
}

impl From<Isolation> for iso2::IsolationLevel {
    fn from(isolation: Isolation) -> Self {
        match isolation {
            Isolation::Invalid => Self::Invalid,
            Isolation::Valid => Self::Valid,
            Isolation::Warning => Self::Warning,
            Isolation::Fault => Self::Fault,
        }
    }
}

impl From<iso2::IsolationLevel> for Isolation {
    fn from(level: iso2::IsolationLevel) -> Self {
        match level {
            iso2::IsolationLevel::Valid => Self::Valid,
            iso2::IsolationLevel::Warning => Self::Warning,
            iso2::IsolationLevel::Fault => Self::Fault,
            _ => Self::Invalid,
        }
    }
}

impl From<EvError> for iso2::DCEVErrorCode {
    fn from(error: EvError) -> Self {
        match error {
            EvError::None => Self::NOERROR,
            EvError::Temperature => Self::FAILEDRESSTemperatureInhibit,
            EvError::ShiftPosition => Self::FAILEDEVShiftPosition,
            EvError::ConnectorLock => Self::FAILEDChargerConnectorLockFault,
            EvError::Battery => Self::FAILEDEVRESSMalfunction,
            EvError::CurrentDifferential => Self::FAILEDChargingCurrentdifferential,
            EvError::VoltageOutOfRange => Self::FAILEDChargingVoltageOutOfRange,
            EvError::Incompatible => Self::FAILEDChargingSystemIncompatibility,
            EvError::Other => Self::NoData,
        }
    }
}

impl From<iso2::DCEVErrorCode> for EvError {
    fn from(code: iso2::DCEVErrorCode) -> Self {
        use iso2::DCEVErrorCode as C;
        match code {
            C::NOERROR => Self::None,
            C::FAILEDRESSTemperatureInhibit => Self::Temperature,
            C::FAILEDEVShiftPosition => Self::ShiftPosition,
            C::FAILEDChargerConnectorLockFault => Self::ConnectorLock,
            C::FAILEDEVRESSMalfunction => Self::Battery,
            C::FAILEDChargingCurrentdifferential => Self::CurrentDifferential,
            C::FAILEDChargingVoltageOutOfRange => Self::VoltageOutOfRange,
            C::FAILEDChargingSystemIncompatibility => Self::Incompatible,
            _ => Self::Other,
        }
    }
}
