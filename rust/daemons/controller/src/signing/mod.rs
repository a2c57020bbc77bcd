//! Signing: a thread beside the store's, so that neither a charge nor a commit waits for a TPM.
//!
//! Whatever session has ended stands on the store's list until this thread has signed it, or found that it never can be.
//! What fails for now (no TPM, a full disk) is tried again, also by the next controller.

#[cfg(test)]
mod tests;
mod words;

use std::{cell::RefCell, path::PathBuf, sync::Arc, thread, time::Duration};

use api::{
    receipt::Signer,
    session::{Session, Stamp},
};
use config::{Config, OcmfSigning};
use keys::{Kind, MeteringKey, Place};
use receipt::{KeyKind, PublicKey, Signature};
use shell::clock;
use tokio::{runtime::Runtime, sync::watch};
use units::SessionId;

use crate::store::{self, Reader, ReceiptRow, Signed, Store, Verdict};

/// How long until what failed is tried again.
const RETRY: Duration = Duration::from_secs(10);
/// The list is looked at this often even when nothing seems to have happened.
const PATIENCE: Duration = Duration::from_mins(1);
/// Sessions taken from the list at once.
const BATCH: u32 = 64;

/// Where the TPM is, as the command line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tpm {
    /// Where the kernel's is, if there is one.
    #[default]
    Auto,
    /// There is none.
    None,
    /// There.
    At(keys::TpmAddress),
}

impl std::str::FromStr for Tpm {
    type Err = keys::Error;

    fn from_str(text: &str) -> Result<Self, keys::Error> {
        match text {
            "auto" => Ok(Self::Auto),
            "none" => Ok(Self::None),
            address => address.parse().map(Self::At),
        }
    }
}

impl Tpm {
    /// The key's place under the state directory.
    pub(crate) fn place(self, state_dir: &std::path::Path) -> Place {
        let kernels = || std::path::Path::new("/dev/tpmrm0").exists().then(|| "device:/dev/tpmrm0".parse().ok());
        let tpm = match self {
            Self::Auto => kernels().flatten(),
            Self::None => None,
            Self::At(address) => Some(address),
        };
        // What systemd hands over, where it does (D20).
        let credential = std::env::var_os("CREDENTIALS_DIRECTORY").map(|dir| PathBuf::from(dir).join("metering-key"));
        Place { folder: state_dir.join("keys"), tpm, secret: credential.filter(|path| path.exists()) }
    }
}

/// How the signing goes, for those who ask.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// The key in use.
    pub(crate) key: Option<KeyInUse>,
    /// Why sessions wait, if they do.
    pub(crate) problem: Option<String>,
}

/// The key in use.
#[derive(Clone, Debug)]
pub(crate) struct KeyInUse {
    pub(crate) name: String,
    pub(crate) kind: Signer,
    pub(crate) public_key: String,
    pub(crate) since: Stamp,
}

/// What the thread works with.
pub(crate) struct Signing {
    pub(crate) place: Place,
    pub(crate) reader: Reader,
    pub(crate) store: Store,
    pub(crate) in_force: watch::Receiver<Arc<Config>>,
    pub(crate) shown: watch::Sender<State>,
}

/// Why a round did not finish; all of it is tried again.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{0}")]
    Key(#[from] keys::Error),
    #[error("{0}")]
    Receipt(#[from] receipt::Error),
    #[error("{0}")]
    Store(#[from] store::Error),
}

/// A key, open.
struct Open {
    key: RefCell<MeteringKey>,
    kind: KeyKind,
    public: PublicKey,
    shown: KeyInUse,
}

impl Signing {
    /// Starts the thread; it ends with the store's. It keeps the runtime: one that is shut down while somebody waits on it
    /// would have a process that ends as it was told end by a panic.
    pub(crate) fn start(mut self, runtime: Arc<Runtime>) -> std::io::Result<()> {
        let mut newest = self.store.newest();
        thread::Builder::new().name("signing".to_owned()).spawn(move || {
            let mut key = None;
            loop {
                newest.mark_unchanged();
                if let Err(error) = self.round(&mut key) {
                    // Opened anew at the next try: a TPM that was reset knows nothing of its sessions.
                    key = None;
                    self.failed(&error);
                    thread::sleep(RETRY);
                    continue;
                }
                let woken = runtime.block_on(async { tokio::time::timeout(PATIENCE, newest.changed()).await });
                if matches!(woken, Ok(Err(_))) {
                    return;
                }
            }
        })?;
        Ok(())
    }

    fn failed(&self, error: &Error) {
        let why = error.to_string();
        let news = self.shown.send_if_modified(|state| {
            let news = state.problem.as_ref() != Some(&why);
            *state = State { key: None, problem: Some(why) };
            news
        });
        if news {
            tracing::error!(%error, "sessions are not signed; it is tried again");
        }
    }

    /// Signs all that is due.
    fn round(&mut self, open: &mut Option<Open>) -> Result<(), Error> {
        let signing = self.in_force.borrow_and_update().ocmf.signing;
        if signing == OcmfSigning::Off {
            *open = None;
            self.shown.send_replace(State::default());
        } else if open.is_none() {
            let opened = Open::at(&self.place)?;
            let KeyInUse { name, .. } = &opened.shown;
            tracing::info!(key = name, kind = ?opened.kind, "sessions are signed with this key");
            if let Some(before) = self.reader.keys()?.first().filter(|before| before.name != *name) {
                tracing::warn!(before = before.name, was = ?before.kind, now = name, "another key signs from here on");
            }
            self.shown.send_replace(State { key: Some(opened.shown.clone()), problem: None });
            *open = Some(opened);
        }
        loop {
            let mut settled = 0;
            for id in self.reader.unsigned(BATCH)? {
                match self.settle(open.as_ref(), &id) {
                    Ok(()) => settled += 1,
                    // One that cannot be read does not keep the others waiting.
                    Err(Error::Store(error @ store::Error::Row(_))) => {
                        tracing::error!(session = id.as_str(), %error, "a session is not signed");
                    }
                    Err(error) => return Err(error),
                }
            }
            if settled == 0 {
                return Ok(());
            }
        }
    }

    /// Signs one session, or writes down why not.
    fn settle(&self, open: Option<&Open>, id: &SessionId) -> Result<(), Error> {
        let verdict = match (self.reader.session(id)?, self.reader.receipt(id)?) {
            (Some(session), Signed::NotYet) => match open {
                Some(open) => self.sign(open, &session)?,
                None => Verdict::Refused("signing is off in the configuration".to_owned()),
            },
            (None, _) | (_, Signed::Yes(_) | Signed::Never(_)) => Verdict::Nothing,
        };
        if let Verdict::Refused(why) = &verdict {
            tracing::warn!(session = id.as_str(), why, "a session is not signed");
        }
        Ok(self.store.receipt(ReceiptRow { session: id.clone(), at: now(), verdict })?)
    }

    fn sign(&self, open: &Open, session: &Session) -> Result<Verdict, Error> {
        let charge = match words::charge(session) {
            Ok(charge) => charge,
            Err(why) => return Ok(Verdict::Refused(why)),
        };
        let page = self.reader.records_of(&open.shown.name)? + 1;
        let signed = receipt::sign(&charge, page, open.kind, &open.public, |digest| {
            let signature = open.key.borrow_mut().sign(digest).map_err(|error| error.to_string())?;
            Ok(Signature { r: signature.r, s: signature.s })
        });
        let KeyInUse { name, kind, public_key, .. } = open.shown.clone();
        match signed {
            Ok(record) => {
                Ok(Verdict::Signed { connector: session.connector, key: name, kind, public_key, page, record })
            }
            // The key may sign the next time; what the record says does not change.
            Err(error @ (receipt::Error::Signer(_) | receipt::Error::Key)) => Err(error.into()),
            Err(error) => Ok(Verdict::Refused(error.to_string())),
        }
    }
}

impl Open {
    fn at(place: &Place) -> Result<Self, Error> {
        let key = MeteringKey::open(place)?;
        let public = PublicKey::new(&key.point())?;
        let (kind, signer) = match key.kind() {
            Kind::Tpm => (KeyKind::Tpm, Signer::Tpm),
            Kind::Software => (KeyKind::Software, Signer::Software),
        };
        let shown = KeyInUse { name: public.name(), kind: signer, public_key: public.hex(), since: now() };
        Ok(Self { key: RefCell::new(key), kind, public, shown })
    }
}

/// Now, on both clocks.
fn now() -> Stamp {
    Stamp { boot: clock::boot_id(), mono: clock::mono(), wall: clock::wall() }
}
