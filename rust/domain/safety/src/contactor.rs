//! One contactor, a connector's or a tie: what it is closed for, and why it is not.

use mcu_link::{
    ContactorFeedback, ContactorLayout, ContactorStatus, EStop, Gate, LeaseEntry, Place, Purpose, TieStatus, Trip,
};
use units::{ContactorId, Milliamps, Mono};

use crate::{
    SOFT_OPEN, TRAVEL,
    gates::{self, Hold, Joins, SMALL_CURRENT, Scene},
    io::{Coil, Position},
    island::Slots,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open { since: Mono },
    Closed { since: Mono, purpose: Purpose },
    // The modules are stopped, the coil holds until the current is small or time is up: no arc.
    Opening { since: Mono, why: Why },
}

/// Why a contactor opens softly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// The lease lapsed.
    Lapse,
    /// Linux said so, or holds it closed for a plug-in that is over.
    Asked(Option<Gate>),
}

#[derive(Clone, Debug)]
pub(crate) struct Contactor {
    pub(crate) layout: ContactorLayout,
    pub(crate) slots: Slots,
    pub(crate) position: Position,
    pub(crate) trip: Option<Trip>,
    /// A tie's own; that of a connector's contactor stands with the connector.
    pub(crate) current: Milliamps,
    refused: Option<Gate>,
    state: State,
    /// Let go after the modules had to be stopped: they stay so until the contacts are apart.
    falling: Option<Mono>,
}

/// What is asked of a contactor now.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Request {
    /// There is no lease, or it has lapsed.
    NoLease,
    /// A live lease, and what it says of this contactor.
    Leased(Option<LeaseEntry>),
}

impl Contactor {
    pub(crate) const fn new(layout: ContactorLayout, slots: Slots, now: Mono) -> Self {
        let state = State::Open { since: now };
        let (trip, current, refused, falling) = (None, Milliamps::ZERO, None, None);
        Self { layout, slots, position: Position::Open, trip, current, refused, state, falling }
    }

    pub(crate) const fn id(&self) -> ContactorId {
        self.layout.contactor
    }

    pub(crate) const fn coil(&self) -> Coil {
        match self.state {
            State::Open { .. } => Coil::Released,
            State::Closed { .. } | State::Opening { .. } => Coil::Energised,
        }
    }

    pub(crate) const fn is_gun(&self) -> bool {
        matches!(self.layout.place, Place::Gun(_))
    }

    /// Whether it joins its sides, or is about to: the cautious reading.
    pub(crate) const fn joins(&self) -> bool {
        matches!((self.coil(), self.position), (Coil::Energised, _) | (_, Position::Closed))
    }

    /// Whether the modules are to be stopped for it: until its contacts are apart, not only until its coil is let go.
    pub(crate) const fn softly_opening(&self) -> bool {
        matches!(self.state, State::Opening { .. }) || self.falling.is_some()
    }

    /// One look at everything.
    pub(crate) fn step(&mut self, now: Mono, request: Request, scene: &Scene<'_>) {
        if self.falling.is_some_and(|since| self.position == Position::Open || now.since(since) >= TRAVEL) {
            self.falling = None;
        }
        match self.state {
            State::Open { since } => {
                if self.position == Position::Closed && now.since(since) >= TRAVEL {
                    self.trip.get_or_insert(Trip::Welded);
                }
                self.try_close(now, request, scene);
            }
            State::Closed { since, purpose } => match gates::to_stay(purpose, scene) {
                Hold::Trip(trip) => self.open(now, Some(trip), None),
                Hold::Release(gate) => self.open(now, None, Some(gate)),
                Hold::Keep if self.position == Position::Open && now.since(since) >= TRAVEL => {
                    self.open(now, Some(Trip::DidNotClose), None);
                }
                Hold::Keep => self.follow(now, since, purpose, request, scene),
            },
            State::Opening { .. } => {}
        }
        // Not in the match: with little current flowing it opens in the same step.
        if let State::Opening { since, why } = self.state {
            let gentle = scene.current() <= SMALL_CURRENT;
            if scene.e_stop == EStop::Pressed || gentle || now.since(since) >= SOFT_OPEN {
                self.falling = (since != now).then_some(now);
                match why {
                    Why::Lapse => self.open(now, Some(Trip::LeaseLapsed), None),
                    Why::Asked(refused) => self.open(now, None, refused),
                }
            }
        }
    }

    fn try_close(&mut self, now: Mono, request: Request, scene: &Scene<'_>) {
        let entry = match request {
            Request::Leased(Some(entry)) if entry.purpose != Purpose::Open => entry,
            // A refusal belongs to a request; this one is to be open.
            Request::Leased(_) | Request::NoLease => {
                self.refused = None;
                return;
            }
        };
        match gates::to_close(entry.purpose, entry.plug_count, self, scene) {
            Ok(()) => {
                self.state = State::Closed { since: now, purpose: entry.purpose };
                self.refused = None;
            }
            Err(gate) => self.refused = Some(gate),
        }
    }

    fn follow(&mut self, now: Mono, since: Mono, purpose: Purpose, request: Request, scene: &Scene<'_>) {
        let opening = |why| State::Opening { since: now, why };
        let Request::Leased(entry) = request else {
            self.state = opening(Why::Lapse);
            return;
        };
        let wanted = entry.map_or(Purpose::Open, |entry| entry.purpose);
        if let (Joins::Gun(connector), Some(entry), true) = (scene.joins, entry, wanted != Purpose::Open)
            && entry.plug_count != connector.plug_count
        {
            self.state = opening(Why::Asked(Some(Gate::PlugCount)));
            return;
        }
        self.refused = gates::to_change(purpose, wanted, scene).err();
        if self.refused.is_none() {
            self.state = match wanted {
                Purpose::Open => opening(Why::Asked(None)),
                purpose => State::Closed { since, purpose },
            };
        }
    }

    const fn open(&mut self, now: Mono, trip: Option<Trip>, refused: Option<Gate>) {
        self.state = State::Open { since: now };
        self.refused = refused;
        if trip.is_some() {
            self.trip = trip;
        }
    }

    pub(crate) fn clear(&mut self, scene: &Scene<'_>) {
        if let Some(trip) = self.trip
            && gates::cause_gone(trip, self, scene)
        {
            self.trip = None;
        }
    }

    /// When time alone will change something.
    pub(crate) fn deadline(&self) -> Option<Mono> {
        match (self.state, self.position) {
            (State::Opening { since, .. }, _) => Some(since + SOFT_OPEN),
            (State::Closed { since, .. }, Position::Open) => Some(since + TRAVEL),
            (State::Open { since }, Position::Closed) if self.trip != Some(Trip::Welded) => Some(since + TRAVEL),
            _ => None,
        }
    }

    pub(crate) fn status(&self) -> ContactorStatus {
        let granted = match self.state {
            State::Closed { purpose, .. } => purpose,
            State::Open { .. } | State::Opening { .. } => Purpose::Open,
        };
        let feedback = match self.position {
            Position::Open => ContactorFeedback::Open,
            Position::Closed if self.trip == Some(Trip::Welded) => ContactorFeedback::Welded,
            Position::Closed => ContactorFeedback::Closed,
        };
        ContactorStatus { contactor: self.id(), granted, feedback, refused: self.refused, trip: self.trip }
    }

    /// What a tie measures.
    pub(crate) const fn tie(&self) -> TieStatus {
        TieStatus { contactor: self.id(), current: self.current }
    }
}
