//! Power modules and their buses.

use serde_json::{Value, json};
use units::ModuleId;

use super::{
    connectors::{Gun, Kept, Quantity},
    decimal::thousandths,
    draft::Draft,
    source::{At, Source},
};
use crate::ModuleDriver;

/// Most power modules of a cabinet.
const MOST: usize = 128;
/// What the older controller took where a file said nothing.
const DEFAULT_POWER_KW: i64 = 30;
const DEFAULT_VOLTAGE_V: i64 = 800;

/// The older types and what the driver is called here. A driver that does not exist yet is found as soon as it does.
const TYPES: [(&str, &str); 11] = [
    ("infypower", "infypower"),
    ("infy", "infypower"),
    ("maxwell", "maxwell"),
    ("maxwell-mxr", "maxwell"),
    ("maxwell-max", "maxwell"),
    ("maxwell-enr", "maxwell-enr"),
    ("enr", "maxwell-enr"),
    ("uugreen", "uugreenpower"),
    ("uugreenpower", "uugreenpower"),
    ("tonhe", "tonhe"),
    ("sim", "simulated"),
];

pub(super) fn take(source: &mut Source<'_>, draft: &mut Draft, gun: Gun, place: usize, at: &At<'_>) {
    let index = draft.get("/modules").and_then(Value::as_array).map_or(0, Vec::len);
    if !at.value.is_object() || index >= MOST {
        source.not_understood(at, Some("/modules"), format!("not an object, or more than {MOST} modules"));
        return;
    }
    let to = |field: &str| format!("/modules/{index}/{field}");
    let name = name(source, at, &format!("M{}_{place}", gun.id), &to("id"));
    draft.set(&to("id"), name.clone());
    let home = format!("/connectors/{}/modules", gun.index);
    let homes = draft.get(&home).and_then(Value::as_array).map_or(0, Vec::len);
    draft.set(&format!("{home}/{homes}"), name);
    driver(source, draft, at, &to("driver"));
    bus(source, draft, at, &to("can"));
    address(source, draft, at, &to("address"));
    ratings(source, draft, at, &to("max_power_w"), &to("max_current_a"));
}

fn name(source: &mut Source<'_>, at: &At<'_>, instead: &str, target: &str) -> String {
    let Some(at) = at.get("id") else { return instead.to_owned() };
    if let Some(Ok(id)) = at.text().map(ModuleId::new) {
        source.taken(&at, target);
        return id.to_string();
    }
    source.changed(&at, target, format!("not 1 to 32 letters, digits, '-', '_' or '.': it is called {instead} now"));
    instead.to_owned()
}

fn driver(source: &mut Source<'_>, draft: &mut Draft, at: &At<'_>, target: &str) {
    let known = |name: &str| serde_json::from_value::<ModuleDriver>(name.into()).is_ok();
    let expected = "a driver of this version; infypower for InfyPower modules";
    let Some(at) = at.get("type") else {
        draft.gap(target, "infypower", expected);
        return;
    };
    let Some(word) = at.text() else {
        source.not_understood(&at, Some(target), "not a type of module");
        draft.gap(target, "infypower", expected);
        return;
    };
    let lower = word.to_ascii_lowercase();
    let name = TYPES.iter().find(|(older, _)| *older == lower).map(|(_, name)| *name);
    match name {
        Some(name) if known(name) => {
            draft.set(target, name);
            if name == word {
                source.taken(&at, target);
            } else {
                source.changed(&at, target, format!("called {name} here"));
            }
        }
        Some(name) => {
            draft.set(target, name);
            draft.gap(target, "infypower", expected);
            let why = "this version has no driver for this type: wait for one that has, or state the driver of the module \
                       that is built in instead";
            source.not_understood(&at, Some(target), why);
        }
        None => {
            draft.gap(target, "infypower", expected);
            source.not_understood(&at, Some(target), "not a known type of module: state the driver");
        }
    }
}

/// The bus of a module; `chargePoint` names the one of those that name none.
fn bus(source: &mut Source<'_>, draft: &mut Draft, at: &At<'_>, target: &str) {
    if let Some(at) = at.get("canInterface") {
        if let Some(interface) = at.text().and_then(interface) {
            draft.set(target, interface);
            source.taken(&at, target);
            return;
        }
        if at.value.as_str() == Some("") {
            source.not_needed(&at, "empty");
        } else {
            source.not_understood(&at, Some(target), "not the name of a network device");
        }
    }
    let common = source.at("/chargePoint/canInterface");
    if let Some(at) = common
        && let Some(interface) = at.text().and_then(interface)
    {
        source.taken(&at, "/can");
        draft.set(target, interface);
        return;
    }
    draft.add(target, "can0", "what the older controller took where the file said nothing");
}

fn interface(text: &str) -> Option<String> {
    let good = text.len() <= 15 && !text.contains(|c: char| c == '/' || c.is_whitespace() || c.is_control());
    good.then(|| text.to_owned())
}

/// The buses that the modules are on.
pub(super) fn buses(source: &mut Source<'_>, draft: &mut Draft) {
    if draft.get("/can").is_some() || source.at("/slots").is_none() {
        return;
    }
    let modules = draft.get("/modules").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut buses: Vec<String> =
        modules.iter().filter_map(|module| Some(module.get("can")?.as_str()?.to_owned())).collect();
    buses.sort_unstable();
    buses.dedup();
    let can: Vec<Value> = buses
        .iter()
        .map(|bus| {
            let own = draft.base_entry("can", &bus.as_str().into());
            own.unwrap_or_else(|| json!({ "id": bus, "transport": "socketcan", "interface": bus }))
        })
        .collect();
    draft.add("/can", can, "the buses that the modules are on");
}

fn address(source: &mut Source<'_>, draft: &mut Draft, at: &At<'_>, target: &str) {
    const EXPECTED: &str = "the module's address on its bus";
    let value = at.get("address").and_then(|at| {
        let value = at.value.as_u64().and_then(|value| u8::try_from(value).ok());
        match value {
            Some(_) => source.taken(&at, target),
            None => source.not_understood(&at, Some(target), "not an address of 0 to 255"),
        }
        value
    });
    match value {
        Some(value) => draft.set(target, value),
        None => draft.gap(target, 0, EXPECTED),
    }
}

/// Rated power, or the one for all modules; rated current, or what the power makes at the usual voltage.
fn ratings(source: &mut Source<'_>, draft: &mut Draft, at: &At<'_>, power: &str, current: &str) {
    let is_set = |at: &At<'_>| thousandths(at.value).is_none_or(|(value, _)| value > 0);
    let unset = |source: &mut Source<'_>, at: Option<At<'_>>| {
        if let Some(at) = at.filter(|at| !is_set(at)) {
            source.not_needed(&at, "says nothing");
        }
    };
    let quantity = Quantity { target: power, factor: 1_000, least: 1_000, most: 100_000, unit: "W", kept: Kept::Limit };
    unset(source, at.get("ratedPowerKW"));
    let watts = match at.get("ratedPowerKW").filter(is_set) {
        Some(at) => quantity.read(source, &at),
        None => common(source, "modulePowerKW", DEFAULT_POWER_KW).map(|kw| {
            let watts = kw.clamp(1_000, 100_000);
            draft.add(power, watts, "what the older controller took for every module");
            watts
        }),
    };
    match watts {
        Some(watts) => draft.set(power, watts),
        None => draft.gap(power, 30_000, "the module's rated power, 1000 to 100000 W"),
    }
    let quantity = Quantity { target: current, factor: 1, least: 1, most: 500, unit: "A", kept: Kept::Limit };
    unset(source, at.get("ratedCurrentA"));
    let amps = match at.get("ratedCurrentA").filter(is_set) {
        Some(at) => quantity.read(source, &at),
        None => watts.zip(common(source, "defaultVoltageV", DEFAULT_VOLTAGE_V)).and_then(|(watts, volts)| {
            let amps = (watts * 1_000).checked_div(volts.max(200_000))?.clamp(1, 500);
            draft.add(current, amps, "rated power at the usual voltage, as the older controller had it: to be checked");
            Some(amps)
        }),
    };
    match amps {
        Some(amps) => draft.set(current, amps),
        None => draft.gap(current, 100, "the module's rated current, 1 to 500 A"),
    }
}

/// A number for all modules, in thousandths.
fn common(source: &mut Source<'_>, key: &str, default: i64) -> Option<i64> {
    let places = [format!("/{key}"), format!("/planner/{key}"), format!("/siteLimits/{key}")];
    let at = places.iter().find_map(|place| source.at(place));
    match at {
        None => Some(default * 1_000),
        Some(at) => match thousandths(at.value) {
            Some((value, _)) if value > 0 => {
                source.changed(&at, "/modules", "for those modules that do not say their own");
                Some(value)
            }
            Some(_) => Some(default * 1_000),
            None => {
                source.not_understood(&at, Some("/modules"), "not a number");
                None
            }
        },
    }
}
