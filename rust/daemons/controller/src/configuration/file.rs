//! The file that people see, and edit.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// `joulepoint.toml`.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    /// What stood there when it was last looked at.
    seen: Option<String>,
}

impl File {
    /// The file at a path; what a link points to, if it is one.
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()), seen: None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Ends what a power cut has left half done: the next text goes into its place if its version was written down, else
    /// nobody was told of it.
    pub(super) fn settle(&self, newest: Option<&str>) -> io::Result<()> {
        let next = beside(&self.path, "new");
        match fs::read_to_string(&next) {
            Ok(text) if Some(text.as_str()) == newest => self.place(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            // Not told to anybody, or half written.
            Ok(_) | Err(_) => fs::remove_file(&next),
        }
    }

    /// What stands there.
    pub(super) fn read(&mut self) -> io::Result<String> {
        let text = fs::read_to_string(&self.path)?;
        self.seen = Some(text.clone());
        Ok(text)
    }

    /// What stands there, if it is not what was seen last.
    pub(super) fn look(&mut self) -> Option<String> {
        // One that is not there just now is on its way: editors write another one and rename it.
        let text = fs::read_to_string(&self.path).ok()?;
        (self.seen.as_ref() != Some(&text)).then(|| self.seen.insert(text).clone())
    }

    /// Writes the next text beside the file, down to the disk.
    pub(super) fn prepare(&self, text: &str) -> io::Result<()> {
        let next = beside(&self.path, "new");
        let mut file = fs::File::create(&next)?;
        if let Ok(old) = fs::metadata(&self.path) {
            file.set_permissions(fs::Permissions::from_mode(old.permissions().mode()))?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    /// Puts what was prepared into the file's place.
    pub(super) fn place(&self) -> io::Result<()> {
        fs::rename(beside(&self.path, "new"), &self.path)?;
        self.path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    }

    /// What was placed is what is seen.
    pub(super) fn placed(&mut self, text: &str) {
        self.seen = Some(text.to_owned());
    }

    /// Moves what stands there out of the way, and says where to.
    pub(super) fn set_aside(&self) -> io::Result<PathBuf> {
        let aside = beside(&self.path, "refused");
        fs::rename(&self.path, &aside)?;
        Ok(aside)
    }
}

/// Another file in the same folder: `joulepoint.toml.new`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}
