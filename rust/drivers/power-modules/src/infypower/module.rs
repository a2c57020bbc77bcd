//! One module: what it was told, what it said, what is due.

use std::{fmt::Write, time::Duration};

use units::{Milliamps, ModuleId, Mono};

use super::{
    target::{Judgement, Step, Target, Told, judge},
    wire::{Answer, Command, Verdict, request, set_output, switch_output},
};
use crate::{
    driver::{Capabilities, Output, Reading, Refusal, SetError, Setpoint, Status, Update},
    presence::{Change, Presence},
};

/// How often a set-point is repeated. The module's watchdog would allow 10 s; a set-point that was lost shall not.
const REFRESH: Duration = Duration::from_millis(500);
/// How often a module is asked that has not acted on its set-point yet.
const HURRY: Duration = Duration::from_millis(50);
/// How often an absent module is looked for, and what is not known yet is asked again.
const SEARCH: Duration = Duration::from_secs(1);
const STATUS_EVERY: Duration = Duration::from_millis(500);
const AVAILABLE_EVERY: Duration = Duration::from_secs(1);
const CAPABILITIES_EVERY: Duration = Duration::from_secs(10);
/// No more than this may flow for an output to count as off.
const OFF_CURRENT: Milliamps = Milliamps::from_amps(1);
/// The largest voltage and current that make sense for any rectifier, in mV and mA.
const ABSURD_VOLTAGE: i64 = 2_000_000;
const ABSURD_CURRENT: i64 = 1_000_000;

/// When each read is due.
#[derive(Debug)]
struct Dues {
    output: Mono,
    status: Mono,
    available: Mono,
    capabilities: Mono,
    serial: Mono,
}

impl Dues {
    /// Addresses are spread so that modules do not all answer in the same millisecond.
    fn starting(at: Mono, address: u8) -> Self {
        let at = at + Duration::from_millis(u64::from(address) * 7);
        Self { output: at, status: at, available: at, capabilities: at, serial: at }
    }
}

#[derive(Debug)]
pub(super) struct Module {
    id: ModuleId,
    address: u8,
    presence: Presence,
    reading_every: Duration,
    serial: Option<[u8; 8]>,
    rated: Option<Capabilities>,
    available: Option<Milliamps>,
    told: Option<Capabilities>,
    status: Option<Status>,
    target: Option<Target>,
    dues: Dues,
}

impl Module {
    /// A module that is looked for from an instant on.
    pub(super) fn new(id: ModuleId, address: u8, from: Mono) -> Self {
        Self {
            id,
            address,
            presence: Presence::Absent,
            reading_every: Duration::from_millis(100),
            serial: None,
            rated: None,
            available: None,
            told: None,
            status: None,
            target: None,
            dues: Dues::starting(from, address),
        }
    }

    pub(super) fn id(&self) -> &ModuleId {
        &self.id
    }

    pub(super) fn address(&self) -> u8 {
        self.address
    }

    /// Polls less often on a fuller bus: with twelve modules their readings take a tenth of its time.
    pub(super) fn share_bus_with(&mut self, count: usize) {
        let ms = u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(25).clamp(100, 1_000);
        self.reading_every = Duration::from_millis(ms);
    }

    pub(super) fn presence_deadline(&self) -> Mono {
        self.presence.deadline()
    }

    pub(super) fn set(&mut self, now: Mono, setpoint: Setpoint) -> Result<(), SetError> {
        if let Setpoint::On { voltage, current } = setpoint {
            let fields = [("voltage", voltage.get(), ABSURD_VOLTAGE), ("current", current.get(), ABSURD_CURRENT)];
            for (field, value, max) in fields {
                if !(0..=max).contains(&value) {
                    return Err(SetError::OutOfRange { module: self.id.clone(), field, value, max });
                }
            }
        }
        match self.target.as_mut() {
            Some(target) if target.wanted == setpoint => {}
            Some(target) => target.change(setpoint, now),
            None => self.target = Some(Target::new(setpoint, now)),
        }
        Ok(())
    }

    /// The last word to a module that is ours no more: off, if it was told anything before.
    pub(super) fn say_good_bye(&self, out: &mut Output) {
        if self.target.is_some() {
            out.frames.push(request(Command::SwitchOutput, self.address, switch_output(Setpoint::Off)));
        }
    }

    pub(super) fn check_presence(&mut self, now: Mono, out: &mut Output) {
        match self.presence.check(now) {
            Some(Change::Lost) => {
                // Whoever asked for power did so of a module that was there. One that comes back starts afresh.
                if let Some(target) = self.target.as_mut() {
                    *target = Target::new(Setpoint::Off, now);
                }
                self.forget(now);
                self.tell(Update::Lost, out);
            }
            Some(Change::Silent) => self.tell(Update::Silent, out),
            Some(Change::Found | Change::Recovered) | None => {}
        }
    }

    fn forget(&mut self, now: Mono) {
        self.serial = None;
        self.rated = None;
        self.available = None;
        self.told = None;
        self.status = None;
        self.dues = Dues::starting(now, 0);
    }

    fn tell(&self, update: Update, out: &mut Output) {
        out.updates.push((self.id.clone(), update));
    }

    /// Sends the set-point if it is due and there is room for it.
    pub(super) fn send_setpoint(&mut self, now: Mono, limit: usize, out: &mut Output) {
        let absent = self.presence == Presence::Absent;
        let rated = self.rated;
        let Some(target) = self.target.as_mut() else { return };
        // Nobody is switched on who does not answer; off is worth saying even to the deaf.
        let hopeless = absent && target.wanted != Setpoint::Off;
        if now < target.due || hopeless || out.frames.len() + 3 > limit {
            return;
        }
        let refresh = target.sent.is_some();
        if refresh {
            // Half a second later: an answer that is still missing was lost.
            target.set_open = 0;
            target.switch_open = 0;
        }
        let limited = limit_to(rated, target.wanted);
        // The values go first: an output must not come on with what it was told in an earlier charge.
        if let Setpoint::On { voltage, current } = limited {
            out.frames.push(request(Command::SetOutput, self.address, set_output(voltage, current)));
            target.set_open = target.set_open.saturating_add(1);
        }
        if limited == Setpoint::Off || target.switched == Step::Open || refresh {
            out.frames.push(request(Command::SwitchOutput, self.address, switch_output(limited)));
            target.switch_open = target.switch_open.saturating_add(1);
        }
        if !target.done() {
            out.frames.push(request(Command::ReadStatus, self.address, [0; 8]));
            self.dues.status = now + HURRY;
        }
        target.sent = Some(limited);
        target.due = now + REFRESH;
    }

    /// Sends the reads that are due, as far as there is room.
    pub(super) fn send_reads(&mut self, now: Mono, limit: usize, out: &mut Output) {
        let absent = self.presence == Presence::Absent;
        let hurry = !absent && self.target.as_ref().is_some_and(|target| target.sent.is_some() && !target.done());
        let known = |known: bool, every: Duration| if known { every } else { SEARCH };
        let pace = |every: Duration| if hurry { every.min(HURRY) } else { every };
        let output_every = if absent { SEARCH } else { pace(self.reading_every) };
        let (rated, serial) = (self.rated.is_some(), self.serial.is_some());
        let reads = [
            (&mut self.dues.output, Command::ReadOutput, output_every),
            (&mut self.dues.status, Command::ReadStatus, pace(STATUS_EVERY)),
            (&mut self.dues.serial, Command::ReadSerial, known(serial, CAPABILITIES_EVERY)),
            (&mut self.dues.capabilities, Command::ReadCapabilities, known(rated, CAPABILITIES_EVERY)),
            (&mut self.dues.available, Command::ReadAvailable, AVAILABLE_EVERY),
        ];
        // An absent module is only asked whether it is there.
        for (due, command, every) in reads.into_iter().take(if absent { 1 } else { 5 }) {
            if now >= *due && out.frames.len() < limit {
                *due = now + every;
                out.frames.push(request(command, self.address, [0; 8]));
            }
        }
    }

    /// When there is something to send next.
    pub(super) fn due(&self, armed: bool) -> Mono {
        let absent = self.presence == Presence::Absent;
        let target = match &self.target {
            Some(target) if armed && !(absent && target.wanted != Setpoint::Off) => target.due,
            _ => Mono(u64::MAX),
        };
        let Dues { output, status, available, capabilities, serial } = &self.dues;
        let reads = if absent {
            *output
        } else {
            *[output, status, available, capabilities, serial].into_iter().min().unwrap_or(output)
        };
        reads.min(target)
    }

    pub(super) fn on_answer(&mut self, now: Mono, answer: Answer, out: &mut Output) {
        match self.presence.heard(now) {
            Some(Change::Found) => {
                self.forget(now);
                self.tell(Update::Found, out);
            }
            Some(Change::Recovered) => {
                if let Some(target) = self.target.as_mut() {
                    target.due = now;
                }
                self.tell(Update::Recovered, out);
            }
            Some(Change::Silent | Change::Lost) | None => {}
        }
        match answer {
            Answer::Output { voltage, current } => {
                self.tell(Update::Reading(Reading { voltage, current, at: now }), out);
                if let Some(target) = self.target.as_mut() {
                    let calm = target.switched == Step::Done && current.abs() <= OFF_CURRENT;
                    target.current = if calm { Step::Done } else { Step::Open };
                }
            }
            Answer::Status(status) => self.on_status(status, now, out),
            Answer::Capabilities(rated) => {
                self.rated = Some(rated);
                self.tell_capabilities(out);
            }
            Answer::Available { current } => {
                // Some answer with nothing while their output is off, which is no derating.
                self.available = (current > Milliamps::ZERO).then_some(current);
                self.tell_capabilities(out);
            }
            Answer::Serial(serial) => {
                if self.serial.replace(serial) != Some(serial) {
                    let text = serial.iter().fold(String::with_capacity(16), |mut text, byte| {
                        // Writing into a String cannot fail.
                        let _ = write!(text, "{byte:02X}");
                        text
                    });
                    self.tell(Update::Serial(text), out);
                }
            }
            Answer::Set { verdict, echo } => self.on_set(verdict, echo, out),
            Answer::Switched { verdict, echo } => self.on_switched(verdict, echo, out),
            Answer::Refused => {}
        }
        self.confirm(out);
    }

    fn on_status(&mut self, status: Status, now: Mono, out: &mut Output) {
        if self.status.replace(status) != Some(status) {
            self.tell(Update::Status(status), out);
        }
        let Some(target) = self.target.as_mut() else { return };
        let agrees = status.output == target.expected();
        if agrees && target.switched == Step::Done {
            target.state = Step::Done;
        } else if !agrees && target.state == Step::Done {
            // It did as told and then something else: tell it again.
            target.state = Step::Open;
            target.switched = Step::Open;
            target.told = Told::Nothing;
            target.due = now;
        }
    }

    fn tell_capabilities(&mut self, out: &mut Output) {
        let Some(rated) = self.rated else { return };
        let max_current = self.available.map_or(rated.max_current, |available| available.min(rated.max_current));
        let capabilities = Capabilities { max_current, ..rated };
        if self.told.replace(capabilities) != Some(capabilities) {
            self.tell(Update::Capabilities(capabilities), out);
        }
    }

    fn on_set(&mut self, verdict: Verdict, echo: Option<[u8; 8]>, out: &mut Output) {
        let Some(target) = self.target.as_mut() else { return };
        target.set_open = target.set_open.saturating_sub(1);
        let Some(Setpoint::On { voltage, current }) = target.sent else { return };
        match judge(verdict, echo, set_output(voltage, current), target.set_open) {
            Judgement::Taken => target.set = Step::Done,
            Judgement::OfAnOlderOne => {}
            Judgement::Refused(refusal) => self.refuse(refusal, out),
        }
    }

    fn on_switched(&mut self, verdict: Verdict, echo: Option<[u8; 8]>, out: &mut Output) {
        let Some(target) = self.target.as_mut() else { return };
        target.switch_open = target.switch_open.saturating_sub(1);
        let Some(sent) = target.sent else { return };
        match judge(verdict, echo, switch_output(sent), target.switch_open) {
            Judgement::Taken => target.switched = Step::Done,
            Judgement::OfAnOlderOne => {}
            Judgement::Refused(refusal) => self.refuse(refusal, out),
        }
    }

    fn refuse(&mut self, refusal: Refusal, out: &mut Output) {
        let Some(target) = self.target.as_mut() else { return };
        if target.told == Told::Nothing {
            target.told = Told::Refused;
            let wanted = target.wanted;
            self.tell(Update::Refused(wanted, refusal), out);
        }
    }

    fn confirm(&mut self, out: &mut Output) {
        let Some(target) = self.target.as_mut() else { return };
        if let Some(sent) = target.sent
            && target.done()
            && target.told != Told::Confirmed
        {
            target.told = Told::Confirmed;
            self.tell(Update::Confirmed(sent), out);
        }
    }
}

/// No more than the module says that it can do.
fn limit_to(rated: Option<Capabilities>, wanted: Setpoint) -> Setpoint {
    match (wanted, rated) {
        (Setpoint::On { voltage, current }, Some(rated)) => {
            Setpoint::On { voltage: voltage.min(rated.max_voltage), current: current.min(rated.max_current) }
        }
        _ => wanted,
    }
}
