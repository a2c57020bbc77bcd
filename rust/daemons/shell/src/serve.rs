//! Serving HTTP on a Unix socket to callers that are known.

use std::{
    future::Future,
    io,
    os::{
        fd::{FromRawFd as _, OwnedFd},
        unix::fs::PermissionsExt as _,
    },
    path::Path,
};

use axum::{Router, extract::connect_info::Connected, serve::IncomingStream};
use nix::unistd::{Uid, User};
use tokio::net::{UnixListener, UnixStream};

/// The largest request body that a route takes unless it says otherwise.
pub const MAX_BODY: usize = 1024 * 1024;

/// Who is at the other end of the socket, by `SO_PEERCRED`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The numeric user.
    pub uid: u32,
    /// The process, if the kernel says.
    pub pid: Option<i32>,
    /// The user's name, or the number where it has none.
    pub user: String,
}

impl Peer {
    /// Whether this is `user`, or root, who may do everything.
    pub fn is(&self, user: &str) -> bool {
        self.uid == 0 || self.user == user
    }

    fn of(stream: &UnixStream) -> Self {
        match stream.peer_cred() {
            Ok(cred) => {
                let uid = cred.uid();
                let name = User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name);
                Self { uid, pid: cred.pid(), user: name.unwrap_or_else(|| uid.to_string()) }
            }
            // Not root, and no user that any route knows.
            Err(_) => Self { uid: u32::MAX, pid: None, user: "unknown".to_owned() },
        }
    }
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        Self::of(stream.io())
    }
}

/// The daemon's socket `DIR/NAME`: the one that systemd handed over, else one bound here, for owner and group only.
pub fn listen(dir: &Path, name: &str) -> io::Result<UnixListener> {
    if let Some(listener) = handed_over(name)? {
        return UnixListener::from_std(listener);
    }
    std::fs::create_dir_all(dir)?;
    let path = dir.join(name);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

/// The listening socket among the descriptors of socket activation whose path ends in `name`.
fn handed_over(name: &str) -> io::Result<Option<std::os::unix::net::UnixListener>> {
    let fds = sd_notify::listen_fds()?;
    for fd in fds {
        // SAFETY-relevant ownership: systemd gives each descriptor to this process once, and it is taken once, here.
        let listener = adopt(fd);
        let matches = listener.local_addr().ok().and_then(|a| a.as_pathname().map(|p| p.ends_with(name)));
        if matches == Some(true) {
            listener.set_nonblocking(true)?;
            return Ok(Some(listener));
        }
        std::mem::forget(listener);
    }
    Ok(None)
}

#[expect(unsafe_code, reason = "a descriptor that systemd passed by number has no safe owner until it is given one")]
fn adopt(fd: i32) -> std::os::unix::net::UnixListener {
    // SAFETY: `sd_listen_fds` names descriptors that are open and that nobody else in this process owns.
    std::os::unix::net::UnixListener::from(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Serves until `until` resolves; running requests are then given up to a second.
pub async fn serve(router: Router, listener: UnixListener, until: impl Future<Output = ()> + Send + 'static) {
    let router = router.layer(axum::extract::DefaultBodyLimit::max(MAX_BODY));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, router.into_make_service_with_connect_info::<Peer>()).with_graceful_shutdown(
        async move {
            until.await;
            let _ = stop.send(());
        },
    );
    tokio::select! {
        result = server => if let Err(error) = result { tracing::error!(%error, "the socket is no longer served") },
        // Streams and held requests would keep a graceful server for ever.
        () = async { let _ = stopped.await; tokio::time::sleep(std::time::Duration::from_secs(1)).await } => {}
    }
}
