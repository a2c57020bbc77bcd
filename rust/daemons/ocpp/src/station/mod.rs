//! The charge point's side of OCPP 1.6J: what is asked when, and what follows from an answer. No socket, no clock, no file.
//!
//! - The *link* is the connection: off, waiting, connecting, up.
//! - *Boot* is what the CSMS said to our boot notification. Until it said `Accepted` nothing else is asked, except what it
//!   triggers. A new connection to the same CSMS needs no new boot notification.
//! - The *world* is the cabinet as the controller tells it; the *head* is the message of the queue whose turn it is.
//! - A *notice* tells of an update or of security; those stand in a queue of their own, beside the transactions.
//!
//! One question is open at a time. Who goes first: the boot notification, what was triggered, a person who waits with a
//! card, the state of the connectors, a notice, the queue, the heartbeat.
//!
//! A question that is not answered in time has two causes. If the CSMS was heard meanwhile it failed to process it, and
//! for a message of the queue that is an attempt. If it was not heard the line is dead: it is dropped, and nothing counts,
//! because time spent offline is not an attempt.
//!
//! The caller feeds one [`Input`] at a time, carries out all [`Output`]s in their order, and comes back at
//! [`Station::next_wake`].

mod ask;
mod backoff;
mod io;
mod keys;
mod link;
mod serve;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use api::{
    ocpp::{Boot, ConnectionStatus, Dropped},
    tokens::CsmsReach,
};
use units::{ConnectorId, Mono, SessionId};

use crate::{
    endpoint::Target,
    queue::{Head, NoticeHead},
    rpc::{Garbage, Received, Rpc},
    wire::{firmware::Notice, ours::Report},
};

use self::{ask::Purpose, backoff::Backoff, link::PONG_WITHIN};
pub use self::{
    io::{Alone, Answer, Command, Input, Now, Output, Settings},
    keys::{Keys, Shown},
    world::{Outlet, Pending, World},
};

/// How long the controller may be away before the CSMS is told: longer than a restart.
const CONTROLLER_GRACE: Duration = Duration::from_secs(30);
/// How long the CSMS may be gone before cards are decided without it.
const AWAY: Duration = Duration::from_secs(10);
/// How many triggered messages may wait.
const TRIGGERS: usize = 64;

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
    Firmware,
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
    notice: Option<NoticeHead>,
    /// When the notice may be sent again.
    notice_due: Mono,
    /// What the CSMS was told last of an update.
    said: Option<Notice>,
    /// Commands that nobody has answered yet: the CSMS's answer comes before what follows from it.
    commands: usize,
    clock_ahead_ms: Option<i64>,
    controller_listens: bool,
    /// What the controller was told of the CSMS.
    reach: CsmsReach,
    /// Since when it cannot be asked.
    away: Option<Mono>,
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
            notice: None,
            notice_due: Mono::BOOT,
            said: None,
            commands: 0,
            clock_ahead_ms: None,
            controller_listens: false,
            reach: CsmsReach::Unknown,
            away: None,
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
                self.controller_listens = true;
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
                // When it comes back it may have been started anew, and know nothing of the CSMS.
                (self.controller_listens, self.reach) = (false, CsmsReach::Unknown);
                // A controller that starts anew may count its questions anew.
                self.asked.clear();
            }
            Input::Head(head) => self.head = head,
            Input::Notice(notice) => self.notice = notice,
            Input::Said(notice) => self.said = Some(notice),
            Input::Commanded { id, command, answer } => self.commanded(id, &command, answer),
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
            Some(self.notice_due).filter(|_| accepted && free && self.commands == 0 && self.notice.is_some()),
            self.controller_lost.filter(|_| self.world.is_some()).map(|lost| lost + CONTROLLER_GRACE),
            self.away.filter(|_| self.reach != CsmsReach::Offline && self.controller_listens).map(|since| since + AWAY),
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
        self.tell_reach(now);
    }

    /// The controller is told when the CSMS can be asked, and when it has been away for a while: longer than it takes to
    /// connect again.
    fn tell_reach(&mut self, now: Now) {
        let online = matches!(self.link, Link::Up { .. }) && self.boot == Boot::Accepted;
        self.away = if online { None } else { Some(self.away.unwrap_or(now.mono)) };
        let reach = match self.away {
            None => CsmsReach::Online,
            Some(since) if now.mono.since(since) >= AWAY => CsmsReach::Offline,
            Some(_) => return,
        };
        if reach != self.reach && self.controller_listens {
            self.reach = reach;
            self.out.push(Output::Reach(reach));
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

    fn shown(&self) -> Shown {
        let connectors = self.world.as_ref().map_or(0, |world| world.outlets.len());
        Shown { connectors, sample_interval_s: self.settings.sample_interval_s, alone: self.settings.alone }
    }
}

#[cfg(test)]
mod tests;
