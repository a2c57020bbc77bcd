//! What healthy means: no worse than the record before (D19).

use std::collections::BTreeMap;

use api::state::{ControllerState, Phase};
use serde::{Deserialize, Serialize};

/// How one part does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Part {
    /// It works.
    Good,
    /// It does not, and why.
    Bad {
        /// In words.
        why: String,
    },
}

impl Part {
    /// Good, or bad for this reason.
    pub fn good_if(good: bool, why: impl Into<String>) -> Self {
        if good { Self::Good } else { Self::Bad { why: why.into() } }
    }

    /// Good, or bad for the error's reason.
    pub fn of<T, E: ToString>(result: &Result<T, E>) -> Self {
        match result {
            Ok(_) => Self::Good,
            Err(error) => Self::Bad { why: error.to_string() },
        }
    }
}

/// How the cabinet does, part by part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// What every side must have, whatever was before: the daemons, the HMI's page, the store.
    pub needed: BTreeMap<String, Part>,
    /// What must be no worse than it was: the hardware.
    pub compared: BTreeMap<String, Part>,
    /// What is told and judges nobody: the CSMS, which a modem's bad quarter of an hour takes away from any version.
    #[serde(default)]
    pub told: BTreeMap<String, Part>,
}

impl Health {
    /// With one more part that every side must have.
    #[must_use]
    pub fn needing(mut self, name: impl Into<String>, part: Part) -> Self {
        self.needed.insert(name.into(), part);
        self
    }

    /// With one more part that is compared.
    #[must_use]
    pub fn comparing(mut self, name: impl Into<String>, part: Part) -> Self {
        self.compared.insert(name.into(), part);
        self
    }

    /// With one more part that is told only.
    #[must_use]
    pub fn telling(mut self, name: impl Into<String>, part: Part) -> Self {
        self.told.insert(name.into(), part);
        self
    }

    /// With the hardware as the controller has it. While the emergency stop is pressed the connectors tell nothing: a
    /// person pressed it, no version.
    #[must_use]
    pub fn with_hardware(mut self, state: &ControllerState) -> Self {
        let ControllerState { mcu, modules, chains, connectors, .. } = state;
        self = self.comparing("mcu", Part::good_if(mcu.link.up, "it is silent"));
        for module in modules {
            let part = match module.faults.as_slice() {
                _ if !module.link.up => Part::good_if(false, "it is silent"),
                [] => Part::Good,
                faults => Part::good_if(false, faults.join(", ")),
            };
            self = self.comparing(format!("module {}", module.id), part);
        }
        for chain in chains {
            let part = Part::good_if(chain.link.up, "its process is not connected");
            self = self.comparing(format!("chain {}", chain.id), part);
        }
        for connector in connectors {
            let out = matches!(connector.phase, Phase::Faulted | Phase::Unavailable) && !mcu.emergency_stop;
            let part = Part::good_if(!out, "it is out of service");
            self = self.comparing(format!("connector {}", connector.id), part);
        }
        self
    }

    /// What is wrong by itself, each in words.
    #[must_use]
    pub fn failing(&self) -> Vec<String> {
        bad(&self.needed)
    }

    /// What is wrong and judges nobody, each in words.
    #[must_use]
    pub fn worth_telling(&self) -> Vec<String> {
        bad(&self.told)
    }

    /// What is wrong now and must not be, given what was before, each in words.
    #[must_use]
    pub fn worse_than(&self, before: &Self) -> Vec<String> {
        let mut worse = self.failing();
        // What an older version compared may be told only by now.
        for (name, was) in before.compared.iter().filter(|(name, _)| !self.told.contains_key(*name)) {
            match (was, self.compared.get(name)) {
                (Part::Bad { .. }, _) | (Part::Good, Some(Part::Good)) => {}
                (Part::Good, Some(Part::Bad { why })) => worse.push(format!("{name}: {why}; it worked before")),
                (Part::Good, None) => worse.push(format!("{name}: nothing is told of it; it worked before")),
            }
        }
        for name in before.needed.keys().filter(|name| !self.needed.contains_key(*name)) {
            worse.push(format!("{name}: nothing is told of it; it worked before"));
        }
        worse
    }
}

fn bad(parts: &BTreeMap<String, Part>) -> Vec<String> {
    let words = |(name, part): (&String, &Part)| match part {
        Part::Good => None,
        Part::Bad { why } => Some(format!("{name}: {why}")),
    };
    parts.iter().filter_map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(why: &str) -> Part {
        Part::Bad { why: why.to_owned() }
    }

    #[test]
    fn what_was_broken_before_may_stay_broken() {
        let before = Health::default().needing("hmi", Part::Good).comparing("module 1", bad("silent"));
        let after = Health::default().needing("hmi", Part::Good).comparing("module 1", bad("silent"));
        assert_eq!(after.worse_than(&before), Vec::<String>::new());
    }

    #[test]
    fn what_worked_before_must_work() {
        let before = Health::default().comparing("module 1", Part::Good).comparing("chain 1", Part::Good);
        let after = Health::default().comparing("module 1", bad("silent"));
        let worse = after.worse_than(&before);
        assert_eq!(worse, ["chain 1: nothing is told of it; it worked before", "module 1: silent; it worked before"]);
    }

    #[test]
    fn a_csms_that_is_away_is_told_and_judges_nobody() {
        let after = Health::default().telling("csms", bad("it is not connected"));
        for before in [
            Health::default().telling("csms", Part::Good),
            // As an older version took it.
            Health::default().comparing("csms", Part::Good),
        ] {
            assert_eq!(after.worse_than(&before), Vec::<String>::new());
        }
        assert_eq!(after.worth_telling(), ["csms: it is not connected"]);
        let older = r#"{"needed":{},"compared":{}}"#;
        assert_eq!(serde_json::from_str::<Health>(older).unwrap(), Health::default());
    }

    #[test]
    fn a_daemon_must_work_even_if_it_did_not_before() {
        let before = Health::default().needing("ocpp", bad("gone"));
        assert_eq!(before.worse_than(&before), ["ocpp: gone"]);
    }

    #[test]
    fn what_is_new_and_broken_is_no_reason() {
        let after = Health::default().comparing("module 9", bad("silent"));
        assert!(after.worse_than(&Health::default()).is_empty());
    }
}
