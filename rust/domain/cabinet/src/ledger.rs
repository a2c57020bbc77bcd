//! Sessions and meter readings (D14): registers as read, never differences.

use core::time::Duration;

use api::{
    fault::FaultCode,
    outbox::{Body, Event},
    receipt::{Receipt, Signer},
    session::{Outlet, Register, SegmentFlag, Session},
    state::Authorisation,
};
use charging::{EndReason, Happened};
use units::{ConnectorId, Mono, Watts};

use crate::{
    authorise::stop_reason,
    cabinet::Cabinet,
    faults::{Place, Stays},
    output::{Output, Outputs, Record},
};

/// The longest record of a meter that is kept, in bytes; the longest in the field have a few thousand.
const LONGEST_RECORD: usize = 65_536;
/// A meter that loses its count more often than this in one session counts nothing that can be billed.
const SEGMENTS: usize = 16;

impl Cabinet {
    fn register(&self, id: ConnectorId) -> Option<Register> {
        let meter = &self.connector(id)?.config.meter;
        self.equipment.meters.get(meter)?.register.clone()
    }

    /// Begins a session: its row with the meter as it stands. Without a card, an id or a reading none begins, and the
    /// machine gives the charge up when no commit comes.
    pub(crate) fn open_session(&mut self, now: Mono, id: ConnectorId, outputs: &mut Outputs) {
        let Some(meter) = self.register(id) else { return };
        let stamp = self.stamp(now);
        let due = now + self.reading_interval();
        let Some(connector) = self.connectors.iter_mut().find(|connector| connector.id() == id) else { return };
        let make = self.config.meters.iter().find(|own| own.id == connector.config.meter).map(|own| own.driver.make());
        let outlet = make.map(|(vendor, model)| Outlet {
            evse_id: connector.config.evse_id.clone(),
            meter_vendor: vendor.to_owned(),
            meter_model: model.to_owned(),
        });
        let Authorisation::Granted { id_tag, by } = &connector.authorisation else { return };
        let Some(session_id) = self.session_ids.pop() else { return };
        let place = (id, connector.config.chain.clone());
        let mut session = Session::begin(session_id, place, id_tag.clone(), meter, stamp);
        session.authorised_by = *by;
        session.outlet = outlet;
        connector.session = Some(session.clone());
        connector.reading_due = due;
        outputs.list.push(Output::Store(Record::Open(session)));
    }

    /// Ends a session with the newest reading.
    pub(crate) fn close_session(&mut self, now: Mono, id: ConnectorId, reason: EndReason, outputs: &mut Outputs) {
        let meter = self.register(id);
        let stamp = self.stamp(now);
        let Some(connector) = self.connector_mut(id) else { return };
        let reason = stop_reason(reason);
        connector.last_stop = Some(reason);
        let power = connector.bound();
        let Some(mut session) = connector.session.take() else { return };
        connector.ended = Some(session.id_tag.clone());
        connector.last_session = Some(session.id.clone());
        // A register that does not continue has counted nothing yet.
        if let Some(meter) = meter.filter(|meter| breaks(&session, now, meter, power).is_empty()) {
            session.read(meter, stamp.clone(), Vec::new());
        }
        session.stopped = Some(stamp);
        session.reason = Some(reason);
        outputs.list.push(Output::Store(Record::Close(session)));
        let of_this = |place: &Place| place.code == FaultCode::MeterRegister && place.connector == Some(id);
        for place in self.faults.places(of_this) {
            self.clear(now, &place);
        }
    }

    /// A meter was read: the running session's newest reading, told on when it is due.
    pub(crate) fn reading(&mut self, now: Mono, meter: &str, outputs: &mut Outputs) {
        let stamp = self.stamp(now);
        let interval = self.reading_interval();
        let Some(register) = self.equipment.meters.get(meter).and_then(|meter| meter.register.clone()) else { return };
        let Some(connector) = self.connectors.iter_mut().find(|connector| connector.config.meter == meter) else {
            return;
        };
        let (voltage, current, power) = connector.measured(&self.equipment);
        let soc = connector.demand.as_ref().and_then(|demand| demand.soc);
        let id = connector.id();
        let bound = connector.bound();
        if power <= connector.config.max_power() {
            connector.ceiling = Watts::ZERO;
        }
        let Some(session) = &mut connector.session else { return };
        let flags = breaks(session, now, &register, bound);
        if !flags.is_empty() && session.segments.len() >= SEGMENTS {
            // Nobody knows any more what this meter counts: what was billed so far stands, and no more is delivered.
            self.happened(id, Happened::Stop(EndReason::Fault));
            return;
        }
        let before = session.meter_last.clone();
        session.read(register.clone(), stamp.clone(), flags.clone());
        if !flags.is_empty() {
            outputs.list.push(Output::Store(Record::Segment(session.clone())));
        } else if now < connector.reading_due {
            return;
        }
        connector.reading_due = now + interval;
        let body = Body::MeterValues {
            session: session.id.clone(),
            connector: id,
            meter: register.clone(),
            voltage,
            current,
            power,
            soc,
            reported_wh: Some(session.reported_wh()),
        };
        let event = Event { seq: 0, at: stamp.clone(), body };
        let session = session.id.clone();
        outputs.list.push(Output::Store(Record::Reading {
            session,
            meter: register.clone(),
            at: stamp,
            event: Some(event),
        }));
        if let Some(flag) = flags.first() {
            let part = Some(meter.to_owned());
            let place = Place { code: FaultCode::MeterRegister, connector: Some(id), part };
            let show =
                |register: &Register| format!("{} ({}e{} Wh)", register.meter, register.digits, register.exponent);
            let detail = format!("{flag:?}: {} after {}", show(&register), show(&before));
            self.raise(now, place, detail, Stays::WhileItIsSo);
        }
    }

    /// A meter has signed: the session that it measures, or else the one that it measured last. What it says is its affair;
    /// only its length is not.
    pub(crate) fn signed(
        &self,
        now: Mono,
        meter: &str,
        record: String,
        public_key: Option<String>,
        outputs: &mut Outputs,
    ) {
        let Some(connector) = self.connectors.iter().find(|connector| connector.config.meter == meter) else { return };
        let running = connector.session.as_ref().map(|session| &session.id);
        let Some(session) = running.or(connector.last_session.as_ref()).cloned() else { return };
        if record.len() > LONGEST_RECORD {
            return;
        }
        let receipt = Box::new(Receipt { session, signer: Signer::Meter, record, public_key });
        outputs.list.push(Output::Store(Record::Signed { connector: connector.id(), at: self.stamp(now), receipt }));
    }

    /// Readings are told at most this far apart (D15: never more than 15 s are at risk).
    fn reading_interval(&self) -> Duration {
        let configured = self.config.ocpp.as_ref().map_or(15, |ocpp| ocpp.meter_interval_s);
        Duration::from_secs(u64::from(configured.clamp(1, 15)))
    }
}

/// Two steps of a meter's register: what rounding may add, and no charge is lost for.
const SLACK: u64 = 2;
/// How much longer than the clock says a reading may have been under way.
const LATE: Duration = Duration::from_secs(5);

/// What keeps a reading from following a session's last one: nothing, if it is the same meter, counting up, and no more than
/// could flow since.
pub(crate) fn breaks(session: &Session, now: Mono, next: &Register, power: Watts) -> Vec<SegmentFlag> {
    let last = &session.meter_last;
    let mut flags = SegmentFlag::between(last, next);
    let one_step = Register { digits: 1, exponent: next.exponent, meter: String::new() }.floor_wh().max(1);
    let since = now.since(session.meter_last_at.mono) + LATE;
    let flowed = u128::from(power.get().unsigned_abs()) * since.as_millis() / 3_600_000;
    let counted = next.floor_wh().saturating_sub(last.floor_wh());
    if flags.is_empty() && u128::from(counted) > flowed + u128::from(SLACK * one_step) {
        flags.push(SegmentFlag::RanAhead);
    }
    flags
}
