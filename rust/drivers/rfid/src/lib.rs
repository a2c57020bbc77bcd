//! RFID readers that write one card a line.
//!
//! Responsibilities: to make a tag of what a reader writes, once for each time that a card is shown.
//!
//! Terms. A *line* is a card's UID in hexadecimal, ended by a line feed. A card that lies on the reader is written again
//! and again; within [`DEBOUNCE`] of the last time it is the same *showing*.
//!
//! Sans-I/O: bytes and time come in as arguments.

use std::time::Duration;

use units::{IdTag, Mono};

/// A card that is seen again within this time has not been taken away.
pub const DEBOUNCE: Duration = Duration::from_secs(3);
/// The longest line that is looked at.
const MAX_LINE: usize = 64;
/// UIDs have 4 to 10 bytes; ten are the 20 characters that OCPP 1.6 has for a tag.
const UID_DIGITS: std::ops::RangeInclusive<usize> = 8..=20;

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Cards shown.
    pub cards: u64,
    /// Lines of a card that had been shown already.
    pub repeats: u64,
    /// Lines that were no UID.
    pub garbage: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    Within(Vec<u8>),
    /// Too long: dropped up to its end.
    TooLong,
}

/// Takes a reader's bytes apart.
#[derive(Debug)]
pub struct LineReader {
    line: Line,
    last: Option<(IdTag, Mono)>,
    counters: Counters,
}

impl LineReader {
    /// A reader that has seen no card.
    #[must_use]
    pub fn new() -> Self {
        Self { line: Line::Within(Vec::new()), last: None, counters: Counters::default() }
    }

    /// What was counted so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Bytes came in. Each card that was shown is told, in upper case.
    pub fn on_bytes(&mut self, now: Mono, bytes: &[u8]) -> Vec<IdTag> {
        bytes.iter().filter_map(|byte| self.on_byte(now, *byte)).collect()
    }

    fn on_byte(&mut self, now: Mono, byte: u8) -> Option<IdTag> {
        if byte == b'\n' {
            let line = std::mem::replace(&mut self.line, Line::Within(Vec::new()));
            return self.on_line(now, line);
        }
        match &mut self.line {
            Line::Within(line) if line.len() < MAX_LINE => line.push(byte),
            Line::Within(_) => self.line = Line::TooLong,
            Line::TooLong => {}
        }
        None
    }

    fn on_line(&mut self, now: Mono, line: Line) -> Option<IdTag> {
        let text = match line {
            Line::Within(line) => line.trim_ascii().to_ascii_uppercase(),
            Line::TooLong => {
                self.counters.garbage += 1;
                return None;
            }
        };
        if text.is_empty() {
            return None;
        }
        let Some(tag) = uid(&text) else {
            self.counters.garbage += 1;
            return None;
        };
        let repeat = matches!(&self.last, Some((last, at)) if *last == tag && now.since(*at) < DEBOUNCE);
        self.last = Some((tag.clone(), now));
        if repeat {
            self.counters.repeats += 1;
            return None;
        }
        self.counters.cards += 1;
        Some(tag)
    }
}

impl Default for LineReader {
    fn default() -> Self {
        Self::new()
    }
}

fn uid(text: &[u8]) -> Option<IdTag> {
    let whole_bytes = text.len().is_multiple_of(2) && UID_DIGITS.contains(&text.len());
    let text = str::from_utf8(text).ok().filter(|text| whole_bytes && text.bytes().all(|c| c.is_ascii_hexdigit()))?;
    IdTag::new(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tags(tags: Vec<IdTag>) -> Vec<String> {
        tags.into_iter().map(String::from).collect()
    }

    #[test]
    fn a_card_is_a_line() {
        let mut reader = LineReader::new();
        let at = Mono::from_millis(1);
        assert!(reader.on_bytes(at, b"04a1b2c3").is_empty());
        assert_eq!(tags(reader.on_bytes(at, b"d4e5f6\r\n\n0011")), ["04A1B2C3D4E5F6"]);
        assert_eq!(tags(reader.on_bytes(at, b"2233\nDEADBEEF\n")), ["00112233", "DEADBEEF"]);
        assert_eq!(reader.counters(), Counters { cards: 3, repeats: 0, garbage: 0 });
    }

    #[test]
    fn a_card_left_on_the_reader_is_shown_once() {
        let mut reader = LineReader::new();
        let mut shown = 0;
        for step in 0..100 {
            shown += reader.on_bytes(Mono::from_millis(step * 250), b"DEADBEEF\n").len();
        }
        assert_eq!(shown, 1);
        assert_eq!(reader.on_bytes(Mono::from_millis(25_000 + 3_000), b"DEADBEEF\n").len(), 1);
        assert_eq!(reader.on_bytes(Mono::from_millis(28_100), b"00112233\n").len(), 1);
    }

    #[test]
    fn garbage_is_counted_and_the_next_card_is_read() {
        let mut reader = LineReader::new();
        let at = Mono::from_millis(1);
        let mut long = vec![b'A'; 10_000];
        long.push(b'\n');
        for garbage in [
            &long[..],
            b"hello\n",
            b"123\n",
            b"1234567\n",
            b"\xff\xfe\xfd\xfc\xff\xfe\xfd\xfc\n",
            b"0011223344556677889900AA\n",
        ] {
            assert!(reader.on_bytes(at, garbage).is_empty());
        }
        assert_eq!(reader.counters().garbage, 6);
        assert_eq!(reader.on_bytes(at, b"DEADBEEF\n").len(), 1);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_a_tag_of_ocpp_or_none(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..20)) {
            let mut reader = LineReader::new();
            for chunk in chunks {
                for tag in reader.on_bytes(Mono::BOOT, &chunk) {
                    prop_assert!(tag.as_str().len() <= 20);
                }
            }
        }

        #[test]
        fn any_uid_is_read(uid in proptest::collection::vec(any::<u8>(), 4..=10)) {
            let mut line = uid.iter().fold(String::new(), |line, byte| line + &format!("{byte:02x}"));
            line.push('\n');
            prop_assert_eq!(LineReader::new().on_bytes(Mono::BOOT, line.as_bytes()).len(), 1);
        }
    }
}
