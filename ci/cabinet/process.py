"""Processes with a log file each, and the part of systemd that the daemons talk to.

`Service` speaks the notification protocol: READY, STATUS, WATCHDOG and the descriptor store. So a
daemon that is restarted natively finds what it would find under systemd (D7).
"""

import array
import fcntl
import os
import signal
import socket
import subprocess
import threading
import time

# What exits with this has no configuration to run with; starting it again cannot help (D16).
EXIT_CONFIGURATION = 78


def tail(path, lines=20):
    """The end of a text file, for an error message."""
    try:
        with open(path, errors="replace") as file:
            return "".join(file.readlines()[-lines:])
    except OSError as error:
        return f"({error})"


class Process:
    """A child process whose output goes to a file."""

    def __init__(self, name, argv, log, env=None, cwd=None):
        self.name, self.argv, self.log, self.env, self.cwd = name, [str(a) for a in argv], log, env or {}, cwd
        self.child = None

    def start(self):
        """Starts it; what it writes is appended to the log."""
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.env},
                cwd=self.cwd,
                start_new_session=True,
            )
        return self

    @property
    def pid(self):
        """The child's process id, or None if it never ran."""
        return self.child.pid if self.child else None

    def running(self):
        """Whether the child lives."""
        return self.child is not None and self.child.poll() is None

    def stop(self, grace=5.0):
        """Asks it to end, and after `grace` seconds does not ask any more."""
        if not self.running():
            return
        # Continued first: a stopped process would not see the request.
        self.child.send_signal(signal.SIGCONT)
        self.child.terminate()
        try:
            self.child.wait(grace)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def wait_for_line(self, needle, seconds, start=0):
        """The first line of the log that contains `needle`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with open(self.log, errors="replace") as file:
                    file.seek(start)
                    for line in file:
                        if needle in line and line.endswith("\n"):
                            return line.rstrip("\n")
            except FileNotFoundError:
                pass
            if not self.running():
                break
            time.sleep(0.02)
        state = "still runs" if self.running() else f"ended with {self.child.returncode}"
        raise TimeoutError(f"{self.name}: no line with {needle!r} within {seconds} s; it {state}\n{tail(self.log)}")


class Service(Process):
    """A daemon: ready when it says so, restarted when it dies, as its unit file has it."""

    def __init__(self, name, argv, log, env, notify_path, watchdog=None):
        super().__init__(name, argv, log, env)
        self.watchdog = watchdog
        self.status, self.restarts, self.exits = "", 0, []
        self.wanted = False
        self._ready = threading.Event()
        self._store = []
        self._fed = 0.0
        self._gone = threading.Event()
        self._lock = threading.RLock()
        self.env["NOTIFY_SOCKET"] = str(notify_path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(notify_path))
        os.chmod(notify_path, 0o777)
        self._socket.settimeout(0.2)
        threading.Thread(target=self._listen, name=f"notify-{name}", daemon=True).start()
        threading.Thread(target=self._watch, name=f"watch-{name}", daemon=True).start()

    # What the daemon says.

    def _listen(self):
        while not self._gone.is_set():
            try:
                data, ancillary, _, _ = self._socket.recvmsg(4096, socket.CMSG_SPACE(64 * 4))
            except TimeoutError:
                continue
            except OSError:
                return
            descriptors = array.array("i")
            for level, kind, payload in ancillary:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    descriptors.frombytes(payload[: len(payload) - len(payload) % descriptors.itemsize])
            self._said(dict(l.split("=", 1) for l in data.decode(errors="replace").split("\n") if "=" in l), descriptors)

    def _said(self, said, descriptors):
        if said.get("READY") == "1":
            self._fed = time.monotonic()
            self._ready.set()
        if said.get("WATCHDOG") == "1":
            self._fed = time.monotonic()
        self.status = said.get("STATUS", self.status)
        with self._lock:
            name = said.get("FDNAME", "stored")
            if said.get("FDSTOREREMOVE") == "1":
                for fd, _ in [s for s in self._store if s[1] == name]:
                    os.close(fd)
                self._store = [s for s in self._store if s[1] != name]
            for fd in descriptors:
                if said.get("FDSTORE") == "1":
                    # High, so that handing it down at 3 and up cannot collide with it.
                    self._store.append((fcntl.fcntl(fd, fcntl.F_DUPFD, 200), name))
                os.close(fd)

    # What becomes of it.

    def start(self):
        """Starts the daemon, with what it has stored handed back from descriptor 3 on."""
        with self._lock:
            self.wanted = True
            self._ready.clear()
            argv, env, keep = self.argv, dict(self.env), []
            if self.watchdog:
                env["WATCHDOG_USEC"] = str(int(self.watchdog * 1_000_000))
            if self._store:
                moves = " ".join(f"{3 + i}<&{fd} {fd}<&-" for i, (fd, _) in enumerate(self._store))
                argv = ["bash", "-c", f'export LISTEN_PID=$$; exec "$@" {moves}', "bash", *argv]
                env["LISTEN_FDS"] = str(len(self._store))
                env["LISTEN_FDNAMES"] = ":".join(name for _, name in self._store)
                keep = [fd for fd, _ in self._store]
            with open(self.log, "ab") as log:
                self.child = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **env},
                    start_new_session=True,
                    pass_fds=keep,
                )
        return self

    def wait_ready(self, seconds=20.0):
        """Returns when the daemon has said READY=1."""
        deadline = time.monotonic() + seconds
        while not self._ready.wait(0.05):
            if not self.wanted and not self.running():
                raise RuntimeError(f"{self.name} ended with {self.child.returncode}\n{tail(self.log)}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} is not ready after {seconds} s\n{tail(self.log)}")

    @property
    def ready(self):
        """Whether the present process has said READY=1."""
        return self._ready.is_set() and self.running()

    def kill(self, sig=signal.SIGKILL, stay_dead=False):
        """Sends a signal, as a fault or a person would. The restart is the supervisor's."""
        with self._lock:
            if stay_dead:
                self.wanted = False
            if self.running():
                self.child.send_signal(sig)
            if sig in (signal.SIGKILL, signal.SIGTERM) and stay_dead:
                self.child.wait(10)

    def stop(self, grace=5.0):
        """Ends it for good; what it stored is let go."""
        with self._lock:
            self.wanted = False
        super().stop(grace)
        self._gone.set()
        self._socket.close()
        for fd, _ in self._store:
            os.close(fd)
        self._store = []

    def _watch(self):
        while not self._gone.wait(0.01):
            with self._lock:
                if self.child is None or not self.wanted:
                    continue
                if self.child.poll() is None:
                    if self.watchdog and self._ready.is_set() and time.monotonic() - self._fed > self.watchdog:
                        self.child.kill()
                    continue
                code = self.child.returncode
                self.exits.append(code)
                if code == EXIT_CONFIGURATION or (not self._ready.is_set() and self.restarts > 50):
                    self.wanted = False
                    continue
                quick = not self._ready.is_set()
                self.restarts += 1
                if not quick:
                    self.start()
                    continue
            # Died before it was ready: not at full speed, or a broken binary eats the machine.
            if not self._gone.wait(0.2):
                with self._lock:
                    if self.wanted:
                        self.start()
