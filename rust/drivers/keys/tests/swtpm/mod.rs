//! The TPM, simulated by a real swtpm; used by the tests of every crate that needs one.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test uses its part")]

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
};

use keys::TpmAddress;

/// A TPM, simulated in a process of its own that ends with it.
#[derive(Debug)]
pub struct Tpm {
    state: PathBuf,
    port: u16,
}

impl Tpm {
    pub fn start(state: &Path) -> Self {
        fs::create_dir_all(state).unwrap();
        // The control port is the one after: both must be free.
        for _ in 0..50 {
            let first = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = first.local_addr().unwrap().port();
            if TcpListener::bind(("127.0.0.1", port.saturating_add(1))).is_err() {
                continue;
            }
            drop(first);
            // With `--daemon` it comes back when its ports are open.
            let started = Command::new("swtpm")
                .args(["socket", "--tpm2", "--daemon", "--flags", "not-need-init,startup-clear", "--tpmstate"])
                .arg(format!("dir={}", state.display()))
                .args(["--server", &format!("type=tcp,port={port},bindaddr=127.0.0.1")])
                .args(["--ctrl", &format!("type=tcp,port={},bindaddr=127.0.0.1", port + 1)])
                .args(["--pid", &format!("file={}", state.join("pid").display())])
                .status()
                .expect("swtpm is there: ci/setup installs it");
            if started.success() {
                return Self { state: state.to_owned(), port };
            }
        }
        panic!("swtpm does not start");
    }

    /// How it is reached, as a command line says it.
    pub fn text(&self) -> String {
        format!("swtpm:host=127.0.0.1,port={}", self.port)
    }

    pub fn address(&self) -> TpmAddress {
        self.text().parse().unwrap()
    }
}

impl Drop for Tpm {
    fn drop(&mut self) {
        if let Ok(pid) = fs::read_to_string(self.state.join("pid")) {
            let _ = Command::new("kill").arg(pid.trim()).status();
            // Its state is whole when it is gone.
            for _ in 0..500 {
                if !Path::new("/proc").join(pid.trim()).exists() {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        }
    }
}
