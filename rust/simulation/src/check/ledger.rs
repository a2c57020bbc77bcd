//! The ledger is exact: every session has one beginning and one end, its numbers are the meter's own, its energy is the difference
//! of them, and no energy flows that no session has.

use api::session::{Register, Session};
use cabinet::Record;
use units::{ConnectorId, Mono, SessionId};

use super::Rule;
use crate::world::{Ended, Told, WATT_HOUR, World};

/// What may flow outside a session: the last moments of a charge that was given up (a dead controller's lease, at full power).
const OUTSIDE: i128 = 120 * WATT_HOUR;
/// Readings are at most 15 s apart, and the meter is not read all the time.
const APART: core::time::Duration = core::time::Duration::from_secs(23);

/// What is known of a session.
pub(crate) struct Book {
    place: usize,
    start: Register,
    /// The truth when it was opened, in pWs.
    energy: i128,
    /// The newest reading that was recorded or closed with.
    last: Register,
    last_energy: i128,
    last_at: Mono,
    /// Whether its meter told less than the truth at any time.
    lies: bool,
    /// Whether the cabinet has closed it.
    closed: bool,
}

const fn place_of(connector: ConnectorId) -> usize {
    connector.get() as usize - 1
}

impl World {
    fn shown(&self, place: usize) -> Option<Told> {
        self.outlets[place].meter.told.clone()
    }

    /// Whether a session runs at a connector and its row is on disk.
    pub(crate) fn has_row(&self, place: usize) -> bool {
        self.check.books.iter().any(|(id, book)| book.place == place && self.is_committed(id))
    }

    /// The cabinet hands a record over.
    pub(crate) fn ledger_records(&mut self, record: &Record) {
        match record {
            Record::Open(session) => self.opens(session),
            Record::Reading { session, meter, .. } => self.reads(session, meter),
            Record::Segment(session) => self.breaks(session),
            Record::Close(session) => self.closes(session),
            _ => {}
        }
    }

    fn wrong(&mut self, detail: impl FnOnce() -> String) {
        self.check.broken(self.now, Rule::Ledger, detail);
    }

    fn opens(&mut self, session: &Session) {
        let place = place_of(session.connector);
        self.advance(place);
        let other =
            self.check.books.iter().find(|(_, book)| book.place == place && !book.closed).map(|(id, _)| id.clone());
        if let Some(other) = other {
            self.wrong(|| format!("a session is opened at place {place} while {other} is open"));
        }
        let shown = self.shown(place);
        let Some(shown) = shown.filter(|shown| shown.register == session.meter_start) else {
            self.wrong(|| format!("a session starts with {:?}, which the meter did not show", session.meter_start));
            return;
        };
        if session.meter_last != session.meter_start || session.stopped.is_some() || session.reason.is_some() {
            self.wrong(|| format!("a session starts as {session:?}"));
        }
        self.unbilled(place);
        self.outlets[place].meter.lies = self.outlets[place].meter.frozen.is_some();
        let book = Book {
            place,
            start: session.meter_start.clone(),
            energy: shown.energy,
            last: session.meter_start.clone(),
            last_energy: shown.energy,
            last_at: self.now,
            lies: self.outlets[place].meter.lies,
            closed: false,
        };
        if self.check.books.insert(session.id.clone(), book).is_some() {
            self.wrong(|| format!("a session is opened twice: {}", session.id));
        }
    }

    /// Energy since the last session's end.
    fn unbilled(&mut self, place: usize) {
        let outside = self.outlets[place].energy - self.check.billed[place];
        if outside > OUTSIDE {
            let wh = outside / WATT_HOUR;
            self.wrong(|| format!("{wh} Wh flowed at place {place} outside any session"));
        }
    }

    fn reads(&mut self, session: &SessionId, meter: &Register) {
        let Some(book) = self.check.books.get(session) else {
            self.wrong(|| format!("a reading of {session}, which is not open"));
            return;
        };
        let (place, last, gap) = (book.place, book.last.clone(), self.now.since(book.last_at.max(self.check.back)));
        let shown = self.shown(place);
        if shown.as_ref().map(|shown| &shown.register) != Some(meter)
            || last.meter != meter.meter
            || last.digits > meter.digits
        {
            self.wrong(|| format!("a reading of {meter:?} after {last:?}, the meter shows {shown:?}"));
        }
        let energy = shown.map_or(0, |shown| shown.energy);
        let (now, silent, lies) = (self.now, self.outlets[place].meter.silent, self.outlets[place].meter.lies);
        if gap > APART && !silent && !self.outlets[place].meter.was_silent_within(now, gap) {
            self.wrong(|| format!("{gap:?} between two readings at place {place}"));
        }
        if let Some(book) = self.check.books.get_mut(session) {
            book.last = meter.clone();
            book.last_energy = energy;
            book.last_at = now;
            book.lies |= lies;
        }
    }

    /// The meter's register does not continue: another segment begins with what it shows now.
    fn breaks(&mut self, session: &Session) {
        let Some(place) = self.check.books.get(&session.id).map(|book| book.place) else {
            self.wrong(|| format!("a segment of {}, which is not open", session.id));
            return;
        };
        let shown = self.shown(place).map(|shown| shown.register);
        let begun = session.segments.last().map(|segment| segment.start.clone());
        if !session.is_flagged() || shown != begun || shown.as_ref() != Some(&session.meter_last) {
            self.wrong(|| format!("a segment begins as {begun:?}, the meter shows {shown:?}: {session:?}"));
        }
        if let Some(book) = self.check.books.get_mut(&session.id) {
            book.last = session.meter_last.clone();
            book.lies = true;
        }
    }

    fn closes(&mut self, session: &Session) {
        let place = place_of(session.connector);
        self.advance(place);
        let Some(book) = self.check.books.get(&session.id) else {
            self.wrong(|| format!("{} is closed, which was not open", session.id));
            return;
        };
        if session.meter_start != book.start || session.reason.is_none() || session.stopped.is_none() {
            self.wrong(|| format!("a session ends as {session:?}"));
            return;
        }
        let continues = |next: &Register| {
            next.meter == book.last.meter && next.exponent == book.last.exponent && next.digits >= book.last.digits
        };
        let shown = self.shown(place).filter(|shown| continues(&shown.register));
        let lies = book.lies || self.outlets[place].meter.lies;
        let (start, count) = (book.energy, self.outlets[place].meter.count());
        let Some(shown) = shown else {
            // The meter has nothing more to say, or another one answers: the newest that was known stands.
            if session.meter_last.meter != book.last.meter || session.meter_last.digits < book.last.digits {
                let last = book.last.clone();
                self.wrong(|| format!("a session ends with {:?} after {last:?}", session.meter_last));
            }
            self.has_ended(&session.id, place);
            return;
        };
        if !lies && session.meter_last != shown.register {
            self.wrong(|| {
                format!("a session ends with {:?}, the meter showed {:?}", session.meter_last, shown.register)
            });
        }
        let billed = i128::from(session.energy_wh()) * WATT_HOUR;
        let truth = shown.energy - start;
        // Of each segment less than a count is lost, or not yet counted; what flowed while a register did not continue is nobody's.
        let parts = i128::try_from(session.segments.len()).unwrap_or(1).max(1);
        if billed - truth >= count * parts && self.outlets[place].meter.frozen.is_none() {
            self.wrong(|| format!("{} Wh are billed, {} Wh flowed", session.energy_wh(), truth / WATT_HOUR));
        }
        if !lies && !session.is_flagged() && (billed - truth).abs() >= count {
            self.wrong(|| {
                format!("{} Wh are billed, {} Wh flowed between the readings", session.energy_wh(), truth / WATT_HOUR)
            });
        }
        // After the last reading nothing flows any more, if there was one after the contactor had opened.
        let after = self.outlets[place].energy - shown.energy;
        if after > WATT_HOUR
            && !self.outlets[place].meter.silent
            && !self.outlets[place].meter.was_silent_within(self.now, APART)
        {
            self.wrong(|| format!("{} mWh flowed after the last reading", after * 1_000 / WATT_HOUR));
        }
        self.has_ended(&session.id, place);
    }

    fn has_ended(&mut self, id: &SessionId, place: usize) {
        self.check.billed[place] = self.outlets[place].energy;
        if let Some(book) = self.check.books.get_mut(id) {
            book.closed = true;
        }
    }

    /// The process died before this was on the disk.
    pub(crate) fn ledger_lost(&mut self, record: &Record) {
        match record {
            // Nobody knows of it, and it has delivered nothing: the first energy close waits for the row.
            Record::Open(session) => {
                self.check.books.remove(&session.id);
            }
            Record::Close(session) => {
                if let Some(book) = self.check.books.get_mut(&session.id) {
                    book.closed = false;
                }
            }
            _ => {}
        }
    }

    /// A start closed a session that nobody held.
    pub(crate) fn ledger_orphaned(&mut self, session: &Session) {
        let place = place_of(session.connector);
        self.advance(place);
        let Some(book) = self.check.books.get_mut(&session.id) else {
            self.wrong(|| format!("{} is closed at a start, and was never opened", session.id));
            return;
        };
        book.closed = true;
        let (start, last) = (book.start.clone(), book.last.clone());
        let own = &session.meter_last;
        let one = !session.is_flagged() && !book.lies;
        let strange = own.meter != start.meter || own.digits < start.digits || own.digits > last.digits;
        if session.meter_start != start || (one && strange) {
            self.wrong(|| format!("a start closes {session:?}, whose last reading was {last:?}"));
        }
        self.check.billed[place] = self.outlets[place].energy;
    }

    /// When all is over every row has its end, and nothing flowed beside.
    pub(crate) fn watch_ledger_at_end(&mut self) {
        for place in 0..self.outlets.len() {
            self.advance(place);
            self.unbilled(place);
        }
        let open: Vec<_> =
            self.store.rows.iter().filter(|(_, row)| row.ended.is_none()).map(|(id, _)| id.clone()).collect();
        if let Some(id) = open.first() {
            self.wrong(|| format!("all is over, and the row of {id} has no end"));
        }
        let lost: Vec<_> = self.check.books.keys().filter(|id| !self.store.rows.contains_key(*id)).cloned().collect();
        if let Some(id) = lost.first() {
            self.wrong(|| format!("{id} was opened, and has no row"));
        }
        self.stats.closed = self.store.rows.values().filter(|row| row.ended == Some(Ended::Closed)).count();
    }
}
