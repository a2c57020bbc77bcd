//! Which whole modules feed which connector, over which ties.

use core::time::Duration;

use units::{Milliamps, Millivolts, Mono, Watts};

use crate::{
    engage::engage,
    islands::{Island, islands},
    strip::{Strip, Way, strips},
};

/// What may be routed.
#[derive(Clone, Copy, Debug)]
pub struct Plant<'a> {
    /// The slots; slot `i` is the home of connector `i`.
    pub slots: &'a [Slot],
    /// The power modules.
    pub modules: &'a [Module],
    /// The ties between slots. At most two a slot are used.
    pub ties: &'a [Tie],
    /// Whether a connector may use others' modules.
    pub borrowing: Borrowing,
    /// A connector keeps at least so long what it was given.
    pub hold: Duration,
}

/// Whether a connector may use modules of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Borrowing {
    /// No.
    #[default]
    Off,
    /// Of slots at rest.
    On,
}

/// A connector with its home modules on one bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// What it does.
    pub role: Role,
    /// The power that it should be able to carry.
    pub target: Watts,
    /// The voltage at which.
    pub voltage: Millivolts,
    /// Its weight where there is not enough for all.
    pub weight: u32,
    /// Since when it claims.
    pub since: Mono,
}

/// What a slot does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// No car: its modules may be lent.
    Idle,
    /// A car that does not take power: it lends nothing.
    #[default]
    Waiting,
    /// A charge that has not reached its energy: with home modules, if there are any.
    Preparing,
    /// A charge.
    Charging,
    /// Its own contactor is not to be trusted: neither lends nor charges, nor may anybody's current cross its bus.
    Barred,
}

impl Role {
    /// Whether it claims power.
    pub const fn claims(self) -> bool {
        matches!(self, Self::Preparing | Self::Charging)
    }
}

/// A power module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module {
    /// The slot whose bus it feeds.
    pub slot: usize,
    /// What it can deliver at present; nothing if it cannot.
    pub power: Watts,
    /// The same as a current.
    pub current: Milliamps,
}

impl Module {
    /// What it can deliver at a voltage.
    pub fn at(&self, voltage: Millivolts) -> Watts {
        self.power.min(voltage * self.current).max(Watts::ZERO)
    }
}

/// What a connector could have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Potential {
    /// At its voltage.
    pub power: Watts,
    /// At any voltage.
    pub current: Milliamps,
}

impl Potential {
    fn plus(self, other: Self) -> Self {
        Self { power: self.power + other.power, current: self.current + other.current }
    }
}

/// A contactor between the buses of two slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tie {
    /// The two.
    pub between: (usize, usize),
    /// What it can do.
    pub state: TieState,
}

/// What a tie can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TieState {
    /// Opens and closes.
    #[default]
    Good,
    /// Does not close.
    Broken,
    /// Does not open: its two slots are one.
    Welded,
}

/// What a tie should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Position {
    /// Open.
    #[default]
    Open,
    /// Closed.
    Closed,
}

/// Who is fed by what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Slot by slot: the connector that it feeds.
    pub owners: Vec<Option<usize>>,
    /// Tie by tie. Closed exactly between slots of one owner, but for one break in a ring that is all one owner's.
    pub ties: Vec<Position>,
    /// Module by module: the connector that it is engaged for.
    pub engaged: Vec<Option<usize>>,
    /// Connector by connector: what the modules of its island could carry, engaged or not.
    pub capacity: Vec<Watts>,
}

/// What the last cycle leaves to the next, so that nothing chatters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The last route.
    pub route: Route,
    /// Connector by connector: until when it gives nothing back that it need not.
    pub hold: Vec<Mono>,
}

/// The plant in the order in which ties join it.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) strips: Vec<Strip>,
    /// Modules of each slot.
    pub(crate) homes: Vec<Vec<usize>>,
    /// Who has to wait although it claims: its slot cannot be parted from that of an older charge.
    pub(crate) blocked: Vec<bool>,
}

impl Layout {
    pub(crate) fn of(plant: &Plant<'_>) -> Self {
        let mut homes: Vec<Vec<usize>> = vec![Vec::new(); plant.slots.len()];
        for (index, module) in plant.modules.iter().enumerate() {
            if let Some(home) = homes.get_mut(module.slot).filter(|_| module.power > Watts::ZERO) {
                home.push(index);
            }
        }
        let mut layout =
            Self { strips: strips(plant.slots.len(), plant.ties), homes, blocked: vec![false; plant.slots.len()] };
        layout.block(plant);
        layout
    }

    /// Of claims whose slots are welded together, the oldest goes on.
    fn block(&mut self, plant: &Plant<'_>) {
        let mut group: Vec<usize> = (0..plant.slots.len()).collect();
        for tie in plant.ties.iter().filter(|tie| tie.state == TieState::Welded) {
            let (Some(a), Some(b)) = (group.get(tie.between.0).copied(), group.get(tie.between.1).copied()) else {
                continue;
            };
            group.iter_mut().filter(|own| **own == b).for_each(|own| *own = a);
        }
        let mut eldest: Vec<Option<(Mono, usize)>> = vec![None; plant.slots.len()];
        for (slot, own) in plant.slots.iter().zip(&group).enumerate().map(|(i, (slot, own))| ((i, slot), own)) {
            let Some(first) = eldest.get_mut(*own).filter(|_| slot.1.role.claims()) else { continue };
            let mine = (slot.1.since, slot.0);
            *first = Some(first.map_or(mine, |first| first.min(mine)));
        }
        for (index, blocked) in self.blocked.iter_mut().enumerate() {
            let first = group.get(index).and_then(|own| eldest.get(*own).copied().flatten());
            let claims = plant.slots.get(index).is_some_and(|slot| slot.role.claims());
            *blocked = claims && first.is_some_and(|(_, first)| first != index);
        }
    }

    /// What the modules of a slot can deliver at a voltage.
    pub(crate) fn power_of(&self, plant: &Plant<'_>, slot: usize, voltage: Millivolts) -> Watts {
        let modules = self.homes.get(slot).into_iter().flatten().filter_map(|module| plant.modules.get(*module));
        modules.map(|module| module.at(voltage)).sum()
    }

    fn of_slot(&self, plant: &Plant<'_>, slot: usize, voltage: Millivolts) -> Potential {
        let modules = self.homes.get(slot).into_iter().flatten().filter_map(|module| plant.modules.get(*module));
        let each = modules.map(|module| Potential { power: module.at(voltage), current: module.current });
        each.fold(Potential::default(), Potential::plus)
    }

    /// Whether a slot may be taken into a connector's island from its neighbour.
    pub(crate) fn enterable(&self, plant: &Plant<'_>, borrows: bool, tie: usize, slot: usize) -> bool {
        let welded = welded(plant, tie);
        let blocked = self.blocked.get(slot).copied().unwrap_or(false);
        match plant.slots.get(slot).map_or(Role::Barred, |slot| slot.role) {
            Role::Idle => borrows || welded,
            Role::Waiting => welded,
            Role::Preparing | Role::Charging => welded && blocked,
            Role::Barred => false,
        }
    }

    /// Whether a connector may use others' modules: once it charges, or when it has none of its own.
    pub(crate) fn borrows(&self, plant: &Plant<'_>, slot: usize) -> bool {
        let role = plant.slots.get(slot).map_or(Role::Barred, |slot| slot.role);
        plant.borrowing == Borrowing::On && (role == Role::Charging || self.homes.get(slot).is_none_or(Vec::is_empty))
    }

    /// What each connector could carry if it got all that it can reach: of slots that nobody has (`lent` empty), or of all.
    pub(crate) fn potential(&self, plant: &Plant<'_>, lent: &[Option<usize>]) -> Vec<Potential> {
        let mut potential = vec![Potential::default(); plant.slots.len()];
        for strip in &self.strips {
            for (place, own) in strip.slots.iter().copied().enumerate() {
                let Some(slot) = plant.slots.get(own).filter(|slot| slot.role != Role::Barred) else { continue };
                let mut sum = self.of_slot(plant, own, slot.voltage);
                let borrows = plant.borrowing == Borrowing::On;
                // Around a ring both ways meet: no slot counts twice.
                let mut left = if strip.ring { strip.slots.len().saturating_sub(1) } else { usize::MAX };
                for way in [Way::Back, Way::Forth] {
                    let mut at = place;
                    for _ in 0..REACH.min(left) {
                        let Some((next, tie)) = strip.next(at, way) else { break };
                        let slot_there = strip.slot(next);
                        let taken = lent.get(slot_there).copied().flatten().is_some_and(|other| other != own);
                        if taken || !self.enterable(plant, borrows, tie, slot_there) {
                            break;
                        }
                        sum = sum.plus(self.of_slot(plant, slot_there, slot.voltage));
                        at = next;
                        left -= 1;
                    }
                }
                if let Some(entry) = potential.get_mut(own) {
                    *entry = sum;
                }
            }
        }
        potential
    }
}

/// Whether a tie cannot be opened.
pub(crate) fn welded(plant: &Plant<'_>, tie: usize) -> bool {
    plant.ties.get(tie).is_some_and(|tie| tie.state == TieState::Welded)
}

/// A connector borrows at most so many slots each way.
pub(crate) const REACH: usize = 6;

/// Finds the best route, and notes it in the memory.
///
/// In this order it looks for: the least that is missing of the targets (by its square over the weight, so that nobody starves for
/// another's comfort); the fewest slots borrowed; the fewest changes; the shortest ways. What a connector has it keeps until it
/// could do with nine tenths of what would be left, and for the hold time after each addition, as long as the lender does not need it.
pub fn route(plant: &Plant<'_>, memory: &mut Memory, now: Mono) -> Route {
    route_in(&Layout::of(plant), plant, memory, now)
}

pub(crate) fn route_in(layout: &Layout, plant: &Plant<'_>, memory: &mut Memory, now: Mono) -> Route {
    let count = plant.slots.len();
    memory.hold.resize(count, Mono::BOOT);
    memory.route.owners.resize(count, None);
    memory.route.engaged.resize(plant.modules.len(), None);
    let mut route = Route {
        owners: vec![None; count],
        ties: vec![Position::Open; plant.ties.len()],
        engaged: vec![None; plant.modules.len()],
        capacity: vec![Watts::ZERO; count],
    };
    for strip in &layout.strips {
        for island in islands(layout, plant, strip, memory, now) {
            settle(layout, plant, strip, &island, &mut route);
        }
    }
    // Who has more than before: slots, or modules.
    let mut grew = vec![false; count];
    for (before, after) in memory.route.owners.iter().zip(&route.owners) {
        if let Some(grew) = after.filter(|_| before != after).and_then(|owner| grew.get_mut(owner)) {
            *grew = true;
        }
    }
    let mut had = vec![0_usize; count];
    for owner in memory.route.engaged.iter().flatten() {
        if let Some(had) = had.get_mut(*owner) {
            *had += 1;
        }
    }
    for strip in &layout.strips {
        for (place, owner) in strip.slots.iter().copied().enumerate() {
            let Some(slot) = plant.slots.get(owner) else { continue };
            if route.owners.get(owner).copied().flatten() != Some(owner) {
                continue;
            }
            let held = memory.hold.get(owner).is_some_and(|until| now < *until);
            let modules = engage(layout, plant, slot, (strip, place), &route.owners, &memory.route.engaged, held);
            let more = had.get(owner).is_some_and(|had| modules.len() > *had);
            if (more || grew.get(owner).copied().unwrap_or(false))
                && let Some(until) = memory.hold.get_mut(owner)
            {
                *until = now + plant.hold;
            }
            for module in modules {
                if let Some(engaged) = route.engaged.get_mut(module) {
                    *engaged = Some(owner);
                }
            }
        }
    }
    memory.route.clone_from(&route);
    route
}

/// Writes an island down.
fn settle(layout: &Layout, plant: &Plant<'_>, strip: &Strip, island: &Island, route: &mut Route) {
    let owner = strip.slot(island.place);
    let Some(voltage) = plant.slots.get(owner).map(|slot| slot.voltage) else { return };
    let mut take = |slot: usize| {
        if let (Some(entry), Some(capacity)) = (route.owners.get_mut(slot), route.capacity.get_mut(owner)) {
            *entry = Some(owner);
            *capacity += layout.power_of(plant, slot, voltage);
        }
    };
    take(owner);
    for (way, steps) in [(Way::Back, island.back), (Way::Forth, island.forth)] {
        let mut at = island.place;
        for _ in 0..steps {
            let Some((next, tie)) = strip.next(at, way) else { break };
            take(strip.slot(next));
            if let Some(position) = route.ties.get_mut(tie) {
                *position = Position::Closed;
            }
            at = next;
        }
    }
}
