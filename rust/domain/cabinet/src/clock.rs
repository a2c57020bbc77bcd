//! The wall clock: a label on what happens, never a measure of how long it took (D4).

use api::session::Stamp;
use units::{Mono, Wall};

use crate::{
    cabinet::Cabinet,
    output::{Output, Outputs, Record},
};

impl Cabinet {
    /// The wall clock was read. When it is worth more than before, what this boot has dated worse is dated by it.
    pub(crate) fn set_wall(&mut self, now: Mono, wall: Wall, outputs: &mut Outputs) {
        let better = wall.quality > self.wall.1.quality;
        self.wall = (now, wall);
        if !better {
            return;
        }
        let clock = self.stamp(now);
        self.faults.redate(&clock);
        for session in self.connectors.iter_mut().filter_map(|connector| connector.session.as_mut()) {
            session.redate(&clock);
        }
        outputs.list.push(Output::Store(Record::Redate(clock)));
    }

    /// An instant with both clocks.
    pub(crate) fn stamp(&self, now: Mono) -> Stamp {
        Stamp { boot: self.identity.boot.clone(), mono: now, wall: self.wall_at(now) }
    }

    /// The wall clock at an instant, carried on from when it was last read.
    pub(crate) fn wall_at(&self, now: Mono) -> Wall {
        let (at, wall) = self.wall;
        let elapsed = i64::try_from(now.since(at).as_millis()).unwrap_or(0);
        Wall { ms: wall.ms.saturating_add(elapsed), quality: wall.quality }
    }
}
