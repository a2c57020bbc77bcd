//! The rules that must hold after each step, whatever happens. Each stands in a file of its own, on what is *true* in the world
//! (not on what the cabinet believes), or on what the cabinet has just ordered.
//!
//! | file | rule |
//! |---|---|
//! | `power` | no cap exceeded, no set-point above the car's limit, no more current than the car asked for |
//! | `contactors` | none closes or opens under current or voltage beyond its limit; none is asked to without need |
//! | `line` | no voltage on an unlocked connector |
//! | `ledger` | what is billed is what the meter showed, and all of it |
//! | `exits` | no state without an exit |

mod contactors;
mod exits;
mod ledger;
mod line;
mod power;

use api::link::Demand;
use cabinet::{Input, LinkNews};
use charging::Setpoint;
use config::Config;
use serde::Serialize;
use units::{Mono, SessionId};

use self::ledger::Book;

/// Which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A cap of the site or of a chain.
    Cap,
    /// The car's own limits.
    SetPoint,
    /// A contactor under current or voltage.
    Contactor,
    /// Voltage on an unlocked connector.
    Lock,
    /// The sessions' rows.
    Ledger,
    /// A state without an exit.
    Exit,
    /// The cabinet's own word: a wake-up in the past.
    Wake,
}

/// A rule was broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// When, in milliseconds since the world began.
    pub at_ms: u64,
    /// Which rule.
    pub rule: Rule,
    /// How.
    pub detail: String,
}

/// What the rules need to remember.
pub(crate) struct Check {
    pub(crate) found: Option<Violation>,
    /// What each module was told last.
    pub(crate) told: Vec<Setpoint>,
    /// What each car wants, as far as the cabinet has heard.
    heard: Vec<Option<Demand>>,
    /// Since when the cabinet decides again.
    back: Mono,
    /// Whether one decides.
    gone: bool,
    /// Until when a connector's modules may not have heard what they should do.
    disturbed: Vec<Mono>,
    /// When a plug was torn out.
    torn: Vec<Mono>,
    /// Since when a line has been live and unlocked.
    live: Vec<Option<Mono>>,
    /// Since when nobody has been plugged in, as the MCU tells.
    free: Vec<Option<Mono>>,
    /// Since when a plug has been held though its driver wants to go.
    held: Vec<Option<Mono>>,
    /// Caps that were higher a moment ago, and until when they count.
    before: Option<(Mono, i64, Vec<i64>)>,
    books: std::collections::BTreeMap<SessionId, Book>,
    /// The energy at a connector when its last session ended, in pWs.
    billed: Vec<i128>,
}

impl Check {
    pub(crate) fn new(config: &Config) -> Self {
        let count = config.connectors.len();
        Self {
            found: None,
            told: vec![Setpoint::Off; config.modules.len()],
            heard: vec![None; count],
            back: Mono::BOOT,
            gone: true,
            disturbed: vec![Mono::BOOT; count],
            torn: vec![Mono::BOOT; count],
            live: vec![None; count],
            free: vec![None; count],
            held: vec![None; count],
            before: None,
            books: std::collections::BTreeMap::new(),
            billed: vec![0; count],
        }
    }

    /// The first broken rule of a step counts.
    pub(crate) fn broken(&mut self, now: Mono, rule: Rule, detail: impl FnOnce() -> String) {
        if self.found.is_none() {
            self.found = Some(Violation { at_ms: now.millis(), rule, detail: detail() });
        }
    }

    /// The cabinet hears this.
    pub(crate) fn heard(&mut self, config: &Config, input: &Input) {
        if let Input::Link(_, LinkNews::Demand(demand)) = input
            && let Some(place) = config.connectors.iter().position(|own| own.id == demand.connector)
        {
            self.heard[place] = Some(demand.clone());
        }
    }

    pub(crate) const fn controller_is_gone(&mut self, now: Mono) {
        self.gone = true;
        self.back = now;
    }

    pub(crate) fn controller_is_back(&mut self, now: Mono) {
        // Nothing is said before the verdict; what counts is what this one says.
        self.told.fill(Setpoint::Off);
        self.gone = false;
        self.back = now;
    }

    /// Modules of a connector stop or start hearing.
    pub(crate) fn disturbed(&mut self, place: usize, now: Mono) {
        self.disturbed[place] = now;
    }

    /// These caps were in force until now.
    pub(crate) fn lowers(&mut self, now: Mono, site: i64, chains: Vec<i64>) {
        let older = self.before.take().filter(|(until, ..)| now < *until);
        let most = |old: &[i64], new: Vec<i64>| {
            new.into_iter().enumerate().map(|(id, cap)| cap.max(old.get(id).copied().unwrap_or(0))).collect()
        };
        self.before = Some(match older {
            Some((_, old_site, old)) => (now + power::RAMP_DOWN, site.max(old_site), most(&old, chains)),
            None => (now + power::RAMP_DOWN, site, chains),
        });
    }

    pub(crate) fn torn(&mut self, place: usize, now: Mono) {
        self.torn[place] = now;
    }
}
