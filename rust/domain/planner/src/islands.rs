//! The islands of one strip: an exact search for the best among all that are allowed.
//!
//! Between two claims that follow each other lie slots of which one takes some from its side and the other some from its own.
//! So the best of all combinations is found from claim to claim, keeping for each number of slots taken forth the best
//! way to get there (dynamic programming); in a ring once for each beginning.

use units::{Mono, Watts};

use crate::{
    Memory, Plant,
    route::{Layout, REACH, welded},
    strip::{Strip, Way},
};

/// A run of slots around its owner's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Island {
    /// The owner's place in the strip.
    pub(crate) place: usize,
    /// Slots taken one way.
    pub(crate) back: usize,
    /// Slots taken the other way.
    pub(crate) forth: usize,
}

/// What a choice costs, the worst first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cost {
    /// What is missing, squared over the weight.
    missing: u64,
    /// Slots of others.
    borrowed: u32,
    /// Slots that change hands.
    changed: u32,
    /// Long ways.
    spread: u32,
}

impl Cost {
    fn plus(self, other: Self) -> Self {
        Self {
            missing: self.missing.saturating_add(other.missing),
            borrowed: self.borrowed.saturating_add(other.borrowed),
            changed: self.changed.saturating_add(other.changed),
            spread: self.spread.saturating_add(other.spread),
        }
    }
}

/// One island that a claim could have, and its cost.
#[derive(Clone, Copy, Debug)]
struct Choice {
    island: Island,
    cost: Cost,
}

/// A claim with all that it could have.
#[derive(Clone, Debug)]
struct Claimant {
    place: usize,
    choices: Vec<Choice>,
}

/// The best way to have taken so many slots forth.
#[derive(Clone, Copy, Debug)]
struct Best {
    cost: Cost,
    island: Island,
    /// How many the one before took forth.
    before: usize,
}

/// The best islands of a strip.
pub(crate) fn islands(layout: &Layout, plant: &Plant<'_>, strip: &Strip, memory: &Memory, now: Mono) -> Vec<Island> {
    // What is held gives way only where nothing else fits.
    let held = search(strip, &claimants(layout, plant, strip, memory, Some(now)));
    held.or_else(|| search(strip, &claimants(layout, plant, strip, memory, None))).unwrap_or_default()
}

fn claimants(
    layout: &Layout,
    plant: &Plant<'_>,
    strip: &Strip,
    memory: &Memory,
    holding: Option<Mono>,
) -> Vec<Claimant> {
    let claims = strip.slots.iter().enumerate().filter(|(_, slot)| {
        let blocked = layout.blocked.get(**slot).copied().unwrap_or(true);
        !blocked && plant.slots.get(**slot).is_some_and(|slot| slot.role.claims())
    });
    let claimants =
        claims.map(|(place, _)| Claimant { place, choices: choices(layout, plant, strip, place, memory, holding) });
    claimants.filter(|claimant| !claimant.choices.is_empty()).collect()
}

/// What taking so many slots one way brings.
#[derive(Clone, Copy, Debug)]
struct Arm {
    /// Whether the island may end here: not at a tie that does not open.
    ends: bool,
    /// What the modules of the slots taken could deliver.
    power: Watts,
    /// How many of the slots it had.
    had: usize,
    /// Whether it had all of them.
    all_had: bool,
}

/// Every island that a claim could have by itself.
fn choices(
    layout: &Layout,
    plant: &Plant<'_>,
    strip: &Strip,
    place: usize,
    memory: &Memory,
    holding: Option<Mono>,
) -> Vec<Choice> {
    let own = strip.slot(place);
    let Some(slot) = plant.slots.get(own) else { return Vec::new() };
    let (mut had_slots, mut had_power) = (0, Watts::ZERO);
    for (index, _) in memory.route.owners.iter().enumerate().filter(|(_, owner)| **owner == Some(own)) {
        had_slots += 1;
        had_power += layout.power_of(plant, index, slot.voltage);
    }
    let had_own = usize::from(memory.route.owners.get(own).copied().flatten() == Some(own));
    let back = arms(layout, plant, strip, place, Way::Back, memory);
    let forth = arms(layout, plant, strip, place, Way::Forth, memory);
    let held = holding.is_some_and(|now| memory.hold.get(own).is_some_and(|until| now < *until));
    // The longest run of what it had is kept, if the island may end there.
    let least = |arms: &[Arm]| if held { arms.iter().rposition(|arm| arm.ends && arm.all_had).unwrap_or(0) } else { 0 };
    let (least_back, least_forth) = (least(&back), least(&forth));
    let home = layout.power_of(plant, own, slot.voltage);
    let mut choices = Vec::with_capacity(back.len() * forth.len());
    for (b, one) in back.iter().enumerate().skip(least_back).filter(|(_, arm)| arm.ends) {
        for (f, other) in forth.iter().enumerate().skip(least_forth).filter(|(_, arm)| arm.ends) {
            if strip.ring && b + f >= strip.slots.len() {
                break;
            }
            let power = home + one.power + other.power;
            let kept = had_own + one.had + other.had;
            // Less than it had must be enough with a tenth to spare.
            let target = if power < had_power { Watts(slot.target.get().saturating_mul(10) / 9) } else { slot.target };
            let missing = u64::try_from((target - power).get().clamp(0, 1 << 31)).unwrap_or(0);
            let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let cost = Cost {
                missing: missing.saturating_mul(missing) / u64::from(slot.weight.max(1)),
                borrowed: count(b + f),
                changed: count((b + f + 1).saturating_sub(kept) + usize::saturating_sub(had_slots, kept)),
                spread: count(b * b + f * f),
            };
            choices.push(Choice { island: Island { place, back: b, forth: f }, cost });
        }
    }
    choices
}

/// What taking none, one, two and so on brings, as far as that way is free.
fn arms(layout: &Layout, plant: &Plant<'_>, strip: &Strip, place: usize, way: Way, memory: &Memory) -> Vec<Arm> {
    let own = strip.slot(place);
    let borrows = layout.borrows(plant, own);
    let voltage = plant.slots.get(own).map(|slot| slot.voltage).unwrap_or_default();
    let mut arms = Vec::with_capacity(4);
    let mut arm = Arm { ends: true, power: Watts::ZERO, had: 0, all_had: true };
    let mut at = place;
    while arms.len() <= REACH {
        let Some((next, tie)) = strip.next(at, way).filter(|(next, _)| *next != place) else {
            arms.push(Arm { ends: true, ..arm });
            break;
        };
        let slot = strip.slot(next);
        arms.push(Arm { ends: !welded(plant, tie), ..arm });
        if !layout.enterable(plant, borrows, tie, slot) {
            break;
        }
        let had = memory.route.owners.get(slot).copied().flatten() == Some(own);
        arm.power += layout.power_of(plant, slot, voltage);
        arm.had += usize::from(had);
        arm.all_had &= had;
        at = next;
    }
    arms
}

/// Slots that lie between a claim and the next one.
fn between(strip: &Strip, one: &Claimant, next: &Claimant) -> usize {
    let count = strip.slots.len();
    let span = if next.place > one.place { next.place - one.place } else { next.place + count - one.place };
    span - 1
}

/// The cheapest choice for each claim such that no slot is taken twice; `None` if there is no such.
fn search(strip: &Strip, claimants: &[Claimant]) -> Option<Vec<Island>> {
    let (first, rest) = claimants.split_first()?;
    if !strip.ring {
        return run(first, rest, strip, None).map(|(_, islands)| islands);
    }
    // Around a ring the last one meets the first: once for each number of slots that the first takes back.
    let last = claimants.last()?;
    let gap = between(strip, last, first);
    let mut beginnings: Vec<usize> = first.choices.iter().map(|choice| choice.island.back).collect();
    beginnings.dedup();
    let runs = beginnings.into_iter().filter_map(|back| run(first, rest, strip, Some((back, gap.checked_sub(back)?))));
    // Of equals the first one found, always.
    runs.reduce(|best, other| if other.0 < best.0 { other } else { best }).map(|(_, islands)| islands)
}

/// From claim to claim. In a ring the first takes `back` and the last leaves as much.
fn run(
    first: &Claimant,
    rest: &[Claimant],
    strip: &Strip,
    ring: Option<(usize, usize)>,
) -> Option<(Cost, Vec<Island>)> {
    let mut tables: Vec<Vec<Option<Best>>> = Vec::with_capacity(rest.len() + 1);
    let mut table: Vec<Option<Best>> = Vec::new();
    for choice in first.choices.iter().filter(|choice| ring.is_none_or(|(back, _)| choice.island.back == back)) {
        offer(&mut table, choice, Cost::default(), 0);
    }
    let mut previous = first;
    for claimant in rest {
        let gap = between(strip, previous, claimant);
        // The best with at most so many taken forth.
        let mut up_to: Vec<Option<(Cost, usize)>> = Vec::with_capacity(table.len());
        for (forth, best) in table.iter().enumerate() {
            let lower = up_to.last().copied().flatten();
            let own = best.map(|best| (best.cost, forth));
            up_to.push(match (lower, own) {
                (Some(lower), Some(own)) if own.0 < lower.0 => Some(own),
                (Some(lower), _) => Some(lower),
                (None, own) => own,
            });
        }
        let mut next: Vec<Option<Best>> = Vec::new();
        for choice in &claimant.choices {
            let Some(left) = gap.checked_sub(choice.island.back) else { continue };
            let Some((cost, before)) = up_to.get(left.min(up_to.len().saturating_sub(1))).copied().flatten() else {
                continue;
            };
            offer(&mut next, choice, cost, before);
        }
        tables.push(std::mem::replace(&mut table, next));
        previous = claimant;
    }
    let leaves = ring.map_or(usize::MAX, |(_, leaves)| leaves);
    let ends = table.iter().enumerate().filter_map(|(forth, best)| Some((forth, (*best)?)));
    let (_, mut best) = ends.filter(|(forth, _)| *forth <= leaves).min_by_key(|(_, best)| best.cost)?;
    let cost = best.cost;
    let mut islands = vec![best.island];
    for table in tables.iter().rev() {
        best = table.get(best.before).copied().flatten()?;
        islands.push(best.island);
    }
    islands.reverse();
    Some((cost, islands))
}

/// Notes a choice if it is the best way to its number of slots taken forth.
fn offer(table: &mut Vec<Option<Best>>, choice: &Choice, so_far: Cost, before: usize) {
    let forth = choice.island.forth;
    if table.len() <= forth {
        table.resize(forth + 1, None);
    }
    let cost = choice.cost.plus(so_far);
    if let Some(entry) = table.get_mut(forth)
        && entry.is_none_or(|best| cost < best.cost)
    {
        *entry = Some(Best { cost, island: choice.island, before });
    }
}
