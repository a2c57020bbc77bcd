//! What this unit cannot do, and whose fault that is.

use api::system::{Lack, LackCause, Presence, Service, Slot, Tpm};
use units::ClockQuality;

/// What this version does not have, whatever the unit has.
const NOT_YET: &[(&str, &str)] = &[
    ("network", "this version does not show or change network settings"),
    ("tunnel", "this version does not operate the remote tunnel"),
    ("diagnostics", "this version does not capture a diagnostic bundle or serve logs"),
    ("licence", "this version does not check a licence, and limits nothing without one"),
    ("clock", "this version does not set the clock; it tells whether the system's time service has"),
];

pub(crate) fn list(slot: &Slot, services: &[Service], tpm: Tpm, clock: ClockQuality) -> Vec<Lack> {
    let absent =
        |name: &str| services.iter().any(|service| service.name == name && service.presence == Presence::Absent);
    let of_the_unit = [
        (slot.side.is_none(), "updates", slot.message.as_str()),
        (absent("rauc"), "updates", "RAUC is not installed"),
        (absent("network_manager"), "network", "NetworkManager is not installed"),
        (absent("tailscale"), "tunnel", "Tailscale is not installed"),
        (tpm == Tpm::Absent, "tpm", "there is no TPM: keys and data cannot be bound to this unit"),
        (clock == ClockQuality::Unset, "clock", "nobody has set the clock since it was started"),
    ];
    let version = NOT_YET.iter().map(|(feature, reason)| (LackCause::Version, *feature, *reason));
    let unit = of_the_unit
        .into_iter()
        .filter(|(missing, _, _)| *missing)
        .map(|(_, feature, reason)| (LackCause::Unit, feature, reason));
    version
        .chain(unit)
        .map(|(cause, feature, reason)| Lack { feature: feature.to_owned(), cause, reason: reason.to_owned() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::system::{Side, SlotSource};

    #[test]
    fn a_complete_unit_lacks_only_what_the_version_lacks() {
        let slot = Slot { side: Some(Side::A), source: SlotSource::Efi, message: String::new() };
        let services: Vec<Service> = ["rauc", "network_manager", "tailscale"]
            .map(|name| Service { name: name.to_owned(), presence: Presence::Installed })
            .to_vec();
        let lacking = list(&slot, &services, Tpm::Present { version: Some(2) }, ClockQuality::Synchronised);
        assert!(lacking.iter().all(|lack| lack.cause == LackCause::Version));
        assert_eq!(lacking.len(), NOT_YET.len());
    }

    #[test]
    fn a_bare_unit_is_told_each_thing_that_it_misses() {
        let slot = Slot { side: None, source: SlotSource::Unknown, message: "not an A/B image".to_owned() };
        let services: Vec<Service> = ["rauc", "network_manager", "tailscale"]
            .map(|name| Service { name: name.to_owned(), presence: Presence::Absent })
            .to_vec();
        let lacking = list(&slot, &services, Tpm::Absent, ClockQuality::Unset);
        let unit: Vec<&str> =
            lacking.iter().filter(|lack| lack.cause == LackCause::Unit).map(|lack| lack.feature.as_str()).collect();
        assert_eq!(unit, ["updates", "updates", "network", "tunnel", "tpm", "clock"]);
    }
}
