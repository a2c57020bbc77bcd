//! The configuration keys of OCPP 1.6 that are true of this charger. What does not exist here has no key.

use std::time::Duration;

use api::tokens::{MAX_LOCAL_LIST, MAX_LOCAL_LIST_CHANGE};
use smart_charging::{MAX_PERIODS, MAX_PROFILES, MAX_STACK_LEVEL};

use super::Alone;
use crate::wire::replies::{Key, Written};

/// How many keys one question may name.
const MAX_KEYS: usize = 50;

/// The keys that the CSMS may write. They concern the connection with it and nothing else, so they live in this daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    heartbeat_s: u32,
    ping_s: u32,
    attempts: u32,
    retry_s: u32,
}

impl Default for Keys {
    fn default() -> Self {
        Self { heartbeat_s: 300, ping_s: 20, attempts: 3, retry_s: 60 }
    }
}

impl Keys {
    /// Between two heartbeats.
    pub const fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_s as u64)
    }

    /// Between two pings of the WebSocket; `None` is never.
    pub const fn ping(&self) -> Option<Duration> {
        if self.ping_s == 0 { None } else { Some(Duration::from_secs(self.ping_s as u64)) }
    }

    /// How often the CSMS may fail to process a transaction's message before it is given up.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The wait before the next attempt, after so many that failed.
    pub const fn retry_after(&self, failed: u32) -> Duration {
        Duration::from_secs(self.retry_s as u64).saturating_mul(failed)
    }

    /// The heartbeat that the CSMS asks for with its answer to the boot notification; 0 leaves it to us.
    pub fn set_heartbeat(&mut self, seconds: u32) {
        self.heartbeat_s = if seconds == 0 { Self::default().heartbeat_s } else { seconds.min(86_400) };
    }

    /// Takes a key that the CSMS writes, or that it wrote in an earlier life of this process.
    pub fn write(&mut self, key: &str, value: &str, shown: &Shown) -> Written {
        let (place, range) = match key {
            "HeartbeatInterval" => (&mut self.heartbeat_s, 1..=86_400),
            "WebSocketPingInterval" => (&mut self.ping_s, 0..=3_600),
            "TransactionMessageAttempts" => (&mut self.attempts, 1..=1_000),
            "TransactionMessageRetryInterval" => (&mut self.retry_s, 0..=86_400),
            other if self.list(shown).iter().any(|known| known.name == other) => return Written::Rejected,
            _ => return Written::NotSupported,
        };
        match value.trim().parse() {
            Ok(number) if range.contains(&number) => {
                *place = number;
                Written::Accepted
            }
            _ => Written::Rejected,
        }
    }

    /// Those asked for, and the names that are none. No names are all.
    pub fn read(&self, names: &[String], shown: &Shown) -> (Vec<Key>, Vec<String>) {
        let all = self.list(shown);
        if names.is_empty() {
            return (all, Vec::new());
        }
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for name in names.iter().take(MAX_KEYS) {
            match all.iter().find(|key| key.name == *name) {
                Some(key) => known.push(key.clone()),
                None => unknown.push(name.clone()),
            }
        }
        (known, unknown)
    }

    fn list(&self, shown: &Shown) -> Vec<Key> {
        let key = |name: &str, value: String, readonly| Key { name: name.to_owned(), value, readonly };
        let fixed = |name, value: &str| key(name, value.to_owned(), true);
        vec![
            // A remote start is authorised by whoever sent it.
            fixed("AuthorizeRemoteTxRequests", "false"),
            key("AllowOfflineTxForUnknownId", shown.alone.unknown.to_string(), true),
            key("AuthorizationCacheEnabled", shown.alone.cache.to_string(), true),
            key("ChargeProfileMaxStackLevel", MAX_STACK_LEVEL.to_string(), true),
            fixed("ChargingScheduleAllowedChargingRateUnit", "Current,Power"),
            key("ChargingScheduleMaxPeriods", MAX_PERIODS.to_string(), true),
            fixed("ClockAlignedDataInterval", "0"),
            // Direct current has no phases.
            fixed("ConnectorPhaseRotation", "0.NotApplicable"),
            key("GetConfigurationMaxKeys", MAX_KEYS.to_string(), true),
            key("HeartbeatInterval", self.heartbeat_s.to_string(), false),
            fixed("LocalAuthListEnabled", "true"),
            key("LocalAuthListMaxLength", MAX_LOCAL_LIST.to_string(), true),
            key("LocalAuthorizeOffline", shown.alone.known.to_string(), true),
            fixed("LocalPreAuthorize", "false"),
            key("MaxChargingProfilesInstalled", MAX_PROFILES.to_string(), true),
            fixed("MeterValuesAlignedData", ""),
            fixed(
                "MeterValuesSampledData",
                "Energy.Active.Import.Register,Voltage,Current.Import,Power.Active.Import,SoC",
            ),
            key("MeterValueSampleInterval", shown.sample_interval_s.to_string(), true),
            key("NumberOfConnectors", shown.connectors.to_string(), true),
            fixed("ResetRetries", "0"),
            key("SendLocalListMaxLength", MAX_LOCAL_LIST_CHANGE.to_string(), true),
            fixed("StopTransactionOnEVSideDisconnect", "true"),
            fixed("StopTransactionOnInvalidId", "true"),
            fixed("StopTxnAlignedData", ""),
            fixed("StopTxnSampledData", ""),
            fixed("SupportedFeatureProfiles", "Core,LocalAuthListManagement,SmartCharging"),
            fixed("SupportedFileTransferProtocols", "HTTP,HTTPS"),
            key("TransactionMessageAttempts", self.attempts.to_string(), false),
            key("TransactionMessageRetryInterval", self.retry_s.to_string(), false),
            fixed("UnlockConnectorOnEVSideDisconnect", "true"),
            key("WebSocketPingInterval", self.ping_s.to_string(), false),
        ]
    }
}

/// What the keys show of the rest of the charger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// How many connectors there are.
    pub connectors: usize,
    /// How often a running session's meter is reported.
    pub sample_interval_s: u16,
    /// Who may charge while the CSMS is away.
    pub alone: Alone,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: Shown =
        Shown { connectors: 2, sample_interval_s: 15, alone: Alone { cache: true, known: true, unknown: false } };

    #[test]
    fn a_written_key_is_read_back() {
        let mut keys = Keys::default();
        assert_eq!(keys.write("HeartbeatInterval", "900", &SHOWN), Written::Accepted);
        let (known, unknown) = keys.read(&["HeartbeatInterval".into(), "Colour".into()], &SHOWN);
        assert_eq!((known[0].value.as_str(), known[0].readonly), ("900", false));
        assert_eq!(unknown, ["Colour"]);
        assert_eq!(keys.heartbeat(), Duration::from_mins(15));
    }

    #[test]
    fn bad_values_read_only_keys_and_unknown_keys_are_told_apart() {
        let mut keys = Keys::default();
        for bad in ["0", "-1", "soon", "", "99999999999"] {
            assert_eq!(keys.write("HeartbeatInterval", bad, &SHOWN), Written::Rejected, "{bad}");
        }
        assert_eq!(keys.write("NumberOfConnectors", "3", &SHOWN), Written::Rejected);
        assert_eq!(keys.write("Colour", "red", &SHOWN), Written::NotSupported);
        assert_eq!(keys, Keys::default());
    }

    #[test]
    fn all_keys_fit_in_one_answer_and_none_is_there_twice() {
        let (known, _) = Keys::default().read(&[], &SHOWN);
        let names: std::collections::BTreeSet<_> = known.iter().map(|key| &key.name).collect();
        assert_eq!(names.len(), known.len());
        assert!(known.len() <= MAX_KEYS);
    }
}
