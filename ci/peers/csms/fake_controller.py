"""The controller as the `ocpp` daemon sees it, on a Unix socket: state, configuration, outbox, commands."""

import http.server
import json
import os
import socketserver
import threading
import time
import urllib.parse
import uuid

BOOT = "0b5e55ed-0000-4000-8000-000000000000"


class FakeController:
    """A cabinet that a test moves by hand."""

    def __init__(self, run_dir, csms_url, charge_point_id="JP-TEST-1", meter_interval_s=15):
        self.path = os.path.join(run_dir, "controller.sock")
        self.config = {"ocpp": {"url": csms_url, "charge_point_id": charge_point_id, "meter_interval_s": meter_interval_s}}
        self.config_version = 1
        self.connectors = {number: {"phase": "available", "authorisation": {"state": "none"}, "session": None} for number in (1, 2)}
        self.faults = []
        self.events, self.acknowledged = [], 0
        self.commands, self.verdicts, self.said = [], {}, {}
        self.profiles, self.list_version, self.cleared, self.reach = {}, 0, 0, []
        self.refuse = False
        self.rev = 0
        self.changed = threading.Condition()
        self._server = None

    # What a test does.

    def start(self):
        """Serves."""
        if os.path.exists(self.path):
            os.unlink(self.path)
        self._server = _Server(self.path, _Handler)
        self._server.controller, self._server.ended = self, False
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self):
        """Is gone, as after a crash."""
        if self._server:
            self._server.ended = True
            with self.changed:
                self.changed.notify_all()
            self._server.shutdown()
            self._server.server_close()
            os.unlink(self.path)
            self._server = None

    def change(self, number=None, **fields):
        """Changes a connector, or just the state."""
        with self.changed:
            if number is not None:
                self.connectors[number] |= fields
            self.rev += 1
            self.changed.notify_all()

    def reconfigure(self, **fields):
        """Another configuration for `ocpp`."""
        with self.changed:
            self.config["ocpp"] |= fields
            self.config_version += 1
            self.rev += 1
            self.changed.notify_all()

    def card(self, number, id_tag):
        """A card is presented; gives the request's id."""
        request_id = str(uuid.uuid4())
        self.change(number, phase="authorising", authorisation={"state": "pending", "request_id": request_id, "id_tag": id_tag})
        return request_id

    def begin(self, number, id_tag, digits, exponent=-1):
        """A session begins; gives its id."""
        session = str(uuid.uuid4())
        wall = {"ms": int(time.time() * 1000), "quality": "synchronised"}
        running = {"id": session, "started": self._mono(), "started_wall": wall, "energy_wh": 0}
        self.tell("session_started", session, number, digits, exponent, id_tag=id_tag)
        self.change(number, phase="charging", session=running, authorisation={"state": "granted", "id_tag": id_tag})
        return session

    def meter(self, session, number, digits, exponent=-1):
        """The meter is read."""
        self.tell("meter_values", session, number, digits, exponent, voltage=400_000, current=50_000, power=20_000, soc=55)

    def end(self, session, number, id_tag, digits, exponent=-1, reason="local"):
        """The session ends."""
        self.tell("session_stopped", session, number, digits, exponent, id_tag=id_tag, reason=reason)
        self.change(number, phase="finishing", session=None, authorisation={"state": "none"})

    def tell(self, kind, session, number, digits, exponent, **fields):
        """Appends to the outbox."""
        with self.changed:
            wall = {"ms": int(time.time() * 1000), "quality": "synchronised"}
            meter = {"digits": digits, "exponent": exponent, "meter": f"meter{number}"}
            body = {"kind": kind, "session": session, "connector": number, "meter": meter, **fields}
            stamp = {"boot": BOOT, "mono": self._mono(), "wall": wall}
            self.events.append({"seq": len(self.events) + 1, "at": stamp, "body": body})
            self.changed.notify_all()

    # What the daemon asks.

    @staticmethod
    def _mono():
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def state(self):
        """ControllerState."""
        return {
            "rev": self.rev,
            "at": self._mono(),
            "wall": {"ms": int(time.time() * 1000), "quality": "synchronised"},
            "boot_id": BOOT,
            "version": "test",
            "config_version": self.config_version,
            "site": {"name": "test", "limit": 60_000, "drawn": 0, "assigned": 0},
            "mcu": {
                "link": {"up": True, "since": 0},
                "version": 1,
                "emergency_stop": False,
                "lease_remaining_ms": None,
                "modules_inhibited": False,
            },
            "chains": [],
            "connectors": [self._connector(number, fields) for number, fields in self.connectors.items()],
            "modules": [],
            "faults": self.faults,
            "dropped": {"can": 0, "mcu": 0, "modbus": 0, "rfid": 0, "link": 0, "http": 0},
        }

    @staticmethod
    def _connector(number, fields):
        return {
            "id": number,
            "chain": "main",
            "evse_id": f"DE*JLP*E0000{number}",
            "since": 0,
            "pilot": "A",
            "plug_in_epoch": 0,
            "v2g_epoch": None,
            "present": {"voltage": 0, "current": 0, "power": 0, "at": None},
            "temperature": None,
            "vehicle": None,
            "allocation": {"requested": 0, "offered": 0, "allowed": 0, "assigned": 0, "bound_by": None},
            "contactors": [],
            "isolation": {"state": "unknown"},
            "locked": False,
            "last_stop": None,
            **fields,
        }

    def page(self, after, limit, wait):
        """Part of the outbox."""
        deadline = time.monotonic() + wait
        with self.changed:
            while len(self.events) <= after and time.monotonic() < deadline and self._server and not self._server.ended:
                self.changed.wait(0.2)
            return {"events": self.events[after : after + limit], "newest": len(self.events)}


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """A daemon that was killed does not read its answer."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def address_string(self):
        return "unix"

    @property
    def controller(self):
        return self.server.controller

    def _answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path == "/v1/events":
            return self._events()
        if url.path == "/v1/config":
            return self._answer(200, self.controller.config)
        if url.path == "/v1/local-list":
            return self._answer(200, {"version": self.controller.list_version, "size": 0})
        if url.path == "/v1/profiles/composite":
            return self._composite(query)
        if url.path == "/v1/outbox":
            page = self.controller.page(int(query["after"]), int(query["limit"]), min(int(query["wait_ms"]), 1000) / 1000)
            return self._answer(200, page)
        return self._answer(404, {"code": "not_found", "message": url.path})

    def _composite(self, query):
        if int(query["connector"]) not in (0, *self.controller.connectors):
            return self._answer(404, {"code": "not_found", "message": "no such connector"})
        limits = [p["schedule"]["periods"] for p in self.controller.profiles.values()]
        periods = limits[0] if limits else [{"start_s": 0, "limit_milli": 60_000_000}]
        number = int(query["connector"]) or None
        start = {"ms": int(time.time() * 1000), "quality": "synchronised"}
        told = {"connector": number, "start": start, "duration_s": int(query["duration_s"]), "unit": query["unit"]}
        return self._answer(200, told | {"periods": periods})

    def _body(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")

    def do_PUT(self):
        body, controller = self._body(), self.controller
        if self.path == "/v1/csms":
            controller.reach.append(body["reach"])
            return self._answer(200, None)
        if self.path == "/v1/profiles":
            profile = body["profile"]
            if controller.refuse or profile["connector"] not in (None, *controller.connectors):
                return self._answer(422, {"code": "InvalidProfile", "message": "refused"})
            controller.profiles[profile["id"]] = profile
            return self._answer(200, None)
        if self.path == "/v1/local-list":
            controller.list_version, controller.tokens = body["version"], {t["id_tag"]: t for t in body["tokens"]}
            return self._answer(200, None)
        return self._answer(404, {"code": "not_found", "message": self.path})

    def do_PATCH(self):
        body, controller = self._body(), self.controller
        if body["version"] <= controller.list_version:
            return self._answer(409, {"code": "conflict", "message": "not a newer version"})
        controller.list_version = body["version"]
        for tag in body["remove"]:
            controller.tokens.pop(tag, None)
        controller.tokens |= {token["id_tag"]: token for token in body["put"]}
        return self._answer(200, None)

    def do_DELETE(self):
        url = urllib.parse.urlsplit(self.path)
        query, controller = dict(urllib.parse.parse_qsl(url.query)), self.controller
        if url.path == "/v1/authorisation-cache":
            controller.cleared += 1
            return self._answer(200, None)
        assert query.pop("author") == "ocpp1.6"
        own = {"id": "id", "purpose": "purpose", "stack_level": "stack_level", "connector": "connector"}
        meant = lambda p: all(str(p[own[name]] or 0) == value for name, value in query.items())
        gone = [number for number, profile in controller.profiles.items() if meant(profile)]
        for number in gone:
            del controller.profiles[number]
        return self._answer(200 if gone else 404, None if gone else {"code": "not_found", "message": "no such profile"})

    def do_POST(self):
        body = self._body()
        controller = self.controller
        if self.path == "/v1/outbox/ack":
            assert body["reader"] == "ocpp"
            controller.acknowledged = body["seq"]
            return self._answer(200, None)
        if self.path.startswith("/v1/authorisations/"):
            controller.verdicts[self.path.rsplit("/", 1)[-1]] = body["verdict"]
            controller.said[self.path.rsplit("/", 1)[-1]] = body
            return self._answer(200, None)
        if self.path.startswith("/v1/connectors/"):
            _, _, _, number, verb = self.path.split("/")
            controller.commands.append({"verb": verb, "connector": int(number), **body})
            if controller.refuse:
                return self._answer(409, {"code": "conflict", "message": "not in this state"})
            return self._answer(202, {"command_id": body["command_id"]})
        return self._answer(404, {"code": "not_found", "message": self.path})

    def _events(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        told = None
        try:
            while not self.server.ended:
                with self.controller.changed:
                    if told == self.controller.rev:
                        self.controller.changed.wait(1)
                    told, state = self.controller.rev, json.dumps(self.controller.state())
                if not self.server.ended:
                    self.wfile.write(f"event: state\ndata: {state}\n\n".encode())
        except OSError:
            pass
