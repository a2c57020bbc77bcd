//! The owner of the card reader's line.

use std::{io, thread::JoinHandle, time::Duration};

use cabinet::Input;
use rfid::LineReader;
use serial::{Event, Line, Settings};
use shell::clock;

use super::{Desk, Garbage, Life, Owner};
use crate::inbox::Inbox;

const BAUD: u32 = 115_200;

/// The card reader.
#[derive(Debug)]
pub(super) struct ReaderWire {
    config: config::Rfid,
    /// Nothing is ever said to a reader.
    owner: Owner<()>,
}

impl ReaderWire {
    pub(super) fn start(reader: &config::Rfid, inbox: &Inbox, before: Option<JoinHandle<()>>) -> io::Result<Self> {
        let line = Line::new(Settings::new(&reader.port, BAUD))?;
        let inbox = inbox.clone();
        let waker = line.waker();
        let owner = Owner::start("rfid".to_owned(), waker, before, move |desk| run(line, &inbox, &desk))?;
        Ok(Self { config: reader.clone(), owner })
    }

    pub(super) const fn config(&self) -> &config::Rfid {
        &self.config
    }

    pub(super) fn end(self) -> JoinHandle<()> {
        self.owner.end()
    }
}

fn run(mut line: Line, inbox: &Inbox, desk: &Desk<()>) {
    let mut cards = LineReader::new();
    let mut garbage = Garbage::default();
    let mut buffer = [0; 256];
    while desk.fetch().1 == Life::GoesOn {
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
}
