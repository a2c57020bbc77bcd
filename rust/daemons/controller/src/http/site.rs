//! What the site tells the charger.

use std::time::Duration;

use api::{command::BuildingLoad, problem::Problem as ProblemBody};
use axum::{
    extract::{ConnectInfo, State},
    http::StatusCode,
};
use cabinet::Input;
use shell::{Problem, clock, serve::Peer};
use units::Watts;

use super::{Body, Service, commands::operator};
use crate::inbox::Message;

/// The most that a building draws, in W.
const MOST: i64 = 10_000_000;
/// The longest that a measurement holds, in s.
const LONGEST: u32 = 3_600;

/// What the building beside the charger draws, as measured: taken from the site's limit for as long as it holds.
#[utoipa::path(put, path = "/v1/site/load", request_body = BuildingLoad,
    responses((status = 204), (status = 400, body = ProblemBody)))]
pub(super) async fn load(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Body(body): Body<BuildingLoad>,
) -> Result<StatusCode, Problem> {
    operator(&peer)?;
    let load = checked(&body)?;
    let until = clock::mono() + Duration::from_secs(body.valid_s.into());
    let busy = || Problem::unavailable("the controller is busy; try again in a second");
    service.inbox.send(Message::Input(Input::BuildingLoad { load, until })).map_err(|_| busy())?;
    Ok(StatusCode::NO_CONTENT)
}

fn checked(body: &BuildingLoad) -> Result<Watts, Problem> {
    if !(0..=MOST).contains(&body.watts) {
        return Err(Problem::bad_request(format!("watts is {}: expected 0 to {MOST}", body.watts)).at("/watts"));
    }
    if !(1..=LONGEST).contains(&body.valid_s) {
        return Err(
            Problem::bad_request(format!("valid_s is {}: expected 1 to {LONGEST}", body.valid_s)).at("/valid_s")
        );
    }
    Ok(Watts(body.watts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused() {
        let of = |watts, valid_s| checked(&BuildingLoad { watts, valid_s });
        assert_eq!(of(20_000, 60).unwrap(), Watts(20_000));
        assert!(of(-1, 60).is_err() && of(MOST + 1, 60).is_err());
        assert!(of(0, 0).is_err() && of(0, LONGEST + 1).is_err());
    }
}
