//! The cabinet's own thread: it owns the cabinet and the MCU's line.

use std::{
    sync::{Arc, mpsc::Receiver},
    time::Duration,
};

use api::state::ControllerState;
use cabinet::{Cabinet, Input, Output, Outputs};
use charging::Setpoint;
use config::Config;
use mcu_link::{Decoder, Encoder, FromMcu, MAX_FRAME, ToMcu};
use serial::{Event, Line, Settings};
use shell::clock;
use tokio::sync::watch;
use units::{Mono, SessionId};

use crate::{
    checkpoint::Keeper,
    http::Links,
    inbox::{Inbox, Look, Message},
    store::Store,
    wires::Wires,
};

/// The state is shown at most this often.
const SHOW: Duration = Duration::from_millis(200);
/// And at least this often, so that its age tells whether anybody is there.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// systemd is told this often that the loop turns; its patience is a second.
const WATCHDOG: Duration = Duration::from_millis(250);
/// The most messages taken from the queue before the clock is looked at again.
const BATCH: usize = 64;

/// The MCU's line: framing and counting.
#[derive(Debug)]
pub(crate) struct McuLine {
    line: Line,
    decoder: Decoder,
    encoder: Encoder,
    garbage: shell::RateLimited,
    dropped: u64,
}

impl McuLine {
    pub(crate) fn new(line: Line) -> Self {
        Self {
            line,
            decoder: Decoder::default(),
            encoder: Encoder::default(),
            garbage: shell::RateLimited::default(),
            dropped: 0,
        }
    }

    /// Waits for the MCU or for the queue; gives what the MCU said.
    pub(crate) fn wait(&mut self, limit: Duration) -> Vec<FromMcu> {
        let mut buffer = [0; 1024];
        match self.line.read(&mut buffer, limit) {
            Event::Bytes(bytes) => {
                let heard: Vec<FromMcu> = self.decoder.feed(bytes).collect();
                let total = u64::from(self.decoder.garbage().dropped());
                if total > self.dropped {
                    self.dropped = total;
                    if self.garbage.hit().is_some() {
                        tracing::warn!(total, "garbage from the MCU received and dropped");
                    }
                }
                return heard;
            }
            Event::Up => {
                self.decoder.restart();
                tracing::info!("the MCU's line is open");
            }
            Event::Down(error) => {
                tracing::warn!(%error, port = %self.line.settings().path.display(), "the MCU's line is down");
            }
            Event::Woken | Event::TimedOut => {}
        }
        Vec::new()
    }

    /// The MCU may be on another line.
    fn follow(&mut self, mcu: &config::Mcu) {
        let settings = Self::settings(mcu);
        if *self.line.settings() != settings {
            self.decoder.restart();
            self.line.move_to(settings);
        }
    }

    /// How the MCU's line is set.
    pub(crate) fn settings(mcu: &config::Mcu) -> Settings {
        Settings::new(&mcu.port, 115_200)
    }

    pub(crate) fn say(&mut self, message: &ToMcu) {
        let mut frame = [0; MAX_FRAME];
        let Ok(length) = self.encoder.encode(message, &mut frame) else { return };
        if let Some(bytes) = frame.get(..length)
            && let Err(error) = self.line.write(bytes)
        {
            tracing::debug!(%error, "the MCU's line takes nothing");
        }
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// Everything that the thread has.
pub(crate) struct Thread {
    pub(crate) cabinet: Cabinet,
    pub(crate) mcu: McuLine,
    pub(crate) messages: Receiver<Message>,
    pub(crate) inbox: Inbox,
    pub(crate) wires: Wires,
    pub(crate) links: Links,
    pub(crate) store: Store,
    pub(crate) keeper: Keeper,
    pub(crate) shown: watch::Sender<Arc<ControllerState>>,
    /// The configuration in force.
    pub(crate) in_force: watch::Sender<Arc<Config>>,
}

impl Thread {
    /// Never returns: the process ends with a signal, and the next one adopts what this one leaves.
    pub(crate) fn run(mut self) {
        let mut wake = Mono::BOOT;
        let mut show = Show::default();
        let mut fed = Mono::BOOT;
        let mut clock_read = Mono::BOOT;
        loop {
            let now = clock::mono();
            let next = wake.min(fed + WATCHDOG).min(show.due());
            for said in self.mcu.wait(next.since(now)) {
                wake = self.handle(Input::Mcu(Box::new(said)), &mut show);
            }
            for _ in 0..BATCH {
                match self.messages.try_recv() {
                    Ok(message) => wake = self.take(message, wake, &mut show),
                    Err(_) => break,
                }
            }
            let now = clock::mono();
            if now >= wake {
                wake = self.handle(Input::Wake, &mut show);
            }
            if now.since(fed) >= WATCHDOG {
                fed = now;
                shell::notify::watchdog();
            }
            if now.since(clock_read) >= HEARTBEAT {
                clock_read = now;
                wake = self.handle(Input::Wall(clock::wall()), &mut show);
                wake = wake.min(self.handle(Input::Dropped(self.inbox.dropped(self.mcu.dropped())), &mut show));
            }
            if show.due() <= now {
                show.done(now);
                self.shown.send_replace(Arc::new(self.cabinet.state(now)));
            }
        }
    }

    fn take(&mut self, message: Message, wake: Mono, show: &mut Show) -> Mono {
        match message {
            Message::Input(input) => self.handle(input, show),
            Message::Command(command, answer) => {
                let verdict = self.cabinet.check(&command);
                let good = verdict.is_ok();
                let wake = if good { self.handle(Input::Command(command), show) } else { wake };
                let _ = answer.send(verdict);
                wake
            }
            Message::Configure(config, version, done) => {
                let wake = self.handle(Input::Config { config, version }, show);
                let _ = done.try_send(self.cabinet.config_waiting());
                wake
            }
            Message::Look(Look(look)) => {
                look(&self.cabinet, clock::mono());
                wake
            }
        }
    }

    fn handle(&mut self, input: Input, show: &mut Show) -> Mono {
        let now = clock::mono();
        let outputs = self.cabinet.handle(now, input);
        self.carry_out(now, outputs, show)
    }

    /// Another configuration is in force: the wires, the links and who reads it follow.
    fn follow(&mut self, config: Arc<Config>) {
        self.wires.follow(&config);
        self.mcu.follow(&config.mcu);
        self.links.follow(&config);
        self.in_force.send_replace(config);
    }

    /// Does what the cabinet asks for; gives the instant to come back at.
    pub(crate) fn carry_out(&mut self, now: Mono, outputs: Outputs, show: &mut Show) -> Mono {
        for output in outputs.list {
            match output {
                Output::Mcu(message) => self.mcu.say(&message),
                Output::Module(module, setpoint) => self.wires.set(module, driver_setpoint(setpoint)),
                Output::Link(chain, message) => self.links.tell(&chain, message),
                Output::Store(record) => self.store.record(record),
                Output::NeedSessionIds => {
                    let ids: Vec<SessionId> = (0..16).filter_map(|_| new_session_id()).collect();
                    self.inbox.input(Input::SessionIds(ids));
                }
                Output::Apply(config) => self.follow(config),
                Output::Changed => {
                    show.wanted = true;
                    self.keeper.write(&self.cabinet.checkpoint(now));
                }
            }
        }
        outputs.next_wake
    }
}

/// When the state is to be shown next.
#[derive(Debug, Default)]
pub(crate) struct Show {
    wanted: bool,
    last: Mono,
}

impl Show {
    fn due(&self) -> Mono {
        self.last + if self.wanted { SHOW } else { HEARTBEAT }
    }

    fn done(&mut self, now: Mono) {
        *self = Self { wanted: false, last: now };
    }
}

/// A fresh random UUID.
pub(crate) fn new_session_id() -> Option<SessionId> {
    SessionId::new(&uuid::Uuid::new_v4().to_string()).ok()
}

const fn driver_setpoint(setpoint: Setpoint) -> power_modules::Setpoint {
    match setpoint {
        Setpoint::Off => power_modules::Setpoint::Off,
        Setpoint::On { voltage, current } => power_modules::Setpoint::On { voltage, current },
    }
}
