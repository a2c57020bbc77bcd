"""The CSMS: an independent peer (`ci/peers/csms`), started with its own venv."""

from .base import CabinetError, free_port, repository, wait_until
from .http import UnixClient
from .process import Process


class Csms:
    """A CSMS on a local port, and what it was told."""

    def __init__(self, run_dir, log_dir, port=None):
        self.port = port or free_port()
        self.url = f"ws://127.0.0.1:{self.port}"
        self.control = run_dir / "csms.sock"
        self._client = UnixClient(self.control)
        folder = repository() / "ci/peers/csms"
        python = repository() / "build/venv/csms/bin/python"
        if not python.exists():
            raise CabinetError(f"{python} is missing: run ci/setup first")
        argv = [python, "-m", "csms", "--listen", f"127.0.0.1:{self.port}", "--control", self.control]
        self.process = Process("csms", argv, log_dir / "csms.log", cwd=folder)

    def start(self):
        """Starts it, and returns when its control socket answers."""
        self.process.start()
        wait_until("the CSMS", lambda: self.transactions() is not None, 15)
        return self

    def get(self, path):
        """A reading: /messages, /violations, /charge-points, … (ci/peers/csms/README.md)."""
        return self._client.get(path)

    def post(self, path, body=None):
        """A request: /remote-start, /online, /fail, …"""
        return self._client.post(path, body, timeout=60)

    def transactions(self):
        """Every transaction that it has been told of, oldest first."""
        return self._client.get("/transactions")

    def stop(self):
        """Ends it."""
        self.process.stop()
