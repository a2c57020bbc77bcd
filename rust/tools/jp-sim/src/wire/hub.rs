//! The virtual CAN: a Unix socket of packets that everybody on the bus connects to.

use std::{
    fs, io,
    io::Read,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc::SyncSender},
    thread,
};

use nix::sys::socket::MsgFlags;
use socket2::{Domain, SockAddr, Socket, Type};

use super::{Incoming, can::CanFrame};

/// The most participants besides us.
const MOST: usize = 16;

type Clients = Arc<Mutex<Vec<Arc<Socket>>>>;

#[derive(Debug)]
pub(super) struct Hub {
    clients: Clients,
    path: PathBuf,
}

impl Hub {
    pub(super) fn listen(path: &Path, into: SyncSender<Incoming>) -> io::Result<Self> {
        let _ = fs::remove_file(path);
        let listener = Socket::new(Domain::UNIX, Type::SEQPACKET, None)?;
        listener.bind(&SockAddr::unix(path)?)?;
        listener.listen(8)?;
        let clients = Clients::default();
        let hub = Self { clients: Arc::clone(&clients), path: path.to_owned() };
        thread::Builder::new().name("can-hub".into()).spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let client = Arc::new(client);
                let mut known = clients.lock().unwrap_or_else(PoisonError::into_inner);
                if known.len() >= MOST {
                    continue;
                }
                known.push(Arc::clone(&client));
                drop(known);
                let (clients, into) = (Arc::clone(&clients), into.clone());
                // A thread that cannot be had means one deaf participant, not the end of the bus.
                let _ = thread::Builder::new().name("can-client".into()).spawn(move || read(&client, &clients, &into));
            }
        })?;
        Ok(hub)
    }

    /// To everybody; who does not keep up loses it.
    pub(super) fn send(&self, packet: &[u8]) {
        send(&self.clients, packet, None);
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn read(client: &Arc<Socket>, clients: &Clients, into: &SyncSender<Incoming>) {
    let mut packet = [0; 64];
    while let Ok(length @ 1..) = (&**client).read(&mut packet) {
        let packet = packet.get(..length).unwrap_or_default();
        // A bus: what one says the others hear too, and before anybody's answer to it.
        send(clients, packet, Some(client));
        let _ = into.try_send(CanFrame::from_linux(packet).map_or(Incoming::NoFrame, Incoming::Frame));
    }
    clients.lock().unwrap_or_else(PoisonError::into_inner).retain(|known| !Arc::ptr_eq(known, client));
}

fn send(clients: &Clients, packet: &[u8], except: Option<&Arc<Socket>>) {
    let flags = (MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL).bits();
    let known = clients.lock().unwrap_or_else(PoisonError::into_inner);
    for client in known.iter().filter(|client| !except.is_some_and(|except| Arc::ptr_eq(client, except))) {
        let _ = client.send_with_flags(packet, flags);
    }
}
