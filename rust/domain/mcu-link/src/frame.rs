//! Frames: `COBS(version, sequence, payload, CRC-32) 0x00`.
//!
//! The CRC is the one of Ethernet and zip (CRC-32/ISO-HDLC), little-endian, over everything before it. A zero byte ends
//! a frame and occurs nowhere else, so a receiver that joins in the middle is in step after one frame.

use crc::{CRC_32_ISO_HDLC, Crc, Table};
use serde::{Serialize, de::DeserializeOwned};

/// The version of framing and messages. A frame of another version is counted and dropped.
pub const VERSION: u8 = 2;

/// The largest payload: a status of all connectors, contactors and ties with every integer at its longest fits.
pub const MAX_PAYLOAD: usize = 3_072;

const HEADER: usize = 2;
const TRAILER: usize = 4;
const MAX_BODY: usize = HEADER + MAX_PAYLOAD + TRAILER;

/// The largest frame, with COBS' overhead and the delimiter.
pub const MAX_FRAME: usize = cobs::max_encoding_length(MAX_BODY) + 1;

const CRC: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);

/// Why a message did not become a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The message is longer than [`MAX_PAYLOAD`].
    #[error("message does not fit into a frame of {MAX_PAYLOAD} bytes")]
    Payload,
    /// The caller's buffer is too small.
    #[error("buffer of {given} bytes is too small, expected up to {MAX_FRAME}")]
    Buffer {
        /// Its size.
        given: usize,
    },
}

/// Makes frames of one direction.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    sequence: u8,
}

impl Encoder {
    /// Writes one frame, delimiter included, and returns its length.
    pub fn encode<T: Serialize>(&mut self, message: &T, out: &mut [u8]) -> Result<usize, EncodeError> {
        let mut body = [0; MAX_BODY];
        let (head, rest) = body.split_at_mut(HEADER);
        head.copy_from_slice(&[VERSION, self.sequence]);
        let (payload, _) = rest.split_at_mut(MAX_PAYLOAD);
        let used = HEADER + postcard::to_slice(message, payload).map_err(|_| EncodeError::Payload)?.len();
        let crc = CRC.checksum(body.get(..used).unwrap_or_default()).to_le_bytes();
        if let Some(place) = body.get_mut(used..used + TRAILER) {
            place.copy_from_slice(&crc);
        }
        let body = body.get(..used + TRAILER).unwrap_or_default();

        let given = out.len();
        let length = cobs::try_encode(body, out).map_err(|_| EncodeError::Buffer { given })?;
        *out.get_mut(length).ok_or(EncodeError::Buffer { given })? = 0;
        self.sequence = self.sequence.wrapping_add(1);
        Ok(length + 1)
    }
}

/// What was dropped, by cause. Counters wrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Garbage {
    /// Not COBS.
    pub cobs: u32,
    /// Wrong checksum.
    pub crc: u32,
    /// Another version.
    pub version: u32,
    /// Shorter than a header and a checksum, or longer than [`MAX_FRAME`].
    pub length: u32,
    /// Whole and sound, yet not a message of this direction.
    pub payload: u32,
    /// Frames were lost before this one (or it came twice). The frame itself is *not* dropped.
    pub sequence_gap: u32,
}

impl Garbage {
    /// All that was dropped (gaps are not).
    pub const fn dropped(&self) -> u32 {
        self.cobs.wrapping_add(self.crc).wrapping_add(self.version).wrapping_add(self.length).wrapping_add(self.payload)
    }
}

/// Takes bytes as they come and yields messages.
#[derive(Clone, Debug)]
pub struct Decoder {
    buffer: [u8; MAX_FRAME],
    used: usize,
    overlong: bool,
    last_sequence: Option<u8>,
    garbage: Garbage,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { buffer: [0; MAX_FRAME], used: 0, overlong: false, last_sequence: None, garbage: Garbage::default() }
    }
}

impl Decoder {
    /// What was dropped so far.
    pub const fn garbage(&self) -> Garbage {
        self.garbage
    }

    /// Forgets a half-received frame and the sequence, as after a reconnect. The counters stay.
    pub const fn restart(&mut self) {
        self.used = 0;
        self.overlong = false;
        self.last_sequence = None;
    }

    /// Takes one byte; yields the message that it completes.
    pub fn push<T: DeserializeOwned>(&mut self, byte: u8) -> Option<T> {
        if byte != 0 {
            match self.buffer.get_mut(self.used) {
                Some(place) => {
                    *place = byte;
                    self.used += 1;
                }
                None => self.overlong = true,
            }
            return None;
        }
        let (used, overlong) = (self.used, self.overlong);
        self.used = 0;
        self.overlong = false;
        if overlong {
            bump(&mut self.garbage.length);
            return None;
        }
        // Two delimiters in a row are how a sender flushes a line: no frame, no garbage.
        if used == 0 { None } else { self.frame(used) }
    }

    /// Takes bytes; yields the messages that they complete.
    pub fn feed<'a, T: DeserializeOwned>(&'a mut self, bytes: &'a [u8]) -> impl Iterator<Item = T> + 'a {
        bytes.iter().filter_map(|byte| self.push(*byte))
    }

    fn frame<T: DeserializeOwned>(&mut self, used: usize) -> Option<T> {
        let frame = self.buffer.get_mut(..used)?;
        let Ok(length) = cobs::decode_in_place(frame) else {
            bump(&mut self.garbage.cobs);
            return None;
        };
        let body = frame.get(..length).unwrap_or_default();
        let Some((checked, crc)) = body.split_last_chunk::<TRAILER>() else {
            bump(&mut self.garbage.length);
            return None;
        };
        if CRC.checksum(checked) != u32::from_le_bytes(*crc) {
            bump(&mut self.garbage.crc);
            return None;
        }
        let [version, sequence, payload @ ..] = checked else {
            bump(&mut self.garbage.length);
            return None;
        };
        if *version != VERSION {
            bump(&mut self.garbage.version);
            return None;
        }
        if self.last_sequence.replace(*sequence).is_some_and(|last| last.wrapping_add(1) != *sequence) {
            bump(&mut self.garbage.sequence_gap);
        }
        // `take_from_bytes`, for bytes left over are as wrong as bytes that lack.
        if let Ok((message, [])) = postcard::take_from_bytes(payload) {
            Some(message)
        } else {
            bump(&mut self.garbage.payload);
            None
        }
    }
}

const fn bump(counter: &mut u32) {
    *counter = counter.wrapping_add(1);
}
