//! The slave's side of Modbus RTU: requests out of a byte stream, answers with a checksum.

/// A request to one slave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The slave's address.
    pub address: u8,
    /// What it is to do.
    pub action: Action,
    function: u8,
}

/// What a slave is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read registers (functions 3 and 4).
    Read {
        /// The first.
        start: u16,
        /// How many.
        count: u16,
    },
    /// Write registers (functions 6 and 16).
    Write {
        /// The first.
        start: u16,
        /// Their new values.
        values: Vec<u16>,
    },
    /// A function that nobody here has.
    Unknown,
}

/// Why a slave refuses (the protocol's exception codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exception {
    /// It does not have this function.
    IllegalFunction = 1,
    /// It does not have these registers.
    IllegalAddress = 2,
    /// It does not take this value.
    IllegalValue = 3,
}

/// What a slave answers.
pub type Answer = Result<Vec<u16>, Exception>;

/// The most registers in one read.
const MOST: u16 = 125;

impl Request {
    /// The answer's frame.
    pub fn answer(&self, answer: Answer) -> Vec<u8> {
        let mut frame = vec![self.address, self.function];
        match (answer, &self.action) {
            (Ok(values), Action::Read { .. }) => {
                frame.push(u8::try_from(values.len() * 2).unwrap_or(0));
                frame.extend(values.iter().flat_map(|value| value.to_be_bytes()));
            }
            (Ok(_), Action::Write { start, values }) => {
                frame.extend(start.to_be_bytes());
                let echo = match (self.function, values.as_slice()) {
                    (6, [value]) => *value,
                    _ => u16::try_from(values.len()).unwrap_or(0),
                };
                frame.extend(echo.to_be_bytes());
            }
            (Ok(_), Action::Unknown) => return self.answer(Err(Exception::IllegalFunction)),
            (Err(exception), _) => frame = vec![self.address, self.function | 0x80, exception as u8],
        }
        frame.extend(crc(&frame).to_le_bytes());
        frame
    }
}

/// Modbus' CRC-16.
pub fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 })
    })
}

/// Finds requests in what comes over the line.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    bytes: Vec<u8>,
    /// Bytes that belonged to no request.
    pub garbage: u64,
}

impl Reader {
    const LONGEST: usize = 256;

    /// The line was silent for longer than a frame allows: what is half there stays half.
    pub fn gap(&mut self) {
        self.garbage = self.garbage.wrapping_add(u64::try_from(self.bytes.len()).unwrap_or(0));
        self.bytes.clear();
    }

    /// Takes bytes; gives the requests that they complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Request> {
        self.bytes.extend_from_slice(bytes);
        let mut out = Vec::new();
        while let Some(needed) = length(&self.bytes) {
            let Some(frame) = self.bytes.get(..needed) else { break };
            if let Some(request) = parse(frame) {
                out.push(request);
                self.bytes.drain(..needed);
            } else {
                // Not a frame here: look for one from the next byte on.
                self.garbage = self.garbage.wrapping_add(1);
                self.bytes.drain(..1);
            }
        }
        if self.bytes.len() > Self::LONGEST {
            self.gap();
        }
        out
    }
}

/// The length of a request, as soon as its head tells.
fn length(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [_, 16, _, _, _, _, count, ..] => Some(9 + usize::from(*count)),
        [_, 16, ..] => None,
        [_, _, ..] => Some(8),
        _ => None,
    }
}

fn parse(frame: &[u8]) -> Option<Request> {
    let (body, sum) = frame.split_last_chunk::<2>()?;
    if crc(body) != u16::from_le_bytes(*sum) {
        return None;
    }
    let word = |high: u8, low: u8| u16::from_be_bytes([high, low]);
    let (address, function, action) = match body {
        [address, function @ (3 | 4), a, b, c, d] => {
            let (start, count) = (word(*a, *b), word(*c, *d));
            (address, function, Action::Read { start, count })
        }
        [address, function @ 6, a, b, c, d] => {
            (address, function, Action::Write { start: word(*a, *b), values: vec![word(*c, *d)] })
        }
        [address, function @ 16, a, b, _, _, _, data @ ..] => {
            let values = data.as_chunks::<2>().0.iter().map(|[high, low]| word(*high, *low)).collect();
            (address, function, Action::Write { start: word(*a, *b), values })
        }
        [address, function, ..] => (address, function, Action::Unknown),
        _ => return None,
    };
    Some(Request { address: *address, action, function: *function })
}

/// Reads out of a table: each register by its number, `None` where there is none.
pub fn read(start: u16, count: u16, register: impl Fn(u16) -> Option<u16>) -> Answer {
    if count == 0 || count > MOST {
        return Err(Exception::IllegalValue);
    }
    (0..count).map(|offset| start.checked_add(offset).and_then(&register).ok_or(Exception::IllegalAddress)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example of the Modbus specification's serial line guide.
    const READ: [u8; 8] = [0x01, 0x03, 0x00, 0x00, 0x00, 0x0A, 0xC5, 0xCD];

    #[test]
    fn a_known_request() {
        let requests = Reader::default().feed(&READ);
        assert_eq!(requests.len(), 1);
        assert_eq!((requests[0].address, &requests[0].action), (1, &Action::Read { start: 0, count: 10 }));
    }

    #[test]
    fn answers() {
        let request = Reader::default().feed(&READ).remove(0);
        let frame = request.answer(Ok(vec![0x1234]));
        assert_eq!(frame[..5], [1, 3, 2, 0x12, 0x34]);
        assert_eq!(crc(&frame), 0, "a frame with its own checksum sums to nothing");
        assert_eq!(request.answer(Err(Exception::IllegalAddress))[..3], [1, 0x83, 2]);
    }

    #[test]
    fn a_frame_in_pieces_after_rubbish() {
        let mut reader = Reader::default();
        assert!(reader.feed(&[0xFF, 0x03, 0x55]).is_empty());
        assert!(reader.feed(&READ[..5]).is_empty());
        assert_eq!(reader.feed(&READ[5..]).len(), 1);
        assert_eq!(reader.garbage, 3);
    }

    proptest! {
        #[test]
        fn noise_never_panics_and_does_not_pile_up(noise in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            let mut reader = Reader::default();
            for chunk in noise.chunks(7) {
                let _ = reader.feed(chunk);
                prop_assert!(reader.bytes.len() <= Reader::LONGEST);
            }
            reader.gap();
            prop_assert_eq!(reader.feed(&READ).len(), 1);
        }
    }
}
