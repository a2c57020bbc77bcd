//! What goes into the station and what comes out of it.

use api::{command::Authorise, profile::Composite, tokens::CsmsReach};
use units::{ConnectorId, Mono, SessionId};

use super::World;
use crate::{
    endpoint::{Endpoint, Target},
    queue::{Head, NoticeHead, Outcome},
    rpc::CallId,
    wire::{
        charging::{Ahead, Wanted, Which},
        firmware::{Ask, Notice, Verdict},
        ours::Identity,
        tags::List,
    },
};

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
    /// Who may charge while the CSMS is away.
    pub alone: Alone,
}

/// Who may charge while the CSMS is away, as the controller's configuration has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alone {
    /// Whether the CSMS's answers are remembered.
    pub cache: bool,
    /// Whether anybody may.
    pub known: bool,
    /// Whether everybody may who is not known to be refused.
    pub unknown: bool,
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
    /// The same of the notices.
    Notice(Option<NoticeHead>),
    /// What the CSMS was told last of an update, in an earlier life of this process.
    Said(Notice),
    /// What the CSMS wants was done, or was not.
    Commanded {
        /// The call of the CSMS.
        id: CallId,
        /// Which.
        command: Command,
        /// What it said.
        answer: Answer,
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
    /// The same of a notice.
    SettleNotice {
        /// Which.
        head: NoticeHead,
        /// What.
        outcome: Outcome,
    },
    /// Tell the controller what the CSMS says of a tag.
    Verdict {
        /// The controller's name for the question.
        request_id: String,
        /// The answer.
        said: Authorise,
    },
    /// Tell the controller whether the CSMS can be asked.
    Reach(CsmsReach),
    /// Do what the CSMS wants, and tell what came of it.
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

/// What the CSMS wants of the unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Start a charge.
    Start {
        /// Where.
        connector: ConnectorId,
        /// For whom.
        id_tag: String,
        /// With which limits.
        profile: Option<Box<Wanted>>,
    },
    /// End a charge.
    Stop {
        /// Which, by the CSMS's number.
        transaction_id: i32,
    },
    /// Set a charging profile.
    SetProfile(Box<Wanted>),
    /// Clear charging profiles.
    ClearProfiles(Which),
    /// Tell the limits of the time to come.
    Composite(Ahead),
    /// Tell the local list's version.
    ListVersion,
    /// Take a local list.
    SendList(Box<List>),
    /// Forget the tags seen.
    ClearCache,
    /// Install another version. The only one that is not for the controller.
    UpdateFirmware(Box<Ask>),
}

impl Command {
    /// The transaction that it names, by the CSMS's number.
    pub const fn transaction(&self) -> Option<i32> {
        match self {
            Self::Stop { transaction_id } => Some(*transaction_id),
            Self::SetProfile(wanted) => wanted.transaction_id,
            _ => None,
        }
    }
}

/// What is said to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Done,
    /// It does not know what is meant.
    Unknown,
    /// It does not fit what there is.
    Conflict,
    /// It was not done.
    Refused,
    /// The limits of the time to come.
    Composite(Box<Composite>),
    /// The local list's version.
    Version(i32),
    /// Whether the update begins.
    Firmware(Verdict),
}
