//! Cards, verdicts, remote starts.

use core::time::Duration;

use api::{
    command::{StopReason, Verdict},
    session::AuthorisedBy,
    state::Authorisation,
};
use charging::{EndReason, Happened};
use config::AuthorisationMode;
use units::{ConnectorId, IdTag, Mono};

use crate::cabinet::Cabinet;

/// A tag that was presented before a plug.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) id_tag: IdTag,
    pub(crate) until: Mono,
    /// From afar, for this connector: needs no authority any more.
    pub(crate) remote: Option<ConnectorId>,
}

impl Cabinet {
    /// A card was presented: ends the charge that it began, else asks for one.
    pub(crate) fn card(&mut self, now: Mono, id_tag: IdTag) {
        if let Some(connector) = self.connectors.iter().find(|connector| connector.knows(&id_tag)) {
            // Before the charge the card has said all it has to say, after it as well.
            if connector.machine.phase().is_charge() {
                let id = connector.id();
                self.happened(id, Happened::Stop(EndReason::Local));
            }
            return;
        }
        let asking = self.connectors.iter().filter(|connector| connector.machine.wants_authorisation());
        // The car that has waited longest without a card.
        let first = asking.min_by_key(|connector| (has_tag(&connector.authorisation), connector.machine.since()));
        if let Some(id) = first.map(crate::connector::Connector::id) {
            self.ask(now, id, id_tag);
        } else {
            let until = now + Duration::from_secs(self.config.authorisation.plug_in_timeout_s.into());
            self.waiting = Some(Waiting { id_tag, until, remote: None });
        }
    }

    /// A start from afar: the tag is good already.
    pub(crate) fn remote_start(&mut self, now: Mono, id: ConnectorId, id_tag: IdTag) {
        let wants = self.connector(id).is_some_and(|connector| connector.machine.wants_authorisation());
        if wants {
            self.grant(id, id_tag, AuthorisedBy::Remote);
        } else {
            let until = now + Duration::from_secs(self.config.authorisation.plug_in_timeout_s.into());
            self.waiting = Some(Waiting { id_tag, until, remote: Some(id) });
        }
    }

    /// Asks whoever has a say about this tag.
    fn ask(&mut self, now: Mono, id: ConnectorId, id_tag: IdTag) {
        if self.config.authorisation.local_tags.contains(&id_tag) {
            self.grant(id, id_tag, AuthorisedBy::LocalTag);
            return;
        }
        let has_authority = self.config.ocpp.is_some();
        let until = now + Duration::from_secs(self.config.authorisation.timeout_s.into());
        self.requests += 1;
        let request_id = format!("{}-{}", self.identity.boot.0.get(..8).unwrap_or("boot"), self.requests);
        let Some(connector) = self.connector_mut(id) else { return };
        if has_authority {
            connector.authorisation = Authorisation::Pending { request_id, id_tag };
            connector.authorisation_until = Some(until);
        } else {
            connector.authorisation = Authorisation::Refused { id_tag, verdict: Verdict::Invalid };
            connector.authorisation_until = None;
        }
    }

    /// The authority's word.
    pub(crate) fn verdict(&mut self, request: &str, verdict: Verdict) {
        let asked = self.connectors.iter_mut().find_map(|connector| match &connector.authorisation {
            Authorisation::Pending { request_id, id_tag } if request_id == request => {
                Some((connector.id(), id_tag.clone(), connector))
            }
            _ => None,
        });
        let Some((id, id_tag, connector)) = asked else { return };
        connector.authorisation_until = None;
        if verdict == Verdict::Accepted {
            self.grant(id, id_tag, AuthorisedBy::Csms);
        } else {
            // The car goes on waiting: another card may be good.
            connector.authorisation = Authorisation::Refused { id_tag, verdict };
        }
    }

    fn grant(&mut self, id: ConnectorId, id_tag: IdTag, by: AuthorisedBy) {
        if let Some(connector) = self.connector_mut(id) {
            connector.authorisation = Authorisation::Granted { id_tag, by };
            connector.authorisation_until = None;
        }
        self.happened(id, Happened::Authorised);
    }

    /// What time does to authorisations: verdicts that do not come, cards that wait for a plug, free charging.
    pub(crate) fn watch_authorisations(&mut self, now: Mono) {
        for connector in &mut self.connectors {
            if connector.authorisation_until.is_some_and(|until| until <= now)
                && let Authorisation::Pending { id_tag, .. } = &connector.authorisation
            {
                let id_tag = id_tag.clone();
                connector.authorisation = Authorisation::Refused { id_tag, verdict: Verdict::Invalid };
                connector.authorisation_until = None;
            }
        }
        if self.waiting.as_ref().is_some_and(|waiting| waiting.until <= now) {
            self.waiting = None;
        }
        let asking: Vec<ConnectorId> = self
            .connectors
            .iter()
            .filter(|connector| {
                connector.machine.wants_authorisation() && connector.authorisation == Authorisation::None
            })
            .map(crate::connector::Connector::id)
            .collect();
        for id in asking {
            let fits = |waiting: &mut Waiting| waiting.remote.is_none_or(|only| only == id);
            if let Some(waiting) = self.waiting.take_if(fits) {
                match waiting.remote {
                    Some(_) => self.grant(id, waiting.id_tag, AuthorisedBy::Remote),
                    None => self.ask(now, id, waiting.id_tag),
                }
            } else if self.config.authorisation.mode == AuthorisationMode::Free
                && let Ok(free) = IdTag::new("FREE")
            {
                self.grant(id, free, AuthorisedBy::Free);
            }
        }
    }

    pub(crate) fn authorisation_wake(&self) -> Option<Mono> {
        let pending = self.connectors.iter().filter_map(|connector| connector.authorisation_until);
        pending.chain(self.waiting.as_ref().map(|waiting| waiting.until)).min()
    }
}

fn has_tag(authorisation: &Authorisation) -> bool {
    matches!(authorisation, Authorisation::Pending { .. } | Authorisation::Granted { .. })
}

pub(crate) const fn end_reason(reason: StopReason) -> EndReason {
    match reason {
        StopReason::Local => EndReason::Local,
        StopReason::Remote => EndReason::Remote,
        StopReason::Vehicle => EndReason::Vehicle,
        StopReason::Unplugged => EndReason::Unplugged,
        StopReason::EmergencyStop => EndReason::EmergencyStop,
        StopReason::Fault | StopReason::PowerLoss => EndReason::Fault,
        StopReason::Deauthorised => EndReason::Deauthorised,
        StopReason::Restart => EndReason::Restart,
    }
}

pub(crate) const fn stop_reason(reason: EndReason) -> StopReason {
    match reason {
        EndReason::Local => StopReason::Local,
        EndReason::Remote => StopReason::Remote,
        EndReason::Vehicle => StopReason::Vehicle,
        EndReason::Unplugged => StopReason::Unplugged,
        EndReason::EmergencyStop => StopReason::EmergencyStop,
        EndReason::Fault => StopReason::Fault,
        EndReason::Deauthorised => StopReason::Deauthorised,
        EndReason::Restart => StopReason::Restart,
    }
}
