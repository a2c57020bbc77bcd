//! Our questions: which comes next, and what its answer means.

use api::{
    command::{Authorise, Verdict},
    ocpp::Boot,
};
use serde_json::Value;
use units::{Mono, SessionId};

use std::time::Duration;

use super::{Now, Output, Station, Triggered};
use crate::{
    queue::{Message, NoticeHead, Outcome},
    rpc::{CallError, ErrorCode},
    wire::{
        answers,
        firmware::Notice,
        ours::{self, Question, Report, Status},
    },
};

/// Between boot notifications, when the CSMS leaves it to us or says nothing usable.
const BOOT_RETRY: Duration = Duration::from_mins(1);
/// The longest wait that a CSMS can impose: an interval by mistake in ms must not lock us out for years.
const BOOT_LONGEST: Duration = Duration::from_hours(24);
/// After the CSMS has shown that it does not know us any more.
const BOOT_AGAIN: Duration = Duration::from_secs(10);

/// What a question is for.
#[derive(Debug)]
pub(super) enum Purpose {
    Boot,
    Heartbeat,
    Status {
        number: u8,
        report: Report,
    },
    Authorise {
        request_id: String,
    },
    Transaction {
        id: i64,
        attempts: u32,
        part: Part,
    },
    Notice(NoticeHead),
    /// A notice that was asked for again.
    Again,
}

/// Which message of a transaction.
#[derive(Debug)]
pub(super) enum Part {
    Start { session: SessionId },
    Other,
}

impl Station {
    /// Asks the next question, if one is due and none is open.
    pub(super) fn ask_next(&mut self, now: Now) {
        if !self.rpc.is_free() {
            return;
        }
        if self.boot != Boot::Accepted && self.boot_due.is_some_and(|due| now.mono >= due) {
            self.boot_due = None;
            self.ask(now.mono, &ours::boot_notification(&self.settings.identity), Purpose::Boot);
            return;
        }
        if self.boot == Boot::Unanswered || self.boot == Boot::Rejected {
            return;
        }
        while let Some(triggered) = self.triggers.pop_front() {
            if self.ask_triggered(now, triggered) {
                return;
            }
        }
        if self.boot == Boot::Accepted {
            let _ = self.ask_authorise(now)
                || self.ask_status(now)
                || self.ask_notice(now)
                || self.ask_transaction(now)
                || self.ask_heartbeat(now);
        }
    }

    fn ask(&mut self, now: Mono, question: &Question, purpose: Purpose) -> bool {
        match self.rpc.ask(now, question.action, &question.payload, purpose) {
            Some(text) => {
                self.out.push(Output::Send(text));
                true
            }
            None => false,
        }
    }

    fn ask_triggered(&mut self, now: Now, triggered: Triggered) -> bool {
        match triggered {
            Triggered::Boot => {
                self.boot_due = None;
                self.ask(now.mono, &ours::boot_notification(&self.settings.identity), Purpose::Boot)
            }
            Triggered::Heartbeat => self.ask(now.mono, &ours::heartbeat(), Purpose::Heartbeat),
            Triggered::Firmware => self.ask(now.mono, &Notice::again(self.said.as_ref()).question(), Purpose::Again),
            Triggered::Status(number) => {
                let report = self.world.as_ref().and_then(|world| world.report(number)).cloned();
                report.is_some_and(|report| self.ask_report(now, number, report))
            }
        }
    }

    fn ask_authorise(&mut self, now: Now) -> bool {
        let Some(world) = &self.world else { return false };
        let pending = world.outlets.values().filter_map(|outlet| outlet.pending.as_ref());
        let Some(pending) = pending.into_iter().find(|pending| !self.asked.contains(&pending.request_id)).cloned()
        else {
            return false;
        };
        let request_id = pending.request_id;
        self.asked.insert(request_id.clone());
        let Some(question) = ours::authorize(pending.id_tag.as_str()) else {
            self.out.push(Output::Trouble(format!("the tag {} is too long for OCPP 1.6", pending.id_tag)));
            let said = Authorise { verdict: Verdict::Invalid, group: None, expires_ms: None };
            self.out.push(Output::Verdict { request_id, said });
            return false;
        };
        self.ask(now.mono, &question, Purpose::Authorise { request_id })
    }

    fn ask_status(&mut self, now: Now) -> bool {
        let Some(world) = &self.world else { return false };
        let changed = world.numbers().find_map(|number| {
            let report = world.report(number)?;
            (self.reported.get(&number) != Some(report)).then(|| (number, report.clone()))
        });
        // A connector that the configuration has no more: the CSMS has no word for that, but for its being out of service.
        let gone = Report { status: Status::Unavailable, defect: None };
        let is_gone = |(number, said): &(&u8, &Report)| world.report(**number).is_none() && **said != gone;
        let changed = changed.or_else(|| self.reported.iter().find(is_gone).map(|(number, _)| (*number, gone.clone())));
        changed.is_some_and(|(number, report)| self.ask_report(now, number, report))
    }

    fn ask_report(&mut self, now: Now, number: u8, report: Report) -> bool {
        let question = ours::status_notification(number, &report, now.wall_ms);
        self.ask(now.mono, &question, Purpose::Status { number, report })
    }

    fn ask_transaction(&mut self, now: Now) -> bool {
        let Some(head) = &self.head else { return false };
        if self.commands > 0 || now.mono < self.head_due {
            return false;
        }
        let part = match head.message {
            Message::Start { .. } => Part::Start { session: head.session.clone() },
            Message::Meter { .. } | Message::Stop { .. } => Part::Other,
        };
        let purpose = Purpose::Transaction { id: head.id, attempts: head.attempts, part };
        let question = head.message.question();
        self.ask(now.mono, &question, purpose)
    }

    fn ask_notice(&mut self, now: Now) -> bool {
        if self.commands > 0 || now.mono < self.notice_due {
            return false;
        }
        let Some(notice) = self.notice.clone() else { return false };
        self.ask(now.mono, &notice.notice.question(), Purpose::Notice(notice))
    }

    fn ask_heartbeat(&mut self, now: Now) -> bool {
        now.mono >= self.heartbeat_due && self.ask(now.mono, &ours::heartbeat(), Purpose::Heartbeat)
    }

    /// A question of ours was answered, well or badly.
    pub(super) fn answered(&mut self, now: Now, purpose: Purpose, result: Result<Value, CallError>) {
        let answer = match result {
            Ok(answer) => answer,
            Err(error) => {
                self.dropped.errors += 1;
                self.failed(now, purpose, Some(error.code), &error.to_string());
                return;
            }
        };
        match purpose {
            Purpose::Boot => match answers::boot(answer) {
                Ok(answer) => self.booted(now, answer),
                Err(bad) => self.failed(now, Purpose::Boot, None, &bad.to_string()),
            },
            Purpose::Heartbeat => match answers::heartbeat(answer) {
                Ok(time_ms) => {
                    self.clock_ahead_ms = Some(time_ms.saturating_sub(now.wall_ms));
                    self.heartbeat_due = now.mono + self.keys.heartbeat();
                }
                Err(bad) => self.failed(now, Purpose::Heartbeat, None, &bad.to_string()),
            },
            Purpose::Status { number, report } => {
                self.reported.insert(number, report);
            }
            Purpose::Authorise { request_id } => match answers::authorize(answer) {
                Ok(said) => self.out.push(Output::Verdict { request_id, said }),
                Err(bad) => self.failed(now, Purpose::Authorise { request_id }, None, &bad.to_string()),
            },
            Purpose::Transaction { id, attempts, part: Part::Start { session } } => {
                match answers::start_transaction(answer) {
                    Ok(answer) => {
                        self.settle(id, Outcome::Delivered { transaction_id: Some(answer.transaction_id) });
                        if answer.verdict != Verdict::Accepted {
                            self.deauthorise(&session);
                        }
                    }
                    Err(bad) => {
                        let purpose = Purpose::Transaction { id, attempts, part: Part::Start { session } };
                        self.failed(now, purpose, None, &bad.to_string());
                    }
                }
            }
            Purpose::Transaction { id, part: Part::Other, .. } => {
                self.settle(id, Outcome::Delivered { transaction_id: None });
            }
            Purpose::Notice(head) => {
                if let Notice::Firmware { .. } = head.notice {
                    self.said = Some(head.notice.clone());
                }
                self.settle_notice(head, Outcome::Delivered { transaction_id: None });
            }
            Purpose::Again => {}
        }
    }

    fn booted(&mut self, now: Now, answer: answers::BootAnswer) {
        self.boot = answer.boot;
        self.clock_ahead_ms = Some(answer.time_ms.saturating_sub(now.wall_ms));
        if answer.boot == Boot::Accepted {
            self.boot_due = None;
            self.keys.set_heartbeat(answer.interval_s);
            self.heartbeat_due = now.mono + self.keys.heartbeat();
            // It is told the state of everything, whatever it was told in an earlier life.
            self.reported.clear();
        } else {
            let wait = Duration::from_secs(answer.interval_s.into());
            let wait = if wait.is_zero() { BOOT_RETRY } else { wait.min(BOOT_LONGEST) };
            self.boot_due = Some(now.mono + wait);
        }
    }

    /// The CSMS was reached and did not do what was asked.
    pub(super) fn failed(&mut self, now: Now, purpose: Purpose, code: Option<ErrorCode>, why: &str) {
        self.out.push(Output::Trouble(format!("{} failed: {why}", name(&purpose))));
        let is_boot = matches!(purpose, Purpose::Boot);
        match purpose {
            Purpose::Boot => self.boot_due = Some(now.mono + BOOT_RETRY),
            Purpose::Heartbeat => self.heartbeat_due = now.mono + self.keys.heartbeat(),
            // Asked again it would fail again; the next change is a new question.
            Purpose::Status { number, report } => {
                self.reported.insert(number, report);
            }
            // The controller's own time runs out, and its own policy holds. What was asked for can be asked for again.
            Purpose::Authorise { .. } | Purpose::Again => {}
            Purpose::Notice(head) => {
                let attempts = head.attempts.saturating_add(1);
                if attempts >= self.keys.attempts() {
                    self.settle_notice(head, Outcome::GivenUp { why: why.to_owned() });
                } else {
                    self.settle_notice(head, Outcome::Failed);
                    self.notice_due = now.mono + self.keys.retry_after(attempts);
                }
            }
            Purpose::Transaction { id, attempts, .. } => {
                let attempts = attempts.saturating_add(1);
                if attempts >= self.keys.attempts() {
                    self.settle(id, Outcome::GivenUp { why: why.to_owned() });
                } else {
                    self.settle(id, Outcome::Failed);
                    self.head_due = now.mono + self.keys.retry_after(attempts);
                }
            }
        }
        if code == Some(ErrorCode::SecurityError) && !is_boot && self.boot == Boot::Accepted {
            self.boot = Boot::Unanswered;
            self.boot_due = Some(now.mono + BOOT_AGAIN);
        }
    }

    fn settle(&mut self, id: i64, outcome: Outcome) {
        self.head = None;
        self.head_due = Mono::BOOT;
        self.out.push(Output::Settle { id, outcome });
    }

    fn settle_notice(&mut self, head: NoticeHead, outcome: Outcome) {
        self.notice = None;
        self.notice_due = Mono::BOOT;
        self.out.push(Output::SettleNotice { head, outcome });
    }

    /// The CSMS took the start and does not know the tag: the charge ends, if it still runs.
    fn deauthorise(&mut self, session: &SessionId) {
        let Some(world) = &self.world else { return };
        let running = world.outlets.iter().find(|(_, outlet)| outlet.session.as_ref() == Some(session));
        if let Some(connector) = running.and_then(|(number, _)| units::ConnectorId::new(*number)) {
            self.out.push(Output::Deauthorise { session: session.clone(), connector });
        }
    }
}

fn name(purpose: &Purpose) -> &'static str {
    match purpose {
        Purpose::Boot => "BootNotification",
        Purpose::Heartbeat => "Heartbeat",
        Purpose::Status { .. } => "StatusNotification",
        Purpose::Authorise { .. } => "Authorize",
        Purpose::Transaction { part: Part::Start { .. }, .. } => "StartTransaction",
        Purpose::Transaction { part: Part::Other, .. } => "a message of a transaction",
        Purpose::Notice(head) => head.notice.question().action,
        Purpose::Again => "SignedFirmwareStatusNotification",
    }
}
