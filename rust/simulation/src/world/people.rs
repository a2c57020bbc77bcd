//! People: drivers with cards, the CSMS and those behind it, somebody from service.

use core::time::Duration;

use api::{
    command::{StopReason, Verdict},
    link::Stage,
    state::Authorisation,
};
use cabinet::{Command, Input};
use charging::Phase;
use mcu_link::LockFeedback;
use units::{ConnectorId, IdTag, Mono};

use super::World;
use crate::{
    incident::CarSpec,
    queue::{Event, Timer},
};

/// The CSMS takes this long.
const CSMS: Duration = Duration::from_millis(350);
/// It is asked again after this.
const AGAIN: Duration = Duration::from_secs(5);
/// Somebody from service looks this often.
const ROUND: Duration = Duration::from_mins(2);

/// Who drives a car.
pub(crate) struct Person {
    card_at: Mono,
    shown: u32,
    leaves_at: Mono,
    /// When the charge was seen to be over.
    over: Option<Mono>,
    pub(crate) timer: Timer,
    /// When the car said something last.
    pub(crate) said: Mono,
}

impl Person {
    pub(crate) fn arriving(now: Mono, spec: &CarSpec) -> Self {
        Self {
            card_at: now + spec.card_after,
            shown: 0,
            leaves_at: now + spec.stays,
            over: None,
            timer: Timer::default(),
            said: now,
        }
    }

    /// Goes as soon as it can.
    pub(crate) const fn leave(&mut self, now: Mono) {
        self.leaves_at = now;
    }
}

pub(crate) fn card(number: u16) -> IdTag {
    let word = if number.is_multiple_of(2) { "GOOD" } else { "BAD" };
    IdTag::new(&format!("{word}{number}")).unwrap_or_else(|error| panic!("{error:?}"))
}

impl World {
    pub(crate) fn person_soon(&mut self, place: usize, within: Duration) {
        let at = self.now + within;
        if let Some(car) = &mut self.outlets[place].car
            && car.person.timer.sooner(at)
        {
            self.queue.put(at, Event::Person(place));
        }
    }

    pub(crate) fn person_event(&mut self, place: usize) {
        let now = self.now;
        let (phase, _) = self.phases[place];
        let controlled = self.is_controlled();
        let lock = self.outlets[place].lock.state;
        let Some(car) = &mut self.outlets[place].car else { return };
        if !car.person.timer.fires(now) {
            return;
        }
        let waiting = matches!(phase, Phase::Matching | Phase::Authorising);
        let mut swipe = None;
        if waiting && now >= car.person.card_at && car.person.shown < 4 {
            car.person.shown += 1;
            car.person.card_at = now + Duration::from_secs(40);
            // Who was refused tries another card.
            let number = if car.person.shown > 2 { car.spec.card / 2 * 2 } else { car.spec.card };
            swipe = Some(card(number));
        }
        let over =
            matches!(phase, Phase::Finishing | Phase::Faulted(_)) || (car.charged && car.stage == Stage::Stopped);
        if over && car.person.over.is_none() {
            car.person.over = Some(now);
            let goes = now + car.spec.lingers;
            if goes < car.person.leaves_at {
                car.person.leaves_at = goes;
            }
        }
        let mut next = Duration::from_secs(5);
        if now >= car.person.leaves_at {
            if lock != LockFeedback::Locked && matches!(car.stage, Stage::Setup | Stage::Authorisation | Stage::Stopped)
            {
                self.note(place, "drives off");
                self.unplug(place);
                return;
            }
            // Ends the charge at the car, and with the card as well when that was not enough.
            car.enough = true;
            let annoyed = now.since(car.person.leaves_at) > Duration::from_secs(30);
            if annoyed && phase.is_charge() && car.person.shown < 30 {
                car.person.shown += 1;
                swipe = Some(card(car.spec.card));
            }
            if !controlled && annoyed {
                next = Duration::from_secs(10);
            }
            if now.since(car.person.leaves_at) > Duration::from_mins(3) {
                self.person_despairs(place);
            }
        }
        if let Some(tag) = swipe {
            self.tell_controller(Input::Card(tag));
            self.queue.put(now + CSMS, Event::Csms);
        }
        self.person_soon(place, next);
    }

    /// The plug is held for good: service lets it go, unless the line is alive.
    fn person_despairs(&mut self, place: usize) {
        let now = self.now;
        let Some(car) = &mut self.outlets[place].car else { return };
        car.mute = false;
        if car.stage != Stage::Stopped {
            self.car_gives_up(place);
            if let Some(car) = &mut self.outlets[place].car {
                car.stage = Stage::Stopped;
            }
        }
        self.checks_held_plug(place, now);
    }

    /// The back end looks for questions.
    pub(crate) fn csms_event(&mut self) {
        if !self.is_controlled() {
            return;
        }
        let Some(state) = self.state() else { return };
        let mut asked = false;
        for connector in state.connectors {
            if let Authorisation::Pending { request_id, id_tag } = connector.authorisation {
                asked = true;
                if !self.csms_out {
                    let good = id_tag.as_str().starts_with("GOOD");
                    let verdict = if good { Verdict::Accepted } else { Verdict::Blocked };
                    self.command(Command::Authorise { request_id, verdict, group: None, expires_ms: None });
                }
            }
        }
        if asked && self.csms_out {
            self.queue.put(self.now + AGAIN, Event::Csms);
        }
    }

    pub(crate) fn remote_stop(&mut self, place: usize) {
        if self.csms_out {
            return;
        }
        let command_id = self.command_id();
        self.command(Command::Stop { command_id, connector: self.outlets[place].id, reason: StopReason::Remote });
    }

    pub(crate) fn remote_start(&mut self, place: usize) {
        if self.csms_out {
            return;
        }
        let command_id = self.command_id();
        self.command(Command::Start { command_id, connector: self.outlets[place].id, id_tag: card(90), profile: None });
    }

    fn command_id(&self) -> String {
        format!("c{}", self.events)
    }

    /// A command through the API: checked, then taken.
    fn command(&mut self, command: Command) {
        if self.allows(&command) {
            self.tell_controller(Input::Command(command));
        }
    }

    /// Somebody comes by and clears what a person must clear.
    pub(crate) fn technician_event(&mut self) {
        for place in 0..self.outlets.len() {
            if let (Phase::Faulted(trouble), _) = self.phases[place]
                && trouble.latched()
            {
                self.clear_fault(self.outlets[place].id);
            }
        }
        self.queue.put(self.now + ROUND, Event::Technician);
    }

    fn clear_fault(&mut self, connector: ConnectorId) {
        let command_id = format!("{}-{connector}", self.command_id());
        self.command(Command::ClearFault { command_id, connector, who: "service".to_owned() });
    }

    /// Whoever asked is answered from now on.
    pub(crate) fn csms_is_back(&mut self) {
        self.queue.put(self.now + CSMS, Event::Csms);
    }
}
