//! The daemons, as seen from the run folder.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::{Stream, StreamExt as _};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use shell::client::{Call, Client, Reply};

use crate::Failure;

/// The run folder with the daemons' sockets.
#[derive(Clone, Debug)]
pub struct Cabinet {
    run_dir: PathBuf,
}

/// An answer both as it came and as it is understood.
#[derive(Clone, Debug)]
pub(crate) struct Answer<T> {
    pub(crate) raw: Value,
    pub(crate) typed: T,
}

impl Cabinet {
    /// The cabinet whose sockets are in `run_dir`.
    pub fn new(run_dir: impl Into<PathBuf>) -> Self {
        Self { run_dir: run_dir.into() }
    }

    pub(crate) fn run_dir(&self) -> &Path {
        &self.run_dir
    }

    fn client(&self, daemon: &str) -> Client {
        Client::new(self.run_dir.join(format!("{daemon}.sock")))
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, daemon: &str, uri: &str) -> Result<Answer<T>, Failure> {
        let raw: Value = self.client(daemon).get(uri).await.map_err(|error| Failure::of(daemon, error))?;
        let typed = understand(daemon, raw.clone())?;
        Ok(Answer { raw, typed })
    }

    pub(crate) async fn post<B: Serialize + Sync>(&self, daemon: &str, uri: &str, body: &B) -> Result<Value, Failure> {
        self.client(daemon).post(uri, body).await.map_err(|error| Failure::of(daemon, error))
    }

    /// A call in full. What a daemon refuses is an answer too.
    pub(crate) async fn exchange(&self, daemon: &str, call: Call) -> Result<Reply, Failure> {
        // A change is answered when it is in force and on disk.
        self.exchange_within(daemon, call, Duration::from_secs(15)).await
    }

    /// The same for what takes its time.
    pub(crate) async fn exchange_within(&self, daemon: &str, call: Call, limit: Duration) -> Result<Reply, Failure> {
        self.client(daemon).exchange(call, limit).await.map_err(|error| Failure::of(daemon, error))
    }

    /// What an answer says, or the refusal that it is.
    pub(crate) fn understand<T: DeserializeOwned>(&self, daemon: &str, reply: &Reply) -> Result<T, Failure> {
        self.client(daemon).read(reply).map_err(|error| Failure::of(daemon, error))
    }

    /// The controller's states, as they change.
    pub(crate) async fn states<T: DeserializeOwned>(
        &self,
    ) -> Result<impl Stream<Item = Result<Answer<T>, Failure>> + use<T>, Failure> {
        self.states_at("controller", "/v1/events").await
    }

    /// The states that a daemon tells of at this place, as they change.
    pub(crate) async fn states_at<T: DeserializeOwned>(
        &self,
        daemon: &'static str,
        uri: &str,
    ) -> Result<impl Stream<Item = Result<Answer<T>, Failure>> + use<T>, Failure> {
        // Three heartbeats.
        let silence = std::time::Duration::from_secs(15);
        let events = self.client(daemon).events(uri, "state", silence).await;
        Ok(events.map_err(|error| Failure::of(daemon, error))?.map(move |event| {
            let text = event.map_err(|error| Failure::of(daemon, error))?;
            let raw: Value = serde_json::from_str(&text)
                .map_err(|error| Failure::Answer { daemon: daemon.to_owned(), reason: error.to_string() })?;
            Ok(Answer { typed: understand(daemon, raw.clone())?, raw })
        }))
    }
}

fn understand<T: DeserializeOwned>(daemon: &str, raw: Value) -> Result<T, Failure> {
    serde_json::from_value(raw)
        .map_err(|error| Failure::Answer { daemon: daemon.to_owned(), reason: error.to_string() })
}
