//! Who may charge, the back end, the network.

use serde_json::Value;

use super::{
    Outcome,
    connectors::{Kept, Quantity},
    draft::Draft,
    source::{At, Source},
};

pub(super) fn take(source: &mut Source<'_>, draft: &mut Draft) {
    back_end(source, draft);
    intervals(source, draft);
    authorisation(source, draft);
    if let Some(at) = source.first(&["/chargePoint/apn", "/APN"]) {
        match at.text() {
            Some(apn) => {
                draft.set("/network/apn", apn);
                source.taken(&at, "/network/apn");
            }
            None => source.not_needed(&at, "empty"),
        }
    }
}

/// A switch.
pub(super) fn flag(source: &mut Source<'_>, draft: &mut Draft, at: &At<'_>, target: &str) {
    match at.value.as_bool() {
        Some(value) => {
            draft.set(target, value);
            source.taken(at, target);
        }
        None => source.not_understood(at, Some(target), "neither true nor false"),
    }
}

/// Where the back end is and how we are called there. One key may say both: the last part of the address is the name.
fn back_end(source: &mut Source<'_>, draft: &mut Draft) {
    const URL: &str = "/ocpp/url";
    const ID: &str = "/ocpp/charge_point_id";
    let whole = source.first(&["/chargePoint/ocppEndpointToBackend", "/OCPPEndpointToBackend"]);
    let whole = whole.filter(|at| {
        if at.text().is_none() {
            source.not_needed(at, "empty");
        }
        at.text().is_some()
    });
    let (uri, id) = (source.at("/chargePoint/centralSystemURI"), source.at("/chargePoint/id"));
    let mut name = None;
    if let Some(at) = whole {
        for other in [&uri, &id].into_iter().flatten() {
            source.not_needed(other, format!("{} counts", at.pointer));
        }
        let text = at.text().unwrap_or_default().trim_end_matches('/');
        let path = text.split_once("://").map_or(text, |(_, rest)| rest);
        match path.rsplit_once('/').zip(text.rsplit_once('/')) {
            Some(((_, last), (url, _))) if !last.is_empty() => {
                address(source, draft, &at, url, "its last part is /ocpp/charge_point_id");
                draft.set(ID, last);
                name = Some(last.to_owned());
            }
            _ => source.not_understood(&at, Some(URL), "no address with a charge point's id at its end"),
        }
    } else {
        if let Some(at) = &uri {
            match at.text() {
                Some(url) => address(source, draft, at, url, ""),
                None => source.not_understood(at, Some(URL), "empty, or not a text"),
            }
        }
        if let Some(at) = &id {
            match at.text() {
                Some(id) => {
                    source.tell(at, Outcome::Taken, Some(ID), "taken, and as the site's name unless it has one");
                    draft.set(ID, id);
                    name = Some(id.to_owned());
                }
                None => source.not_understood(at, Some(ID), "empty, or not a text"),
            }
        }
    }
    site_name(draft, name);
    match (draft.get(URL).is_some(), draft.get(ID).is_some()) {
        (true, false) => draft.gap(ID, "fill-in", "how this charger is known at the back end"),
        (false, true) => {
            draft.gap(URL, "ws://fill-in", "the back end's URL, ws:// or wss://, without the charge point's id");
        }
        _ => {}
    }
    let own = if draft.get("/ocpp").is_some() { "/ocpp/password_file" } else { "/ocpp" };
    if let Some(value) = draft.base(own).cloned() {
        draft.add(own, value, "as in the unit's configuration");
    }
}

fn site_name(draft: &mut Draft, name: Option<String>) {
    let own = draft.base("/site/name").and_then(Value::as_str).map(str::to_owned);
    let printable = |name: &String| !name.is_empty() && name.chars().count() <= 64 && !name.contains(char::is_control);
    match (own, name.filter(printable)) {
        (Some(own), _) => draft.add("/site/name", own, "as in the unit's configuration"),
        (None, Some(name)) => draft.add("/site/name", name, "the charge point's id"),
        (None, None) => draft.add("/site/name", "Charger", "the file has no name for the site"),
    }
}

/// An address, without a password in it.
fn address(source: &mut Source<'_>, draft: &mut Draft, at: &At<'_>, url: &str, why: &str) {
    const URL: &str = "/ocpp/url";
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = rest.find(['/', '?', '#']).map_or((rest, ""), |at| rest.split_at(at));
    if let Some((_, host)) = authority.rsplit_once('@') {
        draft.set(URL, format!("{scheme}://{host}{path}"));
        let why = "it held a user or a password: put the password into a file and name that in /ocpp/password_file";
        source.changed(at, URL, why);
        return;
    }
    // What is no address at all is told by the check of the whole.
    draft.set(URL, url);
    if why.is_empty() {
        source.taken(at, URL);
    } else {
        source.changed(at, URL, why);
    }
}

fn intervals(source: &mut Source<'_>, draft: &mut Draft) {
    let quantity =
        Quantity { target: "/ocpp/meter_interval_s", factor: 1, least: 5, most: 3_600, unit: "s", kept: Kept::Setting };
    let places =
        ["/meterSampleIntervalSeconds", "/ocpp/meterSampleIntervalSeconds", "/ocpp/Core/MeterValueSampleInterval"];
    if let Some(at) = source.first(&places) {
        if draft.get("/ocpp/url").is_none() {
            source.not_needed(&at, "there is no back end");
        } else if let Some(value) = quantity.read(source, &at) {
            draft.set(quantity.target, value);
        }
    }
    let places = ["/minimumStatusDurationSeconds", "/ocpp/minimumStatusDurationSeconds"];
    if let Some(at) = source.first(&places) {
        source.not_needed(&at, "the back end sets MinimumStatusDuration if it cares");
    }
    for key in ["meterKeepAliveSeconds", "moduleHealthGraceMs"] {
        if let Some(at) = source.at(&format!("/ocpp/{key}")) {
            source.not_needed(&at, "there is one interval, and drivers have their own pace");
        }
    }
    let quantity = Quantity {
        target: "/authorisation/plug_in_timeout_s",
        factor: 1,
        least: 5,
        most: 600,
        unit: "s",
        kept: Kept::Setting,
    };
    if let Some(at) = source.at("/ocpp/Core/ConnectionTimeOut")
        && let Some(value) = quantity.read(source, &at)
    {
        draft.set(quantity.target, value);
    }
}

fn authorisation(source: &mut Source<'_>, draft: &mut Draft) {
    if let Some(at) = source.first(&["/controller/freeMode", "/FreeMode"]) {
        match at.value.as_bool() {
            Some(free) => {
                draft.set("/authorisation/mode", if free { "free" } else { "rfid" });
                source.taken(&at, "/authorisation/mode");
            }
            None => source.not_understood(&at, Some("/authorisation/mode"), "neither true nor false"),
        }
    }
    if let Some(at) = source.first(&["/ocpp/Custom/AutochargeEnabled", "/ocpp/AutochargeEnabled"]) {
        flag(source, draft, &at, "/authorisation/autocharge");
    }
    if let Some(at) = source.at("/plc/autochargeIdSource") {
        match at.text().map(str::to_ascii_lowercase).as_deref() {
            Some("evccid" | "evmac") => source.not_needed(&at, "a car is known by its EVCCID here, which is its MAC"),
            _ => source.not_understood(&at, Some("/authorisation/autocharge"), "a car is known by its EVCCID only"),
        }
    }
    let cache = ["/ocpp/Core/AuthorizationCacheEnabled", "/ocpp/Security/AuthorizationCacheEnabled"];
    if let Some(at) = source.first(&cache) {
        flag(source, draft, &at, "/authorisation/cache");
    }
    offline(source, draft);
}

/// Two switches became one choice.
fn offline(source: &mut Source<'_>, draft: &mut Draft) {
    const TARGET: &str = "/authorisation/offline";
    let unknown = source.at("/ocpp/Core/AllowOfflineTxForUnknownId");
    let local = source.at("/ocpp/Core/LocalAuthorizeOffline");
    let said = |at: &Option<At<'_>>| at.as_ref().and_then(|at| at.value.as_bool());
    let offline = match (said(&unknown), said(&local)) {
        (Some(true), _) => "accept",
        (_, Some(false)) => "refuse",
        (None, None) => return,
        _ => "local-list-and-cache",
    };
    draft.set(TARGET, offline);
    for at in [&unknown, &local].into_iter().flatten() {
        if at.value.is_boolean() {
            source.changed(at, TARGET, format!("with its sibling it became \"{offline}\""));
        } else {
            source.not_understood(at, Some(TARGET), "neither true nor false");
        }
    }
}
