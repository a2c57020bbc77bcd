//! The record on disk: one small file, replaced as a whole.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use update::Record;

/// Where the record is kept.
#[derive(Clone, Debug)]
pub(super) struct Store {
    path: PathBuf,
}

impl Store {
    pub(super) fn new(dir: &Path) -> Self {
        Self { path: dir.join("update.json") }
    }

    /// What was written last. What cannot be read is kept beside, and told.
    pub(super) fn read(&self) -> Record {
        let text = match fs::read(&self.path) {
            // Bytes that are no text are no JSON either; they are kept aside like that.
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Record::default(),
            Err(error) => {
                tracing::error!(%error, path = %self.path.display(), "the record of updates cannot be read");
                return Record::lost();
            }
        };
        let (record, lost) = Record::read(&text);
        if !lost.is_empty() {
            let aside = self.path.with_extension("json.unread");
            tracing::error!(lost = lost.join("; "), kept = %aside.display(), "not all of the record of updates is understood");
            let _ = fs::copy(&self.path, aside);
        }
        record
    }

    /// What was left behind about a start that failed: the side that the initrd gave up, or the last words of root's
    /// deadline, if they are newer than the record.
    pub(super) fn told(&self, gave_up: Option<String>) -> Option<String> {
        if let Some(side) = gave_up {
            return Some(format!("side {side} did not come up in three starts"));
        }
        let words = self.path.parent()?.parent()?.join("rauc/deadline");
        let changed = |path: &Path| fs::metadata(path).and_then(|meta| meta.modified()).ok();
        if changed(&words)? < changed(&self.path)? {
            return None;
        }
        let line = fs::read_to_string(words).ok()?.lines().next()?.chars().take(300).collect::<String>();
        Some(line).filter(|line| !line.is_empty())
    }

    /// Replaces it: on disk when this returns.
    pub(super) fn write(&self, record: &Record) -> io::Result<()> {
        let text = record.write().map_err(io::Error::other)?;
        let new = self.path.with_extension("json.new");
        let written = File::create(&new).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        if let Err(error) = written {
            // On a full disk its room is worth more than half a record.
            let _ = fs::remove_file(&new);
            return Err(error);
        }
        fs::rename(&new, &self.path)?;
        let dir = self.path.parent().unwrap_or(Path::new("/"));
        File::open(dir)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use update::Rule;

    use super::*;

    #[test]
    fn the_deadlines_last_words_count_if_they_are_newer_than_the_record() {
        let dir = tempfile::tempdir().unwrap();
        let (own, words) = (dir.path().join("system"), dir.path().join("rauc/deadline"));
        fs::create_dir_all(&own).unwrap();
        fs::create_dir_all(words.parent().unwrap()).unwrap();
        let store = Store::new(&own);
        assert_eq!(store.told(None), None);
        store.write(&Record::default()).unwrap();
        fs::write(&words, "side b: not confirmed in time\n").unwrap();
        assert_eq!(store.told(None).unwrap(), "side b: not confirmed in time");
        let old = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
        File::options().write(true).open(&words).unwrap().set_modified(old).unwrap();
        assert_eq!(store.told(None), None);
        assert!(store.told(Some("b".to_owned())).unwrap().contains("side b"));
    }

    #[test]
    fn of_a_record_that_cannot_be_read_the_pin_and_the_floor_are_not_known() {
        let dir = tempfile::tempdir().unwrap();
        // The disk gives no file back.
        fs::create_dir(dir.path().join("update.json")).unwrap();
        assert_eq!(Store::new(dir.path()).read(), Record::lost());
        fs::remove_dir(dir.path().join("update.json")).unwrap();
        fs::write(dir.path().join("update.json"), [0xff; 64]).unwrap();
        assert_eq!(Store::new(dir.path()).read(), Record::lost());
    }

    #[test]
    fn a_record_is_replaced_as_a_whole_and_a_bad_one_kept_aside() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        assert_eq!(store.read(), Record::default());
        let record = Record { pin: Rule::Set("0.2.0".parse().unwrap()), ..Record::default() };
        store.write(&record).unwrap();
        assert_eq!(store.read(), record);
        fs::write(dir.path().join("update.json"), "{\"pin\":\"0.2.0\",\"floor\":7}").unwrap();
        assert_eq!(store.read(), Record { floor: Rule::Unread(7.into()), ..record });
        assert!(dir.path().join("update.json.unread").exists());
    }
}
