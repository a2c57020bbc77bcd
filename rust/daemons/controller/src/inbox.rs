//! The one queue into the cabinet's thread.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
};

use api::state::{ConfigWaiting, Dropped};
use cabinet::{Cabinet, Command, CommandError, Input};
use config::Config;
use serial::Waker;
use tokio::sync::oneshot;
use units::Mono;

use crate::configuration;

/// What may stand in the queue. A cabinet that is this far behind has hung, and its watchdog ends it.
const DEPTH: usize = 4096;

/// One message to the cabinet's thread.
#[derive(Debug)]
pub(crate) enum Message {
    /// Something happened.
    Input(Input),
    /// Somebody asks for something and waits for the answer.
    Command(Command, oneshot::Sender<Result<(), CommandError>>),
    /// Another configuration was accepted; what of it waits is told as soon as it is in force.
    Configure(Box<Config>, u64, SyncSender<Vec<ConfigWaiting>>),
    /// Somebody wants to see something that is not in the state.
    Look(Look),
}

/// What somebody wants to see: run on the cabinet's thread, so it must be quick.
pub(crate) struct Look(pub(crate) Glance);

type Glance = Box<dyn FnOnce(&Cabinet, Mono) + Send>;

impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Look")
    }
}

/// The sending end. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Inbox {
    sender: SyncSender<Message>,
    waker: Waker,
    counts: Arc<Counts>,
}

/// What was thrown away, by wire.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) can: AtomicU64,
    pub(crate) modbus: AtomicU64,
    pub(crate) rfid: AtomicU64,
    pub(crate) link: AtomicU64,
    pub(crate) http: AtomicU64,
}

/// The queue is full or its thread is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Inbox {
    /// A queue; `waker` wakes the thread that owns the receiving end.
    pub(crate) fn new(waker: Waker) -> (Self, Receiver<Message>) {
        let (sender, receiver) = sync_channel(DEPTH);
        (Self { sender, waker, counts: Arc::default() }, receiver)
    }

    /// Hands in a message. Never blocks.
    pub(crate) fn send(&self, message: Message) -> Result<(), Full> {
        let sent = self.sender.try_send(message);
        self.waker.wake();
        match sent {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Full),
        }
    }

    /// Hands in an input. One that does not fit is lost: every wire repeats what matters.
    pub(crate) fn input(&self, input: Input) {
        let _ = self.send(Message::Input(input));
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The counts of all wires but the MCU's.
    pub(crate) fn dropped(&self, mcu: u64) -> Dropped {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let counts = &self.counts;
        Dropped {
            can: of(&counts.can),
            mcu,
            modbus: of(&counts.modbus),
            rfid: of(&counts.rfid),
            link: of(&counts.link),
            http: of(&counts.http),
        }
    }
}

impl configuration::Cabinet for Inbox {
    fn accept(&self, config: &Config, version: u64) -> Option<Receiver<Vec<ConfigWaiting>>> {
        let (done, waiting) = sync_channel(1);
        self.send(Message::Configure(Box::new(config.clone()), version, done)).ok().map(|()| waiting)
    }

    fn refused(&self, why: String) {
        self.input(Input::ConfigurationRefused(why));
    }
}
