//! The owner of the card reader's line.

use std::{io, time::Duration};

use cabinet::Input;
use rfid::LineReader;
use serial::{Event, Line, Settings};
use shell::clock;

use super::{Garbage, spawn};
use crate::inbox::Inbox;

const BAUD: u32 = 115_200;

pub(super) fn start(reader: &config::Rfid, inbox: &Inbox) -> io::Result<()> {
    let mut line = Line::new(Settings::new(&reader.port, BAUD))?;
    let inbox = inbox.clone();
    spawn("rfid".to_owned(), move || {
        let mut cards = LineReader::new();
        let mut garbage = Garbage::default();
        let mut buffer = [0; 256];
        loop {
            match line.read(&mut buffer, Duration::from_mins(1)) {
                Event::Bytes(bytes) => {
                    for card in cards.on_bytes(clock::mono(), bytes) {
                        inbox.input(Input::Card(card));
                    }
                }
                Event::Down(error) => {
                    tracing::warn!(port = %line.settings().path.display(), %error, "the card reader is gone");
                }
                Event::Up | Event::Woken | Event::TimedOut => {}
            }
            garbage.note("rfid", cards.counters().garbage, &inbox.counts().rfid);
        }
    })
}
