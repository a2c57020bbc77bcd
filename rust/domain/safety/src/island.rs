//! Islands: the slots whose buses closed ties join.
//!
//! Two cars on one bus would charge each other and share one isolation, so an island carries one at most.

use mcu_link::{MAX_CONNECTORS, Place};
use units::ConnectorId;

use crate::{connector::Connector, contactor::Contactor};

/// How many cars an island carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cars {
    /// None, or one.
    AtMostOne,
    /// More than one.
    Several,
}

/// Slots, a bit for each by its place among the connectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slots(u32);
const _: () = assert!(MAX_CONNECTORS <= u32::BITS as usize, "a bit for each slot");

impl Slots {
    /// Those that a contactor at `place` joins something of; `None` if one of them is not known.
    pub(crate) fn at(place: Place, connectors: &[Connector]) -> Option<Self> {
        let slot = |id: ConnectorId| {
            let at = connectors.iter().position(|known| known.id() == id)?;
            Some(1_u32 << at)
        };
        match place {
            Place::Gun(connector) => slot(connector).map(Self),
            Place::Tie(one, other) => Some(Self(slot(one)? | slot(other)?)),
        }
    }

    const fn none() -> Self {
        Self(0)
    }

    const fn meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn count_within(self, island: Self) -> u32 {
        (self.0 & island.0).count_ones()
    }
}

/// The cars on the island that `contactor` belongs to when it is closed: its own car counts, closed or not.
pub(crate) fn cars(contactor: &Contactor, contactors: &[Contactor]) -> Cars {
    let others = || contactors.iter().filter(|other| other.id() != contactor.id() && other.joins());
    let mut island = contactor.slots;
    // Each round takes in at least one slot more, or is the last.
    loop {
        let ties = others().filter(|other| !other.is_gun() && other.slots.meet(island));
        let grown = ties.fold(island, |grown, tie| grown.with(tie.slots));
        if grown == island {
            break;
        }
        island = grown;
    }
    let own = if contactor.is_gun() { contactor.slots } else { Slots::none() };
    let carrying = others().filter(|other| other.is_gun()).fold(own, |all, gun| all.with(gun.slots));
    if carrying.count_within(island) > 1 { Cars::Several } else { Cars::AtMostOne }
}
