//! The loop: what comes from the CSMS, the controller, `system` and the clock goes into the station and the update, and what
//! they say is done.

mod firmware;

use std::{path::PathBuf, time::Duration};

use api::{
    command::StopReason,
    ocpp::{self, ConnectionStatus, Heard, OcppState, Trouble},
    session::Stamp,
};
use shell::{RateLimited, client::Client, clock};
use tokio::{
    sync::{mpsc, oneshot},
    time::sleep,
};
use units::Wall;
use uuid::Uuid;

use crate::{
    carry::Errand,
    connection::{Connection, Event},
    controller::{self, Section, Told},
    firmware::{Firmware, Input as Update},
    queue::{Queue, QueueError},
    station::{Answer, Command, Input, Now, Output, Station},
    updates,
};

/// The keys that the CSMS wrote stand in the store under this.
const KEY_PREFIX: &str = "key.";
/// The configuration as last read.
const CONFIG: &str = "config";
/// At least so often the loop shows systemd that it lives.
const PULSE: Duration = Duration::from_secs(2);

/// Whom and what the loop works with.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The controller.
    pub controller: Client,
    /// The daemon that updates the unit.
    pub system: Client,
    /// The manufacturer's roots, and what it has revoked: certificates and revocation lists in PEM.
    pub roots: PathBuf,
    /// The version of the unit's software, as the CSMS is told.
    pub version: String,
}

/// Asks the loop for its state.
pub type StateRequest = oneshot::Sender<OcppState>;

/// The daemon's loop and everything that it owns.
#[derive(Debug)]
pub struct Daemon {
    station: Station,
    queue: Queue,
    firmware: Firmware,
    around: Surroundings,
    connection: Option<Connection>,
    generation: u64,
    events: mpsc::Sender<(u64, Event)>,
    inputs: mpsc::Sender<Input>,
    updates: mpsc::Sender<Update>,
    /// The controller's clock, to date what happened before it was set.
    clock: Option<Stamp>,
    head_is_stale: bool,
    notice_is_stale: bool,
    config_version: Option<u64>,
    heard: Heard,
    status: ConnectionStatus,
    since: Wall,
    last_error: Option<Trouble>,
    troubles: RateLimited,
    garbage: u64,
}

/// What the loop listens to.
#[derive(Debug)]
pub struct Ears {
    events: mpsc::Receiver<(u64, Event)>,
    inputs: mpsc::Receiver<Input>,
    told: mpsc::Receiver<Told>,
    updates: mpsc::Receiver<Update>,
    requests: mpsc::Receiver<StateRequest>,
}

impl Daemon {
    /// Takes up where the last process ended; `requests` ask for the state.
    pub fn start(
        mut queue: Queue,
        around: Surroundings,
        requests: mpsc::Receiver<StateRequest>,
    ) -> Result<(Self, Ears), QueueError> {
        // Without a store that can be written nothing may be sent: its outcome would be forgotten, and it be sent again.
        queue.set_setting("started", &clock::wall().ms.to_string())?;
        let (events, events_in) = mpsc::channel(32);
        let (inputs, inputs_in) = mpsc::channel(16);
        let (told, told_in) = mpsc::channel(8);
        let (updates, updates_in) = mpsc::channel(8);
        tokio::spawn(controller::watch(around.controller.clone(), told.clone()));
        tokio::spawn(controller::feed(around.controller.clone(), told, queue.cursor()?));
        tokio::spawn(updates::watch(around.system.clone(), updates.clone()));
        let mut daemon = Self {
            station: Station::new(Uuid::new_v4().as_u64_pair().0),
            firmware: Firmware::new(queue.firmware()?),
            queue,
            around,
            connection: None,
            generation: 0,
            events,
            inputs,
            updates,
            clock: None,
            head_is_stale: true,
            notice_is_stale: true,
            config_version: None,
            heard: Heard::No,
            status: ConnectionStatus::Off,
            since: clock::wall(),
            last_error: None,
            troubles: RateLimited::default(),
            garbage: 0,
        };
        daemon.remember()?;
        Ok((daemon, Ears { events: events_in, inputs: inputs_in, told: told_in, updates: updates_in, requests }))
    }

    /// Runs for ever; ends only when the store fails.
    pub async fn run(mut self, mut ears: Ears) -> Result<(), QueueError> {
        loop {
            self.update(Update::Wake)?;
            self.take_heads()?;
            shell::notify::watchdog();
            let wake = self.station.next_wake().map_or(PULSE, |wake| wake.since(clock::mono()).min(PULSE));
            tokio::select! {
                Some((generation, event)) = ears.events.recv() => self.connection_event(generation, event)?,
                Some(input) = ears.inputs.recv() => self.give(input)?,
                Some(told) = ears.told.recv() => self.told(told)?,
                Some(update) = ears.updates.recv() => self.update(update)?,
                Some(request) = ears.requests.recv() => {
                    // Whoever asked may be gone.
                    let _ = request.send(self.state()?);
                }
                () = sleep(wake) => self.give(Input::Wake)?,
            }
        }
    }

    /// What the CSMS and the controller said to an earlier process.
    fn remember(&mut self) -> Result<(), QueueError> {
        for (key, value) in self.queue.settings(KEY_PREFIX)? {
            self.give(Input::Remembered { key, value })?;
        }
        let section = self.queue.setting(CONFIG)?.and_then(|text| serde_json::from_str::<Section>(&text).ok());
        if let Some(section) = section {
            self.give(Input::Settings(section.settings(&self.around.version)))?;
        }
        if let Some(said) = self.queue.said()? {
            self.give(Input::Said(said))?;
        }
        Ok(())
    }

    fn give(&mut self, input: Input) -> Result<(), QueueError> {
        let now = Now { mono: clock::mono(), wall_ms: clock::wall().ms };
        let outputs = self.station.handle(now, input);
        for output in outputs {
            self.carry_out(output)?;
        }
        self.note_status();
        Ok(())
    }

    fn take_heads(&mut self) -> Result<(), QueueError> {
        // A message that is answered at once may make the next one stale again.
        while std::mem::take(&mut self.head_is_stale) {
            let head = tokio::task::block_in_place(|| self.queue.head(self.clock.as_ref()))?;
            self.give(Input::Head(head))?;
        }
        if std::mem::take(&mut self.notice_is_stale) {
            let notice = tokio::task::block_in_place(|| self.queue.notice())?;
            self.give(Input::Notice(notice))?;
        }
        Ok(())
    }

    fn carry_out(&mut self, output: Output) -> Result<(), QueueError> {
        match output {
            Output::Connect(endpoint) => {
                self.generation += 1;
                self.connection = Some(Connection::open(endpoint, self.generation, self.events.clone()));
            }
            Output::Disconnect => self.connection = None,
            Output::Send(text) => {
                tracing::trace!(text, "to the CSMS");
                self.order(|connection| connection.send(text));
            }
            Output::Ping => self.order(Connection::ping),
            Output::Settle { id, outcome } => {
                tokio::task::block_in_place(|| self.queue.settle(id, &outcome))?;
                self.head_is_stale = true;
            }
            Output::SettleNotice { head, outcome } => self.settle_notice(&head, &outcome)?,
            Output::Verdict { request_id, said } => {
                let client = self.around.controller.clone();
                tokio::spawn(async move {
                    if let Err(error) = controller::authorise(&client, &request_id, &said).await {
                        let verdict = said.verdict;
                        tracing::warn!(%error, ?verdict, "the controller did not take the CSMS's verdict");
                    }
                });
            }
            Output::Reach(reach) => {
                let client = self.around.controller.clone();
                tokio::spawn(async move {
                    if let Err(error) = controller::tell_reach(&client, reach).await {
                        tracing::warn!(%error, ?reach, "the controller does not know how the CSMS is");
                    }
                });
            }
            Output::Command { id, command: Command::UpdateFirmware(ask) } => self.asked_to_update(id, ask)?,
            Output::Command { id, command } => {
                let errand = self.errand(&command)?;
                let (inputs, client) = (self.inputs.clone(), self.around.controller.clone());
                tokio::spawn(async move {
                    let answer = match errand {
                        Some(errand) => errand.run(client).await,
                        None => Answer::Refused,
                    };
                    let _ = inputs.send(Input::Commanded { id, command, answer }).await;
                });
            }
            Output::Deauthorise { session, connector } => {
                tracing::info!(%session, %connector, "the CSMS does not know the tag: the charge is ended");
                let client = self.around.controller.clone();
                tokio::spawn(async move {
                    if let Err(error) = controller::stop(&client, connector, StopReason::Deauthorised).await {
                        tracing::warn!(%error, %connector, "the controller did not end the charge");
                    }
                });
            }
            Output::Remember { key, value } => self.queue.set_setting(&format!("{KEY_PREFIX}{key}"), &value)?,
            Output::Trouble(message) => self.trouble(message),
        }
        Ok(())
    }

    /// What a command of the CSMS means to the controller; `None` if it can mean nothing.
    fn errand(&self, command: &Command) -> Result<Option<Errand>, QueueError> {
        let running = match command.transaction() {
            Some(transaction_id) => self.queue.running(transaction_id)?,
            None => None,
        };
        // The controller knows connectors: one that has begun another session meanwhile is left alone.
        let running = running.filter(|(session, connector)| self.station.runs(*connector, session));
        Ok(Errand::of(command, running))
    }

    fn order(&mut self, order: impl FnOnce(&Connection) -> bool) {
        let Some(connection) = &self.connection else { return };
        if !order(connection) {
            let event = (connection.generation(), Event::Closed { why: "the connection is stuck".to_owned() });
            // If there is no room for it either, the pong that does not come will tell.
            let _ = self.events.try_send(event);
        }
    }

    fn connection_event(&mut self, generation: u64, event: Event) -> Result<(), QueueError> {
        if self.connection.as_ref().map(Connection::generation) != Some(generation) {
            return Ok(());
        }
        let input = match event {
            Event::Opened => Input::Opened,
            Event::Closed { why } => {
                self.connection = None;
                Input::Closed { why }
            }
            Event::Text(text) => {
                tracing::trace!(text, "from the CSMS");
                Input::Text(text)
            }
            Event::Binary => Input::Binary,
            Event::Heard => Input::Heard,
        };
        self.give(input)
    }

    fn told(&mut self, told: Told) -> Result<(), QueueError> {
        match told {
            Told::World { world, clock } => {
                self.heard = Heard::Yes;
                // A clock that has become better dates what waits anew.
                let quality = |stamp: &Stamp| stamp.wall.quality;
                self.head_is_stale |= self.clock.as_ref().map(quality) < Some(quality(&clock));
                self.clock = Some(clock);
                self.give(Input::World(world))
            }
            Told::Config { section, version } => {
                self.config_version = Some(version);
                if let Ok(text) = serde_json::to_string(&section) {
                    self.queue.set_setting(CONFIG, &text)?;
                }
                self.give(Input::Settings(section.settings(&self.around.version)))
            }
            Told::Lost => {
                self.heard = Heard::No;
                self.give(Input::ControllerLost)
            }
            Told::Garbage(what) => {
                self.garbage += 1;
                self.trouble(what);
                Ok(())
            }
            Told::Outbox { events, up_to, newest, stored } => {
                match tokio::task::block_in_place(|| self.store(&events, up_to, newest)) {
                    Ok(cursor) => {
                        self.head_is_stale |= !events.is_empty();
                        // The feed may be gone.
                        let _ = stored.send(cursor);
                    }
                    // The controller keeps them, and is asked again.
                    Err(error) => self.trouble(format!("the outbox cannot be stored: {error}")),
                }
                Ok(())
            }
        }
    }

    fn store(&mut self, events: &[api::outbox::Event], up_to: u64, newest: u64) -> Result<u64, QueueError> {
        if newest < self.queue.cursor()? {
            tracing::warn!(newest, "the controller's outbox has begun anew");
            self.queue.restart_cursor()?;
            return Ok(0);
        }
        self.queue.commit(events, up_to)
    }

    fn trouble(&mut self, message: String) {
        if let Some(count) = self.troubles.hit() {
            tracing::warn!(count, "{message}");
        }
        self.last_error = Some(Trouble { message, at: clock::wall() });
    }

    fn note_status(&mut self) {
        let status = self.station.connection();
        if status != self.status {
            let word = format!("CSMS: {status:?}");
            tracing::debug!("{word}");
            shell::notify::status(&word);
            if status == ConnectionStatus::Connected {
                tracing::info!(url = self.station.url(), "connected to the CSMS");
            }
            self.status = status;
            self.since = clock::wall();
        }
    }

    fn state(&self) -> Result<OcppState, QueueError> {
        let mut dropped = self.station.dropped();
        dropped.controller = self.garbage;
        Ok(OcppState {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config_version: self.config_version,
            controller: self.heard,
            connection: ocpp::Connection {
                status: self.status,
                since: self.since,
                url: self.station.url().map(str::to_owned),
                csms_clock_ahead_ms: self.station.clock_ahead_ms(),
            },
            boot: self.station.boot(),
            last_error: self.last_error.clone(),
            queue: self.queue.depth()?,
            dropped,
            firmware: self.firmware_state()?,
            transactions: self.queue.transactions()?,
        })
    }
}
