//! CAN frames, and their two shapes on a wire: Linux' `struct can_frame` and the ASCII of a serial adapter (SLCAN).

use std::fmt::Write as _;

/// An extended data frame or a standard one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CanFrame {
    /// 29 bits, or 11.
    pub id: u32,
    /// Which of the two.
    pub format: Format,
    length: u8,
    data: [u8; 8],
}

/// The length of a frame's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 11 bits.
    Standard,
    /// 29 bits.
    Extended,
}

const EXTENDED_FLAG: u32 = 0x8000_0000;
const REMOTE_OR_ERROR: u32 = 0x6000_0000;
const EXTENDED_MASK: u32 = 0x1FFF_FFFF;
const STANDARD_MASK: u32 = 0x7FF;

impl CanFrame {
    /// An extended frame of eight bytes, the only kind that power modules speak.
    pub const fn extended(id: u32, data: [u8; 8]) -> Self {
        Self { id: id & EXTENDED_MASK, format: Format::Extended, length: 8, data }
    }

    fn new(id: u32, format: Format, bytes: &[u8]) -> Option<Self> {
        let mask = match format {
            Format::Standard => STANDARD_MASK,
            Format::Extended => EXTENDED_MASK,
        };
        let length = u8::try_from(bytes.len()).ok().filter(|length| *length <= 8 && id <= mask)?;
        let mut data = [0; 8];
        for (to, from) in data.iter_mut().zip(bytes) {
            *to = *from;
        }
        Some(Self { id, format, length, data })
    }

    /// The bytes that it carries.
    pub fn bytes(&self) -> &[u8] {
        self.data.get(..usize::from(self.length)).unwrap_or(&self.data)
    }

    /// All eight bytes, zeros after those that it carries.
    pub const fn padded(&self) -> [u8; 8] {
        self.data
    }

    /// As Linux lays out `struct can_frame` (little-endian machines).
    pub fn to_linux(&self) -> [u8; 16] {
        let flag = match self.format {
            Format::Standard => 0,
            Format::Extended => EXTENDED_FLAG,
        };
        let [i0, i1, i2, i3] = (self.id | flag).to_le_bytes();
        let [d0, d1, d2, d3, d4, d5, d6, d7] = self.data;
        [i0, i1, i2, i3, self.length, 0, 0, 0, d0, d1, d2, d3, d4, d5, d6, d7]
    }

    /// Reads a `struct can_frame`; `None` if it is none, or a remote or error frame.
    pub fn from_linux(packet: &[u8]) -> Option<Self> {
        let [i0, i1, i2, i3, length, _, _, _, data @ ..] = packet else { return None };
        let id = u32::from_le_bytes([*i0, *i1, *i2, *i3]);
        if data.len() != 8 || id & REMOTE_OR_ERROR != 0 {
            return None;
        }
        let (format, mask) =
            if id & EXTENDED_FLAG == 0 { (Format::Standard, STANDARD_MASK) } else { (Format::Extended, EXTENDED_MASK) };
        Self::new(id & mask, format, data.get(..usize::from(*length))?)
    }

    /// As a line of a serial adapter, carriage return included.
    pub fn to_slcan(&self) -> String {
        let mut line = match self.format {
            Format::Standard => format!("t{:03X}{}", self.id, self.length),
            Format::Extended => format!("T{:08X}{}", self.id, self.length),
        };
        for byte in self.bytes() {
            // Writing to a string does not fail.
            let _ = write!(line, "{byte:02X}");
        }
        line.push('\r');
        line
    }

    /// Reads a line without its carriage return; `None` if it is no data frame.
    fn from_slcan(line: &[u8]) -> Option<Self> {
        let line = str::from_utf8(line).ok().filter(|line| line.is_ascii())?;
        let (format, digits) = match line.get(..1)? {
            "t" => (Format::Standard, 3),
            "T" => (Format::Extended, 8),
            _ => return None,
        };
        let id = u32::from_str_radix(line.get(1..1 + digits)?, 16).ok()?;
        let length: usize = line.get(1 + digits..2 + digits)?.parse().ok()?;
        let data = line.get(2 + digits..2 + digits + 2 * length)?;
        let bytes: Option<Vec<u8>> =
            (0..length).map(|at| u8::from_str_radix(data.get(2 * at..2 * at + 2)?, 16).ok()).collect();
        Self::new(id, format, &bytes?)
    }
}

impl std::fmt::Debug for CanFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08X} {:02X?}", self.id, self.bytes())
    }
}

/// What a serial adapter understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slcan {
    /// A frame for the bus.
    Frame(CanFrame),
    /// A command (open, close, bit rate): answered with a carriage return.
    Command,
    /// Neither.
    Garbage,
}

/// The serial adapter's reading end.
#[derive(Clone, Debug, Default)]
pub struct SlcanReader {
    line: Vec<u8>,
}

impl SlcanReader {
    /// The longest line: `T`, id, length, eight bytes.
    const LONGEST: usize = 32;

    /// Takes bytes as they come.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Slcan> {
        let mut out = Vec::new();
        for byte in bytes {
            if *byte != b'\r' && *byte != b'\n' {
                if self.line.len() < Self::LONGEST {
                    self.line.push(*byte);
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            match line.first() {
                None => {}
                Some(b't' | b'T') => out.push(CanFrame::from_slcan(&line).map_or(Slcan::Garbage, Slcan::Frame)),
                Some(b'O' | b'C' | b'S' | b's' | b'L' | b'V' | b'N' | b'F' | b'M' | b'm' | b'Z') => {
                    out.push(Slcan::Command);
                }
                Some(_) => out.push(Slcan::Garbage),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRAME: CanFrame = CanFrame::extended(0x029C_3FF0, [0x00, 0x07, 0xA1, 0x20, 0x00, 0x00, 0x4E, 0x20]);

    #[test]
    fn slcan_of_a_known_frame() {
        assert_eq!(FRAME.to_slcan(), "T029C3FF080007A12000004E20\r");
    }

    #[test]
    fn linux_of_a_known_frame() {
        assert_eq!(
            FRAME.to_linux(),
            [0xF0, 0x3F, 0x9C, 0x82, 8, 0, 0, 0, 0x00, 0x07, 0xA1, 0x20, 0x00, 0x00, 0x4E, 0x20]
        );
    }

    #[test]
    fn an_adapter_hears_commands_frames_and_rubbish() {
        let mut reader = SlcanReader::default();
        let heard = reader.feed(b"\rC\rS4\rO\rt12320A0B\rT00000001");
        let standard = CanFrame::new(0x123, Format::Standard, &[0x0A, 0x0B]).unwrap();
        assert_eq!(heard, [Slcan::Command, Slcan::Command, Slcan::Command, Slcan::Frame(standard)]);
        let heard = reader.feed(b"0\rT9\rxyz\r\x80\xff\r");
        let empty = CanFrame::new(1, Format::Extended, &[]).unwrap();
        assert_eq!(heard, [Slcan::Frame(empty), Slcan::Garbage, Slcan::Garbage, Slcan::Garbage]);
    }

    proptest! {
        #[test]
        fn both_shapes_round_trip(id in 0..=EXTENDED_MASK, data: Vec<u8>) {
            let data = &data[..data.len().min(8)];
            let frame = CanFrame::new(id, Format::Extended, data).unwrap();
            prop_assert_eq!(CanFrame::from_linux(&frame.to_linux()), Some(frame));
            prop_assert_eq!(SlcanReader::default().feed(frame.to_slcan().as_bytes()), [Slcan::Frame(frame)]);
        }

        #[test]
        fn noise_never_panics(noise: Vec<u8>) {
            let _ = CanFrame::from_linux(&noise);
            let _ = SlcanReader::default().feed(&noise);
        }
    }
}
