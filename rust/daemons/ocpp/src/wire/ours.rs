//! The questions that we ask.

use api::{command::StopReason, fault::FaultCode};
use chrono::{DateTime, SecondsFormat, Utc};
use rust_ocpp::v1_6::{
    messages::{
        authorize::AuthorizeRequest, boot_notification::BootNotificationRequest, heart_beat::HeartbeatRequest,
        meter_values::MeterValuesRequest, start_transaction::StartTransactionRequest,
        status_notification::StatusNotificationRequest, stop_transaction::StopTransactionRequest,
    },
    types::{
        ChargePointErrorCode, ChargePointStatus, Location, Measurand, MeterValue, ReadingContext, Reason, SampledValue,
        UnitOfMeasure,
    },
};
use serde_json::Value;
use units::{ConnectorId, Milliamps, Millivolts, Percent, Watts};

use super::{ID_TAG_LENGTH, cut, payload};

/// Who we say that we are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The maker.
    pub vendor: String,
    /// The model.
    pub model: String,
    /// The serial number.
    pub serial: Option<String>,
    /// The version of the software.
    pub firmware: String,
}

/// What a connector, or the whole station as number 0, is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Free.
    Available,
    /// Plugged in or authorised, not charging yet.
    Preparing,
    /// Charging.
    Charging,
    /// Could charge; the car does not want to.
    SuspendedEv,
    /// The car wants to charge; we have nothing to give.
    SuspendedEvse,
    /// Ended, still plugged in.
    Finishing,
    /// Out of service.
    Unavailable,
    /// Broken.
    Faulted,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    /// The fault; `None` is a fault of this daemon's own making.
    pub code: Option<FaultCode>,
    /// In words.
    pub detail: String,
}

/// What a status notification says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What is being done.
    pub status: Status,
    /// What is wrong, if anything is.
    pub defect: Option<Defect>,
}

/// Why a meter was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Occasion {
    /// The transaction began.
    Begin,
    /// From time to time.
    Periodic,
    /// The transaction ended.
    End,
}

/// One reading of a meter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When, in ms since the epoch.
    pub at_ms: i64,
    /// Why.
    pub occasion: Occasion,
    /// The register, in whole Wh.
    pub wh: u64,
    /// Voltage at the connector.
    pub voltage: Millivolts,
    /// Current to the car.
    pub current: Milliamps,
    /// Power to the car.
    pub power: Watts,
    /// The car's state of charge.
    pub soc: Option<Percent>,
}

/// A question, ready to be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is asked.
    pub action: &'static str,
    /// With what.
    pub payload: Value,
}

/// `BootNotification`.
pub fn boot_notification(identity: &Identity) -> Question {
    let serial = identity.serial.as_deref().filter(|serial| !serial.is_empty());
    let request = BootNotificationRequest {
        charge_point_vendor: cut(&identity.vendor, 20),
        charge_point_model: cut(&identity.model, 20),
        charge_point_serial_number: serial.map(|serial| cut(serial, 25)),
        firmware_version: Some(cut(&identity.firmware, 50)).filter(|version| !version.is_empty()),
        ..BootNotificationRequest::default()
    };
    Question { action: "BootNotification", payload: payload(&request) }
}

/// `Heartbeat`.
pub fn heartbeat() -> Question {
    Question { action: "Heartbeat", payload: payload(&HeartbeatRequest {}) }
}

/// `Authorize`; `None` if the tag is longer than OCPP 1.6 can say.
pub fn authorize(id_tag: &str) -> Option<Question> {
    if id_tag.chars().count() > ID_TAG_LENGTH {
        return None;
    }
    let request = AuthorizeRequest { id_tag: id_tag.to_owned() };
    Some(Question { action: "Authorize", payload: payload(&request) })
}

/// `StatusNotification`; connector 0 is the whole station.
pub fn status_notification(connector: u8, report: &Report, at_ms: i64) -> Question {
    let defect = report.defect.as_ref();
    let request = StatusNotificationRequest {
        connector_id: connector.into(),
        error_code: defect.map_or(ChargePointErrorCode::NoError, |defect| error_code(defect.code)),
        info: defect.map(|defect| cut(&defect.detail, 50)).filter(|info| !info.is_empty()),
        status: status(report.status),
        timestamp: Some(time(at_ms)),
        vendor_id: defect.map(|_| "Joulepoint".to_owned()),
        vendor_error_code: defect.and_then(|defect| defect.code).map(vendor_code),
    };
    Question { action: "StatusNotification", payload: payload(&request) }
}

/// `StartTransaction`.
pub fn start_transaction(connector: ConnectorId, id_tag: &str, meter_wh: u64, at_ms: i64) -> Question {
    let request = StartTransactionRequest {
        connector_id: connector.get().into(),
        id_tag: cut(id_tag, ID_TAG_LENGTH),
        meter_start: register(meter_wh),
        reservation_id: None,
        timestamp: time(at_ms),
    };
    Question { action: "StartTransaction", payload: payload(&request) }
}

/// `MeterValues` of a transaction.
pub fn meter_values(connector: ConnectorId, transaction_id: Option<i32>, sample: &Sample) -> Question {
    let request = MeterValuesRequest {
        connector_id: connector.get().into(),
        transaction_id,
        meter_value: vec![MeterValue { timestamp: time(sample.at_ms), sampled_value: sampled(sample) }],
    };
    Question { action: "MeterValues", payload: payload(&request) }
}

/// `StopTransaction`. The tag is named only when its holder ended the charge at the charger.
pub fn stop_transaction(transaction_id: i32, id_tag: &str, meter_wh: u64, at_ms: i64, why: StopReason) -> Question {
    let request = StopTransactionRequest {
        id_tag: (why == StopReason::Local).then(|| cut(id_tag, ID_TAG_LENGTH)),
        meter_stop: register(meter_wh),
        timestamp: time(at_ms),
        transaction_id,
        reason: Some(reason(why)),
        transaction_data: None,
    };
    Question { action: "StopTransaction", payload: payload(&request) }
}

/// OCPP 1.6 counts in 32 bits: 2.1 TWh.
fn register(wh: u64) -> i32 {
    i32::try_from(wh).unwrap_or(i32::MAX)
}

/// Milliseconds and no finer: there are systems that refuse more than three decimals.
fn time(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

/// The same as text.
pub(super) fn time_text(ms: i64) -> String {
    time(ms).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A value in thousandths as a decimal number.
fn thousandths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let size = value.unsigned_abs();
    format!("{sign}{}.{:03}", size / 1_000, size % 1_000)
}

fn sampled(sample: &Sample) -> Vec<SampledValue> {
    let context = match sample.occasion {
        Occasion::Begin => ReadingContext::TransactionBegin,
        Occasion::Periodic => ReadingContext::SamplePeriodic,
        Occasion::End => ReadingContext::TransactionEnd,
    };
    let value = |value: String, measurand, unit| SampledValue {
        value,
        context: Some(context.clone()),
        format: None,
        measurand: Some(measurand),
        phase: None,
        location: Some(Location::Outlet),
        unit: Some(unit),
    };
    let mut values = vec![
        value(sample.wh.to_string(), Measurand::EnergyActiveImportRegister, UnitOfMeasure::Wh),
        value(thousandths(sample.voltage.get()), Measurand::Voltage, UnitOfMeasure::V),
        value(thousandths(sample.current.get()), Measurand::CurrentImport, UnitOfMeasure::A),
        value(sample.power.get().to_string(), Measurand::PowerActiveImport, UnitOfMeasure::W),
    ];
    if let Some(soc) = sample.soc {
        let mut soc = value(soc.get().to_string(), Measurand::SoC, UnitOfMeasure::Percent);
        soc.location = Some(Location::Ev);
        values.push(soc);
    }
    values
}

const fn status(status: Status) -> ChargePointStatus {
    match status {
        Status::Available => ChargePointStatus::Available,
        Status::Preparing => ChargePointStatus::Preparing,
        Status::Charging => ChargePointStatus::Charging,
        Status::SuspendedEv => ChargePointStatus::SuspendedEV,
        Status::SuspendedEvse => ChargePointStatus::SuspendedEVSE,
        Status::Finishing => ChargePointStatus::Finishing,
        Status::Unavailable => ChargePointStatus::Unavailable,
        Status::Faulted => ChargePointStatus::Faulted,
    }
}

const fn reason(why: StopReason) -> Reason {
    match why {
        StopReason::Local => Reason::Local,
        StopReason::Remote => Reason::Remote,
        StopReason::Unplugged => Reason::EVDisconnected,
        StopReason::EmergencyStop => Reason::EmergencyStop,
        StopReason::Deauthorised => Reason::DeAuthorized,
        StopReason::PowerLoss => Reason::PowerLoss,
        StopReason::Restart => Reason::Reboot,
        StopReason::Vehicle | StopReason::Fault | StopReason::Other => Reason::Other,
    }
}

const fn error_code(code: Option<FaultCode>) -> ChargePointErrorCode {
    let Some(code) = code else { return ChargePointErrorCode::InternalError };
    match code {
        FaultCode::CableCheckFault
        | FaultCode::ResistanceFault
        | FaultCode::GroundFailure
        | FaultCode::RcdSelftest
        | FaultCode::RcdDc
        | FaultCode::RcdAc => ChargePointErrorCode::GroundFailure,
        FaultCode::ContactorFault => ChargePointErrorCode::PowerSwitchFailure,
        FaultCode::HighTemperature
        | FaultCode::CableOverTempDerate
        | FaultCode::CableOverTempStop
        | FaultCode::ModuleOverTemperature => ChargePointErrorCode::HighTemperature,
        FaultCode::OverCurrent | FaultCode::ModuleOverCurrentAc | FaultCode::ModuleOverCurrentDc => {
            ChargePointErrorCode::OverCurrentFailure
        }
        FaultCode::OverVoltage | FaultCode::ModuleOverVoltageAc | FaultCode::ModuleOverVoltageDc => {
            ChargePointErrorCode::OverVoltage
        }
        FaultCode::UnderVoltage | FaultCode::ModuleUnderVoltageAc | FaultCode::ModuleUnderVoltageDc => {
            ChargePointErrorCode::UnderVoltage
        }
        FaultCode::ConnectorLockFailure
        | FaultCode::LockCapNotCharged
        | FaultCode::LockUnexpectedOpen
        | FaultCode::LockUnexpectedClose
        | FaultCode::LockFailedLock
        | FaultCode::LockFailedUnlock => ChargePointErrorCode::ConnectorLockFailure,
        FaultCode::MeterCommunication | FaultCode::MeterRegister | FaultCode::PowermeterTransactionStartFailed => {
            ChargePointErrorCode::PowerMeterFailure
        }
        FaultCode::PilotFault
        | FaultCode::DiodeFault
        | FaultCode::InvalidVehicleMode
        | FaultCode::VehicleCommunication
        | FaultCode::SlacFailure => ChargePointErrorCode::EVCommunicationError,
        FaultCode::WeakSignal => ChargePointErrorCode::WeakSignal,
        FaultCode::McuCommunication
        | FaultCode::ModuleCommunication
        | FaultCode::ModuleFault
        | FaultCode::IsolationMonitorCommunication
        | FaultCode::ChainCommunication
        | FaultCode::ConfigurationRejected
        | FaultCode::Internal
        | FaultCode::StoreFailure => ChargePointErrorCode::InternalError,
        _ => ChargePointErrorCode::OtherError,
    }
}

/// The public code where there is one, else our own name.
fn vendor_code(code: FaultCode) -> String {
    let own = || payload(&code).as_str().map(str::to_owned).unwrap_or_default();
    cut(&code.mrec().map_or_else(own, str::to_owned), 50)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const AT: i64 = 1_790_000_000_123;

    #[test]
    fn a_timestamp_has_milliseconds_and_no_more() {
        let question = start_transaction(ConnectorId::new(1).unwrap(), "04A1", 1_234, AT);
        assert_eq!(
            question.payload,
            json!({"connectorId": 1, "idTag": "04A1", "meterStart": 1_234, "timestamp": "2026-09-21T14:13:20.123Z"})
        );
    }

    #[test]
    fn a_stop_names_the_tag_only_when_its_holder_stopped() {
        let stop = |why| stop_transaction(7, "04A1", 2_000, AT, why).payload;
        assert_eq!(stop(StopReason::Local)["idTag"], "04A1");
        let remote = stop(StopReason::Remote);
        assert_eq!((&remote["idTag"], &remote["reason"]), (&Value::Null, &json!("Remote")));
        assert!(remote.as_object().unwrap().values().all(|value| !value.is_null()));
    }

    #[test]
    fn energy_is_whole_watt_hours_and_the_rest_is_exact() {
        let sample = Sample {
            at_ms: AT,
            occasion: Occasion::Periodic,
            wh: 12_345,
            voltage: Millivolts(400_050),
            current: Milliamps(-1_500),
            power: Watts(20_000),
            soc: Percent::new(55),
        };
        let question = meter_values(ConnectorId::new(2).unwrap(), Some(9), &sample);
        let values = question.payload["meterValue"][0]["sampledValue"].as_array().unwrap().clone();
        let texts: Vec<_> = values.iter().map(|value| value["value"].as_str().unwrap()).collect();
        assert_eq!(texts, ["12345", "400.050", "-1.500", "20000", "55"]);
        assert_eq!(values[4]["measurand"], "SoC");
    }

    #[test]
    fn a_fault_is_told_by_both_names() {
        let defect = Defect { code: Some(FaultCode::OverVoltage), detail: "1".repeat(60) };
        let report = Report { status: Status::Faulted, defect: Some(defect) };
        let payload = status_notification(1, &report, AT).payload;
        assert_eq!((&payload["errorCode"], &payload["status"]), (&json!("OverVoltage"), &json!("Faulted")));
        assert_eq!(payload["vendorErrorCode"], FaultCode::OverVoltage.mrec().unwrap());
        assert_eq!(payload["info"].as_str().unwrap().len(), 50);
        let free = status_notification(0, &Report { status: Status::Available, defect: None }, AT).payload;
        assert_eq!(free["errorCode"], "NoError");
    }

    #[test]
    fn a_tag_that_does_not_fit_is_not_asked_about() {
        assert!(authorize(&"A".repeat(21)).is_none());
        assert_eq!(authorize("04A1").unwrap().payload, json!({"idTag": "04A1"}));
    }
}
