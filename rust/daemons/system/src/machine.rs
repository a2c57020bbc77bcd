//! Everything that is read.

use std::{
    fs,
    path::{Path, PathBuf},
};

use api::system::{Host, Presence, Service, Side, SystemState, Tpm};

use crate::{data, lacking, network, resources, slot};

/// The machine: a root folder, and where this daemon's data is.
#[derive(Clone, Debug)]
pub struct Machine {
    root: PathBuf,
    state_dir: PathBuf,
}

/// A program: its name here, the files of which one must be there, and a file that is there while it runs.
struct Known {
    name: &'static str,
    files: &'static [&'static str],
    runs: Option<&'static str>,
}

const KNOWN: &[Known] = &[
    // Started over D-Bus when somebody asks, so it is never told as running.
    Known { name: "rauc", files: &["usr/bin/rauc"], runs: None },
    Known {
        name: "network_manager",
        files: &["usr/sbin/NetworkManager", "usr/bin/nmcli"],
        runs: Some("run/NetworkManager/NetworkManager.pid"),
    },
    Known {
        name: "tailscale",
        files: &["usr/bin/tailscale", "usr/local/bin/tailscale"],
        runs: Some("run/tailscale/tailscaled.sock"),
    },
];

impl Machine {
    /// The machine whose files are under `root` (`/` but in tests).
    pub fn new(root: impl Into<PathBuf>, state_dir: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), state_dir: state_dir.into() }
    }

    /// What is true now.
    #[must_use]
    pub fn state(&self) -> SystemState {
        let services: Vec<Service> =
            KNOWN.iter().map(|known| Service { name: known.name.to_owned(), presence: self.presence(known) }).collect();
        let (slot, tpm, wall) = (slot::find(self), self.tpm(), shell::clock::wall());
        let mut lacking = lacking::list(&slot, &services, tpm, wall.quality);
        lacking.extend(data::lacking(&self.path("run/joulepoint")));
        SystemState {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            build: option_env!("JOULEPOINT_BUILD").filter(|build| !build.is_empty()).map(str::to_owned),
            boot_id: shell::clock::boot_id(),
            uptime_s: shell::clock::mono().millis() / 1_000,
            wall,
            host: self.host(),
            memory: self.read("proc/meminfo").and_then(|text| resources::memory(&text)),
            load_centi: self.read("proc/loadavg").and_then(|text| resources::load(&text)),
            disk: resources::disk(&self.state_dir),
            network: network::interfaces(self),
            lacking,
            services,
            tpm,
            slot,
        }
    }

    /// The side that was started.
    #[must_use]
    pub fn side(&self) -> Option<Side> {
        slot::find(self).side
    }

    /// The side that the initrd gave up, after too many starts that nobody confirmed.
    #[must_use]
    pub fn gave_up(&self) -> Option<String> {
        let slot = self.read("run/joulepoint/slot")?;
        let side = slot.lines().find_map(|line| line.strip_prefix("JOULEPOINT_FELL_FROM="))?.trim().to_owned();
        Some(side).filter(|side| !side.is_empty())
    }

    /// The version of the image as its maker wrote it down; outside an image, this program's.
    #[must_use]
    pub fn image_version(&self) -> String {
        let release = self.read("etc/os-release").unwrap_or_default();
        let field = |name: &str| {
            let value = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
            Some(value.trim_matches(['"', '\'']).to_owned()).filter(|value| !value.is_empty())
        };
        let ours = || field("VERSION_ID").filter(|_| field("ID").as_deref() == Some("joulepoint"));
        field("IMAGE_VERSION").or_else(ours).unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned())
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A small text file; `None` if there is none.
    pub(crate) fn read(&self, relative: &str) -> Option<String> {
        fs::read_to_string(self.path(relative)).ok()
    }

    fn exists(&self, relative: &str) -> bool {
        // A link that points to nothing from here, as in a made-up root, still says that something was installed.
        fs::symlink_metadata(self.path(relative)).is_ok()
    }

    fn presence(&self, known: &Known) -> Presence {
        if known.runs.is_some_and(|file| self.exists(file)) {
            Presence::Running
        } else if known.files.iter().any(|file| self.exists(file)) {
            Presence::Installed
        } else {
            Presence::Absent
        }
    }

    fn tpm(&self) -> Tpm {
        if !Path::exists(&self.path("sys/class/tpm/tpm0")) {
            return Tpm::Absent;
        }
        let version = self.read("sys/class/tpm/tpm0/tpm_version_major").and_then(|text| text.trim().parse().ok());
        Tpm::Present { version }
    }

    fn host(&self) -> Host {
        let line = |file: &str| self.read(file).map(|text| text.trim().to_owned()).unwrap_or_default();
        let os = self.read("etc/os-release").and_then(|text| {
            let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
            Some(name.trim_matches('"').to_owned())
        });
        Host { name: line("proc/sys/kernel/hostname"), kernel: line("proc/sys/kernel/osrelease"), os }
    }
}

#[cfg(test)]
pub(crate) use tests::machine as made_up;

#[cfg(test)]
mod tests {
    use super::*;

    /// A made-up machine with these files.
    pub(crate) fn machine(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Machine) {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let machine = Machine::new(folder.path(), folder.path());
        (folder, machine)
    }

    #[test]
    fn an_empty_machine_has_a_state_all_the_same() {
        let (_folder, machine) = machine(&[]);
        let state = machine.state();
        assert_eq!(state.memory, None);
        assert_eq!(state.tpm, Tpm::Absent);
        assert!(state.services.iter().all(|service| service.presence == Presence::Absent));
    }

    #[test]
    fn locked_data_is_something_that_the_unit_lacks() {
        let (_folder, machine) = machine(&[("run/joulepoint/no-data", b"tpm_absent\n")]);
        let lack = machine.state().lacking.into_iter().find(|lack| lack.feature == "data").unwrap();
        assert!(lack.reason.contains("recovery key"), "{lack:?}");
    }

    #[test]
    fn what_is_installed_and_what_runs_is_told_apart() {
        let (_folder, machine) = machine(&[
            ("usr/bin/rauc", b""),
            ("usr/sbin/NetworkManager", b""),
            ("run/NetworkManager/NetworkManager.pid", b"1"),
            ("sys/class/tpm/tpm0/tpm_version_major", b"2\n"),
            ("etc/os-release", b"ID=x\nPRETTY_NAME=\"Joulepoint 1\"\n"),
        ]);
        let state = machine.state();
        let presences: Vec<Presence> = state.services.iter().map(|service| service.presence).collect();
        assert_eq!(presences, [Presence::Installed, Presence::Running, Presence::Absent]);
        assert_eq!(state.tpm, Tpm::Present { version: Some(2) });
        assert_eq!(state.host.os.as_deref(), Some("Joulepoint 1"));
    }

    #[test]
    fn the_images_version_is_its_makers() {
        let of = |text: &str| machine(&[("etc/os-release", text.as_bytes())]).1.image_version();
        let (folder, found) = machine(&[("etc/os-release", b"ID=x\nVERSION_ID=13\nIMAGE_VERSION=\"0.2.0+gaa\"\n")]);
        assert_eq!(found.image_version(), "0.2.0+gaa");
        drop(folder);
        // Another distribution's version is not ours.
        assert_eq!(of("ID=debian\nVERSION_ID=13\n"), env!("CARGO_PKG_VERSION"));
    }
}
