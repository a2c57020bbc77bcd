//! Between the link's words and the engines'.

use api::link as l;
use units::V2gEpoch;
use v2g::{Isolation, Stage, secc as s};

/// What a snapshot says to the session of `epoch`. Grants of another session are none of its.
pub(super) fn snapshot(from: &l::Snapshot, epoch: V2gEpoch) -> s::Snapshot {
    let ours = from.v2g_epoch == Some(epoch);
    let granted = |to: l::Grant| if ours { grant(to) } else { s::Grant::Pending };
    s::Snapshot {
        valid_until: from.valid_until,
        authorisation: granted(from.authorisation),
        cable_check: granted(from.cable_check),
        power: granted(from.power),
        outlet: if from.powered_down { s::Outlet::Off } else { s::Outlet::Live },
        stop: match from.stop {
            l::Stop::None => s::Stop::None,
            l::Stop::Normal => s::Stop::Normal,
            l::Stop::Emergency => s::Stop::Emergency,
        },
        insulation: match from.isolation {
            l::Isolation::Unknown => s::Insulation::Unknown,
            l::Isolation::Testing => s::Insulation::Testing,
            l::Isolation::Valid { .. } => s::Insulation::Known(Isolation::Valid),
            l::Isolation::Failed { .. } => s::Insulation::Known(Isolation::Fault),
        },
        present_voltage: from.present_voltage,
        present_current: from.present_current,
        limits: s::Limits {
            min_voltage: from.limits.min_voltage,
            max_voltage: from.limits.max_voltage,
            min_current: from.limits.min_current,
            max_current: from.limits.max_current,
            max_power: from.limits.max_power,
        },
    }
}

const fn grant(from: l::Grant) -> s::Grant {
    match from {
        l::Grant::Pending => s::Grant::Pending,
        l::Grant::Granted => s::Grant::Granted,
        l::Grant::Refused => s::Grant::Refused,
    }
}

pub(super) const fn stage(from: Stage) -> l::Stage {
    match from {
        Stage::Setup => l::Stage::Setup,
        Stage::Authorisation => l::Stage::Authorisation,
        Stage::Parameters => l::Stage::Parameters,
        Stage::CableCheck => l::Stage::CableCheck,
        Stage::PreCharge => l::Stage::PreCharge,
        Stage::PowerDelivery => l::Stage::PowerDelivery,
        Stage::CurrentDemand => l::Stage::CurrentDemand,
        Stage::PowerDown => l::Stage::PowerDown,
        Stage::WeldingDetection => l::Stage::WeldingDetection,
        Stage::Stopped => l::Stage::Stopped,
    }
}

pub(super) const fn limits(from: s::VehicleLimits) -> l::VehicleLimits {
    l::VehicleLimits { max_voltage: from.max_voltage, max_current: from.max_current, max_power: from.max_power }
}

/// An EVCCID as people write it.
pub(super) fn hex(id: &[u8]) -> String {
    let bytes: Vec<_> = id.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(":")
}

#[cfg(test)]
mod tests {
    use units::{ConnectorId, Milliamps, Millivolts, Mono, PlugInEpoch};

    use super::*;

    #[test]
    fn another_sessions_grants_are_not_ours() {
        let from = l::Snapshot {
            connector: ConnectorId::new(1).unwrap(),
            plug_in_epoch: PlugInEpoch(1),
            v2g_epoch: Some(V2gEpoch(7)),
            valid_until: Mono(5),
            plugged: true,
            authorisation: l::Grant::Granted,
            cable_check: l::Grant::Granted,
            power: l::Grant::Granted,
            powered_down: false,
            stop: l::Stop::None,
            isolation: l::Isolation::Testing,
            present_voltage: Millivolts(1),
            present_current: Milliamps(2),
            limits: l::EvseLimits::default(),
        };
        assert_eq!(snapshot(&from, V2gEpoch(7)).power, s::Grant::Granted);
        let other = snapshot(&from, V2gEpoch(8));
        assert_eq!((other.authorisation, other.power), (s::Grant::Pending, s::Grant::Pending));
        assert_eq!(other.present_voltage, Millivolts(1));
        assert_eq!(hex(&[2, 0, 0xCA]), "02:00:ca");
    }
}
