//! The questions of the CSMS, and what they set off.

use api::ocpp::Boot;
use serde_json::Value;
use units::ConnectorId;

use super::{Answer, Command, Now, Output, Station, TRIGGERS, Triggered};
use crate::{
    rpc::{CallError, CallId, ErrorCode},
    wire::{
        charging::Wanted,
        firmware::Verdict,
        replies::{ListTaken, Reply, Written},
        tags::List,
        theirs::{Request, Trigger},
    },
};

impl Station {
    pub(super) fn called(&mut self, now: Now, id: CallId, action: &str, payload: Value) {
        // Whom it has rejected it may not ask, and we may not answer.
        if self.boot == Boot::Rejected {
            self.rpc.ignore(&id);
            self.dropped.calls += 1;
            return;
        }
        match Request::read(action, payload) {
            Ok(request) => self.serve(now, id, request),
            Err(error) => {
                self.dropped.calls += 1;
                self.out.push(Output::Trouble(format!("a call of the CSMS was refused: {error}")));
                self.answer(id, Err(error));
            }
        }
    }

    fn serve(&mut self, now: Now, id: CallId, request: Request) {
        let reply = match request {
            Request::RemoteStart { connector, id_tag, profile } => match self.start(connector, id_tag, profile) {
                Some(command) => return self.command(id, command),
                None => Reply::RemoteStart { accepted: false },
            },
            Request::RemoteStop { transaction_id } => {
                if self.boot == Boot::Accepted {
                    return self.command(id, Command::Stop { transaction_id });
                }
                Reply::RemoteStop { accepted: false }
            }
            Request::Reset => {
                let why = "the CSMS asked for a reset, which this version does not do: it was answered Rejected";
                self.out.push(Output::Trouble(why.to_owned()));
                Reply::ResetRejected
            }
            Request::ChangeAvailability { connector, operative } => {
                // Everything that exists is in service, and this version takes nothing out of it.
                let exists = u8::try_from(connector).is_ok_and(|number| self.exists(number));
                Reply::ChangeAvailability { accepted: exists && operative }
            }
            Request::UnlockConnector => Reply::UnlockNotSupported,
            Request::GetConfiguration { keys } => {
                let (known, unknown) = self.keys.read(&keys, &self.shown());
                Reply::GetConfiguration { known, unknown }
            }
            Request::ChangeConfiguration { key, value } => Reply::ChangeConfiguration(self.write(now, key, value)),
            Request::ClearCache => return self.command(id, Command::ClearCache),
            Request::SetProfile(wanted) => return self.command(id, Command::SetProfile(wanted)),
            Request::ClearProfiles(which) => return self.command(id, Command::ClearProfiles(which)),
            Request::Composite(ahead) => return self.command(id, Command::Composite(ahead)),
            Request::ListVersion => return self.command(id, Command::ListVersion),
            Request::SendList(list) => return self.command(id, Command::SendList(list)),
            Request::UpdateFirmware(ask) => return self.command(id, Command::UpdateFirmware(ask)),
            Request::Trigger { what, connector } => return self.trigger(id, what, connector),
            Request::DataTransfer => Reply::UnknownVendor,
        };
        self.answer(id, Ok(reply.payload()));
    }

    /// Where a remote start can be tried, if anywhere.
    fn start(&self, connector: Option<u32>, id_tag: String, profile: Option<Box<Wanted>>) -> Option<Command> {
        // Pending forbids it.
        let world = self.world.as_ref().filter(|_| self.boot == Boot::Accepted)?;
        let number = match connector {
            Some(number) => u8::try_from(number).ok()?,
            None => world.choose()?,
        };
        world.outlets.contains_key(&number).then_some(())?;
        Some(Command::Start { connector: ConnectorId::new(number)?, id_tag, profile })
    }

    fn command(&mut self, id: CallId, command: Command) {
        self.commands += 1;
        self.out.push(Output::Command { id, command });
    }

    pub(super) fn commanded(&mut self, id: CallId, command: &Command, answer: Answer) {
        self.commands = self.commands.saturating_sub(1);
        let accepted = answer == Answer::Done;
        let reply = match (command, answer) {
            (Command::Start { .. }, _) => Reply::RemoteStart { accepted },
            (Command::Stop { .. }, _) => Reply::RemoteStop { accepted },
            (Command::SetProfile(_), _) => Reply::SetProfile { accepted },
            (Command::ClearProfiles(_), _) => Reply::ClearProfiles { cleared: accepted },
            (Command::ClearCache, _) => Reply::ClearCache { accepted },
            (Command::Composite(_), Answer::Composite(told)) => Reply::Composite(Some(told)),
            (Command::Composite(_), _) => Reply::Composite(None),
            (Command::ListVersion, Answer::Version(version)) => Reply::ListVersion(version),
            (Command::ListVersion, _) => {
                let error = CallError::new(ErrorCode::InternalError, "the local list cannot be read at present");
                return self.answer(id, Err(error));
            }
            (Command::SendList(_), Answer::Done) => Reply::SendList(ListTaken::Accepted),
            (Command::SendList(list), Answer::Conflict) if matches!(**list, List::Differential(_)) => {
                Reply::SendList(ListTaken::VersionMismatch)
            }
            (Command::UpdateFirmware(_), Answer::Firmware(verdict)) => Reply::UpdateFirmware(verdict),
            (Command::UpdateFirmware(_), _) => Reply::UpdateFirmware(Verdict::Rejected),
            (Command::SendList(_), _) => Reply::SendList(ListTaken::Failed),
        };
        self.answer(id, Ok(reply.payload()));
    }

    fn write(&mut self, now: Now, key: String, value: String) -> Written {
        let shown = self.shown();
        let written = self.keys.write(&key, &value, &shown);
        if written == Written::Accepted {
            self.heartbeat_due = self.heartbeat_due.min(now.mono + self.keys.heartbeat());
            self.out.push(Output::Remember { key, value });
        }
        written
    }

    fn trigger(&mut self, id: CallId, what: Trigger, connector: Option<u32>) {
        let number = connector.map(u8::try_from);
        let wanted = match (what, number) {
            (Trigger::Boot, _) => vec![Triggered::Boot],
            (Trigger::Heartbeat, _) => vec![Triggered::Heartbeat],
            (Trigger::Firmware, _) => vec![Triggered::Firmware],
            (Trigger::Status, None) => {
                self.world.iter().flat_map(super::World::numbers).map(Triggered::Status).collect()
            }
            (Trigger::Status, Some(Ok(number))) if self.exists(number) => vec![Triggered::Status(number)],
            (Trigger::Status | Trigger::Other, _) => Vec::new(),
        };
        self.answer(id, Ok(Reply::Trigger { accepted: !wanted.is_empty() }.payload()));
        for triggered in wanted {
            if self.triggers.len() < TRIGGERS && !self.triggers.contains(&triggered) {
                self.triggers.push_back(triggered);
            }
        }
    }

    fn exists(&self, number: u8) -> bool {
        self.world.as_ref().is_some_and(|world| world.report(number).is_some())
    }

    fn answer(&mut self, id: CallId, answer: Result<Value, CallError>) {
        // `None`: the connection that the call came on is gone, and so is whoever waits for the answer.
        if let Some(text) = self.rpc.answer(id, answer) {
            self.out.push(Output::Send(text));
        }
    }
}
