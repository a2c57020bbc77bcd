//! One car's matching run as this outlet sees it.

use units::Mono;

use super::{Cause, Config, Timings};
use crate::slac::Attenuation;

/// Sounds that we ask for (`C_EV_match_MNBC`).
pub(super) const SOUNDS: u8 = 10;
/// The time that we give for them, in units of 100 ms.
pub(super) const TIMEOUT_100MS: u8 = 6;

#[derive(Clone, Copy, Debug)]
enum State {
    /// Answered a probe; sounds are to be announced.
    Probed { until: Mono },
    /// Sounds come in.
    Sounding { until: Mono },
    /// The last sound is over; its profile may still be on its way from the modem.
    Settling { until: Mono },
    /// Told the car how it sounds.
    Reported { until: Mono, tries: u8 },
    /// The car heard that, and now decides.
    Acknowledged { until: Mono },
}

/// What is to be done about a run.
#[derive(Debug)]
pub(super) enum Step {
    Wait,
    Report { num_sounds: u8, attenuation: Attenuation },
    Over(Option<Cause>),
}

#[derive(Debug)]
pub(super) struct Run {
    state: State,
    expected: u8,
    profiles: u8,
    sums: Vec<u32>,
    report: Option<Attenuation>,
}

impl Run {
    pub(super) fn new(now: Mono, timings: &Timings) -> Self {
        Self {
            state: State::Probed { until: now + timings.match_sequence },
            expected: SOUNDS,
            profiles: 0,
            sums: Vec::new(),
            report: None,
        }
    }

    pub(super) const fn deadline(&self) -> Mono {
        match self.state {
            State::Probed { until }
            | State::Sounding { until }
            | State::Settling { until }
            | State::Reported { until, .. }
            | State::Acknowledged { until } => until,
        }
    }

    /// The mean attenuation that was reported, once it was.
    pub(super) fn reported(&self) -> Option<u8> {
        // A request for the key shows that the report arrived, even if its acknowledgement got lost.
        match self.state {
            State::Reported { .. } | State::Acknowledged { .. } => self.report.and_then(|report| report.mean()),
            _ => None,
        }
    }

    /// Sounds are announced. Returns whether that was of use.
    pub(super) fn announced(&mut self, now: Mono, sounds: u8, timings: &Timings) -> bool {
        match self.state {
            State::Probed { .. } => {
                self.expected = if sounds == 0 { SOUNDS } else { sounds };
                self.state = State::Sounding { until: now + timings.sounds };
                true
            }
            // The announcement is sent three times.
            State::Sounding { .. } => true,
            _ => false,
        }
    }

    /// A sound came in. Returns whether that was of use.
    pub(super) fn sounded(&mut self, now: Mono, remaining: u8, timings: &Timings) -> bool {
        match self.state {
            // All announcements were lost.
            State::Probed { .. } => self.announced(now, remaining.saturating_add(1), timings),
            State::Sounding { .. } | State::Settling { .. } => true,
            _ => false,
        }
    }

    /// The modem measured a sound. Returns whether that was of use.
    pub(super) fn measured(&mut self, now: Mono, attenuation: &Attenuation, timings: &Timings) -> bool {
        if !matches!(self.state, State::Sounding { .. } | State::Settling { .. }) || self.profiles == u8::MAX {
            return false;
        }
        if self.sums.is_empty() {
            self.sums = vec![0; attenuation.groups().len()];
        }
        for (sum, db) in self.sums.iter_mut().zip(attenuation.groups()) {
            *sum += u32::from(*db);
        }
        self.profiles += 1;
        if let State::Sounding { .. } = self.state
            && self.profiles >= self.expected
        {
            self.state = State::Settling { until: now + timings.settle };
        }
        true
    }

    /// The car acknowledged the report. Returns whether that was of use.
    pub(super) fn acknowledged(&mut self, now: Mono, timings: &Timings) -> bool {
        if let State::Reported { .. } = self.state {
            self.state = State::Acknowledged { until: now + timings.match_session };
            return true;
        }
        matches!(self.state, State::Acknowledged { .. })
    }

    pub(super) fn pass_time(&mut self, now: Mono, config: &Config) -> Step {
        let timings = &config.timings;
        if now < self.deadline() {
            return Step::Wait;
        }
        match self.state {
            // The car gave this run up, as far as can be told; it probes again.
            State::Probed { .. } | State::Acknowledged { .. } => Step::Over(None),
            State::Sounding { until } => {
                self.state = State::Settling { until: until + timings.settle };
                self.pass_time(now, config)
            }
            State::Settling { .. } => match self.average(config.attenuation_offset_db) {
                Some(attenuation) => {
                    self.report = Some(attenuation);
                    self.tell(now, 0, attenuation, timings)
                }
                None => Step::Over(Some(Cause::NoProfile)),
            },
            State::Reported { tries, .. } => match self.report {
                Some(attenuation) if tries < timings.report_retries => self.tell(now, tries + 1, attenuation, timings),
                _ => Step::Over(Some(Cause::NoAcknowledgement)),
            },
        }
    }

    fn tell(&mut self, now: Mono, tries: u8, attenuation: Attenuation, timings: &Timings) -> Step {
        self.state = State::Reported { until: now + timings.match_response, tries };
        Step::Report { num_sounds: self.profiles, attenuation }
    }

    /// The average over the profiles that came in, corrected for the outlet.
    fn average(&self, offset: i8) -> Option<Attenuation> {
        let count = u32::from(self.profiles);
        let groups: Option<Vec<u8>> = self
            .sums
            .iter()
            .map(|sum| {
                let mean = u8::try_from(sum.checked_div(count)?).ok()?;
                Some(mean.saturating_add_signed(offset))
            })
            .collect();
        groups.filter(|groups| !groups.is_empty()).map(|groups| Attenuation::new(&groups))
    }
}
