//! The site's limit and the planner.

use super::{
    connectors::{Kept, Quantity},
    draft::Draft,
    source::Source,
};

pub(super) fn take(source: &mut Source<'_>, draft: &mut Draft) {
    limit(source, draft);
    planner(source, draft);
}

/// The grid's limit in kW; nought or less is none.
fn limit(source: &mut Source<'_>, draft: &mut Draft) {
    const TARGET: &str = "/site/limit_w";
    let places = ["/gridLimitKW", "/planner/gridLimitKW", "/siteLimits/gridPowerLimitKW", "/siteLimits/gridLimitKW"];
    let at = source.first(&places);
    let quantity = Quantity { target: TARGET, factor: 1_000, least: 1, most: 10_000_000, unit: "W", kept: Kept::Limit };
    let all: i64 = draft
        .get("/connectors")
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|connector| connector.get("max_power_w")?.as_i64())
        .sum();
    match at {
        Some(at) if super::decimal::thousandths(at.value).is_some_and(|(limit, _)| limit <= 0) => {
            source.changed(&at, TARGET, "no limit before; here it is what the connectors can take together");
            draft.set(TARGET, all.clamp(0, 10_000_000));
        }
        Some(at) => match quantity.read(source, &at) {
            Some(limit) => draft.set(TARGET, limit),
            None => draft.gap(TARGET, all, "the contracted grid cap, in W"),
        },
        None => match draft.base(TARGET).cloned() {
            Some(own) => draft.add(TARGET, own, "as in the unit's configuration"),
            None if all > 0 => {
                let why = "no limit before: what the connectors can take together";
                draft.add(TARGET, all.clamp(0, 10_000_000), why);
            }
            None => draft.gap(TARGET, 1_000_000, "the contracted grid cap, in W"),
        },
    }
    if let Some(own) = draft.base("/site/building_load_w").cloned() {
        draft.add("/site/building_load_w", own, "as in the unit's configuration");
    }
    chains(draft);
}

/// The older controller knew no chains: one of the whole site's power, unless the unit has its own.
fn chains(draft: &mut Draft) {
    if let Some(own) = draft.base("/chains").cloned() {
        draft.add("/chains", own, "as in the unit's configuration");
        return;
    }
    let cap = draft.get("/site/limit_w").cloned();
    draft.add("/chains/0/id", "main", "one chain for all connectors");
    match cap {
        Some(cap) => draft.add("/chains/0/power_cap_w", cap, "the site's limit"),
        None => draft.gap("/chains/0/power_cap_w", 1_000_000, "what the connectors may draw together, in W"),
    }
}

fn planner(source: &mut Source<'_>, draft: &mut Draft) {
    if let Some(at) = source.first(&["/planner/allowCrossSlotIslands", "/allowCrossSlotIslands"]) {
        super::access::flag(source, draft, &at, "/planner/borrowing");
    }
    let quantities = [
        (
            "minModuleHoldMs",
            Quantity {
                target: "/planner/min_module_hold_ms",
                factor: 1,
                least: 0,
                most: 600_000,
                unit: "ms",
                kept: Kept::Setting,
            },
        ),
        (
            "switchMaxCurrentA",
            Quantity {
                target: "/planner/switch_max_current_a",
                factor: 1,
                least: 0,
                most: 5,
                unit: "A",
                kept: Kept::Limit,
            },
        ),
        (
            "tieCloseMaxDeltaV",
            Quantity {
                target: "/planner/tie_close_max_delta_v",
                factor: 1,
                least: 1,
                most: 50,
                unit: "V",
                kept: Kept::Limit,
            },
        ),
        (
            "switchStableTimeMs",
            Quantity {
                target: "/planner/switch_stable_ms",
                factor: 1,
                least: 0,
                most: 5_000,
                unit: "ms",
                kept: Kept::Setting,
            },
        ),
        (
            "rampUpMaxAps",
            Quantity {
                target: "/planner/ramp_a_per_s",
                factor: 1,
                least: 1,
                most: 1_000,
                unit: "A/s",
                kept: Kept::Limit,
            },
        ),
    ];
    for (key, quantity) in quantities {
        let Some(at) = source.first(&[&format!("/planner/{key}"), &format!("/{key}")]) else { continue };
        if let Some(value) = quantity.read(source, &at) {
            draft.set(quantity.target, value);
        }
    }
}
