//! How many of an island's modules a connector needs.

use units::Watts;

use crate::{Plant, Slot, route::Layout};

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
    owner: usize,
    owners: &[Option<usize>],
    before: &[Option<usize>],
    held: bool,
) -> Vec<usize> {
    let mut near: Vec<(usize, usize)> = Vec::new();
    for strip in &layout.strips {
        let Some(home) = strip.slots.iter().position(|own| *own == owner) else { continue };
        let count = strip.slots.len();
        for (place, index) in strip.slots.iter().enumerate() {
            if owners.get(*index).copied().flatten() != Some(owner) {
                continue;
            }
            let direct = place.abs_diff(home);
            let distance = if strip.ring { direct.min(count - direct) } else { direct };
            near.extend(layout.homes.get(*index).into_iter().flatten().map(|module| (distance, *module)));
        }
    }
    near.sort_unstable();
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
