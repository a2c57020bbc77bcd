"""The daemon `system` as `ocpp` sees it, on a Unix socket: it fetches for real, the rest is moved by a test."""

import hashlib
import http.server
import json
import os
import threading
import time
import urllib.request
import uuid

from fake_controller import _Server


class FakeSystem:
    """Updates that a test moves by hand."""

    def __init__(self, run_dir):
        self.path = os.path.join(run_dir, "system.sock")
        self.folder = run_dir
        self.changed = threading.Condition()
        self.rev = 0
        self.phase, self.pending, self.download, self.outcomes = "idle", None, None, []
        self.installs, self.cancelled, self.refusal = [], 0, None
        self._server = None

    def start(self):
        """Serves."""
        if os.path.exists(self.path):
            os.unlink(self.path)
        self._server = _Server(self.path, _Handler)
        self._server.system, self._server.ended = self, False
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self):
        """Is gone, as in a restart of the machine. What it knows stays."""
        if self._server:
            self._server.ended = True
            with self.changed:
                self.changed.notify_all()
            self._server.shutdown()
            self._server.server_close()
            os.unlink(self.path)
            self._server = None

    def change(self, **fields):
        """Changes the state, and tells of it."""
        with self.changed:
            vars(self).update(fields)
            self.rev += 1
            self.changed.notify_all()

    def ends(self, result, code, reason="as the test asked"):
        """The pending update is over."""
        outcome = {"id": self.pending["id"], "version": "0.2.0", "result": result, "code": code, "reason": reason}
        outcome |= {"at": {"ms": int(time.time() * 1000), "quality": "synchronised"}}
        outcome |= {name: self.pending[name] for name in ("asked_by", "reference")}
        self.change(phase="idle", pending=None, outcomes=[outcome, *self.outcomes])

    def state(self):
        """UpdateState."""
        return {
            "rev": self.rev,
            "running": {"side": "a", "version": "0.1.0"},
            "sides": [],
            "progress": {"phase": self.phase, "percent": None, "message": self.phase},
            "pending": self.pending,
            "download": self.download,
            "outcomes": self.outcomes,
            "pin": None,
            "floor": None,
            "confirmed": True,
            "unavailable": None,
        }

    def fetch(self, asked):
        """Fetches in the background, as often as it was asked to."""
        download = {"id": str(uuid.uuid4()), "url": asked["url"], "status": {"kind": "running"}, "attempt": 1, "received": 0}
        download |= {"total": None, "error": None, "asked_by": asked["asked_by"], "reference": asked["reference"]}
        self.change(download=download)
        threading.Thread(target=self._fetch, args=(asked, download), daemon=True).start()
        return download["id"]

    def _fetch(self, asked, download):
        for attempt in range(1, asked["retries"] + 2):
            if attempt > 1:
                self.change(download=download | {"status": {"kind": "waiting"}, "attempt": attempt - 1})
                time.sleep(asked["retry_interval_s"])
            self.change(download=download | {"attempt": attempt})
            try:
                with urllib.request.urlopen(asked["url"], timeout=10) as answer:
                    data = answer.read()
            except OSError as error:
                download["error"] = str(error)
                continue
            except Exception as error:  # a body that ends too early
                download["error"] = repr(error)
                continue
            path = os.path.join(self.folder, "bundle")
            with open(path, "wb") as file:
                file.write(data)
            done = {"kind": "done", "path": path, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            return self.change(download=download | {"attempt": attempt, "status": done})
        return self.change(download=download | {"attempt": asked["retries"] + 1, "status": {"kind": "failed"}})


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def address_string(self):
        return "unix"

    def _answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        if self.path != "/v1/update/events":
            return self._answer(404, {"code": "not_found", "message": self.path})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        system, told = self.server.system, None
        try:
            while not self.server.ended:
                with system.changed:
                    if told == system.rev:
                        system.changed.wait(1)
                    told, state = system.rev, json.dumps(system.state())
                if not self.server.ended:
                    self.wfile.write(f"event: state\ndata: {state}\n\n".encode())
        except OSError:
            pass
        return None

    def do_POST(self):
        system = self.server.system
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
        if system.refusal:
            status, code = system.refusal
            return self._answer(status, {"code": code, "message": "as the test asked"})
        if self.path == "/v1/update/download":
            return self._answer(202, {"id": system.fetch(body)})
        if self.path == "/v1/update/install":
            system.installs.append(body)
            pending = {"id": str(uuid.uuid4()), "version": None, "side": None, "restart": body["restart"]}
            pending |= {name: body[name] for name in ("asked_by", "reference")}
            system.change(pending=pending, phase="checking")
            return self._answer(202, {"id": pending["id"]})
        if self.path == "/v1/update/cancel":
            system.cancelled += 1
            system.change(download=None)
            return self._answer(200, None)
        return self._answer(404, {"code": "not_found", "message": self.path})
