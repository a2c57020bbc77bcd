//! The charge point's side of OCPP 1.6J: what is asked when, and what follows from an answer. No socket, no clock, no file.
//!
//! - The *link* is the connection: off, waiting, connecting, up.
//! - *Boot* is what the CSMS said to our boot notification. Until it said `Accepted` nothing else is asked, except what it
//!   triggers. A new connection to the same CSMS needs no new boot notification.
//! - The *world* is the cabinet as the controller tells it; the *head* is the message of the queue whose turn it is.
//!
//! One question is open at a time. Who goes first: the boot notification, what was triggered, a person who waits with a
//! card, the state of the connectors, the queue, the heartbeat.
//!
//! A question that is not answered in time has two causes. If the CSMS was heard meanwhile it failed to process it, and
//! for a message of the queue that is an attempt. If it was not heard the line is dead: it is dropped, and nothing counts,
//! because time spent offline is not an attempt.
//!
//! The caller feeds one [`Input`] at a time, carries out all [`Output`]s in their order, and comes back at
//! [`Station::next_wake`].

mod ask;
mod backoff;
mod keys;
mod serve;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use api::{
    command::Verdict,
    ocpp::{Boot, ConnectionStatus, Dropped},
};
use units::{ConnectorId, Mono, SessionId};

use crate::{
    endpoint::{Endpoint, Target},
    queue::{Head, Outcome},
    rpc::{CallId, Failure, Garbage, Received, Rpc},
    wire::ours::{Identity, Report},
};

use self::{ask::Purpose, backoff::Backoff};
pub use self::{
    keys::{Keys, Shown},
    world::{Outlet, Pending, World},
};

/// How long the controller may be away before the CSMS is told: longer than a restart.
const CONTROLLER_GRACE: Duration = Duration::from_secs(30);
/// How long a pinged CSMS may stay silent.
const PONG_WITHIN: Duration = Duration::from_secs(30);
/// How many triggered messages may wait.
const TRIGGERS: usize = 64;

/// The time, on both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For durations.
    pub mono: Mono,
    /// For what is written into messages, in ms since the epoch.
    pub wall_ms: i64,
}

/// What the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Where the CSMS is.
    pub target: Target,
    /// Who we say that we are.
    pub identity: Identity,
    /// How often a running session's meter is reported, in s.
    pub sample_interval_s: u16,
}

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// The configuration was read, for the first time or again.
    Settings(Settings),
    /// A key that the CSMS wrote in an earlier life of this process.
    Remembered {
        /// Its name.
        key: String,
        /// Its value.
        value: String,
    },
    /// The connection that was asked for is open.
    Opened,
    /// It could not be opened, or is gone.
    Closed {
        /// Why.
        why: String,
    },
    /// A text arrived.
    Text(String),
    /// Something that is no text arrived.
    Binary,
    /// A ping or pong arrived.
    Heard,
    /// The cabinet, as it now is.
    World(Box<World>),
    /// The controller is no longer heard.
    ControllerLost,
    /// The message whose turn it is; to be told after everything that changes the queue.
    Head(Option<Head>),
    /// The controller has answered a remote start or stop.
    Commanded {
        /// The call of the CSMS.
        id: CallId,
        /// Which.
        command: Command,
        /// It was taken.
        accepted: bool,
    },
    /// Time has passed.
    Wake,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a connection.
    Connect(Endpoint),
    /// Close it. It is not reported as closed.
    Disconnect,
    /// Send a text.
    Send(String),
    /// Send a ping.
    Ping,
    /// Write down what became of a message of the queue.
    Settle {
        /// Its row.
        id: i64,
        /// What.
        outcome: Outcome,
    },
    /// Tell the controller what the CSMS says of a tag.
    Verdict {
        /// The controller's name for the question.
        request_id: String,
        /// The answer.
        verdict: Verdict,
    },
    /// Ask the controller on behalf of the CSMS.
    Command {
        /// To answer by.
        id: CallId,
        /// What.
        command: Command,
    },
    /// End a session because the CSMS does not know its tag.
    Deauthorise {
        /// Which.
        session: SessionId,
        /// Where.
        connector: ConnectorId,
    },
    /// Keep a key that the CSMS wrote.
    Remember {
        /// Its name.
        key: String,
        /// Its value.
        value: String,
    },
    /// Something went wrong that a person may want to know.
    Trouble(String),
}

/// What the CSMS wants of the controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Start a charge.
    Start {
        /// Where.
        connector: ConnectorId,
        /// For whom.
        id_tag: String,
    },
    /// End a charge.
    Stop {
        /// Which, by the CSMS's number.
        transaction_id: i32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Off,
    Waiting { until: Mono },
    Connecting,
    Up { heard: Mono, pinged: Option<Mono> },
}

/// A message that the CSMS asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Triggered {
    Boot,
    Heartbeat,
    Status(u8),
}

/// The machine.
#[derive(Debug)]
pub struct Station {
    settings: Settings,
    keys: Keys,
    link: Link,
    backoff: Backoff,
    rpc: Rpc<Purpose>,
    boot: Boot,
    /// When the next boot notification is due, while not accepted.
    boot_due: Option<Mono>,
    heartbeat_due: Mono,
    world: Option<World>,
    controller_lost: Option<Mono>,
    /// What the CSMS was last told of each number.
    reported: BTreeMap<u8, Report>,
    /// Requests of the controller that were put to the CSMS.
    asked: BTreeSet<String>,
    triggers: VecDeque<Triggered>,
    head: Option<Head>,
    /// When the head may be sent again.
    head_due: Mono,
    /// Remote starts and stops that the controller has not answered: the CSMS's answer comes before what follows from it.
    commands: usize,
    clock_ahead_ms: Option<i64>,
    dropped: Dropped,
    out: Vec<Output>,
}

impl Station {
    /// `seed` is random, and new for each process.
    pub fn new(seed: u64) -> Self {
        Self {
            settings: Settings::default(),
            keys: Keys::default(),
            link: Link::Off,
            backoff: Backoff::new(seed),
            rpc: Rpc::new(seed),
            boot: Boot::Unanswered,
            boot_due: None,
            heartbeat_due: Mono::BOOT,
            world: None,
            controller_lost: None,
            reported: BTreeMap::new(),
            asked: BTreeSet::new(),
            triggers: VecDeque::new(),
            head: None,
            head_due: Mono::BOOT,
            commands: 0,
            clock_ahead_ms: None,
            dropped: Dropped::default(),
            out: Vec::new(),
        }
    }

    /// Takes what happened; gives what is to be done, in order.
    pub fn handle(&mut self, now: Now, input: Input) -> Vec<Output> {
        match input {
            Input::Settings(settings) => self.configure(now, settings),
            Input::Remembered { key, value } => {
                let shown = self.shown();
                self.keys.write(&key, &value, &shown);
            }
            Input::Opened => self.opened(now),
            Input::Closed { why } => self.lost(now, &why),
            Input::Text(text) => {
                self.heard(now);
                self.text(now, &text);
            }
            Input::Binary => {
                self.heard(now);
                self.garbage(Garbage::Frame);
            }
            Input::Heard => self.heard(now),
            Input::World(world) => {
                self.controller_lost = None;
                self.asked.retain(|asked| {
                    world
                        .outlets
                        .values()
                        .any(|o| o.pending.as_ref().is_some_and(|pending| pending.request_id == *asked))
                });
                self.world = Some(*world);
            }
            Input::ControllerLost => {
                self.controller_lost.get_or_insert(now.mono);
            }
            Input::Head(head) => self.head = head,
            Input::Commanded { id, command, accepted } => self.commanded(id, &command, accepted),
            Input::Wake => {}
        }
        self.advance(now);
        std::mem::take(&mut self.out)
    }

    /// When to come back with [`Input::Wake`].
    pub fn next_wake(&self) -> Option<Mono> {
        let up = matches!(self.link, Link::Up { .. });
        let (link, pong) = match self.link {
            Link::Waiting { until } => (Some(until), None),
            Link::Up { heard, pinged: None } => (self.keys.ping().map(|every| heard + every), None),
            Link::Up { pinged: Some(pinged), .. } => (None, Some(pinged + PONG_WITHIN)),
            _ => (None, None),
        };
        let accepted = up && self.boot == Boot::Accepted;
        let free = self.rpc.is_free();
        [
            link,
            pong,
            self.rpc.next_wake(),
            self.boot_due.filter(|_| up && free && !accepted),
            Some(self.heartbeat_due).filter(|_| accepted && free),
            Some(self.head_due).filter(|_| accepted && free && self.commands == 0 && self.head.is_some()),
            self.controller_lost.filter(|_| self.world.is_some()).map(|lost| lost + CONTROLLER_GRACE),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// How the connection stands.
    pub const fn connection(&self) -> ConnectionStatus {
        match (self.link, &self.settings.target) {
            (_, Target::Refused { .. }) => ConnectionStatus::Refused,
            (Link::Off, _) => ConnectionStatus::Off,
            (Link::Waiting { .. }, _) => ConnectionStatus::Waiting,
            (Link::Connecting, _) => ConnectionStatus::Connecting,
            (Link::Up { .. }, _) => ConnectionStatus::Connected,
        }
    }

    /// Where to.
    pub fn url(&self) -> Option<&str> {
        match &self.settings.target {
            Target::To(endpoint) => Some(&endpoint.url),
            _ => None,
        }
    }

    /// What the CSMS said to our boot notification.
    pub const fn boot(&self) -> Boot {
        self.boot
    }

    /// By how much the CSMS's clock is ahead of ours, in ms.
    pub const fn clock_ahead_ms(&self) -> Option<i64> {
        self.clock_ahead_ms
    }

    /// What was thrown away.
    pub const fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Whether this session is the one that runs at this connector.
    pub fn runs(&self, connector: ConnectorId, session: &SessionId) -> bool {
        let outlet = self.world.as_ref().and_then(|world| world.outlets.get(&connector.get()));
        outlet.is_some_and(|outlet| outlet.session.as_ref() == Some(session))
    }

    fn configure(&mut self, now: Now, settings: Settings) {
        let before = std::mem::replace(&mut self.settings, settings);
        if before.target == self.settings.target && before.identity == self.settings.identity {
            return;
        }
        if !matches!(self.link, Link::Off | Link::Waiting { .. }) {
            self.out.push(Output::Disconnect);
        }
        // Another CSMS, or another name at the same one: it knows nothing of us.
        self.hang_up(now);
        self.boot = Boot::Unanswered;
        self.boot_due = Some(now.mono);
        self.reported.clear();
        self.clock_ahead_ms = None;
        self.backoff.succeeded();
        self.link = match &self.settings.target {
            Target::Off => Link::Off,
            Target::Refused { why } => {
                self.out.push(Output::Trouble(why.clone()));
                Link::Off
            }
            Target::To(_) => Link::Waiting { until: now.mono },
        };
    }

    fn opened(&mut self, now: Now) {
        if self.link == Link::Connecting {
            self.link = Link::Up { heard: now.mono, pinged: None };
        }
    }

    /// The connection is gone, or could not be made.
    fn lost(&mut self, now: Now, why: &str) {
        if matches!(self.link, Link::Connecting | Link::Up { .. }) {
            self.out.push(Output::Trouble(why.to_owned()));
            self.hang_up(now);
            self.link = Link::Waiting { until: now.mono + self.backoff.failed() };
        }
    }

    /// Forgets what belonged to the connection.
    fn hang_up(&mut self, now: Now) {
        if let Some(purpose) = self.rpc.reset() {
            self.unsent(purpose, now);
        }
        self.triggers.clear();
    }

    fn heard(&mut self, now: Now) {
        if let Link::Up { heard, pinged } = &mut self.link {
            *heard = now.mono;
            *pinged = None;
        }
    }

    fn text(&mut self, now: Now, text: &str) {
        if !matches!(self.link, Link::Up { .. }) {
            return;
        }
        match self.rpc.receive(text) {
            Received::Answered { token, result } => {
                self.backoff.succeeded();
                self.answered(now, token, result);
            }
            Received::Called { id, action, payload } => self.called(now, id, &action, payload),
            Received::Refused(answer) => {
                self.dropped.calls += 1;
                self.out.push(Output::Trouble("the CSMS sent a call without action or payload".to_owned()));
                // While rejected, nothing is said.
                if self.boot != Boot::Rejected {
                    self.out.push(Output::Send(answer));
                }
            }
            Received::Dropped(garbage) => self.garbage(garbage),
        }
    }

    fn garbage(&mut self, garbage: Garbage) {
        match garbage {
            Garbage::Frame => self.dropped.frames += 1,
            Garbage::Answer => self.dropped.answers += 1,
        }
        self.out.push(Output::Trouble(format!("the CSMS sent {garbage}")));
    }

    /// Does everything that is due.
    fn advance(&mut self, now: Now) {
        self.check_controller(now);
        self.check_link(now);
        if let Link::Up { .. } = self.link {
            self.check_timeout(now);
        }
        if let Link::Up { .. } = self.link {
            self.ask_next(now);
        }
    }

    fn check_controller(&mut self, now: Now) {
        if let (Some(lost), Some(world)) = (self.controller_lost, &self.world)
            && now.mono.since(lost) >= CONTROLLER_GRACE
        {
            self.controller_lost = None;
            self.world = Some(world.without_controller());
        }
    }

    fn check_link(&mut self, now: Now) {
        match self.link {
            Link::Waiting { until } if now.mono >= until => {
                if let Target::To(endpoint) = &self.settings.target {
                    self.out.push(Output::Connect(endpoint.clone()));
                    self.link = Link::Connecting;
                }
            }
            Link::Up { heard, pinged: None }
                if self.keys.ping().is_some_and(|every| now.mono.since(heard) >= every) =>
            {
                self.out.push(Output::Ping);
                self.link = Link::Up { heard, pinged: Some(now.mono) };
            }
            Link::Up { pinged: Some(pinged), .. } if now.mono.since(pinged) >= PONG_WITHIN => {
                self.drop_link(now, "the CSMS does not answer a ping");
            }
            _ => {}
        }
    }

    fn check_timeout(&mut self, now: Now) {
        let Some((purpose, Failure::TimedOut { asked })) = self.rpc.expire(now.mono) else { return };
        self.dropped.timeouts += 1;
        let Link::Up { heard, .. } = self.link else { return };
        if heard > asked {
            self.failed(now, purpose, None, "no answer in time");
        } else {
            self.unsent(purpose, now);
            self.drop_link(now, "the CSMS is silent");
        }
    }

    fn drop_link(&mut self, now: Now, why: &str) {
        self.out.push(Output::Disconnect);
        self.lost(now, why);
    }

    /// A question went out on a dead line: as if it had never been asked.
    fn unsent(&mut self, purpose: Purpose, now: Now) {
        match purpose {
            Purpose::Authorise { request_id } => {
                self.asked.remove(&request_id);
            }
            Purpose::Boot => self.boot_due = Some(now.mono),
            _ => {}
        }
    }

    fn shown(&self) -> Shown {
        let connectors = self.world.as_ref().map_or(0, |world| world.outlets.len());
        Shown { connectors, sample_interval_s: self.settings.sample_interval_s }
    }
}

#[cfg(test)]
mod tests;
