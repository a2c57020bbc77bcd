//! The controller's process: the cabinet, what it leaves in `/run`, its start on what it finds.

use core::time::Duration;
use std::collections::BTreeSet;

use api::state::ControllerState;
use cabinet::{
    Cabinet, Checkpoint, Command, Identity, Input, LinkNews, MeterNews, ModuleNews, Output, Outputs, Verdict,
};
use charging::Setpoint;
use mcu_link::{FromMcu, ToMcu};
use units::{BootId, ConnectorId, Mono, SessionId};

use super::{World, plant::Known};
use crate::{incident::Left, queue::Event};

/// How long a start listens at most before it decides, as the daemon does.
const LISTENS: Duration = Duration::from_millis(700);
/// From the process's start to its listening.
const STARTS: Duration = Duration::from_millis(60);
/// The clock is read this often.
const CLOCK: Duration = Duration::from_secs(30);

/// The process.
pub(crate) enum Process {
    /// There is none.
    Down,
    /// It listens before it decides.
    Listening {
        observed: Vec<(Mono, Input)>,
        /// What must be heard still.
        missing: Missing,
    },
    /// It runs.
    Up(Box<Cabinet>),
}

/// What a start waits for, as the daemon does: what the connectors with a car stand on, and no more.
#[derive(Default)]
pub(crate) struct Missing(BTreeSet<String>);

impl Missing {
    fn of(config: &config::Config, found: Option<&Checkpoint>) -> Self {
        let visited: BTreeSet<ConnectorId> = found.into_iter().flat_map(Checkpoint::visited).collect();
        let charges: BTreeSet<ConnectorId> = found.into_iter().flat_map(Checkpoint::charges).collect();
        if visited.is_empty() {
            return Self::default();
        }
        let mut names: BTreeSet<String> = ["mcu hello", "mcu status"].map(str::to_owned).into();
        for own in config.connectors.iter().filter(|own| visited.contains(&own.id)) {
            names.insert(format!("chain {}", own.chain));
        }
        for own in config.connectors.iter().filter(|own| charges.contains(&own.id)) {
            names.insert(format!("meter {}", own.meter));
            names.extend(own.modules.iter().map(|module| format!("module {module}")));
        }
        Self(names)
    }

    fn nothing(&self) -> bool {
        self.0.is_empty()
    }

    fn heard(&mut self, input: &Input) {
        match input {
            Input::Mcu(message) => match **message {
                FromMcu::Hello(_) => self.0.remove("mcu hello"),
                FromMcu::Status(_) => self.0.remove("mcu status"),
            },
            Input::Link(chain, LinkNews::Up { .. }) => self.0.remove(&format!("chain {chain}")),
            Input::Module(module, ModuleNews::Reading { .. }) => self.0.remove(&format!("module {module}")),
            Input::Meter(meter, MeterNews::Reading { .. }) => self.0.remove(&format!("meter {meter}")),
            _ => false,
        };
    }
}

impl World {
    /// Whether the process takes in what it hears.
    pub(crate) const fn hears(&self) -> bool {
        !matches!(self.process, Process::Down)
    }

    /// Whether a cabinet decides.
    pub(crate) const fn is_controlled(&self) -> bool {
        matches!(self.process, Process::Up(_))
    }

    pub(crate) fn state(&self) -> Option<ControllerState> {
        match &self.process {
            Process::Up(cabinet) => Some(cabinet.state(self.mono())),
            _ => None,
        }
    }

    pub(crate) fn allows(&self, command: &Command) -> bool {
        matches!(&self.process, Process::Up(cabinet) if cabinet.check(command).is_ok())
    }

    fn identity(&self) -> Identity {
        Identity {
            boot: BootId(format!("{:08x}-0000-4000-8000-000000000000", self.boots)),
            version: "simulated".into(),
        }
    }

    /// Something is heard by the process.
    pub(crate) fn tell_controller(&mut self, input: Input) {
        let mono = self.mono();
        match &mut self.process {
            Process::Down => {}
            Process::Listening { observed, missing } => {
                missing.heard(&input);
                let decides = missing.nothing();
                observed.push((mono, input));
                if decides {
                    self.queue.put(self.now, Event::ControllerDecides);
                }
            }
            Process::Up(cabinet) => {
                if self.tamper.as_ref().is_some_and(|tamper| tamper.swallows(&self.phases, &input)) {
                    return;
                }
                self.stats.inputs += 1;
                self.check.heard(&self.config, &input);
                let outputs = cabinet.handle(mono, input);
                self.look_at_phases();
                self.obey(outputs);
            }
        }
    }

    pub(crate) fn wake_event(&mut self) {
        if self.wake.fires(self.now) {
            self.tell_controller(Input::Wake);
        }
    }

    pub(crate) fn clock_event(&mut self) {
        self.watch_exits();
        let wall = self.wall();
        self.tell_controller(Input::Wall(wall));
        self.queue.put(self.now + CLOCK, Event::Clock);
    }

    fn look_at_phases(&mut self) {
        let Process::Up(cabinet) = &self.process else { return };
        let mut changed = Vec::new();
        for (place, (_, phase, since)) in cabinet.phases().enumerate() {
            if self.phases[place].0 != phase {
                changed.push((place, self.phases[place].0, phase));
            }
            self.phases[place] = (phase, self.boot + since.since(Mono::BOOT));
        }
        for (place, from, to) in changed {
            if std::mem::discriminant(&from) != std::mem::discriminant(&to) {
                self.note(place, &format!("{from:?} -> {to:?}"));
            }
            self.stats.phase(to);
        }
    }

    fn obey(&mut self, mut outputs: Outputs) {
        let wake = self.boot + outputs.next_wake.since(Mono::BOOT);
        self.watch_wake(wake);
        if let Some(tamper) = self.tamper {
            tamper.outputs(&self.phases, &mut outputs.list);
        }
        let mut needs_ids = false;
        for output in outputs.list {
            match output {
                Output::Mcu(message) => {
                    self.watch_order(&message);
                    self.tell_mcu(message);
                }
                Output::Module(id, setpoint) => {
                    let Some(module) = self.modules.iter().position(|module| module.id == id) else { continue };
                    self.check.told[module] = setpoint;
                    self.module_told(module, setpoint);
                }
                Output::Link(chain, message) => self.tell_chain(&chain, message),
                Output::Store(record) => {
                    self.ledger_records(&record);
                    self.store_takes(record);
                }
                Output::NeedSessionIds => needs_ids = true,
                Output::Apply(config) => self.applies(&config),
                Output::Changed => self.stats.changes += 1,
            }
        }
        // Never in the past: the check has spoken of that already.
        let at = wake.max(self.now + Duration::from_nanos(1));
        if self.wake.exactly(at) {
            self.queue.put(at, Event::Wake);
        }
        self.watch_commands();
        if needs_ids {
            let ids = self.session_ids();
            self.queue.put(self.now, Event::Hear(Box::new(Input::SessionIds(ids))));
        }
    }

    fn session_ids(&mut self) -> Vec<SessionId> {
        (0..16)
            .filter_map(|_| {
                self.ids += 1;
                SessionId::new(&format!("{:08x}-0000-4000-8000-{:012x}", self.seed & 0xFFFF_FFFF, self.ids)).ok()
            })
            .collect()
    }

    /// Another configuration is in force: what it lowers needs a moment to come down.
    fn applies(&mut self, config: &config::Config) {
        let (site, chains) = self.caps();
        self.check.lowers(self.now, site, chains);
        self.config = config.clone();
    }

    /// Somebody saves another configuration.
    pub(crate) fn save(&mut self, config: config::Config) {
        self.file_version += 1;
        self.file = config.clone();
        self.tell_controller(Input::Config { config: Box::new(config), version: self.file_version });
    }

    /// What the process would leave in `/run` now.
    pub(crate) fn checkpoint(&self) -> Option<String> {
        let Process::Up(cabinet) = &self.process else { return self.left.clone() };
        serde_json::to_string(&cabinet.checkpoint(self.mono())).ok()
    }

    /// `kill -9`.
    pub(crate) fn controller_dies(&mut self, left: Left, checkpoint: Option<String>) {
        if !self.hears() {
            return;
        }
        self.left = match left {
            Left::Whole | Left::Old(_) => checkpoint,
            Left::Nothing => Some("{\"boot\":\"torn".to_owned()),
            Left::OfAnotherBoot => checkpoint.map(|text| text.replace(&self.identity().boot.0, "of-another-boot")),
        };
        self.stats.deaths += 1;
        self.process = Process::Down;
        self.wake.stop();
        self.store_dies();
        self.links_break();
        self.check.controller_is_gone(self.now);
        for module in 0..self.modules.len() {
            self.module_alone(module);
        }
    }

    /// The process starts and listens.
    pub(crate) fn controller_starts(&mut self) {
        if !self.powered || self.hears() {
            return;
        }
        for module in &mut self.modules {
            module.known = Known::Nothing;
            module.said = None;
            module.said_on = None;
            module.said_failed = None;
            module.asked = None;
            module.confirmed = None;
            module.wanted = module.set;
        }
        for outlet in &mut self.outlets {
            outlet.meter.told = None;
            outlet.meter.told_silent = false;
        }
        let missing = Missing::of(&self.file, self.found().as_ref());
        let until = if missing.nothing() { Duration::ZERO } else { LISTENS };
        self.process = Process::Listening { observed: Vec::new(), missing };
        self.queue.put(self.now + STARTS + until, Event::ControllerDecides);
        self.tell_mcu(ToMcu::Hello);
        self.dial_all();
        for module in 0..self.modules.len() {
            self.module_soon(module, Duration::from_millis(30));
        }
        for place in 0..self.outlets.len() {
            let at = self.now + Duration::from_millis(90 + 12 * u64::try_from(place).unwrap_or(0));
            if self.outlets[place].meter.timer.sooner(at) {
                self.queue.put(at, Event::Meter(place));
            }
            if self.outlets[place].monitor.as_mut().is_some_and(|monitor| monitor.timer.sooner(at)) {
                self.queue.put(at, Event::Monitor(place));
            }
        }
    }

    fn found(&self) -> Option<Checkpoint> {
        let found: Checkpoint = serde_json::from_str(self.left.as_deref()?).ok()?;
        (found.boot == self.identity().boot).then_some(found)
    }

    pub(crate) fn controller_decides(&mut self) {
        if !matches!(self.process, Process::Listening { .. }) {
            return;
        }
        let Process::Listening { observed, .. } = std::mem::replace(&mut self.process, Process::Down) else { return };
        for (_, input) in &observed {
            self.check.heard(&self.config, input);
        }
        let file = self.file.clone();
        let (mut cabinet, verdicts, outputs) =
            Cabinet::recover(self.identity(), file, self.file_version, self.found(), observed, self.mono());
        cabinet.recall(self.store.kept.clone());
        self.close_orphans(&cabinet.open_sessions());
        self.applies(&cabinet.config().clone());
        self.process = Process::Up(Box::new(cabinet));
        self.check.controller_is_back(self.now);
        for module in 0..self.modules.len() {
            self.module_alone(module);
        }
        for (connector, verdict) in verdicts {
            self.verdict(connector, &verdict);
        }
        self.look_at_phases();
        self.obey(outputs);
        let wall = self.wall();
        self.tell_controller(Input::Wall(wall));
        let ids = self.session_ids();
        self.tell_controller(Input::SessionIds(ids));
        self.queue.put(self.now + Duration::from_millis(500), Event::Csms);
    }

    fn verdict(&mut self, connector: ConnectorId, verdict: &Verdict) {
        let place = usize::from(connector.get()).saturating_sub(1);
        match verdict {
            Verdict::Idle => {}
            Verdict::Adopted => {
                self.stats.adopted += 1;
                self.note(place, "adopted");
            }
            Verdict::TakenDown(why) => {
                *self.stats.taken_down.entry((*why).to_owned()).or_default() += 1;
                self.note(place, &format!("taken down: {why}"));
            }
        }
    }

    /// What a connector's modules were told, together.
    pub(crate) fn told(&self, place: usize) -> (i64, i64) {
        self.outlets[place].modules.iter().fold((0, 0), |(voltage, current), id| match self.check.told[*id] {
            Setpoint::On { voltage: own, current: amps } => (voltage.max(own.get()), current + amps.get()),
            Setpoint::Off => (voltage, current),
        })
    }
}
