//! What may be in force now: the accepted configuration, but for what connectors that are not free still use.
//!
//! What a busy connector stands on (its own entry, chain, meter, monitor; the modules and buses of every slot that ties lead
//! to) stays as it is until it is free, except for the fields that apply now. Everything else is as accepted, as far as the
//! whole is a valid configuration: an entry that wants what is still in use waits as well.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use units::ConnectorId;

use crate::{Applies, Config, applies, diff, lowered::differ_in_limits_only};

/// What may be in force, and what is not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// A valid configuration.
    pub config: Config,
    /// What of the accepted one is not in it.
    pub waiting: Vec<Waiting>,
}

/// A change that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// JSON pointer of the field in the accepted configuration; of the list, for an entry that is to go.
    pub pointer: String,
    /// The connector that it waits for.
    pub connector: ConnectorId,
}

/// The lists whose entries go by an id.
const LISTS: [&str; 7] = ["can", "chains", "connectors", "ties", "modules", "meters", "isolation"];

/// Who uses which entry: list and id.
type Uses = BTreeMap<(&'static str, String), ConnectorId>;

/// What may be in force while `busy` connectors are not free.
pub fn effective(in_force: &Config, accepted: &Config, busy: &BTreeSet<ConnectorId>) -> Effective {
    // The change that is made most often, and the one that is in a hurry.
    if differ_in_limits_only(in_force, accepted) {
        return Effective { config: accepted.clone(), waiting: Vec::new() };
    }
    let busy: BTreeSet<_> = in_force.connectors.iter().map(|c| c.id).filter(|id| busy.contains(id)).collect();
    let Some(first) = busy.first().copied().filter(|_| in_force != accepted) else {
        return Effective { config: accepted.clone(), waiting: Vec::new() };
    };
    let uses = uses(in_force, &busy);
    let config =
        merged(in_force, accepted, &uses).or_else(|| cautious(in_force, accepted)).unwrap_or_else(|| in_force.clone());
    let waiting = waiting(&config, accepted, &uses, first);
    Effective { config, waiting }
}

/// The entries that busy connectors stand on.
fn uses(config: &Config, busy: &BTreeSet<ConnectorId>) -> Uses {
    let mut uses = Uses::new();
    for &by in busy {
        let mut slots = BTreeSet::from([by]);
        // Ties lead from slot to slot; whatever they reach may carry this connector.
        loop {
            let reached = config.ties.iter().filter(|tie| tie.between.iter().any(|end| slots.contains(end)));
            let more: Vec<_> = reached.flat_map(|tie| tie.between).filter(|end| !slots.contains(end)).collect();
            if more.is_empty() {
                break;
            }
            slots.extend(more);
        }
        let mut note = |list: &'static str, id: String| {
            uses.entry((list, id)).or_insert(by);
        };
        for tie in config.ties.iter().filter(|tie| tie.between.iter().any(|end| slots.contains(end))) {
            note("ties", tie.id.clone());
        }
        for connector in config.connectors.iter().filter(|connector| slots.contains(&connector.id)) {
            note("connectors", connector.id.to_string());
            note("chains", connector.chain.to_string());
            note("meters", connector.meter.clone());
            if let Some(monitor) = &connector.isolation {
                note("isolation", monitor.clone());
            }
            for module in config.modules.iter().filter(|module| connector.modules.contains(&module.id)) {
                note("modules", module.id.to_string());
                note("can", module.can.clone());
            }
        }
    }
    uses
}

/// The accepted tree with the entries in use kept, and without the ones that get in their way.
fn merged(in_force: &Config, accepted: &Config, uses: &Uses) -> Option<Config> {
    let (old, new) = (tree(in_force)?, tree(accepted)?);
    let mut merged = new.clone();
    keep(&mut merged, &old, "mcu");
    let mut kept = BTreeMap::new();
    for list in LISTS {
        let (before, after) = (entries(&old, list), entries(&new, list));
        let used = |entry: &&Value| id(entry).is_some_and(|id| uses.contains_key(&(list, id)));
        // Those in use come first, so that a conflict is told of the other one.
        let mut whole: Vec<Value> = before
            .iter()
            .filter(used)
            .map(|entry| match find(after, entry) {
                Some(newer) => only_now(list, entry, newer),
                None => entry.clone(),
            })
            .collect();
        kept.insert(list, whole.len());
        whole.extend(after.iter().filter(|entry| !used(entry)).cloned());
        merged.insert(list.to_owned(), whole.into());
    }
    // Each round takes back or leaves out at least one entry.
    let rounds = 2 * LISTS.iter().map(|list| entries(&merged, list).len()).sum::<usize>();
    for _ in 0..=rounds {
        let config: Config = serde_json::from_value(Value::Object(merged.clone())).ok()?;
        let mistakes = config.mistakes();
        if mistakes.is_empty() {
            return Some(in_order(config, accepted));
        }
        let mut wrong: Vec<(&str, usize)> = Vec::new();
        for mistake in &mistakes {
            let mut tokens = mistake.pointer.split('/').skip(1);
            let list = tokens.next().and_then(|name| LISTS.iter().find(|list| **list == name))?;
            let index: usize = tokens.next()?.parse().ok()?;
            if index < kept.get(list).copied().unwrap_or(0) {
                return None;
            }
            wrong.push((list, index));
        }
        wrong.sort_unstable();
        wrong.dedup();
        for (list, index) in wrong.into_iter().rev() {
            let Some(Value::Array(whole)) = merged.get_mut(list) else { return None };
            let entry = whole.get(index).cloned()?;
            match find(entries(&old, list), &entry) {
                Some(older) if *older != entry => *whole.get_mut(index)? = older.clone(),
                _ => drop(whole.remove(index)),
            }
        }
    }
    None
}

/// The one in force with nothing but what applies now.
fn cautious(in_force: &Config, accepted: &Config) -> Option<Config> {
    let (old, new) = (tree(in_force)?, tree(accepted)?);
    let mut merged = new.clone();
    keep(&mut merged, &old, "mcu");
    for list in LISTS {
        let after = entries(&new, list);
        let whole = entries(&old, list).iter();
        let whole = whole.map(|entry| find(after, entry).map_or(entry.clone(), |newer| only_now(list, entry, newer)));
        merged.insert(list.to_owned(), whole.collect());
    }
    let config: Config = serde_json::from_value(Value::Object(merged)).ok()?;
    config.mistakes().is_empty().then_some(config)
}

/// What of the accepted one is not in force.
fn waiting(config: &Config, accepted: &Config, uses: &Uses, first: ConnectorId) -> Vec<Waiting> {
    let accepted_tree = tree(accepted).unwrap_or_default();
    let changes = diff(config, accepted).into_iter();
    let waiting = changes.map(|change| {
        let mut tokens = change.pointer.split('/').skip(1);
        let list = tokens.next().and_then(|name| LISTS.iter().find(|list| **list == name));
        let (Some(list), Some(index)) = (list, tokens.next().and_then(|index| index.parse::<usize>().ok())) else {
            return Waiting { pointer: change.pointer, connector: first };
        };
        if change.after.is_none() && tokens.next().is_none() {
            let going = change.before.as_ref().and_then(id).and_then(|id| uses.get(&(list, id)));
            return Waiting { pointer: format!("/{list}"), connector: going.copied().unwrap_or(first) };
        }
        let id = entries(&accepted_tree, list).get(index).and_then(id);
        let connector = id.and_then(|id| uses.get(&(list, id))).copied().unwrap_or(first);
        Waiting { pointer: change.pointer, connector }
    });
    waiting.collect()
}

fn tree(config: &Config) -> Option<Map<String, Value>> {
    match serde_json::to_value(config) {
        Ok(Value::Object(tree)) => Some(tree),
        _ => None,
    }
}

fn entries<'a>(tree: &'a Map<String, Value>, list: &str) -> &'a [Value] {
    tree.get(list).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// What an entry goes by.
fn id(entry: &Value) -> Option<String> {
    match entry.get("id")? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn find<'a>(entries: &'a [Value], like: &Value) -> Option<&'a Value> {
    let wanted = id(like)?;
    entries.iter().find(|entry| id(entry).as_deref() == Some(&wanted))
}

/// An entry as it is, with those fields of a newer one that apply now.
fn only_now(list: &str, entry: &Value, newer: &Value) -> Value {
    let (Value::Object(entry), Value::Object(newer)) = (entry, newer) else { return entry.clone() };
    let mut merged = entry.clone();
    let fields: BTreeSet<&String> = entry.keys().chain(newer.keys()).collect();
    for field in fields {
        if applies(&format!("/{list}/0/{field}")) == Applies::Now && field != "id" {
            match newer.get(field) {
                Some(value) => drop(merged.insert(field.clone(), value.clone())),
                None => drop(merged.remove(field)),
            }
        }
    }
    Value::Object(merged)
}

/// Leaves a section as it is, but for its fields that apply now.
fn keep(merged: &mut Map<String, Value>, old: &Map<String, Value>, section: &str) {
    let (Some(Value::Object(older)), Some(Value::Object(newer))) = (old.get(section), merged.get_mut(section)) else {
        return;
    };
    for (field, value) in older {
        if applies(&format!("/{section}/{field}")) == Applies::NextSession {
            newer.insert(field.clone(), value.clone());
        }
    }
}

/// The lists in the order of the accepted configuration.
fn in_order(mut config: Config, accepted: &Config) -> Config {
    fn sort<T, K: PartialEq>(list: &mut [T], order: &[T], key: impl Fn(&T) -> K) {
        list.sort_by_key(|entry| order.iter().position(|other| key(other) == key(entry)).unwrap_or(usize::MAX));
    }
    sort(&mut config.can, &accepted.can, |entry| entry.id.clone());
    sort(&mut config.chains, &accepted.chains, |entry| entry.id.clone());
    sort(&mut config.connectors, &accepted.connectors, |entry| entry.id);
    sort(&mut config.ties, &accepted.ties, |entry| entry.id.clone());
    sort(&mut config.modules, &accepted.modules, |entry| entry.id.clone());
    sort(&mut config.meters, &accepted.meters, |entry| entry.id.clone());
    sort(&mut config.isolation, &accepted.isolation, |entry| entry.id.clone());
    config
}
