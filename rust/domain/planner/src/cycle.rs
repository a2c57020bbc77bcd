//! One planner cycle as one call.

use core::time::Duration;

use units::{Millivolts, Mono, Watts};

use crate::{
    Borrowing, Budget, Caps, Claim, Flow, Limits, Memory, Module, Plant, Potential, Role, Route, Share, Slot, Tie,
    allocate, release,
    route::{Layout, route_in},
};

/// All that a cycle looks at.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// When.
    pub now: Mono,
    /// The caps of groups.
    pub caps: Caps<'a>,
    /// The connectors; each is a slot.
    pub connectors: &'a [Connector],
    /// The power modules.
    pub modules: &'a [Module],
    /// The bus ties.
    pub ties: &'a [Tie],
    /// What was configured.
    pub rules: Rules,
}

impl<'a> Situation<'a> {
    const fn plant(&self, slots: &'a [Slot]) -> Plant<'a> {
        let Rules { borrowing, hold, .. } = self.rules;
        Plant { slots, modules: self.modules, ties: self.ties, borrowing, hold }
    }
}

/// What was configured.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Whether modules of slots at rest may be used.
    pub borrowing: Borrowing,
    /// A connector keeps at least so long what it was given.
    pub hold: Duration,
    /// How long a budget holds that is not renewed.
    pub budget: Duration,
}

/// One connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connector {
    /// What it does.
    pub role: Role,
    /// Index of its chain in the list of caps.
    pub chain: usize,
    /// Its weight.
    pub weight: u32,
    /// Since when it claims.
    pub since: Mono,
    /// The voltage that it charges at.
    pub voltage: Millivolts,
    /// What bounds it by itself.
    pub limits: Limits,
}

/// What a connector has, of all modules that feed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// What was commanded last.
    pub commanded: Watts,
    /// The most that may still be acted on.
    pub unconfirmed: Watts,
    /// What flows.
    pub measured: Watts,
}

/// How the power is divided: allocate, route, allocate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Division {
    /// Connector by connector: what it could carry with all that it can reach and nobody else has.
    pub potential: Vec<Potential>,
    /// Connector by connector: its fair share if it asked for all that it bears. What a car may be told.
    pub offers: Vec<Watts>,
    /// Connector by connector: its share of now, and what bounds it.
    pub shares: Vec<Share>,
    /// Who is fed by what.
    pub route: Route,
}

/// What a cycle finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How the power is divided.
    pub division: Division,
    /// Connector by connector: what may be drawn, and until when.
    pub budgets: Vec<Budget>,
}

/// One cycle: allocate, route, allocate, release.
pub fn cycle(situation: &Situation<'_>, carried: &[Carried], memory: &mut Memory) -> Outcome {
    let division = divide(situation, memory);
    let budgets = budgets(situation, carried, &division.shares);
    Outcome { division, budgets }
}

/// Allocate, route, allocate.
pub fn divide(situation: &Situation<'_>, memory: &mut Memory) -> Division {
    let Situation { now, caps, connectors, .. } = *situation;
    let slot = |connector: &Connector| {
        let Connector { role, voltage, weight, since, .. } = *connector;
        Slot { role, target: Watts::ZERO, voltage, weight, since }
    };
    let mut slots: Vec<Slot> = connectors.iter().map(slot).collect();
    let layout = Layout::of(&situation.plant(&slots));
    memory.route.owners.resize(connectors.len(), None);
    let claim = |connector: &Connector, limit| Claim {
        chain: connector.chain,
        weight: if connector.role.claims() { connector.weight } else { 0 },
        limit,
    };

    let potential = layout.potential(&situation.plant(&slots), &memory.route.owners);
    let unasked = |(connector, free): (&Connector, &Potential)| claim(connector, connector.limits.unasked(free.power));
    let claims: Vec<Claim> = connectors.iter().zip(&potential).map(unasked).collect();
    let offers = allocate(&caps, &claims);

    let reach = layout.potential(&situation.plant(&slots), &[]);
    let asked = |connector: &Connector, power| claim(connector, connector.limits.tightest(power));
    let claims: Vec<Claim> = connectors.iter().zip(&reach).map(|(own, reach)| asked(own, reach.power)).collect();
    for (slot, share) in slots.iter_mut().zip(allocate(&caps, &claims)) {
        slot.target = share.allowed;
    }
    let route = route_in(&layout, &situation.plant(&slots), memory, now);

    let claims: Vec<Claim> = connectors.iter().zip(&route.capacity).map(|(own, power)| asked(own, *power)).collect();
    let shares = allocate(&caps, &claims);
    let offers = offers.iter().zip(&shares).map(|(offer, share)| offer.allowed.max(share.allowed)).collect();
    Division { potential, offers, shares, route }
}

/// Release: what each connector may draw of its share by now.
pub fn budgets(situation: &Situation<'_>, carried: &[Carried], shares: &[Share]) -> Vec<Budget> {
    let Situation { now, caps, connectors, rules, .. } = *situation;
    let flow = |(index, ((connector, share), carried)): (usize, ((&Connector, &Share), &Carried))| Flow {
        target: share.allowed,
        commanded: carried.commanded,
        unconfirmed: carried.unconfirmed,
        measured: carried.measured,
        chain: connector.chain,
        connector: index,
    };
    let flows: Vec<Flow> = connectors.iter().zip(shares).zip(carried).enumerate().map(flow).collect();
    let released = release(&caps, &[], &flows).into_iter();
    released.map(|power| Budget { power, until: now + rules.budget }).collect()
}
