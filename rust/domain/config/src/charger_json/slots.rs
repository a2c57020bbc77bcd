//! Slots: which modules are at home at which connector, and which ties lead to the neighbours.

use std::collections::BTreeSet;

use super::{
    connectors::Gun,
    draft::Draft,
    modules,
    source::{At, Source},
};

/// As many as there can be connectors.
const MOST: usize = 32;

/// A slot that belongs to a connector.
struct Slot<'a> {
    at: At<'a>,
    id: u64,
    gun: Gun,
}

pub(super) fn take(source: &mut Source<'_>, draft: &mut Draft, guns: &[Gun]) {
    let Some(list) = source.at("/slots") else {
        keep_own(draft, guns);
        return;
    };
    let mut slots: Vec<Slot<'_>> = Vec::new();
    for (place, at) in list.entries().into_iter().enumerate() {
        if !at.value.is_object() {
            source.not_understood(&at, None, "not an object, where a slot belongs");
            continue;
        }
        let number = |key: &str| at.get(key).and_then(|at| at.value.as_u64());
        let id = number("id").unwrap_or(u64::try_from(place).unwrap_or(u64::MAX).saturating_add(1));
        let gun = number("gunId").unwrap_or(id);
        let Some(gun) = guns.iter().find(|known| u64::from(known.id) == gun).copied() else {
            source.not_understood(&at, Some("/connectors"), format!("its gun {gun} is no connector of the file"));
            continue;
        };
        if slots.len() >= MOST || slots.iter().any(|slot| slot.id == id || slot.gun.id == gun.id) {
            source.not_understood(&at, Some("/connectors"), "another slot has this id or this gun");
            continue;
        }
        slots.push(Slot { at, id, gun });
    }
    for slot in &slots {
        home(source, draft, slot);
    }
    ties(source, draft, &slots);
}

/// A file without slots says nothing of modules: the unit's own stay.
fn keep_own(draft: &mut Draft, guns: &[Gun]) {
    for section in ["modules", "can", "ties"] {
        if let Some(own) = draft.base(&format!("/{section}")).cloned() {
            draft.add(&format!("/{section}"), own, "as in the unit's configuration");
        }
    }
    for gun in guns {
        let own = draft.base_entry("connectors", &gun.id.into()).and_then(|own| own.get("modules").cloned());
        if let Some(own) = own {
            draft.add(&format!("/connectors/{}/modules", gun.index), own, "as in the unit's configuration");
        }
    }
}

/// The connector's own contactor and modules.
fn home(source: &mut Source<'_>, draft: &mut Draft, slot: &Slot<'_>) {
    let Slot { at, gun, .. } = slot;
    let entry = format!("/connectors/{}", gun.index);
    if let Some(at) = at.get("id") {
        source.tell(&at, super::Outcome::Taken, Some(&entry), format!("the slot of connector {}", gun.id));
    }
    if let Some(at) = at.get("gunId") {
        source.taken(&at, &format!("{entry}/id"));
    }
    if let Some(at) = at.get("gc") {
        let target = format!("{entry}/contactor");
        let number = draft.get(&target).map_or_else(String::new, ToString::to_string);
        source.changed(
            &at,
            &target,
            format!("{} is taken for number {number} of the MCU's layout: to be checked", named(&at)),
        );
    }
    let list = at.get("modules");
    for (place, module) in list.iter().flat_map(At::entries).enumerate() {
        modules::take(source, draft, *gun, place, &module);
    }
}

/// What a contactor was called.
fn named(at: &At<'_>) -> String {
    at.text().map_or_else(|| "it".to_owned(), |name| name.chars().filter(|c| !c.is_control()).take(32).collect())
}

fn ties(source: &mut Source<'_>, draft: &mut Draft, slots: &[Slot<'_>]) {
    let mut joined: BTreeSet<(u8, u8)> = BTreeSet::new();
    let mut number = slots.iter().map(|slot| slot.gun.id).max().unwrap_or(0);
    for slot in slots {
        let (clockwise, counter) = (slot.at.get("cw"), slot.at.get("ccw"));
        if let Some(at) = &counter {
            neighbour(source, at, slot, slots, "cw");
        }
        let mc = slot.at.get("mc");
        let Some(cw) = clockwise else {
            if let Some(mc) = mc {
                source.not_needed(&mc, "leads nowhere: the slot has no clockwise neighbour");
            }
            continue;
        };
        let Some(other) = neighbour(source, &cw, slot, slots, "ccw") else {
            if let Some(mc) = mc {
                source.not_needed(&mc, "leads nowhere, see cw");
            }
            continue;
        };
        let ends = (slot.gun.id.min(other.gun.id), slot.gun.id.max(other.gun.id));
        if !joined.insert(ends) {
            if let Some(mc) = mc {
                let why = "a second contactor between the same two slots: one tie is enough, leave this one open";
                source.not_understood(&mc, Some("/ties"), why);
            }
            continue;
        }
        number = number.saturating_add(1);
        let place = joined.len() - 1;
        let target = format!("/ties/{place}");
        let name = mc.as_ref().and_then(At::text).unwrap_or_default();
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(32).collect();
        let name = if name.is_empty() { format!("tie{}", place + 1) } else { name };
        draft.set(&format!("{target}/id"), name);
        draft.add(
            &format!("{target}/contactor"),
            number,
            "the tie's number in the MCU's layout: to be checked. At rest it is open, where the older one was closed",
        );
        draft.set(&format!("{target}/between"), vec![slot.gun.id, other.gun.id]);
        if let Some(mc) = mc {
            let why = format!(
                "{} is taken for number {number} of the MCU's layout, to be checked; a tie is open at rest here",
                named(&mc)
            );
            source.changed(&mc, &format!("{target}/contactor"), why);
        }
    }
}

/// The neighbour that a slot names, if both agree.
fn neighbour<'s, 'a>(
    source: &mut Source<'_>,
    at: &At<'_>,
    slot: &Slot<'a>,
    slots: &'s [Slot<'a>],
    back: &str,
) -> Option<&'s Slot<'a>> {
    if at.value.as_u64() == Some(0) {
        source.not_needed(at, "the row of slots ends here");
        return None;
    }
    let other = at.value.as_u64().and_then(|id| slots.iter().find(|slot| slot.id == id));
    let Some(other) = other.filter(|other| other.id != slot.id) else {
        source.not_understood(at, Some("/ties"), "names no other slot of the file");
        return None;
    };
    let returns = other.at.get(back).and_then(|at| at.value.as_u64());
    if returns != Some(slot.id) {
        source.not_understood(at, Some("/ties"), format!("slot {} does not name it as its own neighbour", other.id));
        return None;
    }
    source.tell(at, super::Outcome::Taken, Some("/ties"), format!("a tie to connector {}", other.gun.id));
    Some(other)
}
