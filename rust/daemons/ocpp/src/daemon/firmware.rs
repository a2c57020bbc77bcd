//! The update in the loop: kept and told first, then answered, then ordered.

use api::ocpp::FirmwareUpdate;
use shell::clock;
use units::ClockQuality;

use super::Daemon;
use crate::{
    firmware::{Input as Update, Outputs, Stage, trust::Roots},
    queue::{NoticeHead, Outcome, QueueError},
    rpc::CallId,
    station::{Answer, Command, Input, Now},
    updates,
    wire::firmware::Ask,
};

impl Daemon {
    /// The CSMS asks for another version.
    pub(super) fn asked_to_update(&mut self, id: CallId, ask: Box<Ask>) -> Result<(), QueueError> {
        let path = &self.around.roots;
        let roots = match tokio::task::block_in_place(|| std::fs::read(path)) {
            Ok(text) => Roots::from_pem(&text),
            Err(error) => Roots::none(format!("{} cannot be read: {error}", path.display())),
        };
        let now = self.dated_now();
        let (verdict, outputs) = self.firmware.asked(now, Ask::clone(&ask), uuid::Uuid::new_v4().to_string(), &roots);
        tracing::info!(request = ask.request_id, ?verdict, "the CSMS asks for another version");
        self.keep_update(&outputs)?;
        self.give(Input::Commanded { id, command: Command::UpdateFirmware(ask), answer: Answer::Firmware(verdict) })?;
        self.order_update(outputs);
        Ok(())
    }

    /// Something happened to the update.
    pub(super) fn update(&mut self, input: Update) -> Result<(), QueueError> {
        let now = self.dated_now();
        let outputs = self.firmware.handle(now, input);
        self.keep_update(&outputs)?;
        self.order_update(outputs);
        Ok(())
    }

    fn keep_update(&mut self, outputs: &Outputs) -> Result<(), QueueError> {
        if outputs.keep.is_none() && outputs.tell.is_empty() {
            return Ok(());
        }
        tokio::task::block_in_place(|| self.queue.keep_firmware(outputs.keep.as_ref(), &outputs.tell))?;
        self.notice_is_stale |= !outputs.tell.is_empty();
        for notice in &outputs.tell {
            tracing::info!(?notice, "of an update");
        }
        Ok(())
    }

    fn order_update(&mut self, outputs: Outputs) {
        for trouble in outputs.troubles {
            self.trouble(trouble);
        }
        if let Some(order) = outputs.order {
            let (system, updates) = (self.around.system.clone(), self.updates.clone());
            tokio::spawn(async move {
                let answer = updates::order(&system, &order).await;
                // The loop may have ended.
                let _ = updates.send(Update::Answered(answer)).await;
            });
        }
    }

    pub(super) fn settle_notice(&mut self, head: &NoticeHead, outcome: &Outcome) -> Result<(), QueueError> {
        if let Outcome::GivenUp { why } = outcome {
            tracing::warn!(notice = ?head.notice, why, "the CSMS does not take a notice: it is dropped");
        }
        self.notice_is_stale = true;
        tokio::task::block_in_place(|| self.queue.settle_notice(head, outcome))
    }

    pub(super) fn firmware_state(&self) -> Result<Option<FirmwareUpdate>, QueueError> {
        let Some(record) = self.firmware.record() else { return Ok(None) };
        Ok(Some(FirmwareUpdate {
            request_id: record.ask.request_id,
            reference: record.reference.clone(),
            status: record.said.map(|status| format!("{status:?}")),
            ended: record.stage == Stage::Over,
            untold: self.queue.notices()?,
        }))
    }

    /// A clock that was never set is behind; then the CSMS's word counts, whose times an update goes by anyway.
    fn dated_now(&self) -> Now {
        let wall = clock::wall();
        let ahead = self.station.clock_ahead_ms().filter(|_| wall.quality == ClockQuality::Unset).unwrap_or(0);
        Now { mono: clock::mono(), wall_ms: wall.ms.saturating_add(ahead.max(0)) }
    }
}
