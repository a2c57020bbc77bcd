//! What the chain's connectors have to say to the controller, and what the world may ask about them.
//!
//! Connectors write, the link to the controller reads. Wishes and health are latest-wins; events are numbered and kept
//! until acknowledged.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use api::{
    chain::{ConnectorHealth, PlcState},
    link::{Demand, Event, FromPlc, Running, Stage, VERSION},
};
use tokio::sync::Notify;
use units::{ChainId, ConnectorId, PlugInEpoch, V2gEpoch};

/// Events kept for a controller that is away: many sessions' worth.
const MAX_EVENTS: usize = 1_024;

/// One chain.
#[derive(Debug)]
pub(crate) struct Chain {
    id: ChainId,
    instance: String,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    connected: bool,
    last_seq: u64,
    events: VecDeque<FromPlc>,
    demands: BTreeMap<ConnectorId, Demand>,
    health: BTreeMap<ConnectorId, ConnectorHealth>,
    health_to_tell: BTreeSet<ConnectorId>,
    running: BTreeMap<ConnectorId, Running>,
    last_epoch: V2gEpoch,
}

impl Chain {
    /// A chain at the start of its process. V2G epochs go on from `first_epoch`, so that none of an earlier process is
    /// used again.
    pub(crate) fn new(id: ChainId, instance: String, first_epoch: V2gEpoch) -> Self {
        let state = Mutex::new(State { last_epoch: first_epoch, ..State::default() });
        Self { id, instance, state, changed: Notify::new() }
    }

    pub(crate) const fn id(&self) -> &ChainId {
        &self.id
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change below is a single step, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number for a new V2G session.
    pub(crate) fn next_epoch(&self) -> V2gEpoch {
        let mut state = self.state();
        state.last_epoch = state.last_epoch.next();
        state.last_epoch
    }

    pub(crate) fn event(&self, connector: ConnectorId, plug_in_epoch: PlugInEpoch, event: Event) {
        tracing::info!(%connector, epoch = plug_in_epoch.0, ?event, "event");
        let mut state = self.state();
        state.last_seq += 1;
        let seq = state.last_seq;
        state.events.push_back(FromPlc::Event { seq, connector, plug_in_epoch, event });
        if state.events.len() > MAX_EVENTS {
            state.events.pop_front();
            tracing::error!(connector = %connector, "the controller took no event for so long that the oldest is dropped");
        }
        drop(state);
        self.changed.notify_one();
    }

    pub(crate) fn demand(&self, demand: Demand) {
        let mut state = self.state();
        if let Some(running) = state.running.get_mut(&demand.connector) {
            running.stage = demand.stage;
        }
        state.demands.insert(demand.connector, demand);
        drop(state);
        self.changed.notify_one();
    }

    pub(crate) fn session_runs(&self, connector: ConnectorId, plug_in_epoch: PlugInEpoch, v2g_epoch: V2gEpoch) {
        let running = Running { connector, plug_in_epoch, v2g_epoch, stage: Stage::Setup };
        self.state().running.insert(connector, running);
    }

    pub(crate) fn session_over(&self, connector: ConnectorId) {
        let mut state = self.state();
        state.running.remove(&connector);
        // A wish of a session that is over is nobody's wish.
        state.demands.remove(&connector);
    }

    pub(crate) fn health(&self, health: ConnectorHealth) {
        let mut state = self.state();
        let connector = health.connector;
        if state.health.get(&connector) != Some(&health) {
            state.health.insert(connector, health);
            state.health_to_tell.insert(connector);
            drop(state);
            self.changed.notify_one();
        }
    }

    pub(crate) fn forget(&self, connector: ConnectorId) {
        let mut state = self.state();
        state.health.remove(&connector);
        state.health_to_tell.remove(&connector);
        state.demands.remove(&connector);
    }

    /// The link came up: the greeting, and everything is to be told anew.
    pub(crate) fn connected(&self) -> FromPlc {
        let mut state = self.state();
        state.connected = true;
        state.health_to_tell = state.health.keys().copied().collect();
        FromPlc::Hello {
            version: VERSION,
            chain: self.id.clone(),
            instance: self.instance.clone(),
            running: state.running.values().cloned().collect(),
        }
    }

    pub(crate) fn disconnected(&self) {
        self.state().connected = false;
    }

    /// The controller took all events up to `seq`.
    pub(crate) fn acknowledged(&self, seq: u64) {
        let taken = |message: &FromPlc| matches!(message, FromPlc::Event { seq: of, .. } if *of <= seq);
        let mut state = self.state();
        while state.events.front().is_some_and(taken) {
            state.events.pop_front();
        }
    }

    /// What is to be sent, with events after `sent` only. Resolves at once if there is something.
    pub(crate) async fn outgoing(&self, sent: u64) -> Vec<FromPlc> {
        loop {
            let wait = self.changed.notified();
            let messages = self.pending(sent);
            if !messages.is_empty() {
                return messages;
            }
            wait.await;
        }
    }

    fn pending(&self, sent: u64) -> Vec<FromPlc> {
        let mut state = self.state();
        let new = |message: &&FromPlc| matches!(message, FromPlc::Event { seq, .. } if *seq > sent);
        // Events before wishes: a wish is of no use before its session is known.
        let mut messages: Vec<_> = state.events.iter().filter(new).cloned().collect();
        messages.extend(std::mem::take(&mut state.demands).into_values().map(FromPlc::Demand));
        let to_tell = std::mem::take(&mut state.health_to_tell);
        let health = to_tell.iter().filter_map(|connector| state.health.get(connector));
        messages.extend(health.cloned().map(FromPlc::Health));
        messages
    }

    /// `GET /v1/state`.
    pub(crate) fn report(&self) -> PlcState {
        let state = self.state();
        PlcState {
            chain: self.id.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            controller_connected: state.connected,
            connectors: state.health.values().cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Chain {
        Chain::new(ChainId::new("main").unwrap(), "i".to_owned(), V2gEpoch(100))
    }

    fn failed(chain: &Chain) {
        let event = Event::SlacFailed { reason: "r".to_owned() };
        chain.event(ConnectorId::new(1).unwrap(), PlugInEpoch(1), event);
    }

    #[test]
    fn events_are_kept_until_taken() {
        let chain = chain();
        failed(&chain);
        failed(&chain);
        assert_eq!(chain.pending(0).len(), 2);
        assert_eq!(chain.pending(1).len(), 1);
        assert_eq!(chain.pending(2).len(), 0);
        // The link broke before they were acknowledged.
        assert_eq!(chain.pending(0).len(), 2);
        chain.acknowledged(1);
        assert_eq!(chain.pending(0).len(), 1);
    }

    #[test]
    fn an_absent_controller_does_not_fill_the_memory() {
        let chain = chain();
        for _ in 0..2 * MAX_EVENTS {
            failed(&chain);
        }
        assert_eq!(chain.pending(0).len(), MAX_EVENTS);
    }

    #[test]
    fn epochs_rise() {
        let chain = chain();
        assert_eq!((chain.next_epoch(), chain.next_epoch()), (V2gEpoch(101), V2gEpoch(102)));
    }
}
