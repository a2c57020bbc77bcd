//! The task that owns the machine.

use std::{io, path::Path, sync::Arc, time::Duration};

use api::update::{Code, Refused, UpdateState};
use shell::clock;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use units::Mono;
use update::{Action, FetchJob, Input, Inspection, Location, Updater};

use super::{
    Command, NotTaken, Places, fetch, http, rauc,
    record::Store,
    write::{Rauc, Wanted, write},
};

pub(super) struct Engine {
    updater: Updater,
    store: Store,
    places: Arc<Places>,
    /// For those who report back.
    commands: mpsc::Sender<Command>,
    tell: watch::Sender<Arc<UpdateState>>,
    fetching: Option<JoinHandle<()>>,
}

impl Engine {
    pub(super) fn new(
        updater: Updater,
        store: Store,
        places: Arc<Places>,
        commands: mpsc::Sender<Command>,
        tell: watch::Sender<Arc<UpdateState>>,
    ) -> Self {
        Self { updater, store, places, commands, tell, fetching: None }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Command>, first: Vec<Action>) {
        self.carry_out(first).await;
        self.publish();
        loop {
            let wake = self.updater.next_wake();
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(Command::Tell(input)) => self.take(input).await,
                    Some(Command::Look(look)) => look(&self.updater),
                    Some(Command::Ask(work, answer)) => {
                        let before = self.updater.clone();
                        let taken = match work(&mut self.updater) {
                            Ok((started, actions)) => self.take_on(actions, before).await.map(|()| started),
                            Err(rejection) => Err(rejection.into()),
                        };
                        self.publish();
                        let _ = answer.send(taken);
                        // What was asked for may be due at once.
                        self.take(Input::Tick).await;
                    }
                    None => return,
                },
                () = until(wake) => self.take(Input::Tick).await,
            }
        }
    }

    async fn take(&mut self, input: Input) {
        let actions = self.updater.handle(clock::mono(), clock::wall(), input);
        self.carry_out(actions).await;
        self.publish();
    }

    fn publish(&self) {
        let state = self.updater.state();
        self.tell.send_if_modified(|told| {
            let news = **told != state;
            if news {
                *told = Arc::new(state);
            }
            news
        });
    }

    /// Carries out a request, or takes it back if it cannot be written down.
    async fn take_on(&mut self, actions: Vec<Action>, before: Updater) -> Result<(), NotTaken> {
        if actions.contains(&Action::Persist)
            && let Err(error) = self.persist().await
        {
            self.updater = before;
            return Err(NotTaken::NotWritten(error));
        }
        self.carry_out(actions).await;
        Ok(())
    }

    async fn carry_out(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Persist => {
                    if let Err(error) = self.persist().await {
                        // Going on is right: what is lost is how the update ended, and stopping here would lose it too.
                        tracing::error!(%error, "the record of updates cannot be written");
                    }
                }
                Action::Fetch(job) => self.fetch(job),
                Action::StopFetch => self.stop_fetching(),
                Action::Delete { id } => self.places.shelf().delete(&id),
                Action::Inspect { id, at, sha256 } => self.inspect(id, at, sha256),
                Action::Write { id, at, manifest_hash } => self.write(id, at, manifest_hash),
                Action::Attend { id } => {
                    let tell = self.writing();
                    self.report(async move {
                        let result = rauc::attend(&id, tell).await;
                        Input::Written { id, result }
                    });
                }
                Action::Look => {
                    let probes = self.places.probes();
                    self.report(async move { Input::Looked(probes.health().await) });
                }
                Action::AskCars => {
                    let probes = self.places.probes();
                    self.report(async move { Input::Cars(probes.cars().await) });
                }
                Action::MarkGood => self.report(async { Input::Marked(rauc::mark_good().await) }),
                Action::ReadSides => self.read_sides(),
                Action::Confirm => self.sign("confirmed", "this boot is confirmed"),
                Action::Restart => self.sign("restart", "the machine is to restart"),
            }
        }
    }

    async fn persist(&self) -> io::Result<()> {
        let (store, record) = (self.store.clone(), self.updater.record().clone());
        let written = tokio::task::spawn_blocking(move || store.write(&record)).await;
        written.unwrap_or_else(|error| Err(io::Error::other(error)))
    }

    /// Runs beside the machine, and tells it what came of it.
    fn report(&self, work: impl Future<Output = Input> + Send + 'static) {
        let commands = self.commands.clone();
        tokio::spawn(async move {
            let _ = commands.send(Command::Tell(work.await)).await;
        });
    }

    fn fetch(&mut self, job: FetchJob) {
        self.stop_fetching();
        let FetchJob { id, url, delay } = job;
        let client = http::Client { authorities: self.places.authorities.clone() };
        let (shelf, commands) = (self.places.shelf(), self.commands.clone());
        self.fetching = Some(tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let told = |received, total| {
                let _ = commands.try_send(Command::Tell(Input::Fetching { id: id.clone(), received, total }));
            };
            let result = fetch::attempt(&client, &shelf, &id, &url, told).await;
            match &result {
                Ok(fetched) => tracing::info!(id, size = fetched.size, "a bundle was fetched"),
                Err(failure) => tracing::warn!(id, reason = failure.reason, "a bundle was not fetched"),
            }
            let _ = commands.send(Command::Tell(Input::Fetched { id, result })).await;
        }));
    }

    fn stop_fetching(&mut self) {
        if let Some(fetching) = self.fetching.take() {
            fetching.abort();
        }
    }

    fn inspect(&self, id: String, at: Location, sha256: Option<String>) {
        let places = self.places.clone();
        self.report(async move {
            let result = inspect(&places, &at, sha256.as_deref()).await;
            if let Err(refused) = &result {
                tracing::warn!(id, code = ?refused.code, reason = refused.reason, "a bundle is refused");
            }
            Input::Inspected { id, result }
        });
    }

    fn writing(&self) -> impl FnMut(u8, String) + Send + 'static {
        let commands = self.commands.clone();
        move |percent, message| {
            let _ = commands.try_send(Command::Tell(Input::Writing { percent, message }));
        }
    }

    fn write(&self, id: String, at: Location, manifest_hash: String) {
        let (path, shelf, tell) = (self.places.path(&at), self.places.shelf(), self.writing());
        self.report(async move {
            tracing::info!(id, bundle = %path.display(), "the other side is written");
            let wanted = Wanted { id: &id, at: &at, path, manifest_hash };
            let result = write(&Rauc, &shelf, wanted, tell).await;
            match &result {
                Ok(()) => tracing::info!(id, "the other side is written: done"),
                Err(reason) => tracing::error!(id, reason, "the other side could not be written"),
            }
            Input::Written { id, result }
        });
    }

    fn read_sides(&self) {
        let commands = self.commands.clone();
        tokio::spawn(async move {
            match rauc::sides().await {
                Ok(sides) => {
                    let _ = commands.send(Command::Tell(Input::Sides(sides))).await;
                }
                Err(reason) => tracing::warn!(reason, "the sides are not known"),
            }
        });
    }

    /// Makes a file that a unit with the right to act waits for.
    fn sign(&self, name: &str, words: &str) {
        let dir = self.places.signs();
        let made = std::fs::create_dir_all(&dir).and_then(|()| std::fs::write(dir.join(name), ""));
        match made {
            Ok(()) => tracing::info!(sign = name, "{words}"),
            Err(error) => tracing::error!(%error, folder = %dir.display(), "{words}, and nobody can be told"),
        }
    }
}

async fn until(wake: Option<Mono>) {
    match wake {
        Some(wake) => tokio::time::sleep(wake.since(clock::mono()).max(Duration::from_millis(10))).await,
        None => std::future::pending().await,
    }
}

impl Places {
    pub(super) fn path(&self, at: &Location) -> std::path::PathBuf {
        match at {
            Location::Download(id) => self.shelf().path(id),
            Location::File(path) => Path::new(path).to_owned(),
            Location::Usb(name) => self.usb_dir.join(name),
        }
    }
}

/// Looks at a bundle: the whole file first, if somebody knows what it must be.
pub(super) async fn inspect(places: &Places, at: &Location, sha256: Option<&str>) -> Result<Inspection, Refused> {
    let path = places.path(at);
    let refused = |reason| Refused { code: Code::Source, reason };
    if let Some(expected) = sha256 {
        let found = fetch::sha256(&path).await;
        let found = found.map_err(|error| refused(format!("{} cannot be read: {error}", path.display())))?;
        if !found.eq_ignore_ascii_case(expected) {
            return Err(refused(format!("the file's SHA-256 is {found}, expected {expected}")));
        }
    }
    rauc::inspect(&path).await
}
