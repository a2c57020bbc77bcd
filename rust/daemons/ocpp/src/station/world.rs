//! The cabinet as the CSMS may see it: from the controller's state to OCPP's words.

use std::collections::BTreeMap;

use api::{
    fault::{Fault, FaultCode},
    state::{Authorisation, Connector, ControllerState, Phase},
};
use units::{IdTag, Milliamps, SessionId, Watts};

use crate::wire::ours::{Defect, Report, Status};

/// The cabinet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// The station as a whole, which OCPP calls connector 0.
    pub station: Report,
    /// The connectors by number.
    pub outlets: BTreeMap<u8, Outlet>,
}

/// One connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlet {
    /// What the CSMS is told.
    pub report: Report,
    /// The session that runs.
    pub session: Option<SessionId>,
    /// The question that waits for the CSMS.
    pub pending: Option<Pending>,
}

/// A tag was presented, and an authority is to say whether it may charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The controller's name for the question.
    pub request_id: String,
    /// The tag.
    pub id_tag: IdTag,
}

impl World {
    /// As the controller tells it.
    pub fn of(state: &ControllerState) -> Self {
        let outlets = state.connectors.iter().map(|connector| (connector.id.get(), outlet(connector, &state.faults)));
        let outlets = outlets.collect();
        let fault = state.faults.iter().find(|fault| fault.connector.is_none());
        let status = match fault.map(|fault| fault.code) {
            Some(FaultCode::EmergencyStop | FaultCode::McuCommunication | FaultCode::StoreFailure) => Status::Faulted,
            _ => Status::Available,
        };
        Self { station: Report { status, defect: fault.map(defect) }, outlets }
    }

    /// The controller is not heard: nothing can be charged, and nothing is known.
    #[must_use]
    pub fn without_controller(&self) -> Self {
        let defect = Defect { code: None, detail: "the controller is not heard".to_owned() };
        let report = Report { status: Status::Unavailable, defect: None };
        let gone = |_: &Outlet| Outlet { report: report.clone(), session: None, pending: None };
        Self {
            station: Report { status: Status::Faulted, defect: Some(defect) },
            outlets: self.outlets.iter().map(|(number, outlet)| (*number, gone(outlet))).collect(),
        }
    }

    /// What the CSMS is told of a number, 0 being the station.
    pub fn report(&self, number: u8) -> Option<&Report> {
        if number == 0 { Some(&self.station) } else { self.outlets.get(&number).map(|outlet| &outlet.report) }
    }

    /// The station, then the connectors.
    pub fn numbers(&self) -> impl Iterator<Item = u8> + '_ {
        std::iter::once(0).chain(self.outlets.keys().copied())
    }

    /// Where a remote start without a connector goes: to a car that waits, else to a free connector.
    pub fn choose(&self) -> Option<u8> {
        let with =
            |status| self.outlets.iter().find(|(_, outlet)| outlet.report.status == status && outlet.session.is_none());
        with(Status::Preparing).or_else(|| with(Status::Available)).map(|(number, _)| *number)
    }
}

fn outlet(connector: &Connector, faults: &[Fault]) -> Outlet {
    let status = status(connector);
    let out_of_order = matches!(status, Status::Faulted | Status::Unavailable);
    let fault = faults.iter().find(|fault| fault.connector == Some(connector.id)).filter(|_| out_of_order);
    let pending = match &connector.authorisation {
        Authorisation::Pending { request_id, id_tag } => {
            Some(Pending { request_id: request_id.clone(), id_tag: id_tag.clone() })
        }
        _ => None,
    };
    Outlet {
        report: Report { status, defect: fault.map(defect) },
        session: connector.session.as_ref().map(|session| session.id.clone()),
        pending,
    }
}

fn status(connector: &Connector) -> Status {
    match connector.phase {
        Phase::Available => Status::Available,
        Phase::Matching | Phase::Authorising | Phase::Preparing | Phase::CableCheck | Phase::PreCharge => {
            Status::Preparing
        }
        Phase::Charging => charging(connector),
        Phase::Stopping | Phase::WeldingCheck | Phase::Finishing => Status::Finishing,
        Phase::Faulted => Status::Faulted,
        Phase::Unavailable => Status::Unavailable,
    }
}

/// By what was asked and given, not by what is measured: a reading around zero would flicker.
fn charging(connector: &Connector) -> Status {
    let wanted = connector.vehicle.as_ref().and_then(|vehicle| vehicle.target_current);
    if wanted.is_some_and(|current| current <= Milliamps::ZERO) {
        Status::SuspendedEv
    } else if connector.allocation.requested > Watts::ZERO && connector.allocation.allowed <= Watts::ZERO {
        Status::SuspendedEvse
    } else {
        Status::Charging
    }
}

fn defect(fault: &Fault) -> Defect {
    Defect { code: Some(fault.code), detail: fault.detail.clone() }
}

#[cfg(test)]
mod tests {
    use api::state::Allocation;
    use serde_json::json;

    use super::*;

    fn connector(phase: Phase) -> Connector {
        let connector = json!({
            "id": 1, "chain": "main", "evse_id": "DE*JLP*E1", "phase": phase, "since": 0, "pilot": "C",
            "plug_in_epoch": 1, "v2g_epoch": 1, "present": {"voltage": 0, "current": 0, "power": 0, "at": null},
            "temperature": null, "vehicle": null, "authorisation": {"state": "none"}, "session": null,
            "allocation": Allocation { requested: Watts(1), offered: Watts(1), allowed: Watts(1), assigned: Watts(1), bound_by: None },
            "contactors": [], "isolation": {"state": "unknown"}, "locked": true, "last_stop": null,
        });
        serde_json::from_value(connector).unwrap()
    }

    fn fault(code: FaultCode, of: Option<u8>) -> Fault {
        let wall = json!({"ms": 0, "quality": "unset"});
        let fault = json!({
            "code": code, "connector": of, "part": null, "detail": "why", "remedy": "", "first": 0, "first_wall": wall,
            "last": 0, "count": 1, "latched": false, "cleared": null,
        });
        serde_json::from_value(fault).unwrap()
    }

    #[test]
    fn each_phase_has_its_word() {
        let told = [
            (Phase::Available, Status::Available),
            (Phase::Matching, Status::Preparing),
            (Phase::PreCharge, Status::Preparing),
            (Phase::Charging, Status::Charging),
            (Phase::WeldingCheck, Status::Finishing),
            (Phase::Faulted, Status::Faulted),
            (Phase::Unavailable, Status::Unavailable),
        ];
        for (phase, expected) in told {
            assert_eq!(status(&connector(phase)), expected, "{phase:?}");
        }
    }

    #[test]
    fn no_power_to_give_is_suspended_by_us() {
        let mut connector = connector(Phase::Charging);
        connector.allocation.allowed = Watts::ZERO;
        assert_eq!(status(&connector), Status::SuspendedEvse);
        connector.allocation.requested = Watts::ZERO;
        assert_eq!(status(&connector), Status::Charging);
    }

    #[test]
    fn a_fault_is_told_of_a_connector_that_is_out_of_order_only() {
        let faults = [fault(FaultCode::MeterCommunication, None), fault(FaultCode::VehicleCommunication, Some(1))];
        assert_eq!(outlet(&connector(Phase::Finishing), &faults).report.defect, None);
        let defect = outlet(&connector(Phase::Faulted), &faults).report.defect.unwrap();
        assert_eq!(defect.code, Some(FaultCode::VehicleCommunication));
    }
}
