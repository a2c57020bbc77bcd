//! What a request says of the car.

use iso15118::iso2::{BodyChoice, ChargeParameterDiscoveryReqChoice, ChargeProgress, PowerDeliveryReqChoice};
use units::Percent;

use super::types::{Demand, Readiness};
use crate::{Stage, physical};

/// Where in the session a request belongs.
pub(super) const fn stage_of(request: &BodyChoice) -> Stage {
    use BodyChoice as B;
    match request {
        B::AuthorizationReq(_) => Stage::Authorisation,
        B::ChargeParameterDiscoveryReq(_) => Stage::Parameters,
        B::CableCheckReq(_) => Stage::CableCheck,
        B::PreChargeReq(_) => Stage::PreCharge,
        B::PowerDeliveryReq(req) => match req.charge_progress {
            ChargeProgress::Start => Stage::PowerDelivery,
            ChargeProgress::Stop => Stage::PowerDown,
            ChargeProgress::Renegotiate => Stage::Parameters,
        },
        B::CurrentDemandReq(_) => Stage::CurrentDemand,
        B::WeldingDetectionReq(_) => Stage::WeldingDetection,
        B::SessionStopReq(_) => Stage::Stopped,
        _ => Stage::Setup,
    }
}

/// Updates what is known of the car. The targets of precharge hold until the charge loop brings its own, all others for
/// one message; the rest holds until the car says otherwise.
pub(super) fn note(demand: &mut Demand, stage: Stage, request: &BodyChoice) {
    use BodyChoice as B;
    demand.stage = stage;
    if stage != Stage::PowerDelivery {
        demand.target_voltage = None;
        demand.target_current = None;
    }
    let status = match request {
        B::ChargeParameterDiscoveryReq(req) => {
            let ChargeParameterDiscoveryReqChoice::DCEVChargeParameter(dc) = &req.choice else { return };
            demand.limits.max_voltage = Some(physical::to_volts(&dc.ev_maximum_voltage_limit));
            demand.limits.max_current = Some(physical::to_amps(&dc.ev_maximum_current_limit));
            demand.limits.max_power = dc.ev_maximum_power_limit.as_ref().map(physical::to_watts);
            &dc.dc_ev_status
        }
        B::CableCheckReq(req) => &req.dc_ev_status,
        B::PreChargeReq(req) => {
            demand.target_voltage = Some(physical::to_volts(&req.ev_target_voltage));
            demand.target_current = Some(physical::to_amps(&req.ev_target_current));
            &req.dc_ev_status
        }
        B::PowerDeliveryReq(req) => {
            let Some(PowerDeliveryReqChoice::DCEVPowerDeliveryParameter(dc)) = &req.choice else { return };
            &dc.dc_ev_status
        }
        B::CurrentDemandReq(req) => {
            demand.target_voltage = Some(physical::to_volts(&req.ev_target_voltage));
            demand.target_current = Some(physical::to_amps(&req.ev_target_current));
            let limits = &mut demand.limits;
            let (voltage, current) = (&req.ev_maximum_voltage_limit, &req.ev_maximum_current_limit);
            limits.max_voltage = voltage.as_ref().map(physical::to_volts).or(limits.max_voltage);
            limits.max_current = current.as_ref().map(physical::to_amps).or(limits.max_current);
            limits.max_power = req.ev_maximum_power_limit.as_ref().map(physical::to_watts).or(limits.max_power);
            &req.dc_ev_status
        }
        B::WeldingDetectionReq(req) => &req.dc_ev_status,
        _ => return,
    };
    demand.soc = Percent::new(status.ev_ress_soc);
    demand.ready = if status.ev_ready { Readiness::Ready } else { Readiness::NotReady };
    demand.error = status.ev_error_code.into();
}
