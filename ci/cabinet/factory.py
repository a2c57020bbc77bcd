"""A factory's station: makes units of the bench image, each a folder with a disk and a TPM, which a Machine then starts."""

import contextlib
import os
import socket
import subprocess

from .base import CabinetError, binaries, free_port, repository, wait_until
from .machine import IMAGE
from .process import Process

# Larger than the image, as a real disk is.
DISK = 3300 << 20
PIECE = 4 << 20


def free_pair():
    """A TCP port that is free together with the next one: the simulated TPM's, and its control's."""
    while True:
        port = free_port()
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port + 1))
            return port


class Station:
    """`jp-factory` with a CA of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.run("new-station", folder / "station")

    def run(self, *arguments, seconds=900):
        """What `jp-factory` says; a CabinetError if it failed."""
        argv = [binaries() / "jp-factory", *map(str, arguments)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=seconds, env={**os.environ, "TSS2_LOG": "all+NONE"})
        self.said = done.stdout + done.stderr
        if done.returncode:
            raise CabinetError(self.said)
        return self.said

    def unit(self, serial):
        """The folder of a unit: its disk, its TPM, and whatever a Machine puts there."""
        return self.folder / serial

    @contextlib.contextmanager
    def tpm(self, serial):
        """The address of a unit's TPM, while the unit itself is off."""
        folder = self.unit(serial)
        (folder / "tpm").mkdir(parents=True, exist_ok=True)
        port = free_pair()
        argv = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder / 'tpm'}", "--flags", "not-need-init,startup-clear"]
        argv += ["--server", f"type=tcp,port={port},bindaddr=127.0.0.1"]
        argv += ["--ctrl", f"type=tcp,port={port + 1},bindaddr=127.0.0.1", "--pid", f"file={folder / 'swtpm.pid'}"]
        swtpm = Process("swtpm", argv, folder / "factory-swtpm.log").start()
        try:
            # The file is written when both ports are open.
            wait_until("swtpm", (folder / "swtpm.pid").exists, 20, 0.02)
            yield f"swtpm:host=127.0.0.1,port={port}"
        finally:
            swtpm.stop()
            (folder / "swtpm.pid").unlink(missing_ok=True)

    def _at(self, serial, address):
        rules = repository() / "tpm/keys.toml"
        return ["--serial", serial, "--station", self.folder / "station", "--tpm", address, "--rules", rules]

    def make(self, serial, used=False):
        """Makes a unit; what was said, which ends in PASS. A used disk has no zero anywhere."""
        folder = self.unit(serial)
        folder.mkdir()
        with open(folder / "disk.img", "wb") as disk:
            for _ in range(DISK // PIECE if used else 0):
                disk.write(b"\xff" * PIECE)
            disk.truncate(DISK)
        version = (IMAGE / "version").read_text().strip()
        with self.tpm(serial) as address:
            return self.run("make", *self._at(serial, address), "--image", IMAGE / "disk.img", "--image-version", version,
                             "--disk", folder / "disk.img")

    def verify(self, serial, of=None):
        """Checks that a TPM (of another unit, if said so) is this unit's; an error says what is wrong."""
        with self.tpm(of or serial) as address:
            return self.run("verify", *self._at(serial, address))

    def units(self):
        """The station's list: a dictionary a unit."""
        head, *lines = (self.folder / "station/units.csv").read_text().splitlines()
        return [dict(zip(head.split(","), line.split(","), strict=True)) for line in lines]
