//! The daemon `system` as this daemon needs it: how updates stand, and what is asked of it.

use std::time::Duration;

use api::update::{Started, UpdateState};
use futures_util::StreamExt as _;
use serde::de::IgnoredAny;
use shell::client::{Client, Error};
use tokio::{sync::mpsc, time::sleep};

use crate::firmware::{Input, Order, Refusal};

/// Heartbeats of the event stream come every 5 s.
const SILENCE: Duration = Duration::from_secs(15);
/// Between attempts.
const RETRY: Duration = Duration::from_secs(1);

/// Follows how updates stand. Ends with the receiver.
pub async fn watch(system: Client, told: mpsc::Sender<Input>) {
    loop {
        let why = follow(&system, &told).await;
        tracing::debug!(why, "system is not heard");
        if told.send(Input::SystemLost).await.is_err() {
            return;
        }
        sleep(RETRY).await;
    }
}

/// Why the stream ended.
async fn follow(system: &Client, told: &mpsc::Sender<Input>) -> String {
    let mut events = match system.events("/v1/update/events", "state", SILENCE).await {
        Ok(events) => events,
        Err(error) => return error.to_string(),
    };
    while let Some(event) = events.next().await {
        let state = match event {
            Ok(text) => serde_json::from_str::<UpdateState>(&text),
            Err(error) => return error.to_string(),
        };
        match state {
            Ok(state) => {
                if told.send(Input::System(Box::new(state))).await.is_err() {
                    break;
                }
            }
            Err(error) => return format!("the state of updates cannot be read: {error}"),
        }
    }
    "the stream ended".to_owned()
}

/// Puts an order to `system`.
pub async fn order(system: &Client, order: &Order) -> Result<(), Refusal> {
    let taken = match order {
        Order::Fetch(fetch) => system.post::<_, Started>("/v1/update/download", fetch).await.map(|_| ()),
        Order::Install(install) => system.post::<_, Started>("/v1/update/install", install).await.map(|_| ()),
        Order::Cancel => system.post::<_, IgnoredAny>("/v1/update/cancel", &()).await.map(|_| ()),
    };
    taken.map_err(|error| {
        tracing::info!(%error, "system did not take what the CSMS asked for");
        match error {
            Error::Refused { status: 409 | 429 | 503, .. } => Refusal::Busy,
            Error::Refused { problem, .. } => Refusal::Refused(problem.message),
            Error::Answer { .. } => Refusal::Refused(error.to_string()),
            Error::Connect { .. } | Error::Broken { .. } | Error::Timeout { .. } => Refusal::Away,
        }
    })
}
