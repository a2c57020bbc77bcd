//! The bus ties, each with a switching machine of its own: it is asked to move only where no current is switched.
//!
//! A tie is asked to close when both its buses will be one connector's, carry the same voltage, and nothing flows out of the side
//! that comes to it; to open when nothing flows through it. Each condition must have held for a while, and any violation
//! begins that anew. What is asked stays asked until the other is wanted and its own conditions hold. The MCU looks
//! at the same with its own eyes, and has the last word.

use core::time::Duration;

use api::fault::FaultCode;
use config::Config;
use mcu_link::{ContactorFeedback, Purpose, ToMcu, Trip, TripScope};
use planner::{Position, Role, Route, TieState};
use units::{ContactorId, Milliamps, Millivolts, Mono};

use crate::{
    cabinet::Cabinet,
    equipment::Mcu,
    faults::{Place, Stays},
    output::{Output, Outputs},
};

/// A contactor has moved within this, and the MCU has told so.
const MOVES: Duration = Duration::from_secs(2);
/// The buses of a tie that should close have come together within this.
const MEET: Duration = Duration::from_secs(30);
/// A tie that did not close is tried again after this.
const TRY_AGAIN: Duration = Duration::from_mins(1);

/// One tie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tie {
    pub(crate) id: String,
    pub(crate) contactor: ContactorId,
    /// The slots, by their places.
    pub(crate) between: (usize, usize),
    /// What the MCU is asked.
    pub(crate) asked: Position,
    /// Since when.
    since: Mono,
    /// Since when the conditions for the other position have held.
    good: Option<Mono>,
    /// Since when it should be closed and is not asked to be.
    waits: Option<Mono>,
    /// Whether it was closed since it was asked to be.
    closed_once: bool,
    trouble: Option<(TieState, Mono)>,
    /// What the fault book was told; nothing yet at a start, when it may know of an older fault.
    told: Option<TieState>,
    pub(crate) seen: Sight,
    /// Through it.
    pub(crate) current: Option<Milliamps>,
}

/// What the MCU tells of a tie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Not heard, or moving: neither side may count on anything.
    #[default]
    Unclear,
    Open,
    Closed,
}

/// All ties, and what they join.
#[derive(Clone, Debug, Default)]
pub(crate) struct Switching {
    pub(crate) ties: Vec<Tie>,
    /// Slot by slot: a number that is the same for all that may hang on one bus.
    buses: Vec<usize>,
    /// Slot by slot: the connector that it feeds, over ties that are closed for certain.
    pub(crate) joined: Vec<Option<usize>>,
}

/// What the conditions look at, slot by slot.
#[derive(Debug)]
pub(crate) struct Buses {
    /// What stands on the bus; `None` if nobody says.
    pub(crate) voltage: Vec<Option<Millivolts>>,
    /// What its own modules deliver.
    pub(crate) current: Vec<Milliamps>,
}

impl Switching {
    pub(crate) fn new(config: &Config) -> Self {
        let slot = |id| config.connectors.iter().position(|connector| connector.id == id).unwrap_or(usize::MAX);
        let ties = config.ties.iter().map(|tie| Tie {
            id: tie.id.clone(),
            contactor: tie.contactor,
            between: (slot(tie.between[0]), slot(tie.between[1])),
            asked: Position::Open,
            since: Mono::BOOT,
            good: None,
            waits: None,
            closed_once: false,
            trouble: None,
            told: None,
            seen: Sight::Unclear,
            current: None,
        });
        let count = config.connectors.len();
        Self { ties: ties.collect(), buses: (0..count).collect(), joined: vec![None; count] }
    }

    /// Another configuration is in force: a tie that is still the same keeps its state.
    pub(crate) fn follow(&mut self, config: &Config) {
        let old = std::mem::replace(self, Self::new(config));
        for tie in &mut self.ties {
            if let Some(was) = old.ties.iter().find(|was| was.id == tie.id && was.contactor == tie.contactor) {
                *tie = Tie { between: tie.between, ..was.clone() };
            }
        }
    }

    /// Takes in what the MCU tells.
    pub(crate) fn look(&mut self, mcu: &Mcu) {
        for tie in &mut self.ties {
            let contactor = mcu.contactor(tie.contactor).filter(|_| mcu.is_up());
            tie.seen = match contactor.map(|contactor| (contactor.granted, contactor.feedback)) {
                Some((Purpose::Tie, ContactorFeedback::Closed)) if tie.asked == Position::Closed => Sight::Closed,
                Some((Purpose::Open, ContactorFeedback::Open)) if tie.asked == Position::Open => Sight::Open,
                // It opened by itself.
                Some((Purpose::Open, ContactorFeedback::Open)) if tie.closed_once => Sight::Open,
                _ => Sight::Unclear,
            };
            let all = mcu.status.as_ref().filter(|_| mcu.is_up()).map(|status| &status.ties);
            let own = all.and_then(|ties| ties.iter().find(|own| own.contactor == tie.contactor));
            tie.current = own.map(|own| own.current.abs());
        }
        for (index, bus) in self.buses.iter_mut().enumerate() {
            *bus = index;
        }
        for tie in self.ties.iter().filter(|tie| tie.seen != Sight::Open) {
            let (Some(one), Some(other)) = (self.bus(tie.between.0), self.bus(tie.between.1)) else { continue };
            self.buses.iter_mut().filter(|bus| **bus == other).for_each(|bus| *bus = one);
        }
    }

    fn bus(&self, slot: usize) -> Option<usize> {
        self.buses.get(slot).copied()
    }

    /// Whether two slots may hang on one bus.
    pub(crate) fn same_bus(&self, one: usize, other: usize) -> bool {
        self.bus(one).is_some() && self.bus(one) == self.bus(other)
    }

    pub(crate) fn state(tie: &Tie) -> TieState {
        tie.trouble.map_or(TieState::Good, |(state, _)| state)
    }

    /// Which slots feed whom: a claim's own bus if it is alone on it, and what the route gives it over closed ties.
    pub(crate) fn join(&mut self, route: &Route, claims: &[(Role, Mono)]) {
        let own = |slot: usize| route.owners.get(slot).copied().flatten();
        self.joined.iter_mut().for_each(|joined| *joined = None);
        for (claim, (role, since)) in claims.iter().enumerate() {
            let mine = matches!(role, Role::Preparing | Role::Charging) && own(claim) == Some(claim);
            let older = claims.iter().enumerate().any(|(other, (_, theirs))| {
                other != claim
                    && own(other) == Some(other)
                    && self.same_bus(claim, other)
                    && (theirs, other) < (since, claim)
            });
            if !mine || older {
                continue;
            }
            if let Some(joined) = self.joined.get_mut(claim) {
                *joined = Some(claim);
            }
            // Each round reaches one slot more, or is the last.
            for _ in 0..claims.len() {
                let next = self.ties.iter().filter(|tie| tie.seen == Sight::Closed).find_map(|tie| {
                    let (a, b) = tie.between;
                    let feeds = |slot: usize| self.joined.get(slot).copied().flatten() == Some(claim);
                    let reached = match (feeds(a), feeds(b)) {
                        (true, false) => b,
                        (false, true) => a,
                        _ => return None,
                    };
                    (own(reached) == Some(claim)).then_some(reached)
                });
                let Some(joined) = next.and_then(|next| self.joined.get_mut(next)) else { break };
                *joined = Some(claim);
            }
        }
    }

    pub(crate) fn feeds(&self, slot: usize) -> Option<usize> {
        self.joined.get(slot).copied().flatten()
    }

    /// Whether a slot that comes to a connector may raise its voltage: all ties among those that come with it are closed, so that
    /// a slot without modules is not left behind.
    pub(crate) fn may_raise(&self, route: &Route, slot: usize) -> bool {
        let owner = route.owners.get(slot).copied().flatten();
        let comes = |at: usize| route.owners.get(at).copied().flatten() == owner && self.feeds(at).is_none();
        owner.is_some()
            && self.ties.iter().zip(&route.ties).all(|(tie, wanted)| {
                let inside = comes(tie.between.0) && comes(tie.between.1);
                *wanted == Position::Open || !inside || tie.seen == Sight::Closed
            })
    }

    /// Whether nothing is switched under current if this tie closes now.
    fn may_close(&self, tie: &Tie, route: &Route, buses: &Buses, limits: &config::Planner) -> bool {
        let (a, b) = tie.between;
        let owner = |slot: usize| route.owners.get(slot).copied().flatten();
        let Some(connector) = owner(a).filter(|_| owner(a) == owner(b)) else { return false };
        let voltage = |slot: usize| buses.voltage.get(slot).copied().flatten();
        let (Some(one), Some(other)) = (voltage(a), voltage(b)) else { return false };
        let alone = |slot: usize| {
            let on_it = (0..self.buses.len()).filter(|other| self.same_bus(slot, *other));
            on_it.map(owner).all(|owner| owner == Some(connector))
        };
        let still = |slot: usize| {
            let on_it = (0..self.buses.len()).filter(|other| self.same_bus(slot, *other));
            let flows: Milliamps =
                on_it.filter_map(|other| buses.current.get(other)).map(|current| current.abs()).sum();
            self.feeds(slot).is_some() || flows <= limits.switch_max_current()
        };
        let through = tie.current.is_some_and(|current| current <= limits.switch_max_current());
        through
            && one.distance(other) <= limits.tie_close_max_delta()
            && [a, b].into_iter().all(|slot| alone(slot) && still(slot))
    }

    /// Moves every machine on.
    fn step(&mut self, now: Mono, route: &Route, buses: &Buses, limits: &config::Planner) {
        for index in 0..self.ties.len() {
            let Some(mut tie) = self.ties.get(index).cloned() else { continue };
            let wanted = route.ties.get(index).copied().unwrap_or_default();
            let good = match (tie.asked, wanted) {
                (Position::Open, Position::Closed) => {
                    tie.seen == Sight::Open && tie.trouble.is_none() && self.may_close(&tie, route, buses, limits)
                }
                (Position::Closed, Position::Open) => {
                    tie.current.is_some_and(|current| current <= limits.switch_max_current())
                }
                _ => false,
            };
            tie.good = if good { tie.good.or(Some(now)) } else { None };
            let comes = tie.asked == Position::Open && wanted == Position::Closed && tie.trouble.is_none();
            tie.waits = if comes { tie.waits.or(Some(now)) } else { None };
            if tie.waits.is_some_and(|since| now.since(since) >= MEET) {
                tie.trouble = Some((TieState::Broken, now));
            }
            if tie.good.is_some_and(|since| now.since(since) >= limits.switch_stable()) {
                tie.ask(now, wanted);
            }
            tie.watch(now);
            if let Some(entry) = self.ties.get_mut(index) {
                *entry = tie;
            }
        }
    }

    /// When a machine could move although nothing happens.
    pub(crate) fn wake(&self, limits: &config::Planner) -> Option<Mono> {
        let each = self.ties.iter().flat_map(|tie| {
            let moving = (tie.seen == Sight::Unclear).then(|| tie.since + MOVES);
            let again = tie.trouble.filter(|(state, _)| *state == TieState::Broken).map(|(_, at)| at + TRY_AGAIN);
            let meets = tie.waits.map(|since| since + MEET);
            [tie.good.map(|since| since + limits.switch_stable()), moving, again, meets]
        });
        each.flatten().min()
    }
}

impl Tie {
    fn ask(&mut self, now: Mono, position: Position) {
        self.asked = position;
        self.since = now;
        self.good = None;
        self.closed_once = false;
        // What was seen was of the position before.
        self.seen = Sight::Unclear;
    }

    /// Taken as closed, as it was found.
    pub(crate) fn adopt(&mut self, now: Mono) {
        self.ask(now, Position::Closed);
        self.closed_once = true;
        self.seen = Sight::Closed;
    }

    /// A contactor that does not do what it is asked.
    fn watch(&mut self, now: Mono) {
        let late = now.since(self.since) >= MOVES;
        match (self.asked, self.seen) {
            (Position::Closed, Sight::Closed) => (self.closed_once, self.trouble) = (true, None),
            // It did not close, or the MCU has opened it: another way is looked for.
            (Position::Closed, Sight::Open) => {
                self.ask(now, Position::Open);
                self.trouble = Some((TieState::Broken, now));
            }
            (Position::Closed, Sight::Unclear) if late && !self.closed_once => {
                self.ask(now, Position::Open);
                self.trouble = Some((TieState::Broken, now));
            }
            (Position::Open, Sight::Open) => {
                let tried =
                    self.trouble.is_some_and(|(state, at)| state == TieState::Broken && now.since(at) < TRY_AGAIN);
                if !tried {
                    self.trouble = None;
                }
            }
            _ => {}
        }
    }

    /// It was told to open and says that it is closed.
    fn welded(&mut self, now: Mono, feedback: Option<ContactorFeedback>) {
        let closed = match feedback {
            Some(ContactorFeedback::Welded) => true,
            Some(ContactorFeedback::Closed) => now.since(self.since) >= MOVES,
            Some(ContactorFeedback::Open) | None => false,
        };
        if self.asked == Position::Open && closed && self.trouble.is_none_or(|(state, _)| state != TieState::Welded) {
            self.trouble = Some((TieState::Welded, now));
        }
    }
}

impl Cabinet {
    /// One step of every tie's machine.
    pub(crate) fn switch_ties(&mut self, now: Mono, outputs: &mut Outputs) {
        if self.power.switching.ties.is_empty() {
            return;
        }
        let buses = self.buses();
        let power = &mut self.power;
        power.switching.step(now, &power.division.route, &buses, &self.config.planner);
        for index in 0..self.power.switching.ties.len() {
            let Some(tie) = self.power.switching.ties.get_mut(index) else { continue };
            let contactor = self.equipment.mcu.contactor(tie.contactor).filter(|_| self.equipment.mcu.is_up());
            tie.welded(now, contactor.map(|contactor| contactor.feedback));
            let (state, slots) = (Switching::state(tie), [tie.between.0, tie.between.1]);
            let trip = contactor.and_then(|contactor| contactor.trip);
            if tie.told.replace(state) != Some(state) || state != TieState::Good {
                let place = Place { code: FaultCode::ContactorFault, connector: None, part: Some(tie.id.clone()) };
                self.report_tie(now, place, state, trip);
            }
            // A trip is kept by the MCU until it is told that it was seen; while a charge runs there, it is left alone.
            let mut ends = slots.iter().filter_map(|slot| self.connectors.get(*slot));
            let at_rest = ends.clone().all(|connector| !connector.machine.phase().is_energised());
            if let Some(connector) = ends.next().filter(|_| trip.is_some() && at_rest && self.lease_due <= now) {
                outputs.list.push(Output::Mcu(ToMcu::ClearTrip(TripScope::Connector(connector.id()))));
            }
        }
    }

    fn report_tie(&mut self, now: Mono, place: Place, state: TieState, trip: Option<Trip>) {
        let what = match state {
            TieState::Good => {
                self.clear(now, &place);
                return;
            }
            TieState::Broken => "the tie does not close",
            TieState::Welded => "the tie does not open",
        };
        let detail = trip.map_or_else(|| what.to_owned(), |trip| format!("{what}: {trip:?}"));
        self.raise(now, place, detail, Stays::WhileItIsSo);
    }

    fn buses(&self) -> Buses {
        let mcu = &self.equipment.mcu;
        let voltage = self.connectors.iter().map(|connector| {
            let status = mcu.connector(connector.id()).filter(|_| mcu.is_up());
            status.map(|status| status.bus_voltage)
        });
        let mut current = vec![Milliamps::ZERO; self.connectors.len()];
        for (module, home) in self.equipment.modules.values().zip(&self.power.homes) {
            if let Some(current) = current.get_mut(*home) {
                *current += module.current.abs();
            }
        }
        Buses { voltage: voltage.collect(), current }
    }
}
