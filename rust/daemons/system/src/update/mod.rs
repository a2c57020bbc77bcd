//! Updates: carries out what the crate `update` says, and tells it what came of it.
//!
//! One task owns the machine. What takes time (fetching, looking at a bundle, writing, probing) runs beside it and reports
//! back; the record is on disk before whatever depends on it begins, and before an asker is answered.

mod engine;
mod fetch;
mod http;
mod probes;
mod rauc;
mod record;
pub(crate) mod routes;
mod usb;
mod write;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use api::update::{Started, UpdateState};
use shell::clock;
use tokio::sync::{mpsc, oneshot, watch};
use update::{Action, Boot, Data, Input, Occupancy, Rejection, Updater};

use self::{engine::Engine, fetch::Shelf, probes::Probes, record::Store};
use crate::Machine;

/// Where everything is that updates have to do with.
#[derive(Clone, Debug)]
pub struct Places {
    /// The daemons' sockets.
    pub run_dir: PathBuf,
    /// What this daemon keeps.
    pub state_dir: PathBuf,
    /// Where sticks are mounted, one folder a partition.
    pub usb_dir: PathBuf,
    /// Certificate authorities for `https`.
    pub authorities: PathBuf,
    /// Where the HMI serves its page.
    pub hmi: SocketAddr,
}

impl Places {
    /// What this daemon tells the rest of the system, by files that are there or not.
    fn signs(&self) -> PathBuf {
        self.run_dir.join("system")
    }

    fn shelf(&self) -> Shelf {
        Shelf::new(&self.state_dir)
    }

    fn probes(&self) -> Probes {
        Probes { run_dir: self.run_dir.clone(), hmi: self.hmi }
    }
}

/// What a request does with the machine.
type Work = Box<dyn FnOnce(&mut Updater) -> Result<(Option<Started>, Vec<Action>), Rejection> + Send>;

enum Command {
    /// Asks something of the machine; answered when it is on disk.
    Ask(Work, oneshot::Sender<Result<Option<Started>, NotTaken>>),
    /// Looks at it.
    Look(Box<dyn FnOnce(&Updater) + Send>),
    /// Tells it.
    Tell(Input),
}

/// Why a request was not taken.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    /// The machine says no.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// It cannot be kept.
    #[error("it cannot be written down: {0}; make room on the data partition")]
    NotWritten(std::io::Error),
    /// The daemon ends.
    #[error("this daemon is ending; ask again in a second")]
    Ending,
}

/// The machine, as the socket's routes see it.
#[derive(Clone, Debug)]
pub struct Updates {
    places: Arc<Places>,
    commands: mpsc::Sender<Command>,
    state: watch::Receiver<Arc<UpdateState>>,
}

impl Updates {
    /// Starts the task that owns the machine.
    #[must_use]
    pub fn start(machine: &Machine, places: Places) -> Self {
        let store = Store::new(&places.state_dir);
        let lost = places.run_dir.join("no-data").exists();
        let boot = Boot {
            id: clock::boot_id(),
            side: machine.side(),
            version: machine.image_version(),
            data: if lost { Data::Lost } else { Data::Kept },
            told: store.told(machine.gave_up()),
        };
        tracing::info!(side = ?boot.side, version = boot.version, data = ?boot.data, "this boot");
        let record = store.read();
        places.shelf().tidy(record.fetch.as_ref().map(|fetch| fetch.id.as_str()));
        let (updater, actions) = Updater::start(record, boot, clock::mono(), clock::wall());
        let (commands, inbox) = mpsc::channel(64);
        let (tell, state) = watch::channel(Arc::new(updater.state()));
        let places = Arc::new(places);
        let engine = Engine::new(updater, store, places.clone(), commands.clone(), tell);
        tokio::spawn(engine.run(inbox, actions));
        Self { places, commands, state }
    }

    async fn ask(&self, work: Work) -> Result<Option<Started>, NotTaken> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(Command::Ask(work, answer)).await.map_err(|_| NotTaken::Ending)?;
        answered.await.map_err(|_| NotTaken::Ending)?
    }

    async fn look<T: Send + 'static>(&self, look: impl FnOnce(&Updater) -> T + Send + 'static) -> Result<T, NotTaken> {
        let (answer, answered) = oneshot::channel();
        let look = Box::new(move |updater: &Updater| {
            let _ = answer.send(look(updater));
        });
        self.commands.send(Command::Look(look)).await.map_err(|_| NotTaken::Ending)?;
        answered.await.map_err(|_| NotTaken::Ending)
    }

    async fn cars(&self) -> Occupancy {
        self.places.probes().cars().await
    }
}
