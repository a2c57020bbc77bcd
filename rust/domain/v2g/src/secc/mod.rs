//! The charger's session engine: ISO 15118-2 DC with external payment.
//!
//! Bytes and time in, bytes and [`Event`]s out. What may be said to the car is one [`Snapshot`]; it is looked at when the
//! car asks, and again when a new one comes if an answer is being held. Only three answers are ever held, within the time
//! that the protocol gives for them: power delivery waits for its grant, its end for the current to be gone, and welding
//! detection for the contactors. Everything else is answered at once, `Ongoing` until granted.

mod answers;
mod demand;
mod types;

use core::time::Duration;
use std::collections::VecDeque;

use iso15118::{
    Protocol, Protocols,
    iso2::{self, BodyChoice, ChargeProgress, ResponseCode},
    message::Message,
    secc::{self as engine, SeccConfig},
    session::{LoopBudgets, Millis, SessionId},
};
use units::{Milliamps, Mono, Watts};

pub use types::{
    Close, Config, Demand, Event, Failure, Grant, Insulation, Limits, Outlet, Readiness, Snapshot, Stop, VehicleLimits,
};

use crate::{
    EvseStatus, Stage,
    clock::{instant, mono},
    physical,
};

/// For power delivery to start: half a second less than the protocol's 4.5 s.
const HOLD_POWER: Duration = Duration::from_secs(4);
/// For the current to be gone after the car asked for the end.
const HOLD_RAMP: Duration = Duration::from_secs(2);
/// For the contactors to open, per question; the car asks again.
const HOLD_WELDING: Duration = Duration::from_secs(1);
/// Below this the current is gone.
const NO_CURRENT: Milliamps = Milliamps::from_amps(1);
/// A driver may look for the card for so long.
const AUTHORISATION_BUDGET: Millis = Millis::from_secs(300);
/// No message of a DC session with external payment comes near this.
const MAX_PAYLOAD: usize = 8_192;

/// A request whose answer waits for the snapshot to change.
#[derive(Clone, Debug)]
struct Held {
    request: BodyChoice,
    until: Mono,
}

/// What a snapshot makes of a request.
enum Verdict {
    /// This is the answer.
    Answer(BodyChoice),
    /// This is the answer, and it is a failure.
    Fail(BodyChoice, Failure),
    /// Wait so long for a better snapshot.
    Hold(Duration),
}

/// The charger's half of a session.
#[derive(Debug)]
pub struct Secc {
    config: Config,
    snapshot: Snapshot,
    engine: engine::Secc,
    demand: Demand,
    stage: Option<Stage>,
    held: Option<Held>,
    closed: Option<Close>,
    events: VecDeque<Event>,
}

impl Secc {
    /// A session whose TCP connection is up.
    pub fn new(config: Config, snapshot: Snapshot, now: Mono) -> Self {
        let mut engine = engine::Secc::new(SeccConfig {
            protocols: Protocols::only(Protocol::Iso2),
            session_id: SessionId::new(config.session_id),
            max_payload_len: MAX_PAYLOAD,
            loop_budgets: LoopBudgets { authorization: Some(AUTHORISATION_BUDGET), ongoing: None },
            ..SeccConfig::default()
        });
        engine.opened(instant(now));
        let demand = Demand {
            stage: Stage::Setup,
            target_voltage: None,
            target_current: None,
            limits: VehicleLimits::default(),
            soc: None,
            ready: Readiness::NotReady,
            error: crate::EvError::None,
        };
        Self { config, snapshot, engine, demand, stage: None, held: None, closed: None, events: VecDeque::new() }
    }

    /// Takes a new snapshot, and answers what was held for it.
    pub fn set_snapshot(&mut self, now: Mono, snapshot: Snapshot) {
        self.snapshot = snapshot;
        self.answer_held(now);
    }

    /// Takes bytes from the car. What cannot be read ends the session.
    pub fn handle_input(&mut self, now: Mono, bytes: &[u8]) {
        // The engine reports the reason once more as its last event.
        let _ = self.engine.handle_input(instant(now), bytes);
        self.pump(now);
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Mono) {
        self.answer_held(now);
        if self.engine.poll_timeout().is_some_and(|at| mono(at) <= now) {
            self.engine.handle_timeout(instant(now));
        }
        self.pump(now);
    }

    /// When [`Secc::handle_timeout`] wants to be called.
    pub fn next_wake(&self) -> Option<Mono> {
        // What is held is looked at again when the snapshot ends: the car is to hear of it.
        let stale = self.snapshot.valid_until + Duration::from_millis(1);
        let held = self.held.as_ref().map(|held| held.until.min(stale));
        let timeout = self.engine.poll_timeout().map(mono);
        [held, timeout].into_iter().flatten().min().filter(|_| self.closed.is_none())
    }

    /// Bytes for the car.
    pub fn take_transmit(&mut self) -> Vec<u8> {
        self.engine.take_transmit()
    }

    /// What happened, in order.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// How the session ended, if it did.
    pub const fn closed(&self) -> Option<Close> {
        self.closed
    }

    /// How far the session has got.
    pub const fn stage(&self) -> Option<Stage> {
        self.stage
    }

    fn pump(&mut self, now: Mono) {
        while let Some(event) = self.engine.poll_event() {
            if self.closed.is_some() {
                return;
            }
            match event {
                engine::Event::Request(message) => self.asked(now, &message),
                engine::Event::Refused { message, response_code, reason } => {
                    let failure = match reason {
                        engine::Refusal::UnknownSession => Failure::UnknownSession,
                        _ => Failure::Sequence,
                    };
                    self.refuse(now, &message, response_code, failure);
                }
                engine::Event::Overdue { message, response_code, .. } => {
                    self.refuse(now, &message, response_code, Failure::Overdue);
                }
                engine::Event::Closed(why) => self.close(match why {
                    engine::Close::Normal => Close::Stopped,
                    engine::Close::Paused => Close::Paused,
                    engine::Close::Timeout(timer) => Close::Timeout(timer.name()),
                    engine::Close::Refused => Close::Refused,
                    engine::Close::NoCommonProtocol => Close::NoCommonProtocol,
                    _ => Close::Malformed,
                }),
                _ => {}
            }
        }
    }

    fn refuse(&mut self, now: Mono, message: &Message, code: u8, reason: Failure) {
        self.events.push_back(Event::Failed { request: message.name(), reason });
        if let Some(refusal) = message.refusal(code) {
            // Nothing else can be done about a refusal that cannot be sent: the session is over either way.
            let _ = self.engine.respond(instant(now), refusal);
        }
    }

    fn asked(&mut self, now: Mono, message: &Message) {
        let Some(request) = answers::body(message) else { return };
        self.note(request);
        self.decide(now, request.clone(), None);
    }

    /// Answers a held request if the snapshot or the clock has an answer now.
    fn answer_held(&mut self, now: Mono) {
        if self.closed.is_none()
            && let Some(Held { request, until }) = self.held.take()
        {
            self.decide(now, request, Some(until));
            self.pump(now);
        }
    }

    fn decide(&mut self, now: Mono, request: BodyChoice, held_until: Option<Mono>) {
        if !self.snapshot.holds(now) && !matches!(request, BodyChoice::SessionStopReq(_)) {
            return self.shut_down(now, &request);
        }
        let verdict = match self.verdict(&request) {
            Verdict::Hold(span) => {
                let until = held_until.unwrap_or(now + span);
                if now < until {
                    self.held = Some(Held { request, until });
                    return;
                }
                self.give_up(&request)
            }
            other => other,
        };
        let body = match verdict {
            Verdict::Answer(body) => body,
            Verdict::Fail(body, reason) => {
                self.events.push_back(Event::Failed { request: request.name(), reason });
                body
            }
            Verdict::Hold(_) => return,
        };
        // Fails only for an answer that does not fit the question or the schema, which ends the session.
        if self.engine.respond(instant(now), answers::message(body)).is_err() {
            self.close(Close::Malformed);
        }
    }

    /// Tells the car `EVSE_EmergencyShutdown` and ends the session.
    fn shut_down(&mut self, now: Mono, request: &BodyChoice) {
        self.events.push_back(Event::Failed { request: request.name(), reason: Failure::Emergency });
        if let Some(body) = answers::emergency(request, &self.snapshot, &self.config) {
            // The session ends whether or not the car can be told.
            let _ = self.engine.respond(instant(now), answers::message(body));
        }
        self.close(Close::Emergency);
    }

    fn close(&mut self, why: Close) {
        if self.closed.is_none() {
            self.closed = Some(why);
            self.held = None;
            self.events.push_back(Event::Closed(why));
        }
    }

    /// What the snapshot makes of a request.
    fn verdict(&self, request: &BodyChoice) -> Verdict {
        use BodyChoice as B;
        let snapshot = &self.snapshot;
        let (ok, failed) = (ResponseCode::OK, ResponseCode::FAILED);
        match request {
            B::SessionSetupReq(_) => Verdict::Answer(answers::session_setup(&self.config)),
            B::ServiceDiscoveryReq(_) => Verdict::Answer(answers::service_discovery()),
            B::PaymentServiceSelectionReq(req) => payment(req),
            B::AuthorizationReq(_) => match (snapshot.authorisation, snapshot.stop) {
                // These answers have no place for a notification: a charge that is to stop does not begin.
                (Grant::Refused, _) | (_, Stop::Normal) => {
                    Verdict::Fail(answers::authorization(failed, Grant::Refused), Failure::Refused)
                }
                (grant, _) => Verdict::Answer(answers::authorization(ok, grant)),
            },
            B::ChargeParameterDiscoveryReq(req) => self.parameters(req),
            B::CableCheckReq(_) => match snapshot.cable_check {
                Grant::Refused => {
                    Verdict::Fail(answers::cable_check(failed, snapshot, Grant::Refused), Failure::Refused)
                }
                grant => Verdict::Answer(answers::cable_check(ok, snapshot, grant)),
            },
            B::PreChargeReq(_) => Verdict::Answer(answers::pre_charge(ok, snapshot)),
            B::PowerDeliveryReq(req) => match req.charge_progress {
                ChargeProgress::Start => match snapshot.power {
                    Grant::Pending => Verdict::Hold(HOLD_POWER),
                    Grant::Granted => Verdict::Answer(answers::power_delivery(ok, snapshot, EvseStatus::Ready)),
                    Grant::Refused => Verdict::Fail(self.no_power(), Failure::Refused),
                },
                ChargeProgress::Stop if snapshot.present_current.abs() > NO_CURRENT => Verdict::Hold(HOLD_RAMP),
                ChargeProgress::Stop => Verdict::Answer(answers::power_delivery(ok, snapshot, EvseStatus::NotReady)),
                ChargeProgress::Renegotiate => {
                    Verdict::Answer(answers::power_delivery(ok, snapshot, EvseStatus::Ready))
                }
            },
            B::CurrentDemandReq(req) => match snapshot.power {
                // Permission that was withdrawn in the charge loop.
                Grant::Refused => {
                    Verdict::Fail(answers::current_demand(failed, snapshot, &self.config, req), Failure::Refused)
                }
                Grant::Pending | Grant::Granted => {
                    Verdict::Answer(answers::current_demand(ok, snapshot, &self.config, req))
                }
            },
            B::WeldingDetectionReq(_) if snapshot.outlet == Outlet::Live => Verdict::Hold(HOLD_WELDING),
            B::WeldingDetectionReq(_) => Verdict::Answer(answers::welding_detection(ok, snapshot)),
            B::SessionStopReq(_) => Verdict::Answer(answers::session_stop()),
            // Certificates and contracts: not offered, and the order of messages does not lead there.
            other => match other.refusal(ResponseCode::FAILED) {
                Some(body) => Verdict::Fail(body, Failure::NotOffered),
                None => Verdict::Answer(answers::session_stop()),
            },
        }
    }

    /// The answer to a held request whose time is over.
    fn give_up(&self, request: &BodyChoice) -> Verdict {
        match request {
            BodyChoice::PowerDeliveryReq(req) if req.charge_progress == ChargeProgress::Start => {
                Verdict::Fail(self.no_power(), Failure::Overdue)
            }
            // The car opens its own contactors next: it is told what is measured and must judge.
            BodyChoice::PowerDeliveryReq(_) => {
                Verdict::Answer(answers::power_delivery(ResponseCode::OK, &self.snapshot, EvseStatus::NotReady))
            }
            _ => Verdict::Answer(answers::welding_detection(ResponseCode::OK, &self.snapshot)),
        }
    }

    fn no_power(&self) -> BodyChoice {
        answers::power_delivery(ResponseCode::FAILEDPowerDeliveryNotApplied, &self.snapshot, EvseStatus::NotReady)
    }

    fn parameters(&self, req: &iso2::ChargeParameterDiscoveryReq) -> Verdict {
        let snapshot = &self.snapshot;
        let iso2::ChargeParameterDiscoveryReqChoice::DCEVChargeParameter(dc) = &req.choice else {
            let code = ResponseCode::FAILEDWrongEnergyTransferMode;
            return Verdict::Fail(answers::charge_parameters(code, snapshot, Grant::Refused), Failure::NotOffered);
        };
        if req.requested_energy_transfer_mode != iso2::EnergyTransferMode::DCExtended {
            let code = ResponseCode::FAILEDWrongEnergyTransferMode;
            return Verdict::Fail(answers::charge_parameters(code, snapshot, Grant::Refused), Failure::NotOffered);
        }
        // No limits yet: the cabinet has not said what it can give.
        if snapshot.limits.max_power <= Watts::ZERO {
            return Verdict::Answer(answers::charge_parameters(ResponseCode::OK, snapshot, Grant::Pending));
        }
        if physical::to_volts(&dc.ev_maximum_voltage_limit) < snapshot.limits.min_voltage {
            let code = ResponseCode::FAILEDWrongChargeParameter;
            return Verdict::Fail(answers::charge_parameters(code, snapshot, Grant::Refused), Failure::WrongParameter);
        }
        Verdict::Answer(answers::charge_parameters(ResponseCode::OK, snapshot, Grant::Granted))
    }

    /// Notes where the car is and what it wants.
    fn note(&mut self, request: &BodyChoice) {
        let stage = demand::stage_of(request);
        if let BodyChoice::SessionSetupReq(req) = request {
            self.events.push_back(Event::Started { evcc_id: req.evcc_id.clone() });
        }
        if self.stage != Some(stage) {
            self.stage = Some(stage);
            self.events.push_back(Event::Stage(stage));
        }
        demand::note(&mut self.demand, stage, request);
        self.events.push_back(Event::Demand(self.demand));
    }
}

fn payment(req: &iso2::PaymentServiceSelectionReq) -> Verdict {
    let offered = |service: &iso2::SelectedService| service.service_id == answers::CHARGE_SERVICE;
    let code = if req.selected_payment_option != iso2::PaymentOption::ExternalPayment {
        ResponseCode::FAILEDPaymentSelectionInvalid
    } else if !req.selected_service_list.selected_service.iter().all(offered) {
        ResponseCode::FAILEDServiceSelectionInvalid
    } else {
        return Verdict::Answer(answers::payment_selection(ResponseCode::OK));
    };
    Verdict::Fail(answers::payment_selection(code), Failure::NotOffered)
}
