//! A set-point on its way into a module.

use units::Mono;

use super::wire::Verdict;
use crate::driver::{OutputState, Refusal, Setpoint};

/// How far a module is with its set-point.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) wanted: Setpoint,
    /// When to send it (again).
    pub(super) due: Mono,
    /// What was sent, limited to what the module can do. Nothing yet of a set-point that is new.
    pub(super) sent: Option<Setpoint>,
    /// Set-output commands that were sent and not yet answered; an answer to an older one confirms nothing.
    pub(super) set_open: u8,
    /// The same for switching.
    pub(super) switch_open: u8,
    pub(super) set: Step,
    pub(super) switched: Step,
    /// Its status agrees.
    pub(super) state: Step,
    /// The current agrees: asked only for off.
    pub(super) current: Step,
    pub(super) told: Told,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Open,
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Nothing,
    Refused,
    Confirmed,
}

impl Target {
    pub(super) fn new(wanted: Setpoint, now: Mono) -> Self {
        Self {
            wanted,
            due: now,
            sent: None,
            set_open: 0,
            switch_open: 0,
            set: Step::Open,
            switched: Step::Open,
            state: Step::Open,
            current: Step::Open,
            told: Told::Nothing,
        }
    }

    /// Another set-point. A module that is on and stays on need not be switched again at once.
    pub(super) fn change(&mut self, wanted: Setpoint, now: Mono) {
        let stays_on = matches!((self.sent, wanted), (Some(Setpoint::On { .. }), Setpoint::On { .. }));
        let kept = if stays_on { (self.switched, self.state) } else { (Step::Open, Step::Open) };
        let (set_open, switch_open) = (self.set_open, self.switch_open);
        *self = Self { set_open, switch_open, switched: kept.0, state: kept.1, ..Self::new(wanted, now) };
    }

    pub(super) fn expected(&self) -> OutputState {
        match self.wanted {
            Setpoint::Off => OutputState::Off,
            Setpoint::On { .. } => OutputState::On,
        }
    }

    pub(super) fn done(&self) -> bool {
        let steps: &[Step] = match self.wanted {
            Setpoint::Off => &[self.switched, self.state, self.current],
            Setpoint::On { .. } => &[self.set, self.switched, self.state],
        };
        steps.iter().all(|step| *step == Step::Done)
    }
}

/// What an acknowledgement says.
pub(super) enum Judgement {
    Taken,
    OfAnOlderOne,
    Refused(Refusal),
}

/// What an acknowledgement says of the last command, while `open` commands are still unanswered.
///
/// Modules may repeat the command's data in their answer or leave it empty. Repeated data tells which command is meant;
/// without it only the last of the answers does.
pub(super) fn judge(verdict: Verdict, echo: Option<[u8; 8]>, sent: [u8; 8], open: u8) -> Judgement {
    let older = open > 0;
    match (verdict, echo) {
        (Verdict::Ok | Verdict::Started, Some(echo)) if echo == sent && echo != [0; 8] => Judgement::Taken,
        _ if older => Judgement::OfAnOlderOne,
        (Verdict::Ok | Verdict::Started, None) => Judgement::Taken,
        (Verdict::Ok | Verdict::Started, Some(echo)) if echo == sent || echo == [0; 8] => Judgement::Taken,
        (Verdict::Ok | Verdict::Started, Some(_)) => Judgement::Refused(Refusal::WrongEcho),
        (Verdict::InvalidCommand, _) => Judgement::Refused(Refusal::InvalidCommand),
        (Verdict::InvalidData | Verdict::Unknown, _) => Judgement::Refused(Refusal::InvalidData),
    }
}
