//! A session of the store in the words of a receipt.

use api::{
    command::StopReason,
    session::{AuthorisedBy, Register, Session, Stamp},
};
use receipt::{Charge, Ended, Holder, Meter, Moment, Reading, Way};

/// What is to be signed of a session; or why nothing ever will be.
pub(super) fn charge(session: &Session) -> Result<Charge, String> {
    let (Some(reason), Some(_)) = (session.reason, &session.stopped) else {
        return Err("the session has not ended".to_owned());
    };
    let (first, last) = (&session.meter_start, &session.meter_last);
    if first.meter != last.meter {
        return Err(format!("it began on meter {} and ended on meter {}", first.meter, last.meter));
    }
    // An estimate, or what two counts make together, is never signed (D14).
    if session.is_flagged() {
        return Err("its meter's register did not count on from beginning to end".to_owned());
    }
    let outlet = session.outlet.as_ref();
    Ok(Charge {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        meter: Meter {
            make: outlet.map(|outlet| (outlet.meter_vendor.clone(), outlet.meter_model.clone())),
            serial: first.meter.clone(),
        },
        holder: Holder { tag: session.id_tag.as_str().to_owned(), way: way(session.authorised_by) },
        evse_id: outlet.map(|outlet| outlet.evse_id.clone()),
        begin: reading(first, &session.started),
        between: Vec::new(),
        end: reading(last, &session.meter_last_at),
        ended: ended(reason),
    })
}

fn reading(register: &Register, at: &Stamp) -> Reading {
    let at = Moment { boot: at.boot.clone(), mono: at.mono, wall: at.wall };
    Reading { digits: register.digits, exponent: register.exponent, at }
}

const fn way(by: AuthorisedBy) -> Way {
    match by {
        AuthorisedBy::Unknown => Way::Unknown,
        AuthorisedBy::LocalTag | AuthorisedBy::Offline => Way::Card,
        AuthorisedBy::Csms => Way::CardAndCsms,
        AuthorisedBy::LocalList => Way::CardAndList,
        AuthorisedBy::Cache => Way::CardAndCache,
        AuthorisedBy::Remote => Way::Remote,
        AuthorisedBy::Vehicle => Way::Vehicle,
        AuthorisedBy::Contract => Way::Contract,
        AuthorisedBy::Free => Way::Free,
    }
}

const fn ended(reason: StopReason) -> Ended {
    match reason {
        // Of a newer version's word no more is known than that it ended.
        StopReason::Vehicle | StopReason::Unplugged | StopReason::Other => Ended::Normally,
        StopReason::Local => Ended::Locally,
        StopReason::Remote | StopReason::Deauthorised => Ended::Remotely,
        StopReason::EmergencyStop | StopReason::Fault | StopReason::Restart => Ended::ByFault,
        StopReason::PowerLoss => Ended::ByPowerLoss,
    }
}
