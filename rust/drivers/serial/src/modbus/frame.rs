//! Requests to bytes, bytes to answers.

use std::fmt;

/// What is asked of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Function 3: read `count` holding registers.
    ReadHolding {
        /// The first register.
        start: u16,
        /// How many, 1 to 125.
        count: u16,
    },
    /// Function 4: read `count` input registers.
    ReadInput {
        /// The first register.
        start: u16,
        /// How many, 1 to 125.
        count: u16,
    },
    /// Function 16: write registers (at most 123).
    Write {
        /// The first register.
        start: u16,
        /// The values.
        values: Vec<u16>,
    },
}

/// A request to one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The unit's address, 1 to 247.
    pub unit: u8,
    /// What is asked.
    pub operation: Operation,
}

/// An answer that fits its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// The registers, as many as were asked for.
    Registers(Vec<u16>),
    /// The write was taken.
    Written,
}

impl Response {
    /// The registers; none for a write.
    pub fn registers(&self) -> &[u16] {
        match self {
            Self::Registers(registers) => registers,
            Self::Written => &[],
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing, or not enough, came in time.
    #[error("unit {unit} did not answer within {millis} ms")]
    Timeout {
        /// Who was asked.
        unit: u8,
        /// How long we waited.
        millis: u64,
    },
    /// The checksum does not fit.
    #[error("checksum is {found:04x}, expected {expected:04x}")]
    Crc {
        /// What the frame carries.
        found: u16,
        /// What its content gives.
        expected: u16,
    },
    /// Someone else answered.
    #[error("unit {found} answered, expected unit {expected}")]
    WrongUnit {
        /// The address in the answer.
        found: u8,
        /// The address asked.
        expected: u8,
    },
    /// The answer is to another question.
    #[error("answer is of function {found:#04x}, expected {expected:#04x}")]
    WrongFunction {
        /// The function in the answer.
        found: u8,
        /// The function asked.
        expected: u8,
    },
    /// Too short, too long, or another number of registers than asked for.
    #[error("answer has {found} bytes, expected {expected}")]
    WrongLength {
        /// Bytes in the answer.
        found: usize,
        /// Bytes that the request calls for.
        expected: usize,
    },
    /// A write was acknowledged for other registers than were written.
    #[error("unit {unit} acknowledged another write")]
    WrongEcho {
        /// Who was asked.
        unit: u8,
    },
    /// The device refused.
    #[error("unit {unit} refused: {}", Exception(*code))]
    Exception {
        /// Who was asked.
        unit: u8,
        /// The exception code.
        code: u8,
    },
}

struct Exception(u8);

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("illegal function"),
            2 => f.write_str("illegal register"),
            3 => f.write_str("illegal value"),
            4 => f.write_str("device failure"),
            6 => f.write_str("busy"),
            other => write!(f, "exception {other}"),
        }
    }
}

impl Operation {
    fn function(&self) -> u8 {
        match self {
            Self::ReadHolding { .. } => 3,
            Self::ReadInput { .. } => 4,
            Self::Write { .. } => 16,
        }
    }

    fn start(&self) -> u16 {
        match self {
            Self::ReadHolding { start, .. } | Self::ReadInput { start, .. } | Self::Write { start, .. } => *start,
        }
    }

    fn count(&self) -> u16 {
        match self {
            Self::ReadHolding { count, .. } | Self::ReadInput { count, .. } => *count,
            Self::Write { values, .. } => u16::try_from(values.len()).unwrap_or(u16::MAX),
        }
    }

    /// Bytes of a good answer, address and checksum included.
    fn answer_length(&self) -> usize {
        match self {
            Self::ReadHolding { count, .. } | Self::ReadInput { count, .. } => 5 + 2 * usize::from(*count),
            Self::Write { .. } => 8,
        }
    }
}

impl Request {
    /// Reads holding registers of a unit.
    #[must_use]
    pub const fn read_holding(unit: u8, start: u16, count: u16) -> Self {
        Self { unit, operation: Operation::ReadHolding { start, count } }
    }

    /// Writes one register of a unit.
    #[must_use]
    pub fn write(unit: u8, register: u16, value: u16) -> Self {
        Self { unit, operation: Operation::Write { start: register, values: vec![value] } }
    }

    /// The frame as it goes on the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut frame = vec![self.unit, self.operation.function()];
        frame.extend(self.operation.start().to_be_bytes());
        frame.extend(self.operation.count().to_be_bytes());
        if let Operation::Write { values, .. } = &self.operation {
            frame.push(u8::try_from(values.len() * 2).unwrap_or(u8::MAX));
            frame.extend(values.iter().flat_map(|value| value.to_be_bytes()));
        }
        // The one little-endian field of the protocol.
        frame.extend(crc(&frame).to_le_bytes());
        frame
    }
}

/// The checksum of RTU frames (CRC-16 with polynomial A001 reflected, seed FFFF).
#[must_use]
pub fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xA001 } else { sum >> 1 })
    })
}

/// How long the answer will be, as far as its first bytes tell: an exception is shorter than a good answer.
#[must_use]
pub fn expected_length(request: &Request, so_far: &[u8]) -> usize {
    match so_far.get(1) {
        Some(function) if function & 0x80 != 0 => 5,
        _ => request.operation.answer_length(),
    }
}

/// Reads an answer to `request` from a whole frame.
pub fn decode(request: &Request, frame: &[u8]) -> Result<Response, Error> {
    let expected = expected_length(request, frame);
    let too_short = Error::WrongLength { found: frame.len(), expected };
    let (body, sum) = frame.split_last_chunk::<2>().ok_or(too_short)?;
    let (&[unit, function], data) = body.split_first_chunk::<2>().ok_or(too_short)?;
    let (found, computed) = (u16::from_le_bytes(*sum), crc(body));
    if found != computed {
        return Err(Error::Crc { found, expected: computed });
    }
    if unit != request.unit {
        return Err(Error::WrongUnit { found: unit, expected: request.unit });
    }
    let asked = request.operation.function();
    if function == asked | 0x80 {
        return match data {
            &[code] => Err(Error::Exception { unit, code }),
            _ => Err(too_short),
        };
    }
    if function != asked {
        return Err(Error::WrongFunction { found: function, expected: asked });
    }
    if frame.len() != expected {
        return Err(too_short);
    }
    if let Operation::Write { start, .. } = &request.operation {
        let mut echo = start.to_be_bytes().to_vec();
        echo.extend(request.operation.count().to_be_bytes());
        return if data == echo { Ok(Response::Written) } else { Err(Error::WrongEcho { unit }) };
    }
    let (&count, registers) = data.split_first().ok_or(too_short)?;
    if usize::from(count) != registers.len() {
        return Err(Error::WrongLength { found: usize::from(count), expected: registers.len() });
    }
    let (pairs, _) = registers.as_chunks::<2>();
    Ok(Response::Registers(pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sealed(body: &[u8]) -> Vec<u8> {
        let mut frame = body.to_vec();
        frame.extend(crc(body).to_le_bytes());
        frame
    }

    #[test]
    fn the_checksum_of_the_specification() {
        // The worked example of the Modbus over serial line specification: 02 07 -> 41 12 on the wire.
        assert_eq!(crc(&[0x02, 0x07]).to_le_bytes(), [0x41, 0x12]);
    }

    #[test]
    fn a_read_and_its_answer() {
        let request = Request::read_holding(1, 0, 2);
        assert_eq!(request.encode(), sealed(&[1, 3, 0, 0, 0, 2]));
        let answer = sealed(&[1, 3, 4, 0x12, 0x34, 0xAB, 0xCD]);
        assert_eq!(decode(&request, &answer), Ok(Response::Registers(vec![0x1234, 0xABCD])));
    }

    #[test]
    fn a_write_and_its_answer() {
        let request = Request::write(3, 8005, 0x5445);
        assert_eq!(request.encode(), sealed(&[3, 16, 0x1F, 0x45, 0, 1, 2, 0x54, 0x45]));
        assert_eq!(decode(&request, &sealed(&[3, 16, 0x1F, 0x45, 0, 1])), Ok(Response::Written));
        assert_eq!(decode(&request, &sealed(&[3, 16, 0x1F, 0x46, 0, 1])), Err(Error::WrongEcho { unit: 3 }));
    }

    #[test]
    fn each_kind_of_bad_answer_is_named() {
        let request = Request::read_holding(1, 0, 1);
        let good = sealed(&[1, 3, 2, 0, 7]);
        let mut flipped = good.clone();
        flipped[4] ^= 1;
        assert!(matches!(decode(&request, &flipped), Err(Error::Crc { .. })));
        assert_eq!(decode(&request, &sealed(&[2, 3, 2, 0, 7])), Err(Error::WrongUnit { found: 2, expected: 1 }));
        assert_eq!(decode(&request, &sealed(&[1, 4, 2, 0, 7])), Err(Error::WrongFunction { found: 4, expected: 3 }));
        assert_eq!(decode(&request, &sealed(&[1, 0x83, 2])), Err(Error::Exception { unit: 1, code: 2 }));
        assert!(matches!(decode(&request, &sealed(&[1, 3, 4, 0, 7, 0, 8])), Err(Error::WrongLength { .. })));
        assert!(matches!(decode(&request, &sealed(&[1, 3, 9, 0, 7])), Err(Error::WrongLength { .. })));
        assert!(matches!(decode(&request, &[]), Err(Error::WrongLength { .. })));
    }

    proptest! {
        #[test]
        fn garbage_is_never_an_answer_and_never_a_panic(bytes: Vec<u8>, unit: u8, start: u16, count in 1_u16..125) {
            let request = Request::read_holding(unit, start, count);
            if let Ok(Response::Registers(registers)) = decode(&request, &bytes) {
                prop_assert_eq!(registers.len(), usize::from(count));
            }
        }

        #[test]
        fn any_registers_survive_the_wire(unit: u8, values in proptest::collection::vec(any::<u16>(), 1..125)) {
            let count = u16::try_from(values.len()).unwrap();
            let mut body = vec![unit, 3, u8::try_from(values.len() * 2).unwrap()];
            body.extend(values.iter().flat_map(|value| value.to_be_bytes()));
            let request = Request::read_holding(unit, 0, count);
            prop_assert_eq!(decode(&request, &sealed(&body)), Ok(Response::Registers(values)));
        }
    }
}
