//! What the CSMS wants of the controller, put to it.

use api::{command::StopReason, profile::SetProfile};
use shell::client::{Client, Error};
use units::{ConnectorId, IdTag, SessionId};

use crate::{
    controller,
    station::{Answer, Command},
    wire::{charging, tags::List},
};

/// A command of the CSMS in the controller's words.
#[derive(Debug)]
pub(crate) enum Errand {
    Start { connector: ConnectorId, id_tag: IdTag, profile: Option<Box<SetProfile>> },
    Stop { connector: ConnectorId },
    SetProfile(Box<SetProfile>),
    ClearProfiles(charging::Which),
    Composite(charging::Ahead),
    ListVersion,
    SendList(List),
    ForgetCache,
}

/// A transaction of the CSMS that still runs: its session, and where.
pub(crate) type Running = Option<(SessionId, ConnectorId)>;

impl Errand {
    /// `None`: there is nothing that the command could mean. `running` is the transaction that it names.
    pub(crate) fn of(command: &Command, running: Running) -> Option<Self> {
        Some(match command {
            Command::Start { connector, id_tag, profile } => Self::Start {
                connector: *connector,
                id_tag: IdTag::new(id_tag).ok()?,
                profile: profile.as_ref().map(|wanted| wanted.profile.clone()),
            },
            Command::Stop { .. } => Self::Stop { connector: running?.1 },
            Command::SetProfile(wanted) => {
                let mut profile = wanted.profile.clone();
                if wanted.transaction_id.is_some() {
                    profile.profile.transaction = Some(running?.0);
                }
                Self::SetProfile(profile)
            }
            Command::ClearProfiles(which) => Self::ClearProfiles(which.clone()),
            Command::Composite(ahead) => Self::Composite(*ahead),
            Command::ListVersion => Self::ListVersion,
            Command::SendList(list) => Self::SendList(List::clone(list)),
            Command::ClearCache => Self::ForgetCache,
            // Not for the controller.
            Command::UpdateFirmware(_) => return None,
        })
    }

    /// Puts it to the controller.
    pub(crate) async fn run(self, client: Client) -> Answer {
        match self.attempt(&client).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::info!(%error, "the controller refused what the CSMS asked for");
                match error {
                    Error::Refused { status: 404, .. } => Answer::Unknown,
                    Error::Refused { status: 409, .. } => Answer::Conflict,
                    _ => Answer::Refused,
                }
            }
        }
    }

    async fn attempt(self, client: &Client) -> Result<Answer, Error> {
        match self {
            Self::Start { connector, id_tag, profile } => controller::start(client, connector, id_tag, profile).await?,
            Self::Stop { connector } => controller::stop(client, connector, StopReason::Remote).await?,
            Self::SetProfile(profile) => controller::set_profile(client, &profile).await?,
            Self::ClearProfiles(which) => controller::clear_profiles(client, &which).await?,
            Self::Composite(ahead) => {
                return controller::composite(client, &ahead).await.map(Box::new).map(Answer::Composite);
            }
            Self::ListVersion => return controller::list_version(client).await.map(Answer::Version),
            Self::SendList(list) => controller::send_list(client, &list).await?,
            Self::ForgetCache => controller::forget_cache(client).await?,
        }
        Ok(Answer::Done)
    }
}
