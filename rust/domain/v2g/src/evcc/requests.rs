//! The car's messages, built from what it is and wants; and what it reads from the answers.

use iso15118::{
    iso2::{self, BodyChoice},
    message::Message,
};
use units::Milliamps;

use super::{ChargerSays, Config, Intent, Wish};
use crate::{EvError, physical};

/// The current that precharge may use.
const PRECHARGE_CURRENT: Milliamps = Milliamps::from_amps(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Start,
    Stop,
}

/// Wraps a body; the engine writes the session's id.
pub(super) fn message(body: BodyChoice) -> Message {
    Message::Iso2(Box::new(iso2::Document::V2GMessage(iso2::V2GMessage {
        header: iso2::MessageHeader { session_id: Vec::new(), notification: None, signature: None },
        body: iso2::Body { choice: Some(body) },
    })))
}

pub(super) fn body(message: &Message) -> Option<&BodyChoice> {
    let Message::Iso2(document) = message else { return None };
    let iso2::Document::V2GMessage(message) = &**document else { return None };
    message.body.choice.as_ref()
}

fn status(wish: &Wish) -> iso2::DCEVStatus {
    iso2::DCEVStatus {
        ev_ready: wish.error == EvError::None,
        ev_error_code: wish.error.into(),
        ev_ress_soc: wish.soc.get(),
    }
}

pub(super) fn session_setup(config: &Config) -> BodyChoice {
    BodyChoice::SessionSetupReq(iso2::SessionSetupReq { evcc_id: config.evcc_id.to_vec() })
}

pub(super) const fn service_discovery() -> BodyChoice {
    BodyChoice::ServiceDiscoveryReq(iso2::ServiceDiscoveryReq { service_scope: None, service_category: None })
}

pub(super) fn payment_selection(service_id: u16) -> BodyChoice {
    BodyChoice::PaymentServiceSelectionReq(iso2::PaymentServiceSelectionReq {
        selected_payment_option: iso2::PaymentOption::ExternalPayment,
        selected_service_list: iso2::SelectedServiceList {
            selected_service: vec![iso2::SelectedService { service_id, parameter_set_id: None }],
        },
    })
}

pub(super) const fn authorization() -> BodyChoice {
    BodyChoice::AuthorizationReq(iso2::AuthorizationReq { id: None, gen_challenge: None })
}

pub(super) fn charge_parameters(config: &Config, wish: &Wish) -> BodyChoice {
    BodyChoice::ChargeParameterDiscoveryReq(iso2::ChargeParameterDiscoveryReq {
        max_entries_sa_schedule_tuple: None,
        requested_energy_transfer_mode: iso2::EnergyTransferMode::DCExtended,
        choice: iso2::ChargeParameterDiscoveryReqChoice::DCEVChargeParameter(iso2::DCEVChargeParameter {
            departure_time: None,
            dc_ev_status: status(wish),
            ev_maximum_current_limit: physical::amps(config.max_current),
            ev_maximum_power_limit: Some(physical::watts(config.max_power)),
            ev_maximum_voltage_limit: physical::volts(config.max_voltage),
            ev_energy_capacity: None,
            ev_energy_request: None,
            full_soc: None,
            bulk_soc: None,
        }),
    })
}

pub(super) fn cable_check(wish: &Wish) -> BodyChoice {
    BodyChoice::CableCheckReq(iso2::CableCheckReq { dc_ev_status: status(wish) })
}

pub(super) fn pre_charge(wish: &Wish) -> BodyChoice {
    BodyChoice::PreChargeReq(iso2::PreChargeReq {
        dc_ev_status: status(wish),
        ev_target_voltage: physical::volts(wish.battery_voltage),
        ev_target_current: physical::amps(PRECHARGE_CURRENT),
    })
}

pub(super) fn power_delivery(wish: &Wish, schedule: u8, progress: Progress) -> BodyChoice {
    BodyChoice::PowerDeliveryReq(iso2::PowerDeliveryReq {
        charge_progress: match progress {
            Progress::Start => iso2::ChargeProgress::Start,
            Progress::Stop => iso2::ChargeProgress::Stop,
        },
        sa_schedule_tuple_id: schedule,
        charging_profile: None,
        choice: Some(iso2::PowerDeliveryReqChoice::DCEVPowerDeliveryParameter(iso2::DCEVPowerDeliveryParameter {
            dc_ev_status: status(wish),
            bulk_charging_complete: None,
            charging_complete: progress == Progress::Stop,
        })),
    })
}

pub(super) fn current_demand(config: &Config, wish: &Wish) -> BodyChoice {
    BodyChoice::CurrentDemandReq(iso2::CurrentDemandReq {
        dc_ev_status: status(wish),
        ev_target_current: physical::amps(wish.target_current),
        ev_maximum_voltage_limit: Some(physical::volts(config.max_voltage)),
        ev_maximum_current_limit: Some(physical::amps(config.max_current)),
        ev_maximum_power_limit: Some(physical::watts(config.max_power)),
        bulk_charging_complete: None,
        charging_complete: false,
        remaining_time_to_full_soc: None,
        remaining_time_to_bulk_soc: None,
        ev_target_voltage: physical::volts(wish.target_voltage),
    })
}

pub(super) fn welding_detection(wish: &Wish) -> BodyChoice {
    BodyChoice::WeldingDetectionReq(iso2::WeldingDetectionReq { dc_ev_status: status(wish) })
}

pub(super) const fn session_stop(intent: Intent) -> BodyChoice {
    BodyChoice::SessionStopReq(iso2::SessionStopReq {
        charging_session: match intent {
            Intent::Pause => iso2::ChargingSession::Pause,
            Intent::Charge | Intent::Stop => iso2::ChargingSession::Terminate,
        },
    })
}

/// The first schedule that the charger offers.
pub(super) fn schedule_id(res: &iso2::ChargeParameterDiscoveryRes) -> Option<u8> {
    match &res.choice_2 {
        Some(iso2::ChargeParameterDiscoveryResChoice2::SAScheduleList(list)) => {
            list.sa_schedule_tuple.first().map(|tuple| tuple.sa_schedule_tuple_id)
        }
        _ => None,
    }
}

pub(super) fn says(body: &BodyChoice) -> Option<ChargerSays> {
    use BodyChoice as B;
    Some(match body {
        B::ChargeParameterDiscoveryRes(res) => {
            let iso2::ChargeParameterDiscoveryResChoice3::DCEVSEChargeParameter(p) = &res.choice_3 else { return None };
            ChargerSays {
                max_current: Some(physical::to_amps(&p.evse_maximum_current_limit)),
                max_voltage: Some(physical::to_volts(&p.evse_maximum_voltage_limit)),
                max_power: Some(physical::to_watts(&p.evse_maximum_power_limit)),
                ..of(&p.dc_evse_status)
            }
        }
        B::CableCheckRes(res) => of(&res.dc_evse_status),
        B::PreChargeRes(res) => ChargerSays {
            present_voltage: Some(physical::to_volts(&res.evse_present_voltage)),
            ..of(&res.dc_evse_status)
        },
        B::PowerDeliveryRes(iso2::PowerDeliveryRes {
            choice: iso2::PowerDeliveryResChoice::DCEVSEStatus(status),
            ..
        }) => of(status),
        B::CurrentDemandRes(res) => ChargerSays {
            present_voltage: Some(physical::to_volts(&res.evse_present_voltage)),
            present_current: Some(physical::to_amps(&res.evse_present_current)),
            max_current: res.evse_maximum_current_limit.as_ref().map(physical::to_amps),
            max_voltage: res.evse_maximum_voltage_limit.as_ref().map(physical::to_volts),
            max_power: res.evse_maximum_power_limit.as_ref().map(physical::to_watts),
            ..of(&res.dc_evse_status)
        },
        B::WeldingDetectionRes(res) => ChargerSays {
            present_voltage: Some(physical::to_volts(&res.evse_present_voltage)),
            ..of(&res.dc_evse_status)
        },
        _ => return None,
    })
}

fn of(status: &iso2::DCEVSEStatus) -> ChargerSays {
    ChargerSays {
        status: status.evse_status_code.into(),
        notification: status.evse_notification.into(),
        isolation: status.evse_isolation_status.map(Into::into),
        present_voltage: None,
        present_current: None,
        max_current: None,
        max_voltage: None,
        max_power: None,
    }
}
