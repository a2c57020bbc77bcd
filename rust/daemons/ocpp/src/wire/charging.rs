//! Smart charging: profiles as the CSMS writes them, and the composite schedule as we do.
//!
//! Read with types of our own: those of `rust-ocpp` take a number below 0 for a broken message, and a limit for a decimal
//! float. Limits are read digit by digit into thousandths.

use api::profile::{Author, Composite, Kind, Period, Profile, Purpose, RateUnit, Schedule, SetProfile};
use chrono::{DateTime, SecondsFormat};
use serde::Deserialize;
use serde_json::{Number, Value, json};
use units::ConnectorId;

use crate::rpc::{CallError, ErrorCode};

/// A profile, and the number of the transaction that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The profile; its session is not known here.
    pub profile: Box<SetProfile>,
    /// The CSMS's number for it.
    pub transaction_id: Option<i32>,
}

/// Which profiles are to go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Which {
    /// This one.
    #[serde(default)]
    pub id: Option<i32>,
    /// Those of a connector; 0 is the station.
    #[serde(default, rename = "connectorId")]
    pub connector: Option<u32>,
    #[serde(default, rename = "chargingProfilePurpose")]
    purpose: Option<WirePurpose>,
    /// Those of a stack level.
    #[serde(default, rename = "stackLevel")]
    pub stack_level: Option<u32>,
}

impl Which {
    /// Those of a purpose.
    pub fn purpose(&self) -> Option<Purpose> {
        self.purpose.map(WirePurpose::purpose)
    }
}

/// Which limits of the time to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ahead {
    /// Where; 0 is the station.
    #[serde(rename = "connectorId")]
    pub connector: u32,
    /// For how long, in s.
    #[serde(rename = "duration")]
    pub duration_s: u32,
    #[serde(default)]
    charging_rate_unit: Option<WireUnit>,
}

impl Ahead {
    /// In what.
    pub fn unit(&self) -> RateUnit {
        self.charging_rate_unit.map_or(RateUnit::Watts, WireUnit::unit)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SetRequest {
    connector_id: u32,
    cs_charging_profiles: WireProfile,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireProfile {
    charging_profile_id: i32,
    #[serde(default)]
    transaction_id: Option<i32>,
    stack_level: u32,
    charging_profile_purpose: WirePurpose,
    charging_profile_kind: WireKind,
    #[serde(default)]
    recurrency_kind: Option<WireRecurrency>,
    #[serde(default)]
    valid_from: Option<String>,
    #[serde(default)]
    valid_to: Option<String>,
    charging_schedule: WireSchedule,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSchedule {
    #[serde(default)]
    duration: Option<u32>,
    #[serde(default)]
    start_schedule: Option<String>,
    charging_rate_unit: WireUnit,
    charging_schedule_period: Vec<WirePeriod>,
    #[serde(default)]
    min_charging_rate: Option<Number>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePeriod {
    start_period: u32,
    limit: Number,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum WirePurpose {
    #[serde(rename = "ChargePointMaxProfile")]
    StationMax,
    #[serde(rename = "TxDefaultProfile")]
    TxDefault,
    #[serde(rename = "TxProfile")]
    Tx,
}

impl WirePurpose {
    const fn purpose(self) -> Purpose {
        match self {
            Self::StationMax => Purpose::StationMax,
            Self::TxDefault => Purpose::TxDefault,
            Self::Tx => Purpose::Tx,
        }
    }
}

#[derive(Deserialize)]
enum WireKind {
    Absolute,
    Recurring,
    Relative,
}

#[derive(Deserialize)]
enum WireRecurrency {
    Daily,
    Weekly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum WireUnit {
    A,
    W,
}

impl WireUnit {
    const fn unit(self) -> RateUnit {
        match self {
            Self::A => RateUnit::Amps,
            Self::W => RateUnit::Watts,
        }
    }
}

/// Reads the payload of `SetChargingProfile`.
pub fn set(payload: Value) -> Result<Wanted, CallError> {
    let request: SetRequest = super::theirs::read(payload)?;
    // A connector that cannot be has no id here, and is refused by whoever knows the connectors.
    let connector = place(request.connector_id)?;
    wanted(request.cs_charging_profiles, connector)
}

/// Reads the profile of a `RemoteStartTransaction`.
pub fn of_start(profile: Value) -> Result<Wanted, CallError> {
    wanted(super::theirs::read(profile)?, None)
}

/// `None` is the station.
pub fn place(number: u32) -> Result<Option<ConnectorId>, CallError> {
    let bad =
        || CallError::new(ErrorCode::PropertyConstraintViolation, format_args!("connectorId {number} is too high"));
    u8::try_from(number).map(ConnectorId::new).map_err(|_| bad())
}

fn wanted(wire: WireProfile, connector: Option<ConnectorId>) -> Result<Wanted, CallError> {
    let schedule = wire.charging_schedule;
    let kind = match (wire.charging_profile_kind, wire.recurrency_kind) {
        (WireKind::Absolute, _) => Kind::Absolute,
        (WireKind::Relative, _) => Kind::Relative,
        (WireKind::Recurring, Some(WireRecurrency::Weekly)) => Kind::Weekly,
        (WireKind::Recurring, Some(WireRecurrency::Daily)) => Kind::Daily,
        (WireKind::Recurring, None) => {
            return Err(CallError::new(ErrorCode::ProtocolError, "recurrencyKind is missing"));
        }
    };
    let period =
        |period: &WirePeriod| Ok(Period { start_s: period.start_period, limit_milli: milli("limit", &period.limit)? });
    let profile = Profile {
        id: wire.charging_profile_id,
        connector,
        purpose: wire.charging_profile_purpose.purpose(),
        kind,
        stack_level: wire.stack_level,
        valid_from_ms: wire.valid_from.as_deref().map(|text| time("validFrom", text)).transpose()?,
        valid_to_ms: wire.valid_to.as_deref().map(|text| time("validTo", text)).transpose()?,
        transaction: None,
        schedule: Schedule {
            start_ms: schedule.start_schedule.as_deref().map(|text| time("startSchedule", text)).transpose()?,
            duration_s: schedule.duration,
            unit: schedule.charging_rate_unit.unit(),
            periods: schedule.charging_schedule_period.iter().map(period).collect::<Result<_, CallError>>()?,
            min_rate_milli: schedule.min_charging_rate.as_ref().map(|n| milli("minChargingRate", n)).transpose()?,
        },
    };
    let profile = Box::new(SetProfile { author: Author::V16, profile });
    Ok(Wanted { profile, transaction_id: wire.transaction_id })
}

/// A date in ms since 1970; without a zone it is UTC.
pub fn time(field: &str, text: &str) -> Result<i64, CallError> {
    let zoned = text.split_once('T').is_some_and(|(_, clock)| clock.contains(['Z', 'z', '+', '-']));
    let parsed =
        if zoned { DateTime::parse_from_rfc3339(text) } else { DateTime::parse_from_rfc3339(&format!("{text}Z")) };
    let bad = |_| CallError::new(ErrorCode::FormatViolation, format_args!("{field} is no date and time"));
    parsed.map(|time| time.timestamp_millis()).map_err(bad)
}

/// A decimal number in thousandths, rounded down. Numbers as large as no limit is are cut to what is refused.
fn milli(field: &str, number: &Number) -> Result<i64, CallError> {
    let text = number.to_string();
    let bad = || CallError::new(ErrorCode::PropertyConstraintViolation, format_args!("{field} is out of range"));
    let (negative, text) = text.strip_prefix('-').map_or((false, text.as_str()), |rest| (true, rest));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().map_err(|_| bad())?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if mantissa.len() > 40 || exponent.abs() > 40 {
        return Err(bad());
    }
    let digits = whole.chars().chain(fraction.chars());
    let mut value = 0_i128;
    for digit in digits {
        let digit = digit.to_digit(10).ok_or_else(bad)?;
        value = value.checked_mul(10).and_then(|value| value.checked_add(digit.into())).ok_or_else(bad)?;
    }
    // How many digits the point of the thousandths lies to the right of the last one read.
    let shift = exponent + 3 - i64::try_from(fraction.len()).map_err(|_| bad())?;
    for _ in 0..shift.unsigned_abs() {
        value = if shift > 0 { value.checked_mul(10).ok_or_else(bad)? } else { value / 10 };
    }
    let value = i64::try_from(value).map_err(|_| bad())?;
    Ok(if negative { -value } else { value })
}

/// A limit in tenths, as the schema wants it, rounded down.
fn decimal(milli: i64) -> Value {
    let tenths = milli.div_euclid(100);
    let text = match tenths % 10 {
        0 => (tenths / 10).to_string(),
        rest => format!("{}.{rest}", tenths / 10),
    };
    text.parse::<Number>().map_or(Value::from(tenths / 10), Value::Number)
}

/// The answer to `GetCompositeSchedule`.
pub fn composite(told: Option<&Composite>) -> Value {
    let Some(told) = told else { return json!({"status": "Rejected"}) };
    let start = DateTime::from_timestamp_millis(told.start.ms).unwrap_or_default();
    let start = start.to_rfc3339_opts(SecondsFormat::Millis, true);
    let periods: Vec<Value> = told
        .periods
        .iter()
        .map(|period| json!({"startPeriod": period.start_s, "limit": decimal(period.limit_milli)}))
        .collect();
    let unit = match told.unit {
        RateUnit::Watts => "W",
        RateUnit::Amps => "A",
    };
    json!({
        "status": "Accepted",
        "connectorId": told.connector.map_or(0, ConnectorId::get),
        "scheduleStart": start,
        "chargingSchedule": {
            "duration": told.duration_s,
            "startSchedule": start,
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": periods,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn payload() -> Value {
        json!({"connectorId": 1, "csChargingProfiles": {
            "chargingProfileId": 7, "transactionId": 3, "stackLevel": 2, "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "validFrom": "2026-09-21T00:00:00Z",
            "chargingSchedule": {"duration": 86400, "startSchedule": "2026-09-21T00:00:00", "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.5, "numberPhases": 3}, {"startPeriod": 60, "limit": 16}]},
        }})
    }

    #[test]
    fn a_profile_is_read_whole() {
        let wanted = set(payload()).unwrap();
        let profile = &wanted.profile.profile;
        assert_eq!((wanted.transaction_id, profile.id, profile.stack_level), (Some(3), 7, 2));
        assert_eq!((profile.purpose, profile.kind, profile.connector), (Purpose::Tx, Kind::Daily, ConnectorId::new(1)));
        assert_eq!(profile.valid_from_ms, Some(1_789_948_800_000));
        assert_eq!(profile.schedule.start_ms, profile.valid_from_ms);
        let limits: Vec<_> = profile.schedule.periods.iter().map(|p| (p.start_s, p.limit_milli)).collect();
        assert_eq!(limits, [(0, 6_500), (60, 16_000)]);
    }

    #[test]
    fn what_is_wrong_with_a_profile_is_told_by_its_code() {
        let code = |pointer: &str, value: Value| {
            let mut payload = payload();
            *payload.pointer_mut(pointer).unwrap() = value;
            set(payload).unwrap_err().code
        };
        let profile = "/csChargingProfiles";
        assert_eq!(code(&format!("{profile}/validFrom"), json!("soon")), ErrorCode::FormatViolation);
        assert_eq!(code(&format!("{profile}/stackLevel"), json!(-1)), ErrorCode::PropertyConstraintViolation);
        assert_eq!(code(&format!("{profile}/chargingProfileKind"), json!("X")), ErrorCode::PropertyConstraintViolation);
        assert_eq!(code(&format!("{profile}/recurrencyKind"), Value::Null), ErrorCode::ProtocolError);
        assert_eq!(code("/connectorId", json!("1")), ErrorCode::TypeConstraintViolation);
        assert_eq!(code("/connectorId", json!(256)), ErrorCode::PropertyConstraintViolation);
    }

    #[test]
    fn limits_are_read_and_written_exactly() {
        let read = |text: &str| milli("limit", &text.parse().unwrap()).ok();
        let cases = [
            ("6", 6_000),
            ("0.1", 100),
            ("16.05", 16_050),
            ("1.6e1", 16_000),
            ("1999e-2", 19_990),
            ("-0.5", -500),
            ("0.00099", 0),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), Some(expected), "{text}");
        }
        assert_eq!((read("1e30"), read("1e400")), (None, None));
        assert_eq!([16_000, 16_590, 0].map(|milli| decimal(milli).to_string()), ["16", "16.5", "0"]);
    }

    proptest! {
        #[test]
        fn no_number_breaks_it(text in "-?[0-9]{1,45}(\\.[0-9]{1,45})?([eE][+-]?[0-9]{1,5})?") {
            if let Ok(number) = text.parse::<Number>() {
                let _ = milli("limit", &number);
            }
        }

        #[test]
        fn what_is_written_is_read_back(tenths in 0_i64..1_000_000) {
            let Value::Number(number) = decimal(tenths * 100) else { panic!("no number") };
            prop_assert_eq!(milli("limit", &number).unwrap(), tenths * 100);
        }
    }
}
