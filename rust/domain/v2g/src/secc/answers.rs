//! The charger's messages, each built from one snapshot.

use iso15118::{
    iso2::{self, BodyChoice, EVSEProcessing, ResponseCode},
    message::Message,
};
use units::Milliamps;

use super::types::{Config, Grant, Insulation, Snapshot, Stop};
use crate::{EvseStatus, Isolation, Notification, physical};

/// The one service that we offer.
pub(super) const CHARGE_SERVICE: u16 = 1;
/// The one schedule that we offer.
pub(super) const SCHEDULE: u8 = 1;
/// A schedule must say how long it holds; ours holds until told otherwise.
const SCHEDULE_SECONDS: u32 = 86_400;
/// Told to cars because the schema asks for it; the modules stay well below.
const CURRENT_RIPPLE: Milliamps = Milliamps::from_amps(1);

pub(super) fn message(body: BodyChoice) -> Message {
    Message::Iso2(Box::new(iso2::Document::V2GMessage(iso2::V2GMessage {
        // The engine writes the session's id.
        header: iso2::MessageHeader { session_id: Vec::new(), notification: None, signature: None },
        body: iso2::Body { choice: Some(body) },
    })))
}

pub(super) fn body(message: &Message) -> Option<&BodyChoice> {
    let Message::Iso2(document) = message else { return None };
    let iso2::Document::V2GMessage(message) = &**document else { return None };
    message.body.choice.as_ref()
}

/// What the charger says about itself.
fn status(snapshot: &Snapshot, code: EvseStatus) -> iso2::DCEVSEStatus {
    let (code, notification) = match snapshot.stop {
        Stop::None => (code, Notification::None),
        Stop::Normal => (code, Notification::Stop),
        Stop::Emergency => (EvseStatus::EmergencyShutdown, Notification::Stop),
    };
    let isolation = match snapshot.insulation {
        Insulation::Known(isolation) => isolation,
        Insulation::Unknown | Insulation::Testing => Isolation::Invalid,
    };
    iso2::DCEVSEStatus {
        notification_max_delay: 0,
        evse_notification: notification.into(),
        evse_isolation_status: Some(isolation.into()),
        evse_status_code: code.into(),
    }
}

fn ready(snapshot: &Snapshot) -> iso2::DCEVSEStatus {
    status(snapshot, EvseStatus::Ready)
}

const fn processing(grant: Grant) -> EVSEProcessing {
    match grant {
        Grant::Pending => EVSEProcessing::Ongoing,
        Grant::Granted | Grant::Refused => EVSEProcessing::Finished,
    }
}

pub(super) fn session_setup(config: &Config) -> BodyChoice {
    BodyChoice::SessionSetupRes(iso2::SessionSetupRes {
        response_code: ResponseCode::OKNewSessionEstablished,
        evse_id: config.evse_id.clone(),
        evse_time_stamp: None,
    })
}

pub(super) fn service_discovery() -> BodyChoice {
    BodyChoice::ServiceDiscoveryRes(iso2::ServiceDiscoveryRes {
        response_code: ResponseCode::OK,
        payment_option_list: iso2::PaymentOptionList { payment_option: vec![iso2::PaymentOption::ExternalPayment] },
        charge_service: iso2::ChargeService {
            service_id: CHARGE_SERVICE,
            service_name: None,
            service_category: iso2::ServiceCategory::EVCharging,
            service_scope: None,
            free_service: false,
            supported_energy_transfer_mode: iso2::SupportedEnergyTransferMode {
                energy_transfer_mode: vec![iso2::EnergyTransferMode::DCExtended],
            },
        },
        service_list: None,
    })
}

pub(super) const fn payment_selection(response_code: ResponseCode) -> BodyChoice {
    BodyChoice::PaymentServiceSelectionRes(iso2::PaymentServiceSelectionRes { response_code })
}

pub(super) const fn authorization(response_code: ResponseCode, grant: Grant) -> BodyChoice {
    BodyChoice::AuthorizationRes(iso2::AuthorizationRes { response_code, evse_processing: processing(grant) })
}

pub(super) fn charge_parameters(response_code: ResponseCode, snapshot: &Snapshot, grant: Grant) -> BodyChoice {
    let limits = &snapshot.limits;
    let schedule = iso2::SAScheduleList {
        sa_schedule_tuple: vec![iso2::SAScheduleTuple {
            sa_schedule_tuple_id: SCHEDULE,
            p_max_schedule: iso2::PMaxSchedule {
                p_max_schedule_entry: vec![iso2::PMaxScheduleEntry {
                    choice: iso2::PMaxScheduleEntryChoice::RelativeTimeInterval(iso2::RelativeTimeInterval {
                        start: 0,
                        duration: Some(SCHEDULE_SECONDS),
                    }),
                    p_max: physical::watts(limits.max_power),
                }],
            },
            sales_tariff: None,
        }],
    };
    BodyChoice::ChargeParameterDiscoveryRes(iso2::ChargeParameterDiscoveryRes {
        response_code,
        evse_processing: processing(grant),
        choice_2: (grant == Grant::Granted)
            .then_some(iso2::ChargeParameterDiscoveryResChoice2::SAScheduleList(schedule)),
        choice_3: iso2::ChargeParameterDiscoveryResChoice3::DCEVSEChargeParameter(iso2::DCEVSEChargeParameter {
            dc_evse_status: ready(snapshot),
            evse_maximum_current_limit: physical::amps(limits.max_current),
            evse_maximum_power_limit: physical::watts(limits.max_power),
            evse_maximum_voltage_limit: physical::volts(limits.max_voltage),
            evse_minimum_current_limit: physical::amps(limits.min_current),
            evse_minimum_voltage_limit: physical::volts(limits.min_voltage),
            evse_current_regulation_tolerance: None,
            evse_peak_current_ripple: physical::amps(CURRENT_RIPPLE),
            evse_energy_to_be_delivered: None,
        }),
    })
}

pub(super) fn cable_check(response_code: ResponseCode, snapshot: &Snapshot, grant: Grant) -> BodyChoice {
    let code = if grant == Grant::Pending { EvseStatus::IsolationMonitoring } else { EvseStatus::Ready };
    BodyChoice::CableCheckRes(iso2::CableCheckRes {
        response_code,
        dc_evse_status: status(snapshot, code),
        evse_processing: processing(grant),
    })
}

pub(super) fn pre_charge(response_code: ResponseCode, snapshot: &Snapshot) -> BodyChoice {
    BodyChoice::PreChargeRes(iso2::PreChargeRes {
        response_code,
        dc_evse_status: ready(snapshot),
        evse_present_voltage: physical::volts(snapshot.present_voltage),
    })
}

pub(super) fn power_delivery(response_code: ResponseCode, snapshot: &Snapshot, code: EvseStatus) -> BodyChoice {
    BodyChoice::PowerDeliveryRes(iso2::PowerDeliveryRes {
        response_code,
        choice: iso2::PowerDeliveryResChoice::DCEVSEStatus(status(snapshot, code)),
    })
}

pub(super) fn current_demand(
    response_code: ResponseCode,
    snapshot: &Snapshot,
    config: &Config,
    request: &iso2::CurrentDemandReq,
) -> BodyChoice {
    let limits = &snapshot.limits;
    let voltage = physical::to_volts(&request.ev_target_voltage);
    let current = physical::to_amps(&request.ev_target_current);
    BodyChoice::CurrentDemandRes(iso2::CurrentDemandRes {
        response_code,
        dc_evse_status: ready(snapshot),
        evse_present_voltage: physical::volts(snapshot.present_voltage),
        evse_present_current: physical::amps(snapshot.present_current),
        evse_current_limit_achieved: current >= limits.max_current,
        evse_voltage_limit_achieved: voltage >= limits.max_voltage,
        evse_power_limit_achieved: voltage * current >= limits.max_power,
        evse_maximum_voltage_limit: Some(physical::volts(limits.max_voltage)),
        evse_maximum_current_limit: Some(physical::amps(limits.max_current)),
        evse_maximum_power_limit: Some(physical::watts(limits.max_power)),
        evse_id: config.evse_id.clone(),
        sa_schedule_tuple_id: SCHEDULE,
        meter_info: None,
        receipt_required: None,
    })
}

pub(super) fn welding_detection(response_code: ResponseCode, snapshot: &Snapshot) -> BodyChoice {
    BodyChoice::WeldingDetectionRes(iso2::WeldingDetectionRes {
        response_code,
        dc_evse_status: status(snapshot, EvseStatus::NotReady),
        evse_present_voltage: physical::volts(snapshot.present_voltage),
    })
}

pub(super) const fn session_stop() -> BodyChoice {
    BodyChoice::SessionStopRes(iso2::SessionStopRes { response_code: ResponseCode::OK })
}

/// A failure to any request, with `EVSE_EmergencyShutdown` where the answer has a place for it.
pub(super) fn emergency(request: &BodyChoice, snapshot: &Snapshot, config: &Config) -> Option<BodyChoice> {
    use BodyChoice as B;
    let snapshot = &Snapshot { stop: Stop::Emergency, ..*snapshot };
    let code = ResponseCode::FAILED;
    match request {
        B::ChargeParameterDiscoveryReq(_) => Some(charge_parameters(code, snapshot, Grant::Refused)),
        B::CableCheckReq(_) => Some(cable_check(code, snapshot, Grant::Refused)),
        B::PreChargeReq(_) => Some(pre_charge(code, snapshot)),
        B::PowerDeliveryReq(_) => Some(power_delivery(code, snapshot, EvseStatus::EmergencyShutdown)),
        B::CurrentDemandReq(req) => Some(current_demand(code, snapshot, config, req)),
        B::WeldingDetectionReq(_) => Some(welding_detection(code, snapshot)),
        B::SessionStopReq(_) => Some(session_stop()),
        other => other.refusal(code),
    }
}
