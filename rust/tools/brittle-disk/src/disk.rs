//! The disk: files, and what of them is safe.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::vfs;

/// What arrives as a whole or not at all.
const SECTOR: usize = 512;

/// A disk in memory.
#[derive(Clone, Debug)]
pub struct Disk {
    id: u64,
    pub(crate) state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) files: BTreeMap<String, File>,
    /// Writes and syncs so far.
    steps: u64,
    /// The power goes with this step.
    cut_at: Option<u64>,
    room: Option<usize>,
}

/// The power is gone.
pub(crate) struct Dead;

/// Why a write was not taken.
pub(crate) enum Refused {
    /// The power is gone.
    Dead,
    /// The disk is full.
    Full,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct File {
    /// As it is seen by programs.
    pub(crate) seen: Vec<u8>,
    /// As of the last sync.
    safe: Vec<u8>,
    /// What came since.
    since: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

impl Disk {
    /// An empty one.
    pub fn new() -> Self {
        Self::with(State::default())
    }

    fn with(state: State) -> Self {
        let state = Arc::new(Mutex::new(state));
        Self { id: vfs::mount(&state), state }
    }

    /// The name under which SQLite opens a file of this disk.
    pub fn path(&self, name: &str) -> PathBuf {
        format!("file:/{}/{name}?vfs={}", self.id, vfs::NAME).into()
    }

    /// The power goes with the step after so many more: a step is a write, a truncation or a sync.
    pub fn lose_power_after(&self, steps: u64) {
        let mut state = self.lock();
        state.cut_at = Some(state.steps + steps);
    }

    /// How many steps there were.
    pub fn steps(&self) -> u64 {
        self.lock().steps
    }

    /// The files together may not grow beyond this.
    pub fn limit(&self, room: Option<usize>) {
        self.lock().room = room;
    }

    /// What the files take together.
    pub fn used(&self) -> usize {
        self.lock().used()
    }

    /// The size of the largest file whose name ends like this.
    pub fn size_of(&self, end: &str) -> usize {
        let state = self.lock();
        let sizes = state.files.iter().filter(|(name, _)| name.ends_with(end)).map(|(_, file)| file.seen.len());
        sizes.max().unwrap_or(0)
    }

    /// What is found when the power is back.
    #[must_use]
    pub fn after_power_cut(&self, seed: u64) -> Self {
        let mut coin = Coin(seed | 1);
        let state = self.lock();
        let files = state.files.iter().map(|(name, file)| {
            let found = file.after_power_cut(&mut coin);
            (name.clone(), File { seen: found.clone(), safe: found, since: Vec::new() })
        });
        let files = files.collect();
        drop(state);
        Self::with(State { files, ..State::default() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Disk {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // The register of disks holds one, this is the last other one.
        if Arc::strong_count(&self.state) <= 2 {
            vfs::unmount(self.id);
        }
    }
}

impl State {
    fn used(&self) -> usize {
        self.files.values().map(|file| file.seen.len()).sum()
    }

    /// Whether the power is gone.
    pub(crate) fn is_dead(&self) -> bool {
        self.cut_at.is_some_and(|at| self.steps > at)
    }

    /// Counts a step; no power, no step.
    fn step(&mut self) -> Result<(), Dead> {
        self.steps += 1;
        if self.cut_at.is_some_and(|at| self.steps > at) { Err(Dead) } else { Ok(()) }
    }

    pub(crate) fn write(&mut self, name: &str, at: usize, bytes: &[u8]) -> Result<(), Refused> {
        let power = self.step();
        let last = self.cut_at.is_some_and(|cut| self.steps == cut + 1);
        let used = self.used();
        let room = self.room;
        let file = self.files.entry(name.to_owned()).or_default();
        let end = at + bytes.len();
        if room.is_some_and(|room| used + end.saturating_sub(file.seen.len()) > room) {
            return Err(Refused::Full);
        }
        if power.is_ok() || last {
            // The write during which the power goes may arrive as well, in parts.
            file.since.push(Change::Write(at, bytes.to_vec()));
            put(&mut file.seen, at, bytes);
        }
        power.map_err(|Dead| Refused::Dead)
    }

    pub(crate) fn truncate(&mut self, name: &str, size: usize) -> Result<(), Dead> {
        self.step()?;
        let file = self.files.entry(name.to_owned()).or_default();
        file.since.push(Change::Truncate(size));
        file.seen.resize(size, 0);
        Ok(())
    }

    pub(crate) fn sync(&mut self, name: &str) -> Result<(), Dead> {
        self.step()?;
        let file = self.files.entry(name.to_owned()).or_default();
        file.since.clear();
        file.safe.clone_from(&file.seen);
        Ok(())
    }
}

impl File {
    fn after_power_cut(&self, coin: &mut Coin) -> Vec<u8> {
        let mut found = self.safe.clone();
        // All, none, the first ones, or any.
        let (manner, upto) = (coin.below(4), coin.below(self.since.len() + 1));
        for (n, change) in self.since.iter().enumerate() {
            let arrives = |coin: &mut Coin| match manner {
                0 => true,
                1 => false,
                2 => n < upto,
                _ => coin.below(2) == 0,
            };
            match change {
                Change::Truncate(size) if arrives(coin) => found.resize(*size, 0),
                Change::Truncate(_) => {}
                Change::Write(at, bytes) => {
                    for (part, sector) in bytes.chunks(SECTOR).enumerate() {
                        if arrives(coin) {
                            put(&mut found, at + part * SECTOR, sector);
                        }
                    }
                }
            }
        }
        found
    }
}

fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    if let Some(place) = file.get_mut(at..end) {
        place.copy_from_slice(bytes);
    }
}

/// A small generator of numbers, the same ones for the same seed.
#[derive(Debug)]
struct Coin(u64);

impl Coin {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let mixed = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(mixed).unwrap_or(0) % limit.max(1)
    }
}
