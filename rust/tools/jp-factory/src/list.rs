//! The station's list: one line of CSV a unit, for people, the back office and the licence's owner.

use std::{
    fs::OpenOptions,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use nix::fcntl::{Flock, FlockArg};

use crate::{Failure, failure::at};

/// What the first line says.
pub const HEAD: &str = "serial,fingerprint,image,made,identity_sha256,ocpp_sha256";

/// One unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its serial number.
    pub serial: String,
    /// Who its hardware is.
    pub fingerprint: String,
    /// The image that it left with.
    pub image: String,
    /// When.
    pub made: String,
    /// SHA-256 of its identity's certificate, in hexadecimal.
    pub identity: String,
    /// SHA-256 of its first OCPP certificate.
    pub ocpp: String,
}

/// Whether a unit may be on the list already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It is a new one.
    No,
    /// It is made again: the same serial number on the same hardware may be there.
    Yes,
}

/// Refuses a serial number or hardware that the list has, unless it is this very unit made again.
pub fn check(list: &Path, serial: &str, fingerprint: &str, again: Again) -> Result<(), Failure> {
    let text = match std::fs::read_to_string(list) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at(list)(error)),
    };
    check_text(list, &text, serial, fingerprint, again)
}

fn check_text(list: &Path, text: &str, serial: &str, fingerprint: &str, again: Again) -> Result<(), Failure> {
    if text.lines().next().is_some_and(|first| first != HEAD) {
        let found = format!("a first line {:?}", text.lines().next().unwrap_or_default());
        return Err(Failure::Content { path: list.to_owned(), found, expected: HEAD.to_owned() });
    }
    for (number, line) in text.lines().enumerate().skip(1) {
        let mut fields = line.split(',');
        let (one, other) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let what = match (one == serial, other == fingerprint) {
            (true, true) if again == Again::Yes => continue,
            (true, _) => format!("serial number {serial}"),
            (false, true) => format!("hardware {fingerprint}, as {one},"),
            (false, false) => continue,
        };
        return Err(Failure::Listed { path: list.to_owned(), line: number.saturating_add(1), what });
    }
    Ok(())
}

/// Adds a line, whole and on the disk; two stations on one list wait for each other.
pub fn add(list: &Path, unit: &Line, again: Again) -> Result<(), Failure> {
    let file = OpenOptions::new().read(true).append(true).create(true).open(list).map_err(at(list))?;
    let mut file =
        Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| at(list)(std::io::Error::from(error)))?;
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_string(&mut text)).map_err(at(list))?;
    check_text(list, &text, &unit.serial, &unit.fingerprint, again)?;
    let Line { serial, fingerprint, image, made, identity, ocpp } = unit;
    let mut new = format!("{serial},{fingerprint},{image},{made},{identity},{ocpp}\n");
    if text.is_empty() {
        new.insert_str(0, &format!("{HEAD}\n"));
    } else if !text.ends_with('\n') {
        new.insert(0, '\n');
    }
    file.write_all(new.as_bytes()).and_then(|()| file.sync_all()).map_err(at(list))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(serial: &str, fingerprint: &str) -> Line {
        let text = |text: &str| text.to_owned();
        Line {
            serial: text(serial),
            fingerprint: text(fingerprint),
            image: text("0.1.0"),
            made: text("2026-11-23T10:00:00Z"),
            identity: text("aa"),
            ocpp: text("bb"),
        }
    }

    #[test]
    fn no_serial_number_and_no_hardware_is_there_twice() {
        let dir = tempfile::tempdir().unwrap();
        let list = dir.path().join("units.csv");
        check(&list, "JP-1", "F1", Again::No).unwrap();
        add(&list, &unit("JP-1", "F1"), Again::No).unwrap();
        add(&list, &unit("JP-2", "F2"), Again::No).unwrap();
        for (serial, fingerprint, again) in [
            ("JP-1", "F1", Again::No),
            ("JP-1", "F3", Again::Yes),
            ("JP-3", "F2", Again::Yes),
            ("JP-2", "F1", Again::Yes),
        ] {
            let refused = check(&list, serial, fingerprint, again);
            assert!(matches!(refused, Err(Failure::Listed { .. })), "{serial} {fingerprint}");
            assert!(add(&list, &unit(serial, fingerprint), again).is_err());
        }
        add(&list, &unit("JP-1", "F1"), Again::Yes).unwrap();
        let text = std::fs::read_to_string(&list).unwrap();
        assert_eq!(text.lines().count(), 4);
        assert!(text.starts_with(HEAD) && text.ends_with("JP-1,F1,0.1.0,2026-11-23T10:00:00Z,aa,bb\n"));
    }

    #[test]
    fn another_file_is_not_written_to() {
        let dir = tempfile::tempdir().unwrap();
        let list = dir.path().join("units.csv");
        std::fs::write(&list, "name,telephone\n").unwrap();
        assert!(matches!(add(&list, &unit("JP-1", "F1"), Again::No), Err(Failure::Content { .. })));
        assert_eq!(std::fs::read_to_string(&list).unwrap(), "name,telephone\n");
    }
}
