//! The car's session engine: drives a whole ISO 15118-2 DC session with external payment, for simulators.
//!
//! The simulator says what the car wants ([`Wish`]), feeds bytes and time, and watches [`Event`]s to move the pilot, the
//! car's own contactors and its battery. After [`Stage::CableCheck`] the pilot belongs in state C, after
//! [`Stage::PowerDelivery`] the car's contactors are closed, after [`Stage::PowerDown`] the car draws nothing; when
//! [`Stage::WeldingDetection`] (or [`Stage::Stopped`]) comes, its contactors are open and the pilot is back in B.

mod requests;

use core::time::Duration;
use std::collections::VecDeque;

use iso15118::{
    Protocol, Protocols,
    evcc::{self as engine, EvccConfig},
    iso2::{BodyChoice, EVSEProcessing},
    message::Message,
};
use units::{Milliamps, Millivolts, Mono, Percent, Watts};

use crate::{
    EvError, EvseStatus, Isolation, Notification, Stage,
    clock::{instant, mono},
    physical,
};

/// Voltage difference at which a car closes its contactors after precharge.
const PRECHARGE_MATCH: Millivolts = Millivolts(10_000);
/// Below this the line is dead.
const SAFE_VOLTAGE: Millivolts = Millivolts(60_000);
/// A car asks so often whether the line is dead, then leaves.
const WELDING_TRIES: u8 = 20;

/// What a car is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Its EVCCID.
    pub evcc_id: [u8; 6],
    /// The highest voltage that its battery takes.
    pub max_voltage: Millivolts,
    /// The highest current.
    pub max_current: Milliamps,
    /// The highest power.
    pub max_power: Watts,
    /// Pause between two messages of the charge loop.
    pub loop_interval: Duration,
    /// Pause before a question is repeated that was answered `Ongoing`.
    pub ongoing_interval: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            evcc_id: [0x02, 0, 0, 0, 0, 0xCA],
            max_voltage: Millivolts::from_volts(500),
            max_current: Milliamps::from_amps(200),
            max_power: Watts(100_000),
            loop_interval: Duration::from_millis(100),
            ongoing_interval: Duration::from_millis(100),
        }
    }
}

/// What the car wants now. The simulator changes it as its battery fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Charge or end.
    pub intent: Intent,
    /// Of the battery.
    pub soc: Percent,
    /// The battery's voltage: what precharge is to reach.
    pub battery_voltage: Millivolts,
    /// Asked for in the charge loop.
    pub target_voltage: Millivolts,
    /// Asked for in the charge loop.
    pub target_current: Milliamps,
    /// What the car says is wrong with it.
    pub error: EvError,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Intent {
    /// Go on.
    #[default]
    Charge,
    /// End the session.
    Stop,
    /// End it for now.
    Pause,
}

/// What the charger said about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChargerSays {
    /// Its state.
    pub status: EvseStatus,
    /// What it asks for.
    pub notification: Notification,
    /// The insulation, if it said.
    pub isolation: Option<Isolation>,
    /// As it measures, in messages that carry it.
    pub present_voltage: Option<Millivolts>,
    /// As it measures, in messages that carry it.
    pub present_current: Option<Milliamps>,
    /// The highest current that it gives, in messages that carry it.
    pub max_current: Option<Milliamps>,
    /// The highest voltage.
    pub max_voltage: Option<Millivolts>,
    /// The highest power.
    pub max_power: Option<Watts>,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Close {
    /// As the protocol has it.
    Stopped,
    /// As the protocol has it, to be taken up again.
    Paused,
    /// The charger did not answer in time.
    Timeout,
    /// The charger speaks nothing that we do.
    NoCommonProtocol,
    /// The charger broke the protocol.
    Fatal,
}

/// What a simulator needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The car reached this stage; its request has been sent.
    Stage(Stage),
    /// The charger named itself.
    Charger {
        /// Its EVSEID.
        evse_id: String,
        /// The id it gave to the session.
        session_id: [u8; 8],
    },
    /// A DC answer's status and measurements.
    Says(ChargerSays),
    /// The charger answered with a failure; the session is being ended.
    Failed {
        /// Which answer, by its element's name.
        answer: &'static str,
    },
    /// The session is over: close the connection.
    Closed(Close),
}

/// The car's half of a session.
#[derive(Debug)]
pub struct Evcc {
    config: Config,
    wish: Wish,
    engine: engine::Evcc,
    stage: Option<Stage>,
    schedule: u8,
    welding_tries: u8,
    /// The next request and when it is due.
    next: Option<(Mono, Stage, BodyChoice)>,
    events: VecDeque<Event>,
}

impl Evcc {
    /// A car whose TCP connection is up: the handshake is ready to be sent.
    pub fn new(config: Config, wish: Wish, now: Mono) -> Self {
        let mut engine =
            engine::Evcc::new(EvccConfig { protocols: Protocols::only(Protocol::Iso2), ..EvccConfig::default() });
        let mut events = VecDeque::new();
        // Fails only if the build spoke no protocol.
        if engine.start(instant(now)).is_err() {
            events.push_back(Event::Closed(Close::NoCommonProtocol));
        }
        Self { config, wish, engine, stage: None, schedule: 1, welding_tries: 0, next: None, events }
    }

    /// Changes what the car wants, from its next request on.
    pub const fn set_wish(&mut self, wish: Wish) {
        self.wish = wish;
    }

    /// Takes bytes from the charger. What cannot be read ends the session.
    pub fn handle_input(&mut self, now: Mono, bytes: &[u8]) {
        // The engine reports the reason once more as its last event.
        let _ = self.engine.handle_input(instant(now), bytes);
        self.pump(now);
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Mono) {
        if self.engine.poll_timeout().is_some_and(|at| mono(at) <= now) {
            self.engine.handle_timeout(instant(now));
        }
        self.pump(now);
        if let Some((_, stage, body)) = self.next.take_if(|(at, ..)| *at <= now) {
            self.send(now, stage, body);
        }
    }

    /// When [`Evcc::handle_timeout`] wants to be called.
    pub fn next_wake(&self) -> Option<Mono> {
        let request = self.next.as_ref().map(|(at, ..)| *at);
        let timeout = self.engine.poll_timeout().map(mono);
        [request, timeout].into_iter().flatten().min()
    }

    /// Bytes for the charger.
    pub fn take_transmit(&mut self) -> Vec<u8> {
        self.engine.take_transmit()
    }

    /// What happened, in order.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// How far the session has got.
    pub const fn stage(&self) -> Option<Stage> {
        self.stage
    }

    fn pump(&mut self, now: Mono) {
        while let Some(event) = self.engine.poll_event() {
            match event {
                engine::Event::ProtocolAgreed(_) => self.send(now, Stage::Setup, requests::session_setup(&self.config)),
                engine::Event::Response(message) => self.answered(now, &message),
                engine::Event::Closed(why) => {
                    self.next = None;
                    self.events.push_back(Event::Closed(close(why)));
                }
                _ => {}
            }
        }
    }

    fn answered(&mut self, now: Mono, message: &Message) {
        let Some(body) = requests::body(message) else { return };
        if let Some(says) = requests::says(body) {
            self.events.push_back(Event::Says(says));
        }
        if message.outcome().is_some_and(iso15118::message::Outcome::is_failure) {
            self.events.push_back(Event::Failed { answer: body.name() });
            // The answer to `SessionStopReq` ends the session whatever it says.
            if !matches!(body, BodyChoice::SessionStopRes(_)) {
                self.send(now, Stage::Stopped, requests::session_stop(Intent::Stop));
            }
            return;
        }
        self.follow(now, body);
    }

    /// Chooses the next request from an answer that is no failure.
    fn follow(&mut self, now: Mono, body: &BodyChoice) {
        use BodyChoice as B;
        let again = now + self.config.ongoing_interval;
        match body {
            B::SessionSetupRes(res) => {
                let session_id = *self.engine.session_id().as_bytes();
                self.events.push_back(Event::Charger { evse_id: res.evse_id.clone(), session_id });
                self.send(now, Stage::Setup, requests::service_discovery());
            }
            B::ServiceDiscoveryRes(res) => {
                self.send(now, Stage::Setup, requests::payment_selection(res.charge_service.service_id));
            }
            B::PaymentServiceSelectionRes(_) => self.send(now, Stage::Authorisation, requests::authorization()),
            B::AuthorizationRes(res) if res.evse_processing == EVSEProcessing::Finished => {
                self.continue_or_stop(now, Stage::Parameters);
            }
            B::AuthorizationRes(_) => self.repeat(again, Stage::Authorisation),
            B::ChargeParameterDiscoveryRes(res) if res.evse_processing == EVSEProcessing::Finished => {
                if let Some(id) = requests::schedule_id(res) {
                    self.schedule = id;
                }
                self.continue_or_stop(now, Stage::CableCheck);
            }
            B::ChargeParameterDiscoveryRes(_) => self.repeat(again, Stage::Parameters),
            B::CableCheckRes(res) if res.evse_processing == EVSEProcessing::Finished => {
                self.continue_or_stop(now, Stage::PreCharge);
            }
            B::CableCheckRes(_) => self.repeat(again, Stage::CableCheck),
            B::PreChargeRes(res) => {
                let present = physical::to_volts(&res.evse_present_voltage);
                if present.distance(self.wish.battery_voltage) <= PRECHARGE_MATCH {
                    self.continue_or_stop(now, Stage::PowerDelivery);
                } else {
                    self.repeat(again, Stage::PreCharge);
                }
            }
            B::PowerDeliveryRes(_) if self.stage == Some(Stage::PowerDown) => {
                self.continue_or_stop(now, Stage::WeldingDetection);
            }
            B::PowerDeliveryRes(_) => self.continue_or_stop(now, Stage::CurrentDemand),
            B::CurrentDemandRes(res) => {
                let says = EvseStatus::from(res.dc_evse_status.evse_status_code);
                let asked = Notification::from(res.dc_evse_status.evse_notification);
                let ends = self.wish.intent != Intent::Charge || asked == Notification::Stop;
                if ends || !matches!(says, EvseStatus::Ready | EvseStatus::IsolationMonitoring) {
                    self.request(now, Stage::PowerDown);
                } else {
                    self.repeat(now + self.config.loop_interval, Stage::CurrentDemand);
                }
            }
            B::WeldingDetectionRes(res) => {
                self.welding_tries += 1;
                let dead = physical::to_volts(&res.evse_present_voltage) < SAFE_VOLTAGE;
                if dead || self.welding_tries >= WELDING_TRIES {
                    self.request(now, Stage::Stopped);
                } else {
                    self.repeat(again, Stage::WeldingDetection);
                }
            }
            _ => {}
        }
    }

    /// Goes on to `stage`, unless the car wants to end a charge that has not begun.
    fn continue_or_stop(&mut self, now: Mono, stage: Stage) {
        let before_power = stage < Stage::CurrentDemand;
        let ends = self.wish.intent != Intent::Charge && before_power;
        self.request(now, if ends { Stage::Stopped } else { stage });
    }

    fn repeat(&mut self, at: Mono, stage: Stage) {
        // A car that changed its mind while it waited leaves instead of asking again.
        let leaves = self.wish.intent != Intent::Charge && stage < Stage::PowerDelivery;
        let stage = if leaves { Stage::Stopped } else { stage };
        self.next = Some((at, stage, self.build(stage)));
    }

    fn request(&mut self, now: Mono, stage: Stage) {
        let body = self.build(stage);
        self.send(now, stage, body);
    }

    fn build(&self, stage: Stage) -> BodyChoice {
        let (config, wish) = (&self.config, &self.wish);
        match stage {
            Stage::Setup => requests::session_setup(config),
            Stage::Authorisation => requests::authorization(),
            Stage::Parameters => requests::charge_parameters(config, wish),
            Stage::CableCheck => requests::cable_check(wish),
            Stage::PreCharge => requests::pre_charge(wish),
            Stage::PowerDelivery => requests::power_delivery(wish, self.schedule, requests::Progress::Start),
            Stage::CurrentDemand => requests::current_demand(config, wish),
            Stage::PowerDown => requests::power_delivery(wish, self.schedule, requests::Progress::Stop),
            Stage::WeldingDetection => requests::welding_detection(wish),
            Stage::Stopped => requests::session_stop(wish.intent),
        }
    }

    fn send(&mut self, now: Mono, stage: Stage, body: BodyChoice) {
        self.next = None;
        // In the charge loop what is sent is as new as can be, not as it stood when the last answer came.
        let body = if stage == Stage::CurrentDemand { self.build(stage) } else { body };
        if self.engine.request(instant(now), requests::message(body)).is_err() {
            self.events.push_back(Event::Closed(Close::Fatal));
            return;
        }
        if self.stage != Some(stage) {
            self.stage = Some(stage);
            self.events.push_back(Event::Stage(stage));
        }
    }
}

const fn close(why: engine::Close) -> Close {
    match why {
        engine::Close::Normal => Close::Stopped,
        engine::Close::Paused => Close::Paused,
        engine::Close::Timeout(_) => Close::Timeout,
        engine::Close::NoCommonProtocol => Close::NoCommonProtocol,
        _ => Close::Fatal,
    }
}
