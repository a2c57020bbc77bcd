//! While connectors are busy, what they stand on stays; everything else is as accepted, and the whole is always valid.
#![cfg(test)]

use std::collections::BTreeSet;

use config::{Config, Waiting, effective, from_toml};
use proptest::prelude::*;
use units::ConnectorId;

const GOOD: &str = include_str!("cabinet.toml");

fn connector(id: u8) -> ConnectorId {
    ConnectorId::new(id).unwrap()
}

fn busy(ids: &[u8]) -> BTreeSet<ConnectorId> {
    ids.iter().copied().map(connector).collect()
}

fn good() -> Config {
    from_toml(GOOD).unwrap()
}

fn changed(change: impl Fn(&mut Config)) -> Config {
    let mut config = good();
    change(&mut config);
    assert_eq!(config.mistakes(), []);
    config
}

fn pointers(waiting: &[Waiting]) -> Vec<(&str, u8)> {
    waiting.iter().map(|waiting| (waiting.pointer.as_str(), waiting.connector.get())).collect()
}

#[test]
fn with_nobody_busy_everything_applies() {
    let accepted = changed(|config| config.connectors[0].evse_id = "DE*NEW*E1".into());
    let now = effective(&good(), &accepted, &busy(&[]));
    assert_eq!((now.config, now.waiting), (accepted, vec![]));
}

#[test]
fn a_busy_connector_keeps_its_entry_but_for_what_applies_now() {
    let accepted = changed(|config| {
        config.site.limit_w = 10_000;
        config.connectors[0].evse_id = "DE*NEW*E1".into();
        config.connectors[0].max_power_w = 20_000;
        config.connectors[1].evse_id = "DE*NEW*E2".into();
    });
    let now = effective(&good(), &accepted, &busy(&[1]));
    assert_eq!(now.config.site.limit_w, 10_000);
    assert_eq!(now.config.connectors[0].evse_id, good().connectors[0].evse_id);
    assert_eq!(now.config.connectors[0].max_power_w, 20_000);
    assert_eq!(now.config.connectors[1].evse_id, "DE*NEW*E2");
    assert_eq!(pointers(&now.waiting), [("/connectors/0/evse_id", 1)]);
    let free = effective(&now.config, &accepted, &busy(&[]));
    assert_eq!(free.config, accepted);
}

#[test]
fn a_removed_connector_stays_until_it_is_free() {
    let accepted = changed(|config| {
        config.connectors.remove(0);
        config.meters.remove(0);
        config.modules.remove(0);
    });
    let now = effective(&good(), &accepted, &busy(&[1]));
    assert_eq!(now.config.connectors.len(), 2);
    assert_eq!(pointers(&now.waiting), [("/connectors", 1), ("/meters", 1), ("/modules", 1)]);
    assert_eq!(effective(&good(), &accepted, &busy(&[2])).config, accepted);
}

#[test]
fn a_module_in_use_keeps_its_address_and_whoever_wants_it_waits() {
    let accepted = changed(|config| {
        config.modules[0].address = 7;
        config.modules[1].address = 0;
    });
    let now = effective(&good(), &accepted, &busy(&[1]));
    assert_eq!(now.config.modules[0].address, 0);
    assert_eq!(now.config.modules[1].address, 1, "address 0 is still taken");
    assert_eq!(pointers(&now.waiting), [("/modules/0/address", 1), ("/modules/1/address", 1)]);
}

#[test]
fn a_meter_that_moves_to_another_connector_waits_for_both() {
    let accepted = changed(|config| {
        config.connectors[0].meter = "meter2".into();
        config.connectors[1].meter = "meter1".into();
    });
    let now = effective(&good(), &accepted, &busy(&[1]));
    assert_eq!(now.config.connectors[0].meter, "meter1");
    assert_eq!(now.config.connectors[1].meter, "meter2");
}

#[test]
fn what_ties_lead_to_is_in_use_too() {
    let tied = |config: &mut Config| {
        let contactor = units::ContactorId(9);
        config.ties.push(config::Tie { id: "t".into(), contactor, between: [connector(1), connector(2)] });
    };
    let in_force = changed(tied);
    let accepted = changed(|config| {
        tied(config);
        config.modules[1].address = 9;
    });
    let now = effective(&in_force, &accepted, &busy(&[1]));
    assert_eq!(pointers(&now.waiting), [("/modules/1/address", 1)]);
}

#[test]
fn a_new_chain_and_connector_come_at_once() {
    let accepted = changed(|config| {
        let mut chain = config.chains[0].clone();
        chain.id = units::ChainId::new("second").unwrap();
        config.chains.push(chain);
        let mut third = config.connectors[1].clone();
        let (mut meter, mut module) = (config.meters[1].clone(), config.modules[1].clone());
        (third.id, third.contactor, third.chain) = (connector(3), units::ContactorId(3), config.chains[1].id.clone());
        (third.interface, third.evse_id, third.isolation) = ("plc3".into(), "DE*JPT*E0001*3".into(), None);
        (meter.id, meter.address) = ("meter3".into(), 33);
        (module.id, module.address) = (units::ModuleId::new("m2").unwrap(), 12);
        (third.meter, third.modules) = (meter.id.clone(), vec![module.id.clone()]);
        config.connectors.push(third);
        config.meters.push(meter);
        config.modules.push(module);
    });
    assert_eq!(effective(&good(), &accepted, &busy(&[1, 2])).config, accepted);
}

/// An edit of the example, by number.
fn edit(config: &mut Config, n: u8, by: u8) {
    let i = usize::from(by) % config.connectors.len();
    match n % 10 {
        0 => config.site.limit_w = i64::from(by) * 1_000,
        1 => config.connectors[i].evse_id = format!("DE*ABC*E{by}"),
        2 => config.modules.iter_mut().for_each(|module| module.address = (module.address + by % 60) % 60),
        3 => config.connectors.swap(0, 1),
        4 => {
            let meter = config.connectors[0].meter.clone();
            config.connectors[0].meter = std::mem::replace(&mut config.connectors[1].meter, meter);
        }
        5 => {
            let contactor = config.connectors[0].contactor;
            config.connectors[0].contactor = std::mem::replace(&mut config.connectors[1].contactor, contactor);
        }
        6 if config.connectors.len() > 1 => drop(config.connectors.remove(i)),
        7 => config.meters.iter_mut().for_each(|meter| meter.address = 1 + (meter.address + by % 90) % 90),
        8 => config.connectors[i].max_current_a = 1 + i64::from(by),
        _ => config.planner.ramp_a_per_s = 1 + i64::from(by),
    }
}

proptest! {
    #[test]
    fn always_valid_and_as_accepted_once_all_are_free(
        edits in prop::collection::vec((0_u8..10, any::<u8>()), 1..6),
        who in prop::collection::btree_set(1_u8..3, 0..3),
    ) {
        let mut accepted = good();
        for (n, by) in edits {
            let mut next = accepted.clone();
            if next.connectors.len() > 1 || !matches!(n, 3..=5) {
                edit(&mut next, n, by);
            }
            if next.mistakes().is_empty() {
                accepted = next;
            }
        }
        let who: BTreeSet<_> = who.into_iter().map(connector).collect();
        let in_force = good();
        let now = effective(&in_force, &accepted, &who);
        prop_assert_eq!(now.config.mistakes(), vec![]);
        for id in &who {
            let of = |config: &Config| config.connectors.iter().find(|c| c.id == *id).cloned().unwrap();
            let (was, is) = (of(&in_force), of(&now.config));
            prop_assert_eq!((was.meter, was.modules, was.contactor, was.evse_id), (is.meter, is.modules, is.contactor, is.evse_id));
        }
        prop_assert_eq!(now.waiting.is_empty(), now.config == accepted);
        prop_assert_eq!(effective(&now.config, &accepted, &BTreeSet::new()).config, accepted);
    }
}
