"""What ci/bench --updates measures in QEMU: installing, coming back, and how much of an update is fetched."""

import http.server
import json
import os
import re
import threading
import time
from pathlib import Path

from .base import repository
from .machine import IMAGE
from .qemu import QemuCabinet
from .unit import PATIENCE, UPDATES, Unit


class BundleServer(http.server.ThreadingHTTPServer):
    """A web server for one file that gives ranges of it and counts what it gives."""

    def __init__(self, path):
        self.path, self.sent = Path(path), 0
        super().__init__(("127.0.0.1", 0), _Ranges)
        threading.Thread(target=self.serve_forever, name="bundle-server", daemon=True).start()

    @property
    def url(self):
        """Where the guest finds it."""
        return f"http://10.0.2.2:{self.server_address[1]}/{self.path.name}"


class _Ranges(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def _answer(self, body):
        size = self.server.path.stat().st_size
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first, last = (int(wanted[1]), int(wanted[2] or size - 1)) if wanted else (0, size - 1)
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        if body:
            with open(self.server.path, "rb") as file:
                file.seek(first)
                self.wfile.write(file.read(last - first + 1))
            self.server.sent += last - first + 1

    def log_message(self, *_):
        """Nothing: the count is what is wanted."""


def fetched(unit, bundle):
    """Installs a bundle from a web server; the seconds that it took, and the bytes that were fetched."""
    server = BundleServer(bundle)
    began = time.monotonic()
    code, said = unit.machine.shell.run(f"rauc install {server.url}", 900)
    assert code == 0, said
    server.shutdown()
    return time.monotonic() - began, server.sent


def measure(say, other=None):
    """Names and numbers, in seconds and bytes. `other`: the bundle of another build, to see how much of it is fetched."""
    size = {name: (IMAGE / name).stat().st_size for name in ("rootfs.img", "joulepoint.efi")}
    size["good.raucb"] = (UPDATES / "good.raucb").stat().st_size
    found = {"root_bytes": size["rootfs.img"], "uki_bytes": size["joulepoint.efi"], "bundle_bytes": size["good.raucb"]}
    with QemuCabinet(connectors=(1,), ready_seconds=PATIENCE, say=say) as fast:
        found["boot_to_ready_fast_s"] = fast.ready_after
    with Unit(say=say) as unit:
        found["boot_to_ready_full_first_s"] = unit.ready_after
        unit.until_confirmed()
        found["adaptive_install_s"], found["adaptive_bytes"] = fetched(unit, UPDATES / "good.raucb")
        found["restart_into_update_s"] = unit.restart()
        unit.until_confirmed()
        if other:
            found["other_build_install_s"], found["other_build_adaptive_bytes"] = fetched(unit, other)
        found["install_s"] = unit.installed("panics")
        found["rollback_s"] = unit.restart()
        unit.until_confirmed()
        found["boot_to_ready_full_s"] = unit.restart()
    return {name: round(value, 1) for name, value in found.items()}


def main(arguments):
    """Prints the table and writes build/bench/updates.json."""
    found = measure(lambda text: print(text, flush=True), *arguments[:1])
    folder = Path(os.environ.get("BUILD", repository() / "build")) / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "updates.json").write_text(json.dumps(found, indent=1) + "\n")
    for name, value in found.items():
        what, unit = name.rsplit("_", 1)
        shown = f"{value / 1e6:12.1f} MB" if unit == "bytes" else f"{value:12.1f} s"
        print(f"{what.replace('_', ' '):44} {shown}")
    print(f"\nwritten to {folder / 'updates.json'}")
    return 0
