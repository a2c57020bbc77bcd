//! The plc processes: each holds its cars' sessions and the link to the controller.

use core::time::Duration;
use std::collections::VecDeque;

use api::link::{Demand, Event as Said, Running, Snapshot, ToPlc};
use cabinet::{Input, LinkNews};
use units::{ChainId, PlugInEpoch};

use super::World;
use crate::queue::Event;

/// Over the socket.
const WIRE: Duration = Duration::from_millis(1);
/// Tries again after this.
const DIAL: Duration = Duration::from_millis(40);
/// The most events that wait for an acknowledgement.
const UNACKNOWLEDGED: usize = 256;

/// One chain's process.
pub(crate) struct Chain {
    pub(crate) id: ChainId,
    pub(crate) running: bool,
    pub(crate) cut: bool,
    linked: bool,
    instance: u32,
    seq: u64,
    waiting: VecDeque<LinkNews>,
    /// The last snapshot of each connector of the world; of others than its own there is none.
    pub(crate) said: Vec<Option<Snapshot>>,
}

impl Chain {
    pub(crate) fn new(id: ChainId, connectors: usize) -> Self {
        Self {
            id,
            running: false,
            cut: false,
            linked: false,
            instance: 0,
            seq: 0,
            waiting: VecDeque::new(),
            said: vec![None; connectors],
        }
    }
}

impl World {
    pub(crate) fn chain_starts(&mut self, id: usize) {
        if !self.powered || self.chains[id].running {
            return;
        }
        let chain = &mut self.chains[id];
        *chain = Chain {
            running: true,
            cut: chain.cut,
            instance: chain.instance + 1,
            ..Chain::new(chain.id.clone(), chain.said.len())
        };
        self.chain_dials(id);
    }

    /// The process is gone, and with it all sessions.
    pub(crate) fn chain_dies(&mut self, id: usize) {
        if !self.chains[id].running {
            return;
        }
        self.chains[id].running = false;
        self.unlink(id);
        for place in 0..self.outlets.len() {
            if self.outlets[place].chain == id {
                self.car_is_alone(place);
            }
        }
    }

    /// The connection is gone; both ends see it.
    pub(crate) fn unlink(&mut self, id: usize) {
        if std::mem::replace(&mut self.chains[id].linked, false) {
            let input = Input::Link(self.chains[id].id.clone(), LinkNews::Down);
            self.queue.put(self.now + WIRE, Event::Hear(Box::new(input)));
        }
    }

    pub(crate) fn chain_dials(&mut self, id: usize) {
        let chain = &self.chains[id];
        if !self.powered || !chain.running || chain.linked || chain.cut {
            return;
        }
        if !self.hears() {
            // The controller's start has them dial again.
            return;
        }
        let places: Vec<usize> = (0..self.outlets.len()).filter(|place| self.outlets[*place].chain == id).collect();
        let running = places.iter().filter_map(|place| {
            let (plug_in_epoch, v2g_epoch, stage) = self.outlets[*place].car.as_ref()?.session()?;
            Some(Running { connector: self.outlets[*place].id, plug_in_epoch, v2g_epoch, stage })
        });
        let up = LinkNews::Up {
            instance: format!("{}-{}", self.boots, self.chains[id].instance),
            running: running.collect(),
        };
        self.chains[id].linked = true;
        self.link_says(id, up);
        for news in self.chains[id].waiting.clone() {
            self.link_says(id, news);
        }
        for place in places {
            self.car_repeats_demand(place);
        }
    }

    /// The controller's process went away: all links are down, and dialled again when it is back.
    pub(crate) fn links_break(&mut self) {
        for chain in &mut self.chains {
            chain.linked = false;
        }
    }

    pub(crate) fn dial_all(&mut self) {
        for id in 0..self.chains.len() {
            self.queue.put(self.now + DIAL, Event::ChainDials(id));
        }
    }

    fn link_says(&mut self, id: usize, news: LinkNews) {
        let input = Input::Link(self.chains[id].id.clone(), news);
        self.queue.put(self.now + WIRE, Event::Hear(Box::new(input)));
    }

    pub(crate) fn chain_says_demand(&mut self, place: usize, demand: Demand) {
        let id = self.outlets[place].chain;
        if self.chains[id].linked {
            self.link_says(id, LinkNews::Demand(demand));
        }
    }

    pub(crate) fn chain_says_event(&mut self, place: usize, plug_in_epoch: PlugInEpoch, event: Said) {
        let connector = self.outlets[place].id;
        let id = self.outlets[place].chain;
        let chain = &mut self.chains[id];
        chain.seq += 1;
        let news = LinkNews::Event { seq: chain.seq, connector, plug_in_epoch, event };
        if chain.waiting.len() == UNACKNOWLEDGED {
            chain.waiting.pop_front();
        }
        chain.waiting.push_back(news.clone());
        if chain.linked {
            self.link_says(id, news);
        }
    }

    pub(crate) fn tell_chain(&mut self, chain: &ChainId, message: ToPlc) {
        let Some(id) = self.chains.iter().position(|own| own.id == *chain) else { return };
        if self.chains[id].linked {
            self.queue.put(self.now + WIRE, Event::ChainHears(id, Box::new(message)));
        }
    }

    pub(crate) fn chain_hears(&mut self, id: usize, message: ToPlc) {
        let chain = &mut self.chains[id];
        if !chain.running || !chain.linked {
            return;
        }
        match message {
            ToPlc::Setup { .. } => {}
            ToPlc::Ack { seq } => {
                chain.waiting.retain(|news| !matches!(news, LinkNews::Event { seq: own, .. } if *own <= seq));
            }
            ToPlc::Snapshot(snapshot) => {
                let Some(place) = self.outlets.iter().position(|outlet| outlet.id == snapshot.connector) else {
                    return;
                };
                chain.said[place] = Some(snapshot);
                self.car_hears(place);
            }
        }
    }
}
