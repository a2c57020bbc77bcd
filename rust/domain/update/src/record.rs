//! What outlives a restart. It is written as JSON on the data partition, which both sides share: fields are added and
//! never change their meaning, and what a version does not know it passes over (D16).

use api::{
    system::Side,
    update::{Install, Outcome, UpdateState},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use units::{BootId, Mono};

use crate::{health::Health, rule::Rule};

/// Everything that outlives a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Record {
    /// The one version that is taken.
    pub pin: Rule,
    /// The oldest that is taken.
    pub floor: Rule,
    /// The update under way.
    pub order: Option<Order>,
    /// The bundle that is fetched or was.
    pub fetch: Option<Fetch>,
    /// How the last updates ended, the newest first.
    pub outcomes: Vec<Outcome>,
    /// The side that was found healthy last.
    pub confirmed: Option<Confirmed>,
}

impl Record {
    /// Where there was a record, and nothing of it can be read: nothing is installed until the owner has said anew what may
    /// be.
    #[must_use]
    pub fn lost() -> Self {
        Self { pin: Rule::lost(), floor: Rule::lost(), ..Self::default() }
    }

    /// Reads a record field by field: what this version cannot read it does without, and says so in the list. Only a pin
    /// and a floor it does not do without.
    #[must_use]
    pub fn read(text: &str) -> (Self, Vec<String>) {
        let mut lost = Vec::new();
        let mut fields = match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => fields,
            Ok(_) => return (Self::lost(), vec!["the record is no object".to_owned()]),
            Err(error) => return (Self::lost(), vec![format!("the record is no JSON: {error}")]),
        };
        let record = Self {
            pin: take(&mut fields, "pin", &mut lost),
            floor: take(&mut fields, "floor", &mut lost),
            order: take(&mut fields, "order", &mut lost),
            fetch: take(&mut fields, "fetch", &mut lost),
            outcomes: take(&mut fields, "outcomes", &mut lost),
            confirmed: take(&mut fields, "confirmed", &mut lost),
        };
        lost.extend([record.pin.unread("pin"), record.floor.unread("floor")].into_iter().flatten());
        (record, lost)
    }

    /// The record as text.
    ///
    /// # Errors
    /// Never for a record that was made here.
    pub fn write(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    pub(crate) fn ended(&mut self, outcome: Outcome) {
        self.outcomes.insert(0, outcome);
        self.outcomes.truncate(UpdateState::OUTCOMES);
    }
}

fn take<T: DeserializeOwned + Default>(fields: &mut Map<String, Value>, name: &str, lost: &mut Vec<String>) -> T {
    let read = fields.remove(name).map(serde_json::from_value).transpose();
    read.unwrap_or_else(|error| (lost.push(format!("{name}: {error}")), None).1).unwrap_or_default()
}

/// The update under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: String,
    /// What was asked.
    pub ask: Install,
    /// The bundle's version, once it was read.
    #[serde(default)]
    pub version: Option<String>,
    /// What it replaces, in words for the outcome.
    #[serde(default)]
    pub replaces: String,
    /// Where it stands.
    pub stage: Stage,
    /// The boot that wrote it.
    #[serde(default)]
    pub boot: Option<BootId>,
    /// The record before.
    #[serde(default)]
    pub before: Health,
}

/// Where an update stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Stage {
    /// The bundle is fetched.
    Fetching,
    /// It is looked at.
    Checking,
    /// This side is being written.
    Installing {
        /// The other side.
        target: Side,
    },
    /// It is written.
    Installed {
        /// The other side.
        target: Side,
        /// Whether somebody asked for a restart that need not wait for cars.
        #[serde(default)]
        restart: Going,
    },
    /// The machine goes down.
    Restarting {
        /// The side that is to come.
        target: Side,
    },
    /// The new side runs, and is being looked at.
    Verifying {
        /// Itself.
        target: Side,
        /// Its boot.
        boot: BootId,
        /// When it was first looked at, in that boot.
        since: Mono,
    },
    /// It was found wanting; the machine goes down.
    Unhealthy {
        /// Itself.
        target: Side,
        /// What was wrong.
        reason: String,
    },
}

/// How the restart is wanted by now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Going {
    /// Not before somebody asks.
    #[default]
    Held,
    /// When no car charges.
    WhenIdle,
    /// Although cars charge.
    AtOnce,
}

/// A bundle that is fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// Its id.
    pub id: String,
    /// From where, in full.
    pub url: String,
    /// How often to try again.
    pub retries: u32,
    /// So long before each, in s.
    pub retry_interval_s: u32,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Who asked.
    pub asked_by: String,
    /// What the asker calls it.
    #[serde(default)]
    pub reference: Option<String>,
    /// Where it stands.
    pub status: api::update::DownloadStatus,
    /// What went wrong last.
    #[serde(default)]
    pub error: Option<String>,
}

/// A side that was found healthy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// Which.
    pub side: Side,
    /// Its version.
    pub version: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_version_reads_what_a_newer_one_wrote() {
        let newer = r#"{"pin":"0.2.0","something_new":[1],"confirmed":{"side":"a","version":"0.1.0","why":"x"}}"#;
        let (record, lost) = Record::read(newer);
        assert_eq!(record.pin, Rule::Set("0.2.0".parse().unwrap()));
        assert_eq!(record.confirmed.unwrap().side, Side::A);
        assert!(lost.is_empty());
        assert_eq!(Record::read("{}"), (Record::default(), Vec::new()));
    }

    #[test]
    fn one_field_that_is_not_understood_costs_no_other() {
        let text = r#"{"pin":"0.2.0","floor":"soon","order":{"id":"x"},"outcomes":[{"result":"of_a_new_kind"}]}"#;
        let (record, lost) = Record::read(text);
        assert_eq!(record.pin, Rule::Set("0.2.0".parse().unwrap()));
        assert_eq!((record.order, record.outcomes.len()), (None, 0));
        assert_eq!(lost.len(), 3, "{lost:?}");
    }

    #[test]
    fn a_pin_or_floor_that_is_not_understood_is_kept_as_it_stands() {
        for floor in [r#""soon""#, "7", r#"{"at_least":"0.2.0"}"#] {
            let (record, lost) = Record::read(&format!(r#"{{"floor":{floor}}}"#));
            assert_eq!((lost.len(), &record.pin), (1, &Rule::Free), "{floor}");
            let (again, lost) = Record::read(&record.write().unwrap());
            assert_eq!((again.floor, lost.len()), (Rule::Unread(floor.parse().unwrap()), 1), "{floor}");
        }
    }

    #[test]
    fn of_a_record_that_is_none_nobody_knows_the_pin_or_the_floor() {
        for bad in ["", "[]", "{"] {
            let (record, lost) = Record::read(bad);
            assert_eq!((&record, lost.len()), (&Record::lost(), 1), "{bad}");
            let (again, lost) = Record::read(&record.write().unwrap());
            assert_eq!((again, lost.len()), (record, 2), "written down it stays so: {bad}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let record = Record { floor: Rule::Set("0.2.0".parse().unwrap()), ..Record::default() };
        assert_eq!(Record::read(&record.write().unwrap()), (record, Vec::new()));
    }
}
