//! The connection: when it is opened, pinged, given up.

use std::time::Duration;

use super::{Link, Now, Output, Station, ask::Purpose};
use crate::{endpoint::Target, rpc::Failure};

/// How long a pinged CSMS may stay silent.
pub(super) const PONG_WITHIN: Duration = Duration::from_secs(30);

impl Station {
    pub(super) fn opened(&mut self, now: Now) {
        if self.link == Link::Connecting {
            self.link = Link::Up { heard: now.mono, pinged: None };
        }
    }

    /// The connection is gone, or could not be made.
    pub(super) fn lost(&mut self, now: Now, why: &str) {
        if matches!(self.link, Link::Connecting | Link::Up { .. }) {
            self.out.push(Output::Trouble(why.to_owned()));
            self.hang_up(now);
            self.link = Link::Waiting { until: now.mono + self.backoff.failed() };
        }
    }

    /// Forgets what belonged to the connection.
    pub(super) fn hang_up(&mut self, now: Now) {
        if let Some(purpose) = self.rpc.reset() {
            self.unsent(purpose, now);
        }
        self.triggers.clear();
    }

    pub(super) fn heard(&mut self, now: Now) {
        if let Link::Up { heard, pinged } = &mut self.link {
            *heard = now.mono;
            *pinged = None;
        }
    }

    pub(super) fn check_link(&mut self, now: Now) {
        match self.link {
            Link::Waiting { until } if now.mono >= until => {
                if let Target::To(endpoint) = &self.settings.target {
                    self.out.push(Output::Connect(endpoint.clone()));
                    self.link = Link::Connecting;
                }
            }
            Link::Up { heard, pinged: None }
                if self.keys.ping().is_some_and(|every| now.mono.since(heard) >= every) =>
            {
                self.out.push(Output::Ping);
                self.link = Link::Up { heard, pinged: Some(now.mono) };
            }
            Link::Up { pinged: Some(pinged), .. } if now.mono.since(pinged) >= PONG_WITHIN => {
                self.drop_link(now, "the CSMS does not answer a ping");
            }
            _ => {}
        }
    }

    pub(super) fn check_timeout(&mut self, now: Now) {
        let Some((purpose, Failure::TimedOut { asked })) = self.rpc.expire(now.mono) else { return };
        self.dropped.timeouts += 1;
        let Link::Up { heard, .. } = self.link else { return };
        if heard > asked {
            self.failed(now, purpose, None, "no answer in time");
        } else {
            self.unsent(purpose, now);
            self.drop_link(now, "the CSMS is silent");
        }
    }

    pub(super) fn drop_link(&mut self, now: Now, why: &str) {
        self.out.push(Output::Disconnect);
        self.lost(now, why);
    }

    /// A question went out on a dead line: as if it had never been asked.
    pub(super) fn unsent(&mut self, purpose: Purpose, now: Now) {
        match purpose {
            Purpose::Authorise { request_id } => {
                self.asked.remove(&request_id);
            }
            Purpose::Boot => self.boot_due = Some(now.mono),
            _ => {}
        }
    }
}
