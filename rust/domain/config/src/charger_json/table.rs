//! The keys of `charger.json` that need no rule: what becomes of them is the same in every file, or hangs on their value alone.

use serde_json::Value;

use super::Outcome::{self, Changed, NotNeeded, NotUnderstood};

/// What becomes of a key.
enum Fate {
    /// Whatever it says.
    Always(Outcome, &'static str),
    /// With this value it says what is so here anyway.
    Harmless { if_bool: bool, else_outcome: Outcome, why: &'static str },
    /// With any of these values, of which numbers are whole, it says nothing.
    Unset(&'static [i64], &'static str),
}

use Fate::{Always, Harmless, Unset};

const OWN_PACE: Fate = Always(NotNeeded, "each driver here knows its own pace");
const OWN_RAMP: Fate =
    Always(NotNeeded, "one rate of rise is enough here (/planner/ramp_a_per_s); current falls at once");
const STANDARD: Fate = Always(NotNeeded, "as the standard says, which is not to be configured");
const EXACT: Fate =
    Always(NotNeeded, "the planner divides and routes power exactly; each connector has its own limits");
const BOARD: Fate =
    Always(NotUnderstood, "PLC boards are not supported by this version; its modems are network devices");
const SELF: Fate = Always(NotNeeded, "the charger tells the back end what it is by itself");
const WAITS: Fate = Always(NotNeeded, "these waits are the car's and the standard's here");
const LINK: Fate = Always(NotNeeded, "watched by the link itself, without a setting");
const TRAFFIC: Fate = Always(NotNeeded, "the drivers leave room on the bus by themselves");
const UPLOADS: Fate = Always(NotNeeded, "the bounds of uploads are fixed here");
const FILES: Fate = Always(NotNeeded, "files of the older software");
const BUNDLES: Fate = Always(NotNeeded, "updates are signed images for the other slot here, see /updates");
const CERTIFICATES: Fate = Always(
    NotUnderstood,
    "certificates are not part of the configuration: install them in the new unit, with keys of its own",
);
const OCPP: Fate = Always(NotNeeded, "an OCPP key of the older library; the back end sets those that it cares for");
const PNC: Fate = Always(NotUnderstood, "Plug & Charge has no settings in this version");
const SECRET: Fate = Always(
    NotUnderstood,
    "a secret is never part of the configuration: put it into a file and name that in /ocpp/password_file",
);
const VENDOR: &str = "a setting of the module's vendor that no driver of this version has";

/// Keys below `planner`, or at the top.
const PLANNER: [(&str, Fate); 31] = [
    ("maxModulesPerGun", EXACT),
    ("minModulesPerActiveGun", EXACT),
    ("maxIslandRadius", EXACT),
    ("minMcHoldMs", EXACT),
    ("minGcHoldMs", EXACT),
    (
        "mcOpenCurrentA",
        Always(NotNeeded, "one current for opening and closing ties is enough: /planner/switch_max_current_a"),
    ),
    ("gcOpenCurrentA", Always(NotNeeded, "the MCU opens connectors' contactors by its own rules")),
    ("voltageMarginV", OWN_RAMP),
    ("currentMarginA", OWN_RAMP),
    ("voltageGuardBandV", OWN_RAMP),
    ("finalVoltageMarginLowPct", OWN_RAMP),
    ("finalVoltageMarginHighPct", OWN_RAMP),
    ("rampStepA", OWN_RAMP),
    ("rampUpMinAps", OWN_RAMP),
    ("rampDownMinAps", OWN_RAMP),
    ("rampDownMaxAps", OWN_RAMP),
    ("rampDownEmergencyAps", OWN_RAMP),
    ("rampJerkAps2", OWN_RAMP),
    ("rampResponseS", OWN_RAMP),
    ("captureCurrentA", OWN_RAMP),
    ("captureRateAps", OWN_RAMP),
    ("prechargeMaxCurrentA", STANDARD),
    ("prechargeVoltageToleranceV", STANDARD),
    ("prechargeTimeoutMs", STANDARD),
    ("unlockVoltageThresholdV", STANDARD),
    ("requireAuthForPrecharge", AUTHORISED_FIRST),
    ("blockPrechargeUntilAuthorized", AUTHORISED_FIRST),
    ("moduleHealthGraceMs", OWN_PACE),
    ("measurementSourcePolicy", Always(NotNeeded, "only what was measured counts here")),
    ("modulePowerKW", Always(NotNeeded, "each module says its own rated power")),
    ("defaultVoltageV", Always(NotNeeded, "the car says its own voltage")),
];
const AUTHORISED_FIRST: Fate =
    Harmless { if_bool: true, else_outcome: Changed, why: "no voltage goes to a car that is not authorised" };

/// Keys by their place; `*` is any place in a list, `?` any key.
const KEYS: [(&str, Fate); 109] = [
    ("chargePoint/vendor", SELF),
    ("chargePoint/model", SELF),
    ("chargePoint/firmwareVersion", SELF),
    ("chargePoint/chargePointSerialNumber", SELF),
    ("chargePoint/serialNumber", SELF),
    ("chargePoint/meterSerialNumber", Always(NotNeeded, "read from the meter")),
    ("chargePoint/meterType", Always(NotNeeded, "read from the meter")),
    ("chargePoint/iccid", Always(NotNeeded, "read from the modem")),
    ("chargePoint/imsi", Always(NotNeeded, "read from the modem")),
    ("chargePoint/imei", Always(NotNeeded, "read from the modem")),
    ("ICCID", Always(NotNeeded, "read from the modem")),
    ("IMSI", Always(NotNeeded, "read from the modem")),
    ("IMEI", Always(NotNeeded, "read from the modem")),
    ("chargePoint/canInterface", Always(NotNeeded, "no module is on this bus by default")),
    ("chargePoint/usePLC", USES_PLC),
    ("chargePoint/usePlc", USES_PLC),
    ("controller/defaultTag", Always(NotNeeded, "free charging needs no tag")),
    ("DefaultTag", Always(NotNeeded, "free charging needs no tag")),
    ("controller/labBypass", NO_BYPASS),
    ("LabBypass", NO_BYPASS),
    ("connectors/*/plcId", BOARD),
    ("connectors/*/canInterface", BOARD),
    ("connectors/*/minVoltageV", Always(NotNeeded, "the lowest voltage is that of the modules")),
    (
        "connectors/*/meterSampleIntervalSeconds",
        Always(NotNeeded, "one interval for all connectors: /ocpp/meter_interval_s"),
    ),
    ("connectors/*/meterScale", Unset(&[1], "registers are kept as read; a meter's digit is its energy_exponent")),
    ("connectors/*/meterOffsetWh", Unset(&[0], "registers are kept as read, without an offset")),
    (
        "connectors/*/requireLock",
        Harmless { if_bool: true, else_outcome: Changed, why: "a plug is always locked while it charges" },
    ),
    ("connectors/*/lockInputSwitch", Always(NotNeeded, "the MCU's layout knows its inputs")),
    ("plc/enabled", USES_PLC),
    ("plc/useCRC8", Always(NotNeeded, "the older software forced it as well")),
    ("plc/gunRelayOwnedByPlc", Harmless { if_bool: false, else_outcome: Changed, why: "the MCU has all contactors" }),
    ("plc/moduleRelaysEnabled", Always(NotNeeded, "modules are switched over their bus")),
    ("plc/relay3Enabled", Always(NotNeeded, "modules are switched over their bus")),
    ("plc/threeRelayMode", Always(NotNeeded, "modules are switched over their bus")),
    ("plc/relayMode", Always(NotNeeded, "ties stand in /ties")),
    ("plc/relayFeedbackAvailable", Always(NotNeeded, "the MCU says what it sees of each contactor")),
    ("plc/requireHttpsUploads", UPLOADS),
    ("slots/*/modules/*/mn", Always(NotNeeded, "modules are switched over their bus")),
    ("slots/*/modules/*/group", Unset(&[0], "no driver of this version has groups of modules")),
    ("slots/*/modules/*/monitorAddress", Unset(&[1], VENDOR)),
    ("slots/*/modules/*/productionDay", Unset(&[0], VENDOR)),
    ("slots/*/modules/*/serialLow", Unset(&[0], VENDOR)),
    ("slots/*/modules/*/sourceAddress", Unset(&[0xA0], VENDOR)),
    ("slots/*/modules/*/inputMode", Unset(&[-1], VENDOR)),
    ("slots/*/modules/*/hiLoMode", Unset(&[-1], VENDOR)),
    ("slots/*/modules/*/silentMode", Unset(&[-1], VENDOR)),
    ("slots/*/modules/*/pollMs", OWN_PACE),
    ("slots/*/modules/*/cmdIntervalMs", OWN_PACE),
    ("slots/*/modules/*/pollBudgetFps", OWN_PACE),
    ("slots/*/modules/*/telemetryStaleMs", OWN_PACE),
    (
        "slots/*/modules/*/broadcast",
        Harmless { if_bool: false, else_outcome: NotUnderstood, why: "every module has its own address here" },
    ),
    ("slots/*/modules/*/probeOnStartup", OWN_PACE),
    ("slots/*/modules/*/readbackLimits", OWN_PACE),
    ("slots/*/modules/*/sendOutputCurrent", OWN_PACE),
    ("slots/*/modules/*/sendOutputPower", OWN_PACE),
    ("siteLimits/defaultVoltageV", Always(NotNeeded, "the car says its own voltage")),
    ("timeouts/authorizationSeconds", WAITS),
    ("timeouts/authorizationDeniedHoldSeconds", WAITS),
    ("timeouts/hlcAuthorizationSeconds", WAITS),
    ("timeouts/pncBlockSeconds", WAITS),
    ("timeouts/powerRequestSeconds", WAITS),
    ("timeouts/evseLimitAckMs", LINK),
    ("timeouts/telemetryTimeoutMs", LINK),
    ("timeouts/plcPresentWarnMs", LINK),
    ("timeouts/plcLimitsWarnMs", LINK),
    ("timeouts/hlcTargetHoldMs", LINK),
    ("timeouts/requestLossDebounceMs", LINK),
    ("timeouts/targetFreshHoldMs", LINK),
    ("timeouts/deliveryLossDetectMs", LINK),
    ("timeouts/deliveryLossRecoveryMs", LINK),
    ("timeouts/deliveryLossEscalationMs", LINK),
    ("timeouts/activeCurrentHoldMs", LINK),
    ("timeouts/measurementSourcePolicy", Always(NotNeeded, "only what was measured counts here")),
    ("canTraffic/maxTotalKbpsPerInterface", TRAFFIC),
    ("canTraffic/windowMs", TRAFFIC),
    ("canTraffic/bitsPerFrameEstimate", TRAFFIC),
    ("canTraffic/overCapDebounceMs", TRAFFIC),
    ("canTraffic/enforce", TRAFFIC),
    ("canTraffic/overCapClearRatio", TRAFFIC),
    ("canTraffic/overCapClearHoldMs", TRAFFIC),
    ("uploads/maxBytes", UPLOADS),
    ("uploads/connectTimeoutSeconds", UPLOADS),
    ("uploads/transferTimeoutSeconds", UPLOADS),
    (
        "uploads/allowFileTargets",
        Harmless { if_bool: false, else_outcome: Changed, why: "uploads go to a server only" },
    ),
    (
        "firmwareUpdate/allowUnsigned",
        Harmless { if_bool: false, else_outcome: Changed, why: "what is not signed is never installed" },
    ),
    ("firmwareUpdate/?", BUNDLES),
    ("security/?", CERTIFICATES),
    ("ocpp/Security/AuthorizationKey", SECRET),
    ("ocpp/Core/AuthorizationKey", SECRET),
    ("ocpp/Internal/ChargePointId", Always(NotNeeded, "/chargePoint says it")),
    ("ocpp/Internal/CentralSystemURI", Always(NotNeeded, "/chargePoint says it")),
    ("ocpp/Internal/?", OCPP),
    ("ocpp/Core/?", OCPP),
    ("ocpp/SmartCharging/?", OCPP),
    ("ocpp/LocalAuthListManagement/?", OCPP),
    ("ocpp/FirmwareManagement/?", OCPP),
    ("ocpp/Reservation/?", OCPP),
    ("ocpp/Security/?", OCPP),
    ("ocpp/CostAndPrice/?", OCPP),
    ("ocpp/PnC/?", PNC),
    ("ocpp/$schema", OCPP),
    ("ocppConfig", Always(NotUnderstood, "a file beside this one: its values are not imported, look at them yourself")),
    ("userConfig", Always(NotUnderstood, "a file beside this one, with what the back end set: it will set it again")),
    ("sharePath", FILES),
    ("sqlMigrationsPath", FILES),
    ("databaseDir", FILES),
    ("messageLogPath", FILES),
    ("loggingConfig", FILES),
    ("meterKeepAliveSeconds", Always(NotNeeded, "one interval is enough: /ocpp/meter_interval_s")),
];
const USES_PLC: Fate =
    Harmless { if_bool: true, else_outcome: NotUnderstood, why: "cars are always spoken to over the power line" };
const NO_BYPASS: Fate =
    Harmless { if_bool: false, else_outcome: NotUnderstood, why: "nothing here skips a check of safety" };

/// What the table says of a key.
pub(super) fn fate(path: &[String], value: &Value) -> Option<(Outcome, &'static str)> {
    let planner = match path {
        [key] => PLANNER.iter().find(|(name, _)| name == key),
        [section, key] if section == "planner" => PLANNER.iter().find(|(name, _)| name == key),
        _ => None,
    };
    let found = planner.or_else(|| KEYS.iter().find(|(pattern, _)| matches(pattern, path) == Fit::Whole));
    let fate = found.map(|(_, fate)| fate)?;
    if value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()) {
        return Some((NotNeeded, "empty"));
    }
    Some(match fate {
        Always(outcome, why) => (*outcome, why),
        Harmless { if_bool, else_outcome, why } => match value.as_bool() {
            Some(value) if value == *if_bool => (NotNeeded, why),
            _ => (*else_outcome, why),
        },
        Unset(values, why) => match super::decimal::thousandths(value) {
            Some((number, true)) if values.iter().any(|value| value * 1_000 == number) => (NotNeeded, "says nothing"),
            _ => (NotUnderstood, why),
        },
    })
}

/// Whether the table knows something of what this value could have below it.
pub(super) fn has_below(path: &[String], value: &Value) -> bool {
    let below = |list: bool| if list { value.is_array() } else { value.is_object() };
    matches!(path, [section] if section == "planner" && below(false))
        || KEYS.iter().any(|(pattern, _)| matches!(matches(pattern, path), Fit::Beginning { list } if below(list)))
}

#[derive(PartialEq, Eq)]
enum Fit {
    Whole,
    /// There is more to the pattern, which begins with a place in a list or with a key.
    Beginning {
        list: bool,
    },
    None,
}

fn matches(pattern: &str, path: &[String]) -> Fit {
    let mut names = pattern.split('/');
    for key in path {
        match names.next() {
            Some("?") if key != "*" => {}
            Some(name) if name == key => {}
            _ => return Fit::None,
        }
    }
    names.next().map_or(Fit::Whole, |name| Fit::Beginning { list: name == "*" })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_key_is_there_twice() {
        let keys: BTreeSet<&str> = KEYS.iter().map(|(pattern, _)| *pattern).collect();
        assert_eq!(keys.len(), KEYS.len());
        let planner: BTreeSet<&str> = PLANNER.iter().map(|(key, _)| *key).collect();
        assert_eq!(planner.len(), PLANNER.len());
    }
}
