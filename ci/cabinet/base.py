"""What a native cabinet and one in QEMU have in common: the outside world, and where things stand."""

import json
import os
import shutil
import socket
import tempfile
import threading
import time
from pathlib import Path

from . import config
from .process import Process, tail


class CabinetError(Exception):
    """The cabinet did not do what was expected; the message says where to look."""


def repository():
    """The top folder of the checkout."""
    return Path(__file__).resolve().parents[2]


def binaries():
    """Where the compiled daemons and tools are (`JOULEPOINT_BIN` overrides)."""
    return Path(os.environ.get("JOULEPOINT_BIN", repository() / "rust/target/ci"))


def free_port():
    """A TCP port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, probe, seconds, every=0.05):
    """The first true value of `probe()`; it may raise for as long as things come up."""
    deadline, last = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        try:
            if value := probe():
                return value
        except (OSError, ValueError, KeyError, LookupError, CabinetError) as error:
            last = error
        time.sleep(every)
    raise TimeoutError(f"{what}: not within {seconds} s" + (f" (last: {last})" if last else ""))


class Sim:
    """jp-sim, by its control socket: one JSON object a line, one answer for each."""

    def __init__(self, argv, log, control):
        self.process = Process("jp-sim", argv, log)
        self.control, self._lock, self._socket = control, threading.Lock(), None

    def start(self, seconds=10):
        """Starts it and connects to its control socket."""
        self.process.start()

        def dial():
            if not self.process.running():
                raise SystemExit(f"jp-sim ended\n{tail(self.process.log)}")
            link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                link.connect(str(self.control))
            except OSError:
                link.close()
                raise
            return link

        self._socket = wait_until("control socket of jp-sim", dial, seconds, 0.02)
        self._lines = self._socket.makefile("r")
        return self

    def command(self, command, connector=None, timeout=30.0, **rest):
        """Gives a command and returns the answer; an answer that says no is a CabinetError."""
        message = {"command": command, **({} if connector is None else {"connector": connector}), **rest}
        with self._lock:
            self._socket.settimeout(timeout)
            self._socket.sendall((json.dumps(message) + "\n").encode())
            line = self._lines.readline()
        if not line:
            raise CabinetError(f"jp-sim closed its control socket at {message}\n{tail(self.process.log)}")
        answer = json.loads(line)
        if answer.get("ok") is False:
            raise CabinetError(f"jp-sim refused {message}: {answer['error']['message']}")
        return answer

    def connector(self, connector):
        """What is true at a connector just now: pilot, meter, the car, …"""
        status = self.command("status")
        seats = status.get("status", status)["connectors"]
        return next(seat for seat in seats if seat["connector"] == connector)

    def events(self):
        """What happens from now on; a context manager, see Events."""
        return Events(self.control)

    def stop(self):
        """Ends it."""
        if self._socket:
            self._socket.close()
        self.process.stop()


class Events:
    """A subscription to what happens in the simulated world, each with this machine's monotonic time of its arrival."""

    def __init__(self, control):
        self._link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._link.connect(str(control))
        self._link.sendall(b'{"command":"subscribe"}\n')
        self._lines = self._link.makefile("r")
        self._lines.readline()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self._link.close()
        return False

    def next(self, event, seconds=10.0):
        """The next one of this name: its arrival and itself. Others before it are passed over."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._link.settimeout(left)
            line = self._lines.readline()
            arrived = time.monotonic()
            if not line:
                raise CabinetError("jp-sim closed the subscription")
            told = json.loads(line)
            if told["event"] == event:
                return arrived, told
        raise TimeoutError(f"no event {event!r} within {seconds} s")


class Cabinet:
    """A run directory, a CSMS and a simulated world. A context manager; the folder stays on failure."""

    def __init__(self, connectors=None, overrides=None, keep="on-failure", run_dir=None, with_csms=True, say=None,
                 layout="bench"):
        self.layout = layout
        connectors = connectors or [connector["id"] for connector in config.load(layout)["connectors"]]
        self.connectors, self.overrides, self.keep, self.with_csms = tuple(connectors), overrides, keep, with_csms
        self.given_run_dir = run_dir
        self.say = say or (lambda text: None)
        self.run_dir = self.sim = self.csms = None
        self.token = f"{os.getpid() % 0xFFF:03x}{int.from_bytes(os.urandom(1)):02x}"

    def __enter__(self):
        if self.given_run_dir:
            self.run_dir = Path(self.given_run_dir)
            self.run_dir.mkdir(parents=True, exist_ok=True)
        else:
            # Short: a Unix socket's path holds 108 characters.
            self.run_dir = Path(tempfile.mkdtemp(prefix="jp-", dir="/tmp"))
        self.run_dir.chmod(0o755)
        self.log_dir = self.run_dir / "log"
        self.log_dir.mkdir(exist_ok=True)
        try:
            self.start()
        except BaseException:
            self._end(failed=True)
            raise
        return self

    def __exit__(self, kind, value, trace):
        self._end(failed=kind not in (None, KeyboardInterrupt))
        return False

    def _end(self, failed):
        try:
            self.stop()
        finally:
            if stage := os.environ.get("JOULEPOINT_KEEP"):
                # A stage of ci/test: its logs are looked for there.
                shutil.copytree(self.log_dir, Path(stage) / f"cabinet-{self.token}", dirs_exist_ok=True)
            if self.keep == "always" or (failed and self.keep == "on-failure") or self.given_run_dir:
                self.say(f"run directory kept: {self.run_dir}")
                if failed:
                    print(f"cabinet: logs in {self.log_dir}")
            else:
                shutil.rmtree(self.run_dir, ignore_errors=True)

    def logs(self, name):
        """The log of one process, whole."""
        path = self.log_dir / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def tree(self):
        """The configuration of this cabinet, before the wires are put in."""
        return config.only_connectors(config.load(self.layout), self.connectors)

    def session_of(self, connector, seconds=60):
        """The newest closed session of a connector, as the controller keeps it."""

        def closed():
            found = self.controller.get("/v1/sessions?limit=20")["sessions"]
            return next((s for s in found if s["connector"] == connector and s["stopped"]), None)

        return wait_until(f"closed session of connector {connector}", closed, seconds, 0.2)
