//! Whose turn it is on a shared line.

use std::time::Duration;

use units::Mono;

use super::frame::{Error, Request, Response, decode, expected_length};

/// What a device wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// To ask this, as soon as the line is free.
    Ask(Request),
    /// Nothing before this instant.
    Wait(Mono),
}

/// A driver of one unit on the line.
pub trait Device {
    /// What it has to tell.
    type Update;

    /// What it wants to ask at `now`. Asked whenever the line is free; an answer, or its absence, follows every
    /// [`Next::Ask`] before the next call.
    fn next(&mut self, now: Mono) -> Next;

    /// The answer to what it asked last, after the retries.
    fn answer(&mut self, now: Mono, answer: Result<&Response, Error>, updates: &mut Vec<Self::Update>);
}

/// What happened on a line since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests sent, retries included.
    pub requests: u64,
    /// Good answers, exceptions included.
    pub answers: u64,
    /// Times that a whole request time passed without a whole answer.
    pub timeouts: u64,
    /// Frames with a wrong checksum, address, function or length.
    pub garbage: u64,
    /// Bytes that came while nobody was asked.
    pub stray_bytes: u64,
}

#[derive(Debug)]
struct Seat<D> {
    device: D,
    /// Whether its last answer came. A silent unit gets one try, not three: its neighbours are waiting.
    answers: bool,
}

#[derive(Debug)]
struct Exchange {
    seat: usize,
    request: Request,
    tries: u8,
    sent: Mono,
    received: Vec<u8>,
}

/// One line and the devices on it.
#[derive(Debug)]
pub struct Bus<D: Device> {
    seats: Vec<Seat<D>>,
    last_served: usize,
    exchange: Option<Exchange>,
    /// The line stays quiet until then, so that units see where a frame ends.
    quiet_until: Mono,
    counters: Counters,
    scratch: Vec<D::Update>,
}

impl<D: Device> Bus<D> {
    /// How long a unit may take to answer.
    pub const TIMEOUT: Duration = Duration::from_millis(500);
    /// How often a request is repeated to a unit that answered the last time.
    pub const RETRIES: u8 = 2;
    /// Silence between frames: more than 3.5 characters at 9,600 baud, and what slow units need after a write.
    pub const GAP: Duration = Duration::from_millis(5);
    const MAX_FRAME: usize = 256;
    /// The seat of a device that is gone.
    const NOBODY: usize = usize::MAX;

    /// A line with these devices; their order is the index in the updates.
    pub fn new(devices: Vec<D>) -> Self {
        let seats = devices.into_iter().map(|device| Seat { device, answers: true }).collect();
        Self {
            seats,
            last_served: 0,
            exchange: None,
            quiet_until: Mono::BOOT,
            counters: Counters::default(),
            scratch: Vec::new(),
        }
    }

    /// A device, to hand it a command (such as a self-test).
    pub fn device(&mut self, index: usize) -> Option<&mut D> {
        self.seats.get_mut(index).map(|seat| &mut seat.device)
    }

    /// Takes devices away and adds others behind those that stay, whose turns and questions go on undisturbed. `stays` is
    /// asked for each by its index so far.
    pub fn change(&mut self, mut stays: impl FnMut(usize, &D) -> bool, new: Vec<D>) {
        let mut moved = Vec::with_capacity(self.seats.len());
        let mut count = 0;
        for (index, seat) in self.seats.iter().enumerate() {
            let stay = stays(index, &seat.device);
            moved.push(stay.then_some(count));
            count += usize::from(stay);
        }
        let to = |index: usize| moved.get(index).copied().flatten();
        // An answer to one that is gone is waited for, or the next question would meet it.
        if let Some(exchange) = self.exchange.as_mut() {
            exchange.seat = to(exchange.seat).unwrap_or(Self::NOBODY);
        }
        self.last_served = (0..=self.last_served).rev().find_map(to).unwrap_or(0);
        let mut index = 0;
        self.seats.retain(|_| {
            index += 1;
            to(index - 1).is_some()
        });
        self.seats.extend(new.into_iter().map(|device| Seat { device, answers: true }));
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The line was closed and opened again: what was under way is lost.
    pub fn reset(&mut self) {
        self.exchange = None;
    }

    /// Bytes came in. `updates` is called with the device's index.
    pub fn on_bytes(&mut self, now: Mono, bytes: &[u8], mut updates: impl FnMut(usize, D::Update)) {
        let Some(exchange) = self.exchange.as_mut() else {
            self.counters.stray_bytes = self.counters.stray_bytes.saturating_add(bytes.len() as u64);
            return;
        };
        exchange.received.extend(bytes.iter().take(Self::MAX_FRAME.saturating_sub(exchange.received.len())));
        let expected = expected_length(&exchange.request, &exchange.received);
        if exchange.received.len() < expected {
            return;
        }
        match decode(&exchange.request, &exchange.received) {
            Ok(response) => {
                self.counters.answers += 1;
                self.finish(now, Ok(&response), &mut updates);
            }
            Err(error @ Error::Exception { .. }) => {
                self.counters.answers += 1;
                self.finish(now, Err(error), &mut updates);
            }
            Err(_) => {
                // Noise before or within the answer. Nothing more will come that could be trusted, but the line may
                // still be talking: the rest of the timeout lets it fall silent before the request is repeated.
                self.counters.garbage += 1;
                exchange.received.clear();
            }
        }
    }

    /// Sends what is due and gives up on what is overdue. Call it after [`Bus::on_bytes`], after handing a device a
    /// command, and at the instant that it returned.
    pub fn poll(&mut self, now: Mono, mut send: impl FnMut(&[u8]), mut updates: impl FnMut(usize, D::Update)) -> Mono {
        loop {
            if let Some(exchange) = self.exchange.as_mut() {
                let deadline = exchange.sent + Self::TIMEOUT;
                if now < deadline {
                    return deadline;
                }
                self.counters.timeouts += 1;
                let unit = exchange.request.unit;
                let patient = self.seats.get(exchange.seat).is_some_and(|seat| seat.answers);
                if patient && exchange.tries <= Self::RETRIES {
                    exchange.tries += 1;
                    exchange.sent = now;
                    exchange.received.clear();
                    self.counters.requests += 1;
                    send(&exchange.request.encode());
                    continue;
                }
                let millis = u64::try_from(Self::TIMEOUT.as_millis()).unwrap_or(u64::MAX);
                self.finish(now, Err(Error::Timeout { unit, millis }), &mut updates);
            }
            if now < self.quiet_until {
                return self.quiet_until;
            }
            match self.choose(now) {
                Ok((seat, request)) => {
                    self.counters.requests += 1;
                    send(&request.encode());
                    self.exchange = Some(Exchange { seat, request, tries: 1, sent: now, received: Vec::new() });
                }
                Err(wake) => return wake,
            }
        }
    }

    /// The next device in turn that has something to ask, else when the first of them will.
    fn choose(&mut self, now: Mono) -> Result<(usize, Request), Mono> {
        let count = self.seats.len();
        let mut wake = Mono(u64::MAX);
        for offset in 1..=count {
            let index = (self.last_served + offset) % count;
            let Some(seat) = self.seats.get_mut(index) else { continue };
            match seat.device.next(now) {
                Next::Ask(request) => {
                    self.last_served = index;
                    return Ok((index, request));
                }
                // A device that waits for an instant that is over would spin the line's thread.
                Next::Wait(until) => wake = wake.min(until.max(now + Duration::from_millis(1))),
            }
        }
        Err(wake)
    }

    fn finish(&mut self, now: Mono, answer: Result<&Response, Error>, updates: &mut impl FnMut(usize, D::Update)) {
        self.quiet_until = now + Self::GAP;
        let Some(exchange) = self.exchange.take() else { return };
        let Some(seat) = self.seats.get_mut(exchange.seat) else { return };
        seat.answers = !matches!(answer, Err(Error::Timeout { .. }));
        seat.device.answer(now, answer, &mut self.scratch);
        for update in self.scratch.drain(..) {
            updates(exchange.seat, update);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::crc;
    use super::*;
    use proptest::prelude::*;

    /// Asks for one register every second.
    #[derive(Debug)]
    struct Probe {
        unit: u8,
        due: Mono,
    }

    impl Device for Probe {
        type Update = Result<u16, Error>;
        fn next(&mut self, now: Mono) -> Next {
            if now < self.due { Next::Wait(self.due) } else { Next::Ask(Request::read_holding(self.unit, 0, 1)) }
        }
        fn answer(&mut self, now: Mono, answer: Result<&Response, Error>, updates: &mut Vec<Self::Update>) {
            self.due = now + Duration::from_secs(1);
            updates.push(answer.map(|response| response.registers()[0]));
        }
    }

    fn bus(units: &[u8]) -> Bus<Probe> {
        Bus::new(units.iter().map(|&unit| Probe { unit, due: Mono::BOOT }).collect())
    }

    fn answer(unit: u8, value: u16) -> Vec<u8> {
        let mut frame = vec![unit, 3, 2];
        frame.extend(value.to_be_bytes());
        frame.extend(crc(&frame).to_le_bytes());
        frame
    }

    #[test]
    fn devices_come_and_go_between_questions() {
        let mut bus = bus(&[1, 2, 3]);
        let now = Mono::from_millis(10);
        let mut asked = Vec::new();
        bus.poll(now, |frame| asked.push(frame[0]), |_, _| {});
        assert_eq!(asked, [2]);
        // The one that is being asked stays, one before it goes, one comes.
        bus.change(|_, probe| probe.unit != 1, vec![Probe { unit: 4, due: Mono::BOOT }]);
        let mut got = Vec::new();
        bus.on_bytes(now, &answer(2, 7), |device, update| got.push((device, update)));
        assert_eq!(got, [(0, Ok(7))]);
        // The one that is being asked goes: its answer is nobody's, and in nobody's way.
        let now = now + Duration::from_millis(10);
        bus.poll(now, |frame| asked.push(frame[0]), |_, _| {});
        assert_eq!(asked, [2, 3]);
        bus.change(|_, probe| probe.unit != 3, Vec::new());
        bus.poll(now, |frame| asked.push(frame[0]), |_, _| {});
        assert_eq!(asked, [2, 3], "nobody is asked while an answer is on its way");
        bus.on_bytes(now, &answer(3, 8), |device, update| got.push((device, update)));
        let now = now + Duration::from_millis(10);
        bus.poll(now, |frame| asked.push(frame[0]), |_, _| {});
        assert_eq!((asked, got.len()), (vec![2, 3, 4], 1));
    }

    #[test]
    fn devices_take_turns_and_one_request_is_out_at_a_time() {
        let mut bus = bus(&[1, 2]);
        let mut now = Mono::from_millis(10);
        let mut asked = Vec::new();
        let mut got = Vec::new();
        for _ in 0..4 {
            bus.poll(now, |frame| asked.push(frame[0]), |_, _| {});
            let before = asked.len();
            bus.poll(now, |frame| asked.push(frame[0]), |_, _| {});
            assert_eq!(asked.len(), before, "asked twice at once");
            bus.on_bytes(now, &answer(*asked.last().unwrap(), 7), |device, update| got.push((device, update)));
            now = now + Duration::from_secs(1);
        }
        assert_eq!(asked, [2, 1, 2, 1]);
        assert_eq!(got, [(1, Ok(7)), (0, Ok(7)), (1, Ok(7)), (0, Ok(7))]);
    }

    #[test]
    fn a_silent_unit_gets_three_tries_then_one() {
        let mut bus = bus(&[9]);
        let mut now = Mono::from_millis(1);
        let (mut sent, mut told) = (0, 0);
        while told == 0 {
            now = bus.poll(
                now,
                |_| sent += 1,
                |_, update| {
                    assert!(matches!(update, Err(Error::Timeout { unit: 9, .. })));
                    told += 1;
                },
            );
        }
        assert_eq!(sent, 3);
        while told == 1 {
            now = bus.poll(now, |_| sent += 1, |_, _| told += 1);
        }
        assert_eq!(sent, 4);
    }

    #[test]
    fn an_answer_in_pieces_is_one_answer() {
        let mut bus = bus(&[1]);
        let now = Mono::from_millis(1);
        bus.poll(now, |_| {}, |_, _| {});
        let mut got = Vec::new();
        for byte in answer(1, 513) {
            bus.on_bytes(now, &[byte], |_, update| got.push(update));
        }
        assert_eq!(got, [Ok(513)]);
    }

    #[test]
    fn noise_is_counted_and_the_request_repeated() {
        let mut bus = bus(&[1]);
        let mut now = Mono::from_millis(1);
        now = bus.poll(now, |_| {}, |_, _| {});
        bus.on_bytes(now, &[0xFF; 40], |_, _| panic!("noise is no answer"));
        assert_eq!(bus.counters().garbage, 1);
        let mut sent = 0;
        bus.poll(now, |_| sent += 1, |_, _| {});
        assert_eq!(sent, 1);
        let mut got = Vec::new();
        bus.on_bytes(now, &answer(1, 3), |_, update| got.push(update));
        assert_eq!(got, [Ok(3)]);
    }

    proptest! {
        #[test]
        fn no_bytes_at_all_upset_the_bus(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..40)) {
            let mut bus = bus(&[1, 2, 3]);
            let mut now = Mono::from_millis(1);
            for chunk in chunks {
                let wake = bus.poll(now, |_| {}, |_, _| {});
                prop_assert!(wake > now);
                bus.on_bytes(now, &chunk, |_, _| {});
                now = now + Duration::from_millis(100);
            }
        }
    }
}
