//! The controller as this daemon needs it: its state, its configuration, its outbox, its commands.

use std::{path::PathBuf, time::Duration};

use api::{
    command::{Authorise, Start, Stop, StopReason},
    outbox::{Ack, Event},
    profile::{Composite, SetProfile},
    session::Stamp,
    state::ControllerState,
    tokens::{CsmsLink, CsmsReach, LocalListState},
};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::Value;
use shell::client::{self, Client};
use tokio::{
    sync::{mpsc, oneshot},
    time::sleep,
};
use units::{ConnectorId, IdTag};

use crate::{
    endpoint::Target,
    station::{Alone, Settings, World},
    wire::{
        charging::{Ahead, Which},
        ours::Identity,
        tags::List,
    },
};

/// Heartbeats of the event stream come every 5 s.
const SILENCE: Duration = Duration::from_secs(15);
/// How long the outbox may hold an empty answer back.
const HOLD_MS: u64 = 20_000;
/// How many events are taken at once.
const PAGE: usize = 100;
/// Between attempts.
const RETRY: Duration = Duration::from_millis(500);
/// As the outbox knows us.
const READER: &str = "ocpp";

/// What the controller tells.
#[derive(Debug)]
pub enum Told {
    /// The cabinet changed.
    World {
        /// How it is now.
        world: Box<World>,
        /// The controller's clocks at that time.
        clock: Stamp,
    },
    /// The configuration is another.
    Config {
        /// What concerns us.
        section: Section,
        /// Its version.
        version: u64,
    },
    /// It is not heard.
    Lost,
    /// It said something that cannot be read.
    Garbage(String),
    /// Events of the outbox.
    Outbox {
        /// Those that are for us.
        events: Vec<Event>,
        /// The last number in the answer, ours or not.
        up_to: u64,
        /// The newest number there is.
        newest: u64,
        /// To be told the cursor once they are stored.
        stored: oneshot::Sender<u64>,
    },
}

/// What this daemon reads of the configuration; it is kept, so that the queue can be delivered without a controller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    #[serde(default)]
    ocpp: Option<Csms>,
    #[serde(default)]
    authorisation: Authorisation,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Authorisation {
    #[serde(default)]
    cache: bool,
    #[serde(default)]
    offline: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Csms {
    url: String,
    charge_point_id: String,
    #[serde(default)]
    password_file: Option<PathBuf>,
    #[serde(default)]
    meter_interval_s: u16,
}

impl Section {
    /// As the station needs it; `version` is that of the unit's software.
    pub fn settings(&self, version: &str) -> Settings {
        let identity = Identity {
            vendor: "Joulepoint".to_owned(),
            model: "DC cabinet".to_owned(),
            serial: None,
            firmware: version.to_owned(),
        };
        let target = self
            .ocpp
            .as_ref()
            .map_or(Target::Off, |csms| Target::new(&csms.url, &csms.charge_point_id, csms.password_file.clone()));
        let sample_interval_s = self.ocpp.as_ref().map_or(0, |csms| csms.meter_interval_s);
        let rule = self.authorisation.offline.as_str();
        let known = matches!(rule, "local-list-and-cache" | "accept");
        let alone = Alone { cache: self.authorisation.cache, known, unknown: rule == "accept" };
        Settings { target, identity, sample_interval_s, alone }
    }
}

/// Follows the controller's state, and reads the configuration when its version is another. Ends with the receiver.
pub async fn watch(client: Client, told: mpsc::Sender<Told>) {
    let mut version = None;
    loop {
        let why = follow(&client, &told, &mut version).await;
        tracing::debug!(why, "the controller is not heard");
        if told.send(Told::Lost).await.is_err() {
            return;
        }
        sleep(RETRY).await;
    }
}

/// Why the stream ended.
async fn follow(client: &Client, told: &mpsc::Sender<Told>, version: &mut Option<u64>) -> String {
    let mut events = match client.events("/v1/events", "state", SILENCE).await {
        Ok(events) => events,
        Err(error) => return error.to_string(),
    };
    let mut last = None;
    while let Some(event) = events.next().await {
        let text = match event {
            Ok(text) => text,
            Err(error) => return error.to_string(),
        };
        let state: ControllerState = match serde_json::from_str(&text) {
            Ok(state) => state,
            Err(error) => {
                let _ = told.send(Told::Garbage(format!("the controller's state cannot be read: {error}"))).await;
                continue;
            }
        };
        if *version != Some(state.config_version) {
            match client.get::<Section>("/v1/config").await {
                Ok(section) => {
                    *version = Some(state.config_version);
                    let _ = told.send(Told::Config { section, version: state.config_version }).await;
                }
                Err(error) => {
                    let _ = told.send(Told::Garbage(format!("the configuration cannot be read: {error}"))).await;
                }
            }
        }
        let world = World::of(&state);
        if last.as_ref() != Some(&world) {
            last = Some(world.clone());
            let clock = Stamp { boot: state.boot_id, mono: state.at, wall: state.wall };
            let _ = told.send(Told::World { world: Box::new(world), clock }).await;
        }
    }
    "the stream ended".to_owned()
}

#[derive(Deserialize)]
struct Page {
    events: Vec<Value>,
    newest: u64,
}

/// Carries the outbox over, from `cursor` on. Ends with the receiver.
pub async fn feed(client: Client, told: mpsc::Sender<Told>, mut cursor: u64) {
    let mut acknowledged = None;
    loop {
        if acknowledged != Some(cursor) && acknowledge(&client, cursor).await {
            acknowledged = Some(cursor);
        }
        let uri = format!("/v1/outbox?after={cursor}&limit={PAGE}&wait_ms={HOLD_MS}");
        let page: Page = match client.get_within(&uri, Duration::from_millis(HOLD_MS) + client::TIMEOUT).await {
            Ok(page) => page,
            Err(error) => {
                tracing::debug!(%error, "the outbox cannot be read");
                sleep(RETRY).await;
                continue;
            }
        };
        let mut events = Vec::with_capacity(page.events.len());
        // A page without events says that there is nothing for anybody up to the newest.
        let mut up_to = if page.events.is_empty() { cursor.max(page.newest) } else { cursor };
        for event in page.events {
            up_to = up_to.max(event.get("seq").and_then(Value::as_u64).unwrap_or(0));
            match serde_json::from_value(event) {
                Ok(event) => events.push(event),
                // A kind that a newer controller tells others.
                Err(error) => {
                    let _ = told.send(Told::Garbage(format!("an event of the outbox is not for us: {error}"))).await;
                }
            }
        }
        let (stored, answer) = oneshot::channel();
        if told.send(Told::Outbox { events, up_to, newest: page.newest, stored }).await.is_err() {
            return;
        }
        match answer.await {
            Ok(stored) => cursor = stored,
            // It could not be stored: it is asked for again.
            Err(_) => sleep(RETRY).await,
        }
    }
}

async fn acknowledge(client: &Client, seq: u64) -> bool {
    let ack = Ack { reader: READER.to_owned(), seq };
    match client.post::<_, IgnoredAny>("/v1/outbox/ack", &ack).await {
        Ok(_) => true,
        Err(error) => {
            tracing::debug!(%error, seq, "the outbox was not acknowledged");
            false
        }
    }
}

/// Tells the controller what the CSMS says of a tag.
pub async fn authorise(client: &Client, request_id: &str, said: &Authorise) -> Result<(), client::Error> {
    let uri = format!("/v1/authorisations/{request_id}");
    client.post::<_, IgnoredAny>(&uri, said).await.map(|_| ())
}

/// Asks the controller to start a charge.
pub async fn start(
    client: &Client,
    connector: ConnectorId,
    id_tag: IdTag,
    profile: Option<Box<SetProfile>>,
) -> Result<(), client::Error> {
    let uri = format!("/v1/connectors/{connector}/start");
    client.post::<_, IgnoredAny>(&uri, &Start { command_id: command_id(), id_tag, profile }).await.map(|_| ())
}

/// Asks the controller to end a charge.
pub async fn stop(client: &Client, connector: ConnectorId, reason: StopReason) -> Result<(), client::Error> {
    let uri = format!("/v1/connectors/{connector}/stop");
    client.post::<_, IgnoredAny>(&uri, &Stop { command_id: command_id(), reason }).await.map(|_| ())
}

/// Hands a charging profile over.
pub async fn set_profile(client: &Client, profile: &SetProfile) -> Result<(), client::Error> {
    client.put::<_, IgnoredAny>("/v1/profiles", profile).await.map(|_| ())
}

/// Has charging profiles cleared.
pub async fn clear_profiles(client: &Client, which: &Which) -> Result<(), client::Error> {
    let mut uri = "/v1/profiles?author=ocpp1.6".to_owned();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            uri.extend(["&", name, "=", &value]);
        }
    };
    add("id", which.id.map(|id| id.to_string()));
    add("connector", which.connector.map(|number| number.to_string()));
    add("purpose", which.purpose().map(|purpose| purpose.word().to_owned()));
    add("stack_level", which.stack_level.map(|level| level.to_string()));
    client.delete::<IgnoredAny>(&uri).await.map(|_| ())
}

/// The limits of the time to come.
pub async fn composite(client: &Client, ahead: &Ahead) -> Result<Composite, client::Error> {
    let Ahead { connector, duration_s, .. } = ahead;
    let unit = ahead.unit().word();
    client.get(&format!("/v1/profiles/composite?connector={connector}&duration_s={duration_s}&unit={unit}")).await
}

/// The local list's version.
pub async fn list_version(client: &Client) -> Result<i32, client::Error> {
    client.get::<LocalListState>("/v1/local-list").await.map(|state| state.version)
}

/// Replaces or changes the local list.
pub async fn send_list(client: &Client, list: &List) -> Result<(), client::Error> {
    match list {
        List::Full(list) => client.put::<_, IgnoredAny>("/v1/local-list", list).await.map(|_| ()),
        List::Differential(change) => client.patch::<_, IgnoredAny>("/v1/local-list", change).await.map(|_| ()),
    }
}

/// Has the cache forgotten.
pub async fn forget_cache(client: &Client) -> Result<(), client::Error> {
    client.delete::<IgnoredAny>("/v1/authorisation-cache").await.map(|_| ())
}

/// Tells whether the CSMS can be asked.
pub async fn tell_reach(client: &Client, reach: CsmsReach) -> Result<(), client::Error> {
    client.put::<_, IgnoredAny>("/v1/csms", &CsmsLink { reach }).await.map(|_| ())
}

/// Ours, and not the CSMS's message id: one that counts from 1 at each connection would make two commands one.
fn command_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_without_a_csms_is_off_and_unknown_fields_do_no_harm() {
        let settings = |text: &str| serde_json::from_str::<Section>(text).unwrap().settings("0");
        assert_eq!(settings(r#"{"site":{"name":"x"}}"#).target, Target::Off);
        let text =
            r#"{"ocpp":{"url":"ws://a","charge_point_id":"b","version":"1.6","meter_interval_s":15,"colour":1}}"#;
        let with = settings(text);
        assert!(matches!(with.target, Target::To(endpoint) if endpoint.url == "ws://a/b"));
        assert_eq!(with.sample_interval_s, 15);
    }
}
