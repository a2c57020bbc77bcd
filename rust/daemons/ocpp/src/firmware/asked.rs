//! A request of the CSMS for an update.

use super::{Firmware, Outputs, Record, Stage, trust};
use crate::{
    station::Now,
    wire::firmware::{Ask, SecurityEvent, Status, Verdict},
};

/// What `system` can fetch from.
const SCHEMES: [&str; 2] = ["https://", "http://"];

impl Firmware {
    /// The CSMS asks for an update; `reference` is new and unique. Gives our answer, which goes out before what is ordered.
    pub fn asked(&mut self, now: Now, ask: Ask, reference: String, roots: &trust::Roots) -> (Verdict, Outputs) {
        let verdict = self.judge_request(now, ask, reference, roots);
        self.advance(now);
        (verdict, std::mem::take(&mut self.out))
    }

    fn judge_request(&mut self, now: Now, ask: Ask, reference: String, roots: &trust::Roots) -> Verdict {
        let id = ask.request_id;
        // The certificate comes first: whoever has none learns nothing else.
        if let Err(error) = roots.check(&ask.certificate, now.wall_ms) {
            self.out.troubles.push(format!("update {id} of the CSMS was refused: {error}"));
            self.alarm(now, SecurityEvent::InvalidFirmwareSigningCertificate, error.to_string());
            return match error {
                trust::CertificateError::Revoked => Verdict::RevokedCertificate,
                _ => Verdict::InvalidCertificate,
            };
        }
        if let Some(why) = self.reason_against(&ask) {
            self.out.troubles.push(format!("update {id} of the CSMS was refused: {why}"));
            return Verdict::Rejected;
        }
        let before = self.record.as_ref().filter(|record| record.stage != Stage::Over);
        let verdict = match before.map(|record| (record.ask == ask, &record.stage)) {
            None => Verdict::Accepted,
            // Our answer was lost, and it asks again.
            Some((true, _)) => return Verdict::Accepted,
            Some((false, Stage::Waiting)) => self.give_up(Status::DownloadFailed),
            Some((false, Stage::Fetching { .. })) => {
                self.litter = true;
                self.give_up(Status::DownloadFailed)
            }
            Some((false, _)) => {
                self.litter = true;
                self.give_up(Status::InstallationFailed)
            }
        };
        let record = Record { ask, reference, stage: Stage::Waiting, said: None };
        self.out.keep = Some(record.clone());
        self.record = Some(record);
        (self.not_before, self.missing) = (None, None);
        verdict
    }

    fn reason_against(&self, ask: &Ask) -> Option<String> {
        if !SCHEMES.iter().any(|scheme| ask.location.to_ascii_lowercase().starts_with(scheme)) {
            return Some("location is no http or https URL, and nothing else is fetched here".to_owned());
        }
        let installs = |record: &&Record| record.stage == Stage::Installing && record.ask != *ask;
        if let Some(record) = self.record.as_ref().filter(installs) {
            return Some(format!("update {} is being installed, which cannot be stopped", record.ask.request_id));
        }
        self.system.as_ref().and_then(|system| system.unavailable.clone())
    }

    fn give_up(&mut self, status: Status) -> Verdict {
        self.end(status, "the CSMS asked for another one");
        Verdict::AcceptedCanceled
    }
}
