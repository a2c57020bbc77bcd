//! How many of an island's modules a connector needs.

use units::Watts;

use crate::{
    Plant, Slot,
    route::Layout,
    strip::{Strip, Way},
};

/// Modules are added until the load is at most this much of what they can do, in percent: there they work best.
const FULL: i64 = 80;
/// One is given back when the others would then be loaded by at most this much.
const EASY: i64 = 70;

/// The modules to engage for a connector: its own first, then the nearest; as few as carry its target well. What is engaged stays
/// while it is `held`, and until fewer could do with ease.
pub(crate) fn engage(
    layout: &Layout,
    plant: &Plant<'_>,
    slot: &Slot,
    (strip, place): (&Strip, usize),
    owners: &[Option<usize>],
    before: &[Option<usize>],
    held: bool,
) -> Vec<usize> {
    let owner = strip.slot(place);
    let at_home = layout.homes.get(owner).into_iter().flatten();
    let mut near: Vec<(usize, usize)> = at_home.map(|module| (0, *module)).collect();
    for way in [Way::Back, Way::Forth] {
        let mut at = place;
        for distance in 1..strip.slots.len() {
            let Some((next, _)) = strip.next(at, way).filter(|(next, _)| *next != place) else { break };
            let slot_there = strip.slot(next);
            if owners.get(slot_there).copied().flatten() != Some(owner) {
                break;
            }
            near.extend(layout.homes.get(slot_there).into_iter().flatten().map(|module| (distance, *module)));
            at = next;
        }
    }
    near.sort_unstable();
    // A ring that is all one owner's was walked both ways.
    let mut seen = Vec::with_capacity(near.len());
    near.retain(|(_, module)| {
        let new = !seen.contains(module);
        seen.push(*module);
        new
    });
    let power = |module: usize| plant.modules.get(module).map_or(Watts::ZERO, |module| module.at(slot.voltage));
    let enough = |percent: i64| {
        let mut sum = Watts::ZERO;
        let needed = slot.target.get().saturating_mul(100);
        let last = near.iter().position(|(_, module)| {
            sum += power(*module);
            needed <= sum.get().saturating_mul(percent)
        });
        last.map_or(near.len(), |last| last + 1)
    };
    let had = near.iter().filter(|(_, module)| before.get(*module).copied().flatten() == Some(owner)).count();
    let wanted = match enough(FULL) {
        more if more >= had => more,
        _ if held => had,
        _ => enough(EASY).min(had),
    };
    near.into_iter().take(wanted).map(|(_, module)| module).collect()
}
