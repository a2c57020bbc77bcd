//! A made-up unit around the machine: its disk, its firmware with `BootOrder` and `BootNext`, its cars.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use std::{collections::VecDeque, time::Duration};

use api::{
    system::Side,
    update::{Code, Install, Refused, RestartWhen, Source, Started, UpdateState},
};
use units::{BootId, Mono, Wall};
use update::{
    Action, Again, Boot, Bundle, Data, FetchFailure, Fetched, Health, Input, Inspection, Occupancy, Part, Record,
    Rejection, Updater,
};

/// An update from a file, asked for by the CSMS under this reference.
pub(crate) fn ask(reference: &str) -> Install {
    Install {
        source: Source::File("/x.raucb".to_owned()),
        force: false,
        restart: RestartWhen::WhenIdle,
        sha256: None,
        asked_by: "ocpp".to_owned(),
        reference: Some(reference.to_owned()),
    }
}

pub(crate) struct Unit {
    updater: Updater,
    disk: String,
    now: Mono,
    boots: u32,
    ids: u32,
    queue: VecDeque<Action>,
    versions: [String; 2],
    side: Side,
    pub(crate) boot_order: [Side; 2],
    boot_next: Option<Side>,
    off: bool,
    pub(crate) data: Data,
    pub(crate) bundle: Result<String, Code>,
    pub(crate) writes: Result<(), String>,
    pub(crate) cars: Occupancy,
    pub(crate) health: Health,
    pub(crate) network: bool,
    /// The new side's kernel panics.
    pub(crate) panics: bool,
    /// The firmware starts what it started last.
    pub(crate) sticks: bool,
    pub(crate) cut_after: Option<u32>,
    pub(crate) kill_after: Option<u32>,
    pub(crate) done: Vec<Action>,
    pub(crate) wrote: u32,
    pub(crate) restarts: u32,
    pub(crate) marks: u32,
    pub(crate) attempts: u32,
}

impl Unit {
    pub(crate) fn new() -> Self {
        Self::with("{}")
    }

    /// With this on its disk.
    pub(crate) fn with(disk: &str) -> Self {
        let versions = ["0.1.0".to_owned(), "0.0.9".to_owned()];
        let (updater, actions) = Self::start(disk, Side::A, &versions[0], 0, Data::Kept);
        Self {
            updater,
            disk: disk.to_owned(),
            now: Mono::BOOT,
            boots: 0,
            ids: 0,
            queue: actions.into(),
            versions,
            side: Side::A,
            boot_order: [Side::A, Side::B],
            boot_next: None,
            off: false,
            data: Data::Kept,
            bundle: Ok("0.2.0".to_owned()),
            writes: Ok(()),
            cars: Occupancy::Idle,
            health: Health::default().needing("hmi", Part::Good).comparing("module m1", Part::Good),
            network: true,
            panics: false,
            sticks: false,
            cut_after: None,
            kill_after: None,
            done: Vec::new(),
            wrote: 0,
            restarts: 0,
            marks: 0,
            attempts: 0,
        }
    }

    fn start(disk: &str, side: Side, version: &str, boot: u32, data: Data) -> (Updater, Vec<Action>) {
        let (record, lost) = Record::read(disk);
        // But for what a test has put there, everything that was written is read.
        let put = |lost: &String| lost.contains("lift it") || lost.contains("no JSON");
        assert!(lost.iter().all(put), "{lost:?}");
        let boot =
            Boot { id: BootId(boot.to_string()), side: Some(side), version: version.to_owned(), data, told: None };
        Updater::start(record, boot, Mono::BOOT, Wall::default())
    }

    pub(crate) fn state(&self) -> UpdateState {
        self.updater.state()
    }

    pub(crate) fn running(&self) -> (Side, &str) {
        (self.side, &self.versions[self.side as usize])
    }

    /// The power comes back, whatever went before: the firmware chooses a side.
    pub(crate) fn power_on(&mut self) {
        let next = self.boot_next.take();
        let wanted = next.unwrap_or(self.boot_order[0]);
        self.side = match (self.sticks, self.panics && next.is_some()) {
            (true, _) => next.unwrap_or(self.side),
            (false, true) => self.boot_order[0],
            (false, false) => wanted,
        };
        (self.off, self.now) = (false, Mono::BOOT);
        self.boots += 1;
        let version = self.versions[self.side as usize].clone();
        let (updater, actions) = Self::start(&self.disk, self.side, &version, self.boots, self.data);
        (self.updater, self.queue) = (updater, actions.into());
    }

    /// The program dies and is started again in the same boot.
    fn kill(&mut self) {
        let (record, _) = Record::read(&self.disk);
        let version = self.versions[self.side as usize].clone();
        let boot =
            Boot { id: BootId(self.boots.to_string()), side: Some(self.side), version, data: self.data, told: None };
        let (updater, actions) = Updater::start(record, boot, self.now, Wall::default());
        (self.updater, self.queue) = (updater, actions.into());
    }

    pub(crate) fn install(&mut self, ask: Install) -> Result<Started, Rejection> {
        let cars = self.cars.clone();
        self.call(|updater, id| updater.install(ask, id, &cars))
    }

    pub(crate) fn restart(&mut self, force: bool) -> Result<(), Rejection> {
        let actions = self.updater.restart(force, &self.cars)?;
        self.queue.extend(actions);
        Ok(())
    }

    pub(crate) fn cancel(&mut self) -> Result<(), Rejection> {
        let actions = self.updater.cancel(Wall::default())?;
        self.queue.retain(|action| !matches!(action, Action::Fetch(_)));
        self.queue.extend(actions);
        Ok(())
    }

    pub(crate) fn call<T: Answer>(
        &mut self,
        call: impl FnOnce(&mut Updater, &str) -> Result<T, Rejection>,
    ) -> Result<T::Said, Rejection> {
        self.ids += 1;
        let (said, actions) = call(&mut self.updater, &format!("id{}", self.ids))?.split();
        self.queue.extend(actions);
        // An asker is answered when it is on disk.
        if let Some(at) = self.queue.iter().position(|action| *action == Action::Persist) {
            self.queue.remove(at);
            self.carry_out(Action::Persist);
        }
        Ok(said)
    }

    pub(crate) fn confirm(&mut self) {
        self.run_for(Duration::from_mins(1));
        assert!(self.state().confirmed);
    }

    pub(crate) fn run_until_restart(&mut self) {
        let before = self.restarts;
        for _ in 0..600 {
            self.run_for(Duration::from_secs(1));
            if self.restarts > before {
                self.restarts = before + 1;
                return;
            }
        }
        panic!("no restart within ten minutes: {:?}", self.state());
    }

    /// Carries out what is to be done, for so long or until the machine is off.
    pub(crate) fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        while !self.off {
            while let Some(action) = self.queue.pop_front() {
                if let Some(left) = &mut self.cut_after {
                    if *left == 0 {
                        (self.cut_after, self.off) = (None, true);
                        return;
                    }
                    *left -= 1;
                }
                if let Some(left) = &mut self.kill_after {
                    if *left == 0 {
                        self.kill_after = None;
                        self.kill();
                        continue;
                    }
                    *left -= 1;
                }
                self.carry_out(action);
                if self.off {
                    return;
                }
            }
            let next = self.updater.next_wake().filter(|next| *next <= end);
            let Some(next) = next else {
                self.now = end;
                return;
            };
            assert!(next >= self.now || self.queue.is_empty());
            self.now = self.now.max(next);
            self.tell(Input::Tick);
            if self.queue.is_empty() {
                self.now = self.now + Duration::from_millis(100);
            }
        }
    }

    pub(crate) fn tell(&mut self, input: Input) {
        let actions = self.updater.handle(self.now, Wall::default(), input);
        self.queue.extend(actions);
    }

    fn carry_out(&mut self, action: Action) {
        self.done.push(action.clone());
        match action {
            Action::Persist if self.data == Data::Kept => self.disk = self.updater.record().write().unwrap(),
            Action::Fetch(job) => {
                self.attempts += 1;
                let failure =
                    || FetchFailure { code: Code::Download, reason: "no route".to_owned(), again: Again::MayHelp };
                let bundle = || Fetched { path: format!("/{}", job.id), sha256: "0".repeat(64), size: 1 };
                let result = if self.network { Ok(bundle()) } else { Err(failure()) };
                self.tell(Input::Fetched { id: job.id, result });
            }
            Action::Inspect { id, .. } => {
                let bundle = |version| Bundle {
                    version,
                    compatible: "x".to_owned(),
                    description: None,
                    manifest_hash: "00".to_owned(),
                };
                let result = self
                    .bundle
                    .clone()
                    .map(|version| Inspection { bundle: bundle(version), compatible: "x".to_owned() });
                let result = result.map_err(|code| Refused { code, reason: "so".to_owned() });
                self.tell(Input::Inspected { id, result });
            }
            Action::Write { id, .. } => {
                self.wrote += 1;
                if self.writes.is_ok() {
                    let target = if self.side == Side::A { Side::B } else { Side::A };
                    self.versions[target as usize] = self.bundle.clone().unwrap();
                    self.boot_order = [self.side, target];
                    self.boot_next = Some(target);
                }
                self.tell(Input::Written { id, result: self.writes.clone() });
            }
            Action::Attend { id } => {
                // RAUC had not heard of it yet, or has long ended.
                if self.wrote == 0 {
                    return self.carry_out(Action::Write {
                        id,
                        at: update::Location::File(String::new()),
                        manifest_hash: String::new(),
                    });
                }
                self.tell(Input::Written { id, result: self.writes.clone() });
            }
            Action::Look => self.tell(Input::Looked(self.health.clone())),
            Action::AskCars => self.tell(Input::Cars(self.cars.clone())),
            Action::MarkGood => {
                self.marks += 1;
                let other = if self.side == Side::A { Side::B } else { Side::A };
                self.boot_order = [self.side, other];
                self.tell(Input::Marked(Ok(())));
            }
            Action::Restart => {
                self.restarts += 1;
                self.off = true;
            }
            Action::Persist | Action::StopFetch | Action::Delete { .. } | Action::Confirm | Action::ReadSides => {}
        }
    }
}

/// What a call of the machine gives: something said, and what is to be done.
pub(crate) trait Answer {
    type Said;
    fn split(self) -> (Self::Said, Vec<Action>);
}

impl Answer for (Started, Vec<Action>) {
    type Said = Started;
    fn split(self) -> (Started, Vec<Action>) {
        self
    }
}

impl Answer for Vec<Action> {
    type Said = ();
    fn split(self) -> ((), Self) {
        ((), self)
    }
}
