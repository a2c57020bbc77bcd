//! The API on `controller.sock`.

mod author;
mod commands;
mod configuration;
mod history;
mod links;
mod outbox;
mod planner;
mod profiles;
mod receipts;
mod site;
mod state;
mod tokens;

use std::sync::Arc;

use api::state::ControllerState;
use axum::{
    Router,
    extract::{FromRequest, Request},
    routing::{delete, get, post, put},
};
use cabinet::Cabinet;
use config::Config;
use shell::Problem;
use tokio::sync::{oneshot, watch};
use units::Mono;
use utoipa::OpenApi as _;

use crate::{
    configuration::Desk,
    inbox::{Inbox, Look, Message},
    signing,
    store::{Reader, Store},
};

pub(crate) use links::Links;

/// What the routes work with.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) inbox: Inbox,
    pub(crate) links: Links,
    pub(crate) state: watch::Receiver<Arc<ControllerState>>,
    /// Nothing until the start's verdict is spoken.
    pub(crate) store: watch::Receiver<Option<Store>>,
    pub(crate) reader: Reader,
    /// The configuration in force.
    pub(crate) in_force: watch::Receiver<Arc<Config>>,
    /// Nothing until the start's verdict is spoken.
    pub(crate) desk: watch::Receiver<Option<Desk>>,
    pub(crate) signing: watch::Receiver<signing::State>,
}

impl Service {
    /// Looks at the cabinet, on its own thread.
    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Cabinet, Mono) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || Problem::unavailable("the controller is starting or busy; try again in a second");
        let (answer, seen) = oneshot::channel();
        let look = Look(Box::new(move |cabinet, now| {
            let _ = answer.send(look(cabinet, now));
        }));
        self.inbox.send(Message::Look(look)).map_err(|_| busy())?;
        seen.await.map_err(|_| busy())
    }

    /// Waits until what was asked for is on disk.
    async fn settled(&self) -> Result<(), Problem> {
        self.store()?.settled().await.map_err(|error| Problem::unavailable(error.to_string()))
    }

    fn store(&self) -> Result<Store, Problem> {
        self.store
            .borrow()
            .clone()
            .ok_or_else(|| Problem::unavailable("the controller is starting; try again in a second"))
    }

    fn desk(&self) -> Result<Desk, Problem> {
        let desk = self.desk.borrow().clone();
        desk.ok_or_else(|| Problem::unavailable("the controller is starting; try again in a second"))
    }
}

pub(crate) fn router(service: Service) -> Router {
    Router::new()
        .route("/v1/state", get(state::state))
        .route("/v1/events", get(state::events))
        .route("/v1/faults", get(state::faults))
        .route("/v1/sessions", get(state::sessions))
        .route("/v1/sessions/{id}", get(state::session))
        .route("/v1/sessions/{id}/ocmf", get(receipts::record))
        .route("/v1/sessions/{id}/ocmf.xml", get(receipts::transparency))
        .route("/v1/keys/metering", get(receipts::keys))
        .route("/v1/config", get(configuration::current).put(configuration::put).patch(configuration::patch))
        .route("/v1/config/schema", get(configuration::schema))
        .route("/v1/config/check", post(configuration::check))
        .route("/v1/config/history", get(history::versions))
        .route("/v1/config/history/{version}", get(history::version))
        .route("/v1/config/revert/{version}", post(history::revert))
        .route("/v1/site/load", put(site::load))
        .route("/v1/planner/history", get(planner::history))
        .route("/v1/outbox", get(outbox::page))
        .route("/v1/outbox/ack", post(outbox::acknowledge))
        .route("/v1/connectors/{id}/start", post(commands::start))
        .route("/v1/connectors/{id}/stop", post(commands::stop))
        .route("/v1/connectors/{id}/clear-fault", post(commands::clear_fault))
        .route("/v1/authorisations/{request_id}", post(commands::authorise))
        .route("/v1/profiles", get(profiles::list).put(profiles::set).delete(profiles::clear))
        .route("/v1/profiles/composite", get(profiles::composite))
        .route("/v1/local-list", get(tokens::local_list).put(tokens::replace).patch(tokens::change))
        .route("/v1/authorisation-cache", delete(tokens::forget))
        .route("/v1/csms", put(tokens::csms))
        .route("/v1/chains/{chain}/link", get(links::link))
        .route(
            "/v1/openapi.json",
            get(|| async { ([(axum::http::header::CONTENT_TYPE, "application/json")], openapi()) }),
        )
        .fallback(|| async { Problem::not_found("there is no such route; see /v1/openapi.json") })
        .with_state(service)
}

/// A JSON body that is refused in the words of [`Problem`], and counted.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: serde::de::DeserializeOwned> FromRequest<Service> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, service).await {
            Ok(axum::Json(body)) => Ok(Self(body)),
            Err(rejection) => {
                service.inbox.counts().http.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                Err(Problem::bad_request(rejection.body_text()))
            }
        }
    }
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Joulepoint controller",
        description = "The cabinet: state, sessions, faults, commands, configuration."
    ),
    paths(
        state::state,
        state::events,
        state::faults,
        state::sessions,
        state::session,
        receipts::record,
        receipts::transparency,
        receipts::keys,
        configuration::current,
        configuration::put,
        configuration::patch,
        configuration::schema,
        configuration::check,
        history::versions,
        history::version,
        history::revert,
        site::load,
        planner::history,
        outbox::page,
        outbox::acknowledge,
        commands::start,
        commands::stop,
        commands::clear_fault,
        commands::authorise,
        profiles::list,
        profiles::set,
        profiles::clear,
        profiles::composite,
        tokens::local_list,
        tokens::replace,
        tokens::change,
        tokens::forget,
        tokens::csms,
    ),
    components(schemas(api::link::FromPlc, api::link::ToPlc))
)]
struct Document;

/// The API as an OpenAPI document.
pub fn openapi() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}
