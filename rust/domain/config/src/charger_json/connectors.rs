//! Guns: what a connector may give, and what the older file cannot know of it.

use serde_json::{Value, json};
use units::ConnectorId;

use super::{
    decimal::thousandths,
    draft::Draft,
    source::{At, Source},
};

/// A connector of the new document: its number and its place in the list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gun {
    pub(super) id: u8,
    pub(super) index: usize,
}

/// What may become of a number that this version has no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// A limit may be lowered, never raised.
    Limit,
    /// A setting is brought to the nearest one.
    Setting,
}

/// A number: where it goes, what it is multiplied by, and what is possible there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantity<'t> {
    pub(super) target: &'t str,
    pub(super) factor: i64,
    pub(super) least: i64,
    pub(super) most: i64,
    pub(super) unit: &'t str,
    pub(super) kept: Kept,
}

impl Quantity<'_> {
    /// The number as it goes into the new document, and what became of it as a line of the report.
    pub(super) fn read(&self, source: &mut Source<'_>, at: &At<'_>) -> Option<i64> {
        let Self { target, factor, least, most, unit, kept } = *self;
        let Some((number, whole)) = thousandths(at.value) else {
            source.not_understood(at, Some(target), format!("not a number, where one of {unit} belongs"));
            return None;
        };
        let scaled = number.saturating_mul(factor);
        let floored = scaled.div_euclid(1_000);
        let exact = whole && scaled.rem_euclid(1_000) == 0;
        if floored < least && kept == Kept::Limit {
            source.not_understood(
                at,
                Some(target),
                format!("{floored} {unit} is below {least} {unit}, the least possible"),
            );
            return None;
        }
        let value = floored.clamp(least, most);
        if value != floored {
            source.changed(
                at,
                target,
                format!("{floored} {unit} became {value} {unit}: {least} to {most} are possible"),
            );
        } else if exact {
            source.taken(at, target);
        } else {
            source.changed(at, target, format!("rounded down to {value} {unit}"));
        }
        Some(value)
    }
}

/// Most connectors of a cabinet.
const MOST: usize = 32;

pub(super) fn take(source: &mut Source<'_>, draft: &mut Draft) -> Vec<Gun> {
    let mut guns: Vec<Gun> = Vec::new();
    draft.set("/connectors", json!([]));
    let list = source.at("/connectors");
    for (place, at) in list.iter().flat_map(At::entries).enumerate() {
        if guns.len() >= MOST {
            source.not_understood(&at, Some("/connectors"), format!("more than {MOST} connectors"));
            continue;
        }
        if !at.value.is_object() {
            source.not_understood(&at, None, "not an object, where a connector belongs");
            continue;
        }
        // The older controller counted on where there was no number.
        let Some(id) = number(&at, place) else {
            source.not_understood(&at, Some("/connectors"), "its id is not one of 1 to 32");
            continue;
        };
        if guns.iter().any(|gun| gun.id == id) {
            source.not_understood(&at, Some("/connectors"), format!("there is a connector {id} already"));
            continue;
        }
        let gun = Gun { id, index: guns.len() };
        guns.push(gun);
        one(source, draft, gun, &at);
    }
    guns
}

fn number(at: &At<'_>, place: usize) -> Option<u8> {
    let id = match at.get("id") {
        Some(id) => u8::try_from(id.value.as_u64()?).ok()?,
        None => u8::try_from(place + 1).ok()?,
    };
    ConnectorId::new(id).filter(|id| usize::from(id.get()) <= MOST).map(ConnectorId::get)
}

fn one(source: &mut Source<'_>, draft: &mut Draft, gun: Gun, at: &At<'_>) {
    let to = |field: &str| format!("/connectors/{}/{field}", gun.index);
    let id = Value::from(gun.id);
    let own = draft.base_entry("connectors", &id);
    let own = |field: &str| own.as_ref().and_then(|own| own.get(field)).filter(|value| !value.is_null()).cloned();
    draft.set(&to("id"), id.clone());
    if let Some(at) = at.get("id") {
        source.taken(&at, &to("id"));
    }
    if let Some(at) = at.get("label") {
        label(source, draft, &at, &to("label"));
    }
    let limits = [
        ("maxVoltageV", "max_voltage_v", 150, 1_500, "V", "the highest voltage of cable and inlet, 150 to 1500 V"),
        ("maxCurrentA", "max_current_a", 1, 1_000, "A", "the highest current of the cable, 1 to 1000 A"),
        ("maxPowerW", "max_power_w", 1_000, 1_500_000, "W", "the connector's highest power, 1000 to 1500000 W"),
    ];
    for (key, field, least, most, unit, expected) in limits {
        let target = to(field);
        let quantity = Quantity { target: &target, factor: 1, least, most, unit, kept: Kept::Limit };
        let limit = at.get(key).and_then(|at| {
            if thousandths(at.value).is_some_and(|(limit, _)| limit <= 0) {
                source.not_understood(&at, Some(&target), "no limit before; here there must be one");
                return None;
            }
            quantity.read(source, &at)
        });
        match limit {
            Some(limit) => draft.set(&target, limit),
            None => draft.add_or_gap(&target, own(field), most, expected),
        }
    }
    let chain = own("chain").unwrap_or_else(|| "main".into());
    draft.set(&to("chain"), chain);
    let interface = "the network device of its modem, such as plc1";
    draft.add_or_gap(&to("interface"), own("interface"), format!("fill-in-{}", gun.id), interface);
    let evse_id = "the EVSEID told to cars, such as DE*ABC*E1234*1";
    draft.add_or_gap(&to("evse_id"), own("evse_id"), format!("XX*FIL*E{}", gun.id), evse_id);
    draft.add(
        &to("contactor"),
        own("contactor").unwrap_or_else(|| id.clone()),
        "the contactor's number in the MCU's layout: to be checked",
    );
    draft.set(&to("modules"), json!([]));
    meter(source, draft, gun, at, own("meter"));
    if let Some(monitor) = own("isolation") {
        if let Some(entry) = draft.base_entry("isolation", &monitor) {
            let place = draft.get("/isolation").and_then(Value::as_array).map_or(0, Vec::len);
            draft.set(&format!("/isolation/{place}"), entry);
        }
        draft.add(&to("isolation"), monitor, "as in the unit's configuration");
    }
    for field in ["priority", "derate_start_c", "derate_stop_c"] {
        if let Some(own) = own(field) {
            draft.add(&to(field), own, "as in the unit's configuration");
        }
    }
}

fn label(source: &mut Source<'_>, draft: &mut Draft, at: &At<'_>, target: &str) {
    match at.text() {
        None if at.value.as_str().is_some() => source.not_needed(at, "empty"),
        Some(text) if text.chars().count() <= 32 && !text.contains(char::is_control) => {
            draft.set(target, text);
            source.taken(at, target);
        }
        Some(text) => {
            let short: String = text.chars().filter(|c| !c.is_control()).take(32).collect();
            source.changed(at, target, "cut to 32 printable characters");
            draft.set(target, short);
        }
        None => source.not_understood(at, Some(target), "not a text"),
    }
}

/// Every connector has a meter on a serial line here, whatever measured before.
fn meter(source: &mut Source<'_>, draft: &mut Draft, gun: Gun, at: &At<'_>, own: Option<Value>) {
    let target = format!("/meters/{}", gun.index);
    let entry = own.as_ref().and_then(|name| draft.base_entry("meters", name));
    let name = own.filter(|_| entry.is_some()).unwrap_or_else(|| format!("meter{}", gun.id).into());
    draft.set(&format!("/connectors/{}/meter", gun.index), name.clone());
    if let Some(entry) = entry {
        draft.add(&target, entry, "as in the unit's configuration");
    } else {
        draft.add(&format!("{target}/id"), name, "a meter for each connector");
        draft.add(&format!("{target}/driver"), "acrel-djsf1352", "the one kind of meter that this version knows");
        draft.gap(&format!("{target}/port"), "/dev/fill-in", "the meter's serial line, such as /dev/jp-rs485");
        draft.gap(&format!("{target}/address"), gun.id, "the meter's Modbus address on its line, 1 to 247");
    }
    if let Some(at) = at.get("meterSource") {
        source.changed(&at, &target, "here a DC meter on a serial line measures each connector");
    }
}
