//! One task per connector, as the controller's set-up has it.

use std::{collections::BTreeMap, sync::Arc};

use api::link::{ConnectorSetup, Snapshot};
use tokio::{sync::watch, task::JoinHandle};
use units::ConnectorId;

use crate::{chain::Chain, connector};

/// A connector's task and the ends of its inputs.
#[derive(Debug)]
struct Line {
    setup: watch::Sender<Option<ConnectorSetup>>,
    snapshot: watch::Sender<Option<Snapshot>>,
    task: JoinHandle<()>,
}

/// All connectors of the chain.
#[derive(Debug)]
pub(crate) struct Supervisor {
    chain: Arc<Chain>,
    lines: BTreeMap<ConnectorId, Line>,
}

impl Supervisor {
    pub(crate) const fn new(chain: Arc<Chain>) -> Self {
        Self { chain, lines: BTreeMap::new() }
    }

    /// Takes a new set-up. A connector in use goes on with its old one until its session is over.
    pub(crate) fn set_up(&mut self, connectors: Vec<ConnectorSetup>) {
        self.lines.retain(|_, line| !line.task.is_finished());
        for (id, line) in &self.lines {
            if !connectors.iter().any(|setup| setup.connector == *id) {
                line.setup.send_replace(None);
            }
        }
        for setup in connectors {
            let id = setup.connector;
            if let Some(line) = self.lines.get(&id) {
                line.setup.send_if_modified(|old| {
                    let differs = old.as_ref() != Some(&setup);
                    *old = Some(setup);
                    differs
                });
            } else {
                let line = self.start(setup);
                self.lines.insert(id, line);
            }
        }
    }

    fn start(&self, setup: ConnectorSetup) -> Line {
        let connector = setup.connector;
        tracing::info!(%connector, interface = setup.interface, "connector set up");
        let (setup, setups) = watch::channel(Some(setup));
        let (snapshot, snapshots) = watch::channel(None);
        let chain = Arc::clone(&self.chain);
        let task = tokio::spawn(async move {
            connector::run(connector, Arc::clone(&chain), setups, snapshots).await;
            chain.forget(connector);
        });
        Line { setup, snapshot, task }
    }

    /// Hands a snapshot to its connector.
    pub(crate) fn snapshot(&mut self, snapshot: Snapshot) {
        let id = snapshot.connector;
        let Some(line) = self.lines.get_mut(&id) else { return };
        if line.task.is_finished() {
            // Its task failed: a new one takes its place, the others notice nothing.
            let setup = line.setup.borrow().clone();
            self.lines.remove(&id);
            if let Some(setup) = setup {
                tracing::error!(connector = %id, "the connector's task ended; starting it again");
                let line = self.start(setup);
                line.snapshot.send_replace(Some(snapshot));
                self.lines.insert(id, line);
            }
            return;
        }
        line.snapshot.send_replace(Some(snapshot));
    }
}
