//! Who may sign in: `users.json`, read again whenever it changes, so that `hmi passwd` takes effect at once.
//!
//! What a newer version has written there stays there (D16): a field that is not known, and a user whose role is not, who
//! cannot sign in here until somebody gives a role with the password.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shell::RateLimited;

use crate::{password, role::Role};

/// The user that the first start makes.
pub const FIRST_USER: &str = "admin";
/// The longest user name.
pub const MAX_NAME: usize = 64;

const FILE: &str = "users.json";
const INITIAL_PASSWORD: &str = "initial-password";

/// One user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The name.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// The password's PHC string.
    password: String,
    /// Steps when password or role change; sessions of an older one are over.
    pub version: u64,
    /// What a newer version says besides.
    #[serde(flatten)]
    newer: Map<String, Value>,
}

impl User {
    /// Whether this is the user's password. Slow by design.
    pub fn verify(&self, password: &str) -> bool {
        password::verify(password, &self.password)
    }
}

/// One entry of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Entry {
    /// A user.
    Known(User),
    /// Whatever a newer version knows here.
    Newer(Value),
}

impl Entry {
    const fn known(&self) -> Option<&User> {
        match self {
            Self::Known(user) => Some(user),
            Self::Newer(_) => None,
        }
    }

    fn is_named(&self, name: &str) -> bool {
        match self {
            Self::Known(user) => user.name == name,
            Self::Newer(entry) => entry.get("name").and_then(Value::as_str) == Some(name),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct File {
    users: Vec<Entry>,
    #[serde(flatten)]
    newer: Map<String, Value>,
}

/// Why the users cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{path}: not a list of users: {source}")]
    Format {
        /// Which file.
        path: PathBuf,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// The password cannot be used.
    #[error(transparent)]
    Password(#[from] password::Error),
    /// The name cannot be used.
    #[error("user: {found:?}, expected 1 to {MAX_NAME} of a-z A-Z 0-9 . _ - @")]
    Name {
        /// What was given.
        found: String,
    },
    /// A newer version gave the user a role that is not known here.
    #[error("role of user {name}: {found} is a newer version's; expected viewer, operator, service or oem: give one")]
    Role {
        /// Whose.
        name: String,
        /// What the file says.
        found: Value,
    },
}

/// The users.
#[derive(Debug)]
pub struct Users {
    dir: PathBuf,
    cached: Mutex<(Option<Stamp>, Arc<File>)>,
    unreadable: RateLimited,
}

/// Tells one version of a file from the next.
type Stamp = (u64, i64, i64, u64);

/// What opening found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// There were users.
    Existing,
    /// There was nobody; the first user's password is in this file.
    First(PathBuf),
}

impl Users {
    /// Opens the users in `dir`; makes [`FIRST_USER`] with a random password if there is no file.
    pub fn open(dir: &Path) -> Result<(Self, Opened), Error> {
        let users = Self {
            dir: dir.to_owned(),
            cached: Mutex::new((None, Arc::new(File::default()))),
            unreadable: RateLimited::default(),
        };
        if users.path().exists() {
            users.reload()?;
            return Ok((users, Opened::Existing));
        }
        let password = password::generate()?;
        let path = dir.join(INITIAL_PASSWORD);
        // The password first: a user whose password nobody can know would lock everybody out.
        write_private(&path, format!("{password}\n").as_bytes())?;
        users.store(FIRST_USER, &password, Some(Role::Oem))?;
        users.reload()?;
        Ok((users, Opened::First(path)))
    }

    /// The user of that name, as the file has it now. If the file cannot be read, as it was when it could.
    pub fn get(&self, name: &str) -> Option<User> {
        let file = match self.reload() {
            Ok(file) => file,
            Err(error) => {
                if let Some(times) = self.unreadable.hit() {
                    tracing::warn!(%error, times, "the users cannot be read again; the last known ones stay");
                }
                self.cached.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
            }
        };
        file.users.iter().filter_map(Entry::known).find(|user| user.name == name).cloned()
    }

    /// Sets a password, and the role if one is given; makes the user if there is none.
    pub fn set_password(&self, name: &str, password: &str, role: Option<Role>) -> Result<(), Error> {
        self.store(name, password, role)?;
        if name == FIRST_USER {
            let path = self.dir.join(INITIAL_PASSWORD);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(Error::Io { path, source }),
                _ => {}
            }
        }
        Ok(())
    }

    fn store(&self, name: &str, password: &str, role: Option<Role>) -> Result<(), Error> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(fits) {
            return Err(Error::Name { found: name.to_owned() });
        }
        let phc = password::hash(password)?;
        let mut file = if self.path().exists() { (*self.reload()?).clone() } else { File::default() };
        match file.users.iter_mut().find(|entry| entry.is_named(name)) {
            Some(Entry::Known(user)) => {
                user.password = phc;
                user.role = role.unwrap_or(user.role);
                user.version += 1;
            }
            Some(Entry::Newer(entry)) => revise(entry, name, phc, role)?,
            None => {
                let role = role.unwrap_or(Role::Viewer);
                let (name, newer) = (name.to_owned(), Map::new());
                file.users.push(Entry::Known(User { name, role, password: phc, version: 1, newer }));
            }
        }
        let text = serde_json::to_vec_pretty(&file).map_err(|source| Error::Format { path: self.path(), source })?;
        write_private(&self.path(), &text)
    }

    fn reload(&self) -> Result<Arc<File>, Error> {
        let path = self.path();
        let io = |source| Error::Io { path: path.clone(), source };
        let meta = fs::metadata(&path).map_err(io)?;
        let stamp = (meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.len());
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.0 != Some(stamp) {
            let text = fs::read(&path).map_err(io)?;
            let file: File =
                serde_json::from_slice(&text).map_err(|source| Error::Format { path: path.clone(), source })?;
            let strange = file.users.iter().filter(|entry| entry.known().is_none()).count();
            if strange > 0 {
                tracing::warn!(strange, "users that cannot be read stay in the file, and cannot sign in");
            }
            *cached = (Some(stamp), Arc::new(file));
        }
        Ok(cached.1.clone())
    }

    fn path(&self) -> PathBuf {
        self.dir.join(FILE)
    }
}

/// Makes a newer version's entry one that is known here, too; the rest of it stays.
fn revise(entry: &mut Value, name: &str, phc: String, role: Option<Role>) -> Result<(), Error> {
    let had = entry.get("role").cloned().unwrap_or_default();
    let Some(role) = role.or_else(|| Role::deserialize(&had).ok()) else {
        return Err(Error::Role { name: name.to_owned(), found: had });
    };
    let version = entry.get("version").and_then(Value::as_u64).unwrap_or(0).saturating_add(1);
    if let Value::Object(fields) = entry {
        fields.insert("role".to_owned(), serde_json::json!(role));
        fields.insert("password".to_owned(), phc.into());
        fields.insert("version".to_owned(), version.into());
    }
    Ok(())
}

/// Writes a file that only its owner can read, whole or not at all.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<(), Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let part = path.with_extension("part");
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part).map_err(io)?;
    file.write_all(content).map_err(io)?;
    let dir = fs::File::open(path.parent().unwrap_or(Path::new("."))).map_err(io)?;
    let (owner, ours) = (dir.metadata().map_err(io)?, file.metadata().map_err(io)?);
    if (owner.uid(), owner.gid()) != (ours.uid(), ours.gid()) {
        // `hmi passwd` run by root: the daemon, which owns the folder, must be able to read it.
        fchown(&file, Some(owner.uid()), Some(owner.gid())).map_err(io)?;
    }
    file.sync_all().map_err(io)?;
    fs::rename(&part, path).map_err(io)?;
    dir.sync_all().map_err(io)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_start_makes_an_admin() {
        let dir = tempfile::tempdir().unwrap();
        let (users, opened) = Users::open(dir.path()).unwrap();
        let Opened::First(path) = opened else { panic!("nobody was there") };
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(dir.path().join(FILE)).unwrap().mode() & 0o777, 0o600);
        let password = fs::read_to_string(&path).unwrap();
        let admin = users.get("admin").unwrap();
        assert_eq!(admin.role, Role::Oem);
        assert!(admin.verify(password.trim()));
        assert_eq!(Users::open(dir.path()).unwrap().1, Opened::Existing);
    }

    #[test]
    fn another_process_changes_a_password() {
        let dir = tempfile::tempdir().unwrap();
        let (daemon, _) = Users::open(dir.path()).unwrap();
        let before = daemon.get("admin").unwrap();
        let (tool, _) = Users::open(dir.path()).unwrap();
        tool.set_password("admin", "a new password", None).unwrap();
        tool.set_password("eva", "another password", Some(Role::Operator)).unwrap();
        let after = daemon.get("admin").unwrap();
        assert!(after.verify("a new password"));
        assert!(after.version > before.version);
        assert_eq!(after.role, Role::Oem, "the role stays");
        assert_eq!(daemon.get("eva").unwrap().role, Role::Operator);
        assert!(!dir.path().join(INITIAL_PASSWORD).exists(), "nobody needs it any more");
    }

    #[test]
    fn what_root_writes_belongs_to_the_folders_owner() {
        let dir = tempfile::tempdir().unwrap();
        if std::os::unix::fs::chown(dir.path(), Some(4321), Some(4322)).is_err() {
            return; // Only root can give a folder away, and only root needs this.
        }
        let (users, _) = Users::open(dir.path()).unwrap();
        users.set_password("admin", "a new password", None).unwrap();
        let meta = fs::metadata(dir.path().join(FILE)).unwrap();
        assert_eq!((meta.uid(), meta.gid(), meta.mode() & 0o777), (4321, 4322, 0o600));
    }

    #[test]
    fn a_damaged_file_keeps_the_known_users_and_refuses_a_start() {
        let dir = tempfile::tempdir().unwrap();
        let (users, _) = Users::open(dir.path()).unwrap();
        fs::write(dir.path().join(FILE), "{ not json").unwrap();
        assert!(users.get("admin").is_some());
        assert!(matches!(Users::open(dir.path()), Err(Error::Format { .. })));
    }

    #[test]
    fn what_a_newer_version_wrote_keeps_nobody_out_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (users, _) = Users::open(dir.path()).unwrap();
        users.set_password("eva", "long enough", None).unwrap();
        let path = dir.path().join(FILE);
        let mut file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        file["two_factor"] = "required".into();
        file["users"][0]["language"] = "fi".into();
        file["users"][1]["role"] = "auditor".into();
        fs::write(&path, file.to_string()).unwrap();
        let (users, opened) = Users::open(dir.path()).unwrap();
        assert_eq!((opened, users.get("admin").unwrap().role), (Opened::Existing, Role::Oem));
        assert!(users.get("eva").is_none(), "what an auditor may do is not known here");
        users.set_password("admin", "a new password", None).unwrap();
        let after: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(after["users"][0]["language"], "fi");
        assert_eq!((&after["users"][1], &after["two_factor"]), (&file["users"][1], &file["two_factor"]));
    }

    #[test]
    fn a_password_alone_takes_nothing_from_a_user_that_a_newer_version_made() {
        let dir = tempfile::tempdir().unwrap();
        let (users, _) = Users::open(dir.path()).unwrap();
        let path = dir.path().join(FILE);
        let mut file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let eva = serde_json::json!({
            "name": "eva", "role": "auditor", "password": "$newer$", "version": 7, "language": "fi",
        });
        file["users"].as_array_mut().unwrap().push(eva);
        fs::write(&path, file.to_string()).unwrap();
        let before = fs::read(&path).unwrap();
        let refused = users.set_password("eva", "long enough", None).unwrap_err().to_string();
        let expected =
            "role of user eva: \"auditor\" is a newer version's; expected viewer, operator, service or oem: give one";
        assert_eq!(refused, expected);
        assert_eq!(fs::read(&path).unwrap(), before);
        // With a role it is said what she may do here; what else the newer version knows of her stays.
        users.set_password("eva", "long enough", Some(Role::Service)).unwrap();
        let eva = users.get("eva").unwrap();
        assert!(eva.verify("long enough"));
        assert_eq!((eva.role, eva.version, &eva.newer["language"]), (Role::Service, 8, &"fi".into()));
        // A role that is known is her own, whatever else is not.
        let mut file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        file["users"][1]["password"] = serde_json::json!({ "passkey": "abc" });
        fs::write(&path, file.to_string()).unwrap();
        assert!(users.get("eva").is_none());
        users.set_password("eva", "another password", None).unwrap();
        let eva = users.get("eva").unwrap();
        assert!(eva.verify("another password"));
        assert_eq!((eva.role, eva.version, &eva.newer["language"]), (Role::Service, 9, &"fi".into()));
    }

    #[test]
    fn names_are_checked() {
        let dir = tempfile::tempdir().unwrap();
        let (users, _) = Users::open(dir.path()).unwrap();
        for name in ["", "a b", "../x", &"x".repeat(65)] {
            assert!(matches!(users.set_password(name, "long enough", None), Err(Error::Name { .. })), "{name}");
        }
    }
}
