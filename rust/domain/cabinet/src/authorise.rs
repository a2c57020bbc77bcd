//! Cards, verdicts, remote starts.
//!
//! Who is asked about a tag: the configuration's own list; then the CSMS, if it can be; then, as the configuration says, what it
//! said beforehand ([`crate::tokens`]). A CSMS that is known to be away is not waited for, and one that does not answer in
//! time counts as away.

use core::time::Duration;

use api::{
    command::{StopReason, Verdict},
    profile::SetProfile,
    session::AuthorisedBy,
    state::Authorisation,
    tokens::{CachedToken, CsmsReach, Token},
};
use charging::{EndReason, Happened, Phase};
use config::{AuthorisationMode, Offline};
use mcu_link::PilotState;
use serde::{Deserialize, Serialize};
use units::{ConnectorId, IdTag, Mono};

use crate::{
    cabinet::Cabinet,
    connector::Connector,
    output::{Output, Outputs, Record},
    tokens::Source,
};

/// How many tags may wait for a plug; the oldest goes when one more comes.
const MAX_WAITING: usize = 16;

/// A tag that was presented before a plug.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) id_tag: IdTag,
    pub(crate) until: Mono,
    /// From afar, for this connector: needs no authority any more.
    pub(crate) remote: Option<ConnectorId>,
    /// For the charge that it begins.
    pub(crate) profile: Option<Box<SetProfile>>,
}

impl Cabinet {
    /// A card was presented: ends the charge that it began, else asks for one.
    pub(crate) fn card(&mut self, now: Mono, id_tag: IdTag) {
        let here = |connector: &&Connector| connector.knows(&id_tag) && !self.has_left(connector);
        if let Some(connector) = self.connectors.iter().find(here) {
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
        if let Some(id) = first.map(Connector::id) {
            self.ask(now, id, id_tag);
        } else if let Some(id) = self.charge_of_group(now, &id_tag) {
            self.happened(id, Happened::Stop(EndReason::Local));
        } else {
            self.wait(Waiting { id_tag, until: self.plug_in_until(now), remote: None, profile: None });
        }
    }

    /// A start from afar: the tag is good already.
    pub(crate) fn remote_start(&mut self, now: Mono, id: ConnectorId, id_tag: IdTag, profile: Option<Box<SetProfile>>) {
        let wants = self.connector(id).is_some_and(|connector| connector.machine.wants_authorisation());
        if wants {
            self.grant_remote(id, id_tag, profile);
        } else {
            self.wait(Waiting { id_tag, until: self.plug_in_until(now), remote: Some(id), profile });
        }
    }

    fn grant_remote(&mut self, id: ConnectorId, id_tag: IdTag, profile: Option<Box<SetProfile>>) {
        if let Some(connector) = self.connector_mut(id) {
            connector.start_profile = profile;
        }
        self.grant(id, id_tag, AuthorisedBy::Remote);
    }

    fn plug_in_until(&self, now: Mono) -> Mono {
        now + Duration::from_secs(self.config.authorisation.plug_in_timeout_s.into())
    }

    /// One card waits once, and one start from afar for a connector.
    fn wait(&mut self, waiting: Waiting) {
        let again =
            |old: &Waiting| old.remote == waiting.remote && (old.remote.is_some() || old.id_tag == waiting.id_tag);
        self.waiting.retain(|old| !again(old));
        if self.waiting.len() == MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(waiting);
    }

    /// Whether a connector stands in a fault and its car is gone: whoever charged there may go to another one.
    fn has_left(&self, connector: &Connector) -> bool {
        let pilot = self.equipment.mcu.connector(connector.id()).map(|status| status.pilot);
        matches!(connector.machine.phase(), Phase::Faulted(_)) && pilot == Some(PilotState::A)
    }

    /// A charge whose tag is of the same group as this one, if this one is good.
    fn charge_of_group(&self, now: Mono, id_tag: &IdTag) -> Option<ConnectorId> {
        self.known(now, id_tag).filter(|(_, verdict)| *verdict == Verdict::Accepted)?;
        let running = self.connectors.iter().filter(|connector| connector.machine.phase().is_charge());
        let of_group = |connector: &&Connector| {
            connector.session.as_ref().is_some_and(|session| self.tokens.same_group(&session.id_tag, id_tag))
        };
        running.filter(of_group).map(Connector::id).next()
    }

    /// Asks whoever has a say about this tag.
    fn ask(&mut self, now: Mono, id: ConnectorId, id_tag: IdTag) {
        if self.config.authorisation.local_tags.contains(&id_tag) {
            self.grant(id, id_tag, AuthorisedBy::LocalTag);
            return;
        }
        if self.config.ocpp.is_none() || self.tokens.reach == CsmsReach::Offline {
            self.decide_alone(now, id, id_tag);
            return;
        }
        let until = now + Duration::from_secs(self.config.authorisation.timeout_s.into());
        self.requests += 1;
        let request_id = format!("{}-{}", self.identity.boot.0.get(..8).unwrap_or("boot"), self.requests);
        if let Some(connector) = self.connector_mut(id) {
            connector.authorisation = Authorisation::Pending { request_id, id_tag };
            connector.authorisation_until = Some(until);
        }
    }

    /// What was said of a tag beforehand.
    fn known(&self, now: Mono, id_tag: &IdTag) -> Option<(Source, Verdict)> {
        let rules = &self.config.authorisation;
        let remembered = rules.cache.then(|| Duration::from_secs(u64::from(rules.cache_hours) * 3_600));
        self.tokens.look_up(id_tag, self.wall_at(now), remembered)
    }

    /// Nobody can be asked: what is known beforehand, and the configuration's rule, decide.
    fn decide_alone(&mut self, now: Mono, id: ConnectorId, id_tag: IdTag) {
        let rules = &self.config.authorisation;
        let known = self.known(now, &id_tag);
        // Without a CSMS nobody is away: the list is all that there is.
        let rule = if self.config.ocpp.is_some() { rules.offline } else { Offline::LocalListAndCache };
        let (by, verdict) = match (rule, known) {
            (Offline::LocalListAndCache | Offline::Accept, Some((Source::List, verdict))) => {
                (AuthorisedBy::LocalList, verdict)
            }
            (Offline::LocalListAndCache | Offline::Accept, Some((Source::Cache, verdict))) => {
                (AuthorisedBy::Cache, verdict)
            }
            (Offline::Accept, None) => (AuthorisedBy::Offline, Verdict::Accepted),
            (Offline::Refuse, _) | (Offline::LocalListAndCache, None) => (AuthorisedBy::Offline, Verdict::Invalid),
        };
        if verdict == Verdict::Accepted {
            self.grant(id, id_tag, by);
        } else {
            self.refuse(id, id_tag, verdict);
        }
    }

    /// The authority's word; remembered for when it is away.
    pub(crate) fn verdict(&mut self, now: Mono, request: &str, said: Said, outputs: &mut Outputs) {
        let asked = self.connectors.iter().find_map(|connector| match &connector.authorisation {
            Authorisation::Pending { request_id, id_tag } if request_id == request => {
                Some((connector.id(), id_tag.clone()))
            }
            _ => None,
        });
        let Some((id, id_tag)) = asked else { return };
        let Said { verdict, group, expires_ms } = said;
        self.remember(now, Token { id_tag: id_tag.clone(), verdict, group, expires_ms }, outputs);
        if verdict == Verdict::Accepted {
            self.grant(id, id_tag, AuthorisedBy::Csms);
        } else {
            self.refuse(id, id_tag, verdict);
        }
    }

    /// Keeps what the CSMS said of a tag. That it charges elsewhere is true of the moment only.
    pub(crate) fn remember(&mut self, now: Mono, token: Token, outputs: &mut Outputs) {
        if self.config.authorisation.cache && token.verdict != Verdict::ConcurrentTx {
            let cached = CachedToken { token, at: self.wall_at(now) };
            self.tokens.remember(cached.clone());
            outputs.list.push(Output::Store(Record::Cached(cached)));
        }
    }

    fn grant(&mut self, id: ConnectorId, id_tag: IdTag, by: AuthorisedBy) {
        if let Some(connector) = self.connector_mut(id) {
            let by = if connector.vehicle_tag().as_ref() == Some(&id_tag) { AuthorisedBy::Vehicle } else { by };
            connector.authorisation = Authorisation::Granted { id_tag, by };
            connector.authorisation_until = None;
        }
        self.happened(id, Happened::Authorised);
    }

    /// The car goes on waiting: another card may be good.
    fn refuse(&mut self, id: ConnectorId, id_tag: IdTag, verdict: Verdict) {
        if let Some(connector) = self.connector_mut(id) {
            connector.authorisation = Authorisation::Refused { id_tag, verdict };
            connector.authorisation_until = None;
        }
    }

    /// What time does to authorisations: verdicts that do not come, cards that wait for a plug, cars that are known by
    /// themselves, free charging.
    pub(crate) fn watch_authorisations(&mut self, now: Mono) {
        let away = self.tokens.reach == CsmsReach::Offline;
        let unanswered = self.connectors.iter().filter_map(|connector| match &connector.authorisation {
            Authorisation::Pending { id_tag, .. }
                if away || connector.authorisation_until.is_some_and(|until| until <= now) =>
            {
                Some((connector.id(), id_tag.clone()))
            }
            _ => None,
        });
        for (id, id_tag) in unanswered.collect::<Vec<_>>() {
            self.decide_alone(now, id, id_tag);
        }
        self.waiting.retain(|waiting| waiting.until > now);
        let asking: Vec<ConnectorId> = self
            .connectors
            .iter()
            .filter(|connector| {
                connector.machine.wants_authorisation() && connector.authorisation == Authorisation::None
            })
            .map(Connector::id)
            .collect();
        for id in asking {
            let fits = |waiting: &Waiting| waiting.remote.is_none_or(|only| only == id);
            let vehicle = self.connector(id).and_then(Connector::vehicle_tag);
            if let Some(waiting) = self.waiting.iter().position(fits).and_then(|first| self.waiting.remove(first)) {
                match waiting.remote {
                    Some(_) => self.grant_remote(id, waiting.id_tag, waiting.profile),
                    None => self.ask(now, id, waiting.id_tag),
                }
            } else if self.config.authorisation.mode == AuthorisationMode::Free
                && let Ok(free) = IdTag::new("FREE")
            {
                self.grant(id, free, AuthorisedBy::Free);
            } else if let Some(vehicle) = vehicle.filter(|_| self.config.authorisation.autocharge) {
                self.ask(now, id, vehicle);
            }
        }
    }

    pub(crate) fn authorisation_wake(&self) -> Option<Mono> {
        let pending = self.connectors.iter().filter_map(|connector| connector.authorisation_until);
        pending.chain(self.waiting.iter().map(|waiting| waiting.until)).min()
    }
}

/// What an authority said.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) verdict: Verdict,
    pub(crate) group: Option<IdTag>,
    pub(crate) expires_ms: Option<i64>,
}

impl Connector {
    /// The car as a tag (Autocharge): `VID:` and the twelve digits of its EVCCID, as CSMSs know it.
    pub(crate) fn vehicle_tag(&self) -> Option<IdTag> {
        let (_, evcc_id) = self.vehicle.as_ref()?;
        let digits: String =
            evcc_id.chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_uppercase()).collect();
        if digits.len() == 12 { IdTag::new(&format!("VID:{digits}")).ok() } else { None }
    }
}

fn has_tag(authorisation: &Authorisation) -> bool {
    matches!(authorisation, Authorisation::Pending { .. } | Authorisation::Granted { .. })
}

pub(crate) const fn end_reason(reason: StopReason) -> EndReason {
    match reason {
        // As where none is given: somebody wants it to end.
        StopReason::Local | StopReason::Other => EndReason::Local,
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
