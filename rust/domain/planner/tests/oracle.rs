//! The router against brute force: every way to give the slots away, judged from first principles.
#![cfg(test)]

use std::time::Duration;

use planner::{Borrowing, Memory, Module, Plant, Position, Role, Slot, Tie, TieState, route};
use proptest::prelude::*;
use units::{Milliamps, Millivolts, Mono, Watts};

#[derive(Clone, Debug)]
struct Cabinet {
    slots: Vec<Slot>,
    modules: Vec<Module>,
    ties: Vec<Tie>,
    borrowing: Borrowing,
}

impl Cabinet {
    fn plant(&self) -> Plant<'_> {
        let Self { slots, modules, ties, borrowing } = self;
        Plant { slots, modules, ties, borrowing: *borrowing, hold: Duration::ZERO }
    }

    fn power(&self, slot: usize) -> i64 {
        let home = self.modules.iter().filter(|module| module.slot == slot);
        home.map(|module| module.at(self.slots[slot].voltage).get()).sum()
    }
}

fn claims(slot: &Slot) -> bool {
    matches!(slot.role, Role::Preparing | Role::Charging)
}

/// Whether the slots of an owner hang together over ties that close.
fn hangs_together(cabinet: &Cabinet, owners: &[Option<usize>], owner: usize) -> bool {
    let mut reached = vec![owner];
    loop {
        let more = cabinet.ties.iter().filter(|tie| tie.state != TieState::Broken).find_map(|tie| {
            let (a, b) = tie.between;
            let next = match (reached.contains(&a), reached.contains(&b)) {
                (true, false) => b,
                (false, true) => a,
                _ => return None,
            };
            (owners[next] == Some(owner)).then_some(next)
        });
        match more {
            Some(next) => reached.push(next),
            None => return (0..owners.len()).all(|slot| owners[slot] != Some(owner) || reached.contains(&slot)),
        }
    }
}

/// Whether a way to give the slots away is allowed.
fn allowed(cabinet: &Cabinet, owners: &[Option<usize>]) -> bool {
    owners.iter().enumerate().all(|(index, owner)| match owner {
        None => !claims(&cabinet.slots[index]),
        Some(owner) if *owner == index => claims(&cabinet.slots[index]),
        Some(owner) => {
            let borrower = &cabinet.slots[*owner];
            let may = borrower.role == Role::Charging || cabinet.power(*owner) == 0;
            cabinet.borrowing == Borrowing::On
                && cabinet.slots[index].role == Role::Idle
                && claims(borrower)
                && may
                && hangs_together(cabinet, owners, *owner)
        }
    })
}

/// What is looked for, in order: little missing, few borrowed, few changed.
fn cost(cabinet: &Cabinet, owners: &[Option<usize>], before: &[Option<usize>]) -> (u64, usize, usize) {
    let (mut missing, mut borrowed, mut changed) = (0, 0, 0);
    for (owner, slot) in cabinet.slots.iter().enumerate().filter(|(_, slot)| claims(slot)) {
        let of = |owners: &[Option<usize>]| -> i64 {
            (0..owners.len()).filter(|index| owners[*index] == Some(owner)).map(|index| cabinet.power(index)).sum()
        };
        let power = of(owners);
        let target = if power < of(before) { slot.target.get() * 10 / 9 } else { slot.target.get() };
        let short = u64::try_from((target - power).max(0)).unwrap();
        missing += short * short / u64::from(slot.weight);
        borrowed += (0..owners.len()).filter(|index| owners[*index] == Some(owner) && *index != owner).count();
        changed += (0..owners.len())
            .filter(|index| (owners[*index] == Some(owner)) != (before.get(*index).copied().flatten() == Some(owner)))
            .count();
    }
    (missing, borrowed, changed)
}

/// The best of all ways.
fn brute_force(cabinet: &Cabinet, before: &[Option<usize>]) -> (u64, usize, usize) {
    let count = cabinet.slots.len();
    let ways = (count + 1).pow(u32::try_from(count).unwrap());
    let ways = (0..ways).map(|mut way| {
        (0..count)
            .map(|_| {
                let owner = (way % (count + 1)).checked_sub(1);
                way /= count + 1;
                owner
            })
            .collect::<Vec<Option<usize>>>()
    });
    ways.filter(|owners| allowed(cabinet, owners)).map(|owners| cost(cabinet, &owners, before)).min().unwrap()
}

fn slot() -> impl Strategy<Value = Slot> {
    let role = prop_oneof![
        4 => Just(Role::Idle),
        1 => Just(Role::Waiting),
        1 => Just(Role::Preparing),
        4 => Just(Role::Charging),
        1 => Just(Role::Barred),
    ];
    (role, 0_i64..8, 1_u32..4).prop_map(|(role, tens, weight)| Slot {
        role,
        target: Watts(tens * 10_000),
        voltage: Millivolts::from_volts(800),
        weight,
        since: Mono::BOOT,
    })
}

fn cabinets() -> impl Strategy<Value = Cabinet> {
    (prop::collection::vec(slot(), 1..6), any::<bool>(), prop::bool::weighted(0.9)).prop_flat_map(
        |(slots, ring, on)| {
            let count = slots.len();
            let module = (0..count, 0_i64..4).prop_map(|(slot, tens)| Module {
                slot,
                power: Watts(tens * 10_000),
                current: Milliamps::from_amps(500),
            });
            let joined = if ring && count > 1 { count } else { count - 1 };
            let tie = prop_oneof![6 => Just(TieState::Good), 1 => Just(TieState::Broken)];
            (Just(slots), prop::collection::vec(module, 0..10), prop::collection::vec(tie, joined)).prop_map(
                move |(slots, modules, states)| Cabinet {
                    ties: (0..joined)
                        .map(|index| Tie { between: (index, (index + 1) % count), state: states[index] })
                        .collect(),
                    slots,
                    modules,
                    borrowing: if on { Borrowing::On } else { Borrowing::Off },
                },
            )
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_way_to_route_is_better_than_the_one_found(cabinet in cabinets(), later in prop::collection::vec(slot(), 6)) {
        let mut memory = Memory::default();
        let first = route(&cabinet.plant(), &mut memory, Mono::BOOT);
        prop_assert!(allowed(&cabinet, &first.owners), "{first:?}");
        let none = vec![None; cabinet.slots.len()];
        prop_assert_eq!(cost(&cabinet, &first.owners, &none), brute_force(&cabinet, &none));
        // And from there on, when everything is another way.
        let mut cabinet = cabinet;
        for (slot, later) in cabinet.slots.iter_mut().zip(later) {
            *slot = later;
        }
        let second = route(&cabinet.plant(), &mut memory, Mono::BOOT);
        prop_assert!(allowed(&cabinet, &second.owners), "{second:?}");
        prop_assert_eq!(cost(&cabinet, &second.owners, &first.owners), brute_force(&cabinet, &first.owners));
        // Nothing changed: nothing changes.
        prop_assert_eq!(&route(&cabinet.plant(), &mut memory, Mono::BOOT).owners, &second.owners);
    }

    #[test]
    fn a_tie_is_closed_exactly_inside_an_island_but_for_one_break(cabinet in cabinets()) {
        let route = route(&cabinet.plant(), &mut Memory::default(), Mono::BOOT);
        for (tie, position) in cabinet.ties.iter().zip(&route.ties) {
            let (a, b) = (route.owners[tie.between.0], route.owners[tie.between.1]);
            prop_assert!(*position == Position::Open || (a == b && a.is_some() && tie.state != TieState::Broken));
        }
        for owner in 0..cabinet.slots.len() {
            let slots = route.owners.iter().filter(|own| **own == Some(owner)).count();
            let ties = cabinet.ties.iter().zip(&route.ties).filter(|(tie, position)| {
                **position == Position::Closed && route.owners[tie.between.0] == Some(owner)
            });
            // Slots that hang together by one tie less than they are: nothing is closed twice.
            prop_assert_eq!(ties.count(), slots.saturating_sub(1));
        }
        for (module, engaged) in cabinet.modules.iter().zip(&route.engaged) {
            prop_assert!(engaged.is_none() || *engaged == route.owners[module.slot]);
        }
    }
}
