//! The socket itself: one thread a client, every command handed to the one thread that owns the world.

use std::{
    fs, io,
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use serde_json::Value;

use super::{Command, Refusal};

/// The most clients at once, the longest line, and how many events may wait for a slow listener.
const MOST_CLIENTS: usize = 32;
const LONGEST_LINE: u64 = 64 * 1_024;
const EVENTS: usize = 1_024;

/// A command and where its answer goes.
#[derive(Debug)]
pub struct Request {
    /// What is asked.
    pub command: Command,
    /// For the answer.
    pub answer: SyncSender<Value>,
    /// For events from now on; a listener that has gone or does not keep up is dropped.
    pub events: Option<SyncSender<Value>>,
}

/// Listens until it is dropped.
#[derive(Debug)]
pub struct Server {
    path: PathBuf,
}

impl Server {
    /// Listens at `path`.
    pub fn listen(path: &Path, into: SyncSender<Request>) -> io::Result<Self> {
        let _ = fs::remove_file(path);
        let listener = UnixListener::bind(path)?;
        let clients = Arc::new(AtomicUsize::new(0));
        thread::Builder::new().name("control".into()).spawn(move || {
            for client in listener.incoming().flatten() {
                if clients.fetch_add(1, Ordering::Relaxed) >= MOST_CLIENTS {
                    clients.fetch_sub(1, Ordering::Relaxed);
                    continue;
                }
                let (clients, into) = (Arc::clone(&clients), into.clone());
                // If no thread is to be had the client sees its connection closed.
                let _ = thread::Builder::new().name("control-client".into()).spawn(move || {
                    // An end of the connection is the only error, and there is nobody left to tell.
                    let _ = serve(&client, &into);
                    clients.fetch_sub(1, Ordering::Relaxed);
                });
            }
        })?;
        Ok(Self { path: path.to_owned() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn serve(client: &UnixStream, into: &SyncSender<Request>) -> io::Result<()> {
    let mut reader = BufReader::new(client);
    let mut line = String::new();
    loop {
        line.clear();
        if (&mut reader).take(LONGEST_LINE).read_line(&mut line)? == 0 {
            return Ok(());
        }
        if !line.ends_with('\n') {
            // The rest of it is not kept, only passed over.
            reader.skip_until(b'\n')?;
            let length = Refusal::state("line_too_long", format!("expected a line of at most {LONGEST_LINE} bytes"));
            write(client, &length.to_json())?;
            continue;
        }
        if line.trim().is_empty() {
            continue;
        }
        let command = match Command::from_line(&line) {
            Ok(command) => command,
            Err(refusal) => {
                write(client, &refusal.to_json())?;
                continue;
            }
        };
        let (answer, answered) = sync_channel(1);
        let (events, happening) = match command {
            Command::Subscribe => {
                let (events, happening) = sync_channel(EVENTS);
                (Some(events), Some(happening))
            }
            _ => (None, None),
        };
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        into.send(Request { command, answer, events }).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        write(client, &answered.recv().map_err(gone)?)?;
        if let Some(happening) = happening {
            return stream(client, &happening);
        }
    }
}

/// A subscriber only listens from here on.
fn stream(client: &UnixStream, happening: &Receiver<Value>) -> io::Result<()> {
    for event in happening {
        write(client, &event)?;
    }
    Ok(())
}

fn write(mut client: &UnixStream, value: &Value) -> io::Result<()> {
    let mut line = value.to_string();
    line.push('\n');
    client.write_all(line.as_bytes())
}
