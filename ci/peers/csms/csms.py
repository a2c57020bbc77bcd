"""A small CSMS on the `ocpp` package from PyPI: an OCPP 1.6 peer that is not ours.

It takes any charge point, checks every message against OCA's JSON schemas, hands out transaction
numbers, writes down everything that it is told, and does as it is asked over a control socket, so
that a test can say what a CSMS would do.

    python -m csms --listen 127.0.0.1:0 --control csms.sock --accept-tags 04A1B2C3D4E5F6
    listening ws://127.0.0.1:39215

    curl --unix-socket csms.sock http://csms/transactions

The README beside this file lists the requests.
"""

import argparse
import asyncio
import collections
import contextlib
import datetime
import http
import json
import logging
import os
import signal
import sys

import firmware
import websockets
from ocpp.exceptions import InternalError, OCPPError
from ocpp.messages import MessageType
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import Action, AuthorizationStatus, RegistrationStatus
from websockets.asyncio.server import serve

# What is kept at most, so that a charger that talks for days does not fill the memory.
MESSAGES_KEPT = 20_000
TRANSACTIONS_KEPT = 5_000

log = logging.getLogger("csms")


def now():
    """The time as OCPP wants it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Refused(Exception):
    """A request on the control socket that cannot be done, and its HTTP status."""

    def __init__(self, status, message):
        self.status = status
        super().__init__(message)


class Ledger:
    """What the CSMS was told."""

    def __init__(self, path=None):
        self.path = path
        self.transactions = {}
        self.messages = collections.deque(maxlen=MESSAGES_KEPT)
        self.violations = collections.deque(maxlen=MESSAGES_KEPT)
        self.orphans = collections.deque(maxlen=MESSAGES_KEPT)
        self._next = 1001

    def start(self, charge_point, connector_id, id_tag, meter_start, timestamp):
        """A transaction's record. The same start told twice is one transaction: the charger did not hear our answer."""
        for transaction in self.transactions.values():
            same = (charge_point, connector_id, id_tag, meter_start, timestamp)
            if same == tuple(transaction[key] for key in ("charge_point", "connector", "id_tag", "meter_start_wh", "started")):
                transaction["repeats"] += 1
                return transaction
        transaction = {
            "transaction_id": self._next,
            "charge_point": charge_point,
            "connector": connector_id,
            "id_tag": id_tag,
            "meter_start_wh": meter_start,
            "meter_stop_wh": None,
            "started": timestamp,
            "stopped": None,
            "reason": None,
            "meter_values": [],
            "repeats": 0,
        }
        self.transactions[self._next] = transaction
        self._next += 1
        while len(self.transactions) > TRANSACTIONS_KEPT:
            del self.transactions[min(self.transactions)]
        return transaction

    def stop(self, transaction_id, meter_stop, timestamp, reason):
        """Ends one; an end of nothing that began here is an orphan."""
        transaction = self.transactions.get(transaction_id)
        if transaction is None:
            self.orphans.append({"transaction_id": transaction_id, "meter_stop_wh": meter_stop, "stopped": timestamp})
        elif transaction["stopped"] is not None:
            transaction["repeats"] += 1
        else:
            transaction |= {"meter_stop_wh": meter_stop, "stopped": timestamp, "reason": reason or "Local"}

    def meter(self, transaction_id, meter_value):
        """Adds energy readings to a transaction."""
        transaction = self.transactions.get(transaction_id)
        if transaction is None:
            self.orphans.append({"transaction_id": transaction_id, "meter_value": meter_value})
            return
        for reading in meter_value:
            for sample in reading["sampled_value"]:
                if sample.get("measurand", "Energy.Active.Import.Register") == "Energy.Active.Import.Register":
                    wh = float(sample["value"]) * (1000 if sample.get("unit") == "kWh" else 1)
                    transaction["meter_values"].append({"timestamp": reading["timestamp"], "wh": wh})
        del transaction["meter_values"][:-MESSAGES_KEPT]

    def everything(self):
        """As written to the record file."""
        return {
            "transactions": list(self.transactions.values()),
            "messages": list(self.messages),
            "violations": list(self.violations),
            "orphans": list(self.orphans),
        }

    def save(self):
        """Rewrites the record file: whoever reads it sees one state or the next, never half of one."""
        if self.path is None:
            return
        beside = f"{self.path}.new"
        with open(beside, "w") as file:
            json.dump(self.everything(), file, indent=1)
        os.replace(beside, self.path)


class Charger(firmware.Told, ChargePoint):
    """One connection of a charge point."""

    def __init__(self, name, connection, csms):
        super().__init__(name, connection, response_timeout=csms.options.response_timeout, logger=log)
        self.csms = csms

    async def route_message(self, raw):
        """Writes down what came, and then does with it what the tests asked for."""
        text = raw if isinstance(raw, str) else raw.decode("utf-8", "replace")
        try:
            frame = json.loads(text)
        except ValueError:
            frame = None
        is_call = isinstance(frame, list) and len(frame) == 4 and frame[0] == MessageType.Call
        entry = {"at": now(), "charge_point": self.id, "frame": frame if frame is not None else text}
        if is_call:
            entry |= {"action": frame[2], "payload": frame[3]}
        self.csms.ledger.messages.append(entry)
        await self.csms.going.wait()
        if is_call and await self.csms.fails(self, frame):
            return
        await super().route_message(raw)
        self.csms.ledger.save()

    async def _handle_call(self, msg):
        try:
            return await super()._handle_call(msg)
        except OCPPError as error:
            violation = {"at": now(), "charge_point": self.id, "action": msg.action, "payload": msg.payload}
            self.csms.ledger.violations.append(violation | {"error": f"{error.code}: {error.details or error.description}"})
            raise

    def _tag(self, id_tag):
        return IdTagInfo(status=self.csms.verdict(id_tag))

    @on(Action.boot_notification)
    def on_boot_notification(self, **rest):
        """Says what it was told to say."""
        return call_result.BootNotification(current_time=now(), interval=self.csms.interval, status=self.csms.boot)

    @on(Action.heartbeat)
    def on_heartbeat(self):
        """The time."""
        return call_result.Heartbeat(current_time=now())

    @on(Action.status_notification)
    def on_status_notification(self, connector_id, error_code, status, **rest):
        """Remembers the state of each connector."""
        known = self.csms.chargers.setdefault(self.id, {})
        known.setdefault("connectors", {})[str(connector_id)] = {"status": status, "error_code": error_code, **rest}
        return call_result.StatusNotification()

    @on(Action.authorize)
    def on_authorize(self, id_tag):
        """By the lists of tags."""
        return call_result.Authorize(id_tag_info=self._tag(id_tag))

    @on(Action.start_transaction)
    def on_start_transaction(self, connector_id, id_tag, meter_start, timestamp, **rest):
        """Hands out a number."""
        transaction = self.csms.ledger.start(self.id, connector_id, id_tag, meter_start, timestamp)
        return call_result.StartTransaction(transaction_id=transaction["transaction_id"], id_tag_info=self._tag(id_tag))

    @on(Action.meter_values)
    def on_meter_values(self, connector_id, meter_value, transaction_id=None, **rest):
        """Keeps the energy."""
        if transaction_id is not None:
            self.csms.ledger.meter(transaction_id, meter_value)
        return call_result.MeterValues()

    @on(Action.stop_transaction)
    def on_stop_transaction(self, meter_stop, timestamp, transaction_id, reason=None, **rest):
        """Ends it."""
        self.csms.ledger.stop(transaction_id, meter_stop, timestamp, reason)
        return call_result.StopTransaction()

    @on(Action.data_transfer)
    def on_data_transfer(self, vendor_id, **rest):
        """No vendor is known here."""
        return call_result.DataTransfer(status="UnknownVendorId")


class Csms:
    """The CSMS: its chargers, its ledger, and what it was asked to do wrong."""

    def __init__(self, options):
        self.options = options
        self.ledger = Ledger(options.record)
        self.boot = RegistrationStatus(options.boot.capitalize())
        self.interval = options.interval
        self.accepted, self.rejected = set(options.accept_tags), set(options.reject_tags)
        self.online = True
        self.going = asyncio.Event()
        self.going.set()
        self.firmware, self.security_events, self._files = [], [], None
        self.chargers = {}
        self.connections = {}
        self.failures = []
        self.handled = 0

    def verdict(self, id_tag):
        """Without a list of accepted tags every tag is, except the rejected."""
        if id_tag in self.rejected:
            return AuthorizationStatus.blocked
        if self.accepted and id_tag not in self.accepted:
            return AuthorizationStatus.invalid
        return AuthorizationStatus.accepted

    async def fails(self, charger, frame):
        """Whether this call is one that is to fail; then it is answered here."""
        self.handled += 1
        if self.options.fail_after is not None and self.handled > self.options.fail_after:
            self.options.fail_after = None
            await self.set_online(False)
            return True
        for failure in self.failures:
            if failure["action"] in (None, frame[2]):
                failure["count"] -= 1
                self.failures = [f for f in self.failures if f["count"] > 0]
                if failure["code"] != "silence":
                    await charger._send(json.dumps([4, frame[1], failure["code"], "as the test asked", {}]))
                return True
        return False

    # The charge points' side.

    def check(self, connection, request):
        """Refuses whoever comes while there is nobody here."""
        if not self.online:
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "closed\n")
        return None

    async def serve(self, connection):
        """One connection, until it ends."""
        name = connection.request.path.rstrip("/").rsplit("/", 1)[-1]
        charger = Charger(name, connection, self)
        known = self.chargers.setdefault(name, {})
        known["connections"] = known.get("connections", 0) + 1
        known["authorization"] = connection.request.headers.get("Authorization")
        self.connections[name] = charger
        log.info("%s connected", name)
        try:
            await charger.start()
        except websockets.ConnectionClosed:
            log.info("%s disconnected", name)
        finally:
            if self.connections.get(name) is charger:
                del self.connections[name]

    def charger(self, body):
        """The connection that a request means: the named one, or the only one."""
        name = body.get("charge_point") or next(iter(self.connections), None)
        if name not in self.connections:
            raise Refused(409, f"no charge point {name or ''} is connected")
        return self.connections[name]

    async def set_online(self, online):
        """Opens or closes for everybody."""
        self.online = online
        if not online:
            await self.disconnect()

    async def disconnect(self):
        """Cuts every connection, without a goodbye."""
        for charger in list(self.connections.values()):
            charger._connection.transport.abort()

    # The control socket's side.

    async def control(self, method, path, body):
        """What a request on the control socket asks for."""
        readings = {
            "/transactions": lambda: list(self.ledger.transactions.values()),
            "/messages": lambda: list(self.ledger.messages),
            "/violations": lambda: list(self.ledger.violations),
            "/orphans": lambda: list(self.ledger.orphans),
            "/firmware": lambda: self.firmware,
            "/security-events": lambda: self.security_events,
            "/served": lambda: self.files.asked,
            "/charge-points": lambda: {
                name: known | {"connected": name in self.connections} for name, known in self.chargers.items()
            },
        }
        if method == "GET" and path in readings:
            return readings[path]()
        requests = {
            "/remote-start": self.remote_start,
            "/remote-stop": self.remote_stop,
            "/firmware": self.update_firmware,
            "/serve": self.serve_file,
            "/call": self.any_call,
            "/send": self.send,
            "/disconnect": lambda body: self.disconnect(),
            "/online": lambda body: self.set_online(bool(body["online"])),
            "/pause": self.pause,
            "/fail": self.fail,
            "/boot": self.set_boot,
            "/tags": self.set_tags,
        }
        if method == "POST" and path in requests:
            return await requests[path](body)
        raise Refused(404, f"GET {', '.join(readings)} or POST {', '.join(requests)}")

    async def remote_start(self, body):
        """RemoteStartTransaction."""
        request = call.RemoteStartTransaction(id_tag=body["id_tag"], connector_id=body.get("connector"))
        answer = await self.charger(body).call(request, suppress=False)
        return {"status": answer.status}

    async def remote_stop(self, body):
        """RemoteStopTransaction."""
        request = call.RemoteStopTransaction(transaction_id=body["transaction_id"])
        answer = await self.charger(body).call(request, suppress=False)
        return {"status": answer.status}

    @property
    def files(self):
        """The server of firmware, from its first use on."""
        self._files = self._files or firmware.Files(self.options.files)
        return self._files

    async def serve_file(self, body):
        """Serves a file (`path`), and makes the next `fail` requests fail, or end `after` so many bytes."""
        self.files.fail(int(body.get("fail", 0)), body.get("after"))
        return {"url": self.files.url(body["path"], body.get("host")) if "path" in body else None}

    async def update_firmware(self, body):
        """SignedUpdateFirmware with a file of ours, signed here; see `firmware.request`."""
        url = self.files.url(body["path"], body.get("host")) if "path" in body else None
        answer = await self.charger(body).call(firmware.request(body, url), suppress=False)
        return {"status": answer.status}

    async def any_call(self, body):
        """Any action with any payload, right or wrong; the answer is checked against the schema all the same."""
        charger = self.charger(body)
        name, action, payload = os.urandom(8).hex(), body["action"], body.get("payload", {})
        async with charger._call_lock:
            await charger._send(json.dumps([2, name, action, payload]))
            response = await charger._get_specific_response(name, charger._response_timeout)
        if response.message_type_id == MessageType.CallError:
            return {"error": response.error_code, "description": response.error_description}
        return {"payload": response.payload}

    async def send(self, body):
        """A text as it is, or bytes in hex."""
        data = bytes.fromhex(body["hex"]) if "hex" in body else body["text"]
        await self.charger(body)._connection.send(data)

    async def pause(self, body):
        """Reads, and answers nothing, until told otherwise; the WebSocket's own pings are still answered."""
        if body.get("paused", True):
            self.going.clear()
        else:
            self.going.set()

    async def fail(self, body):
        """The next `count` calls (of one action, or any) are answered with an error, or with `silence`."""
        code = body.get("code", InternalError.code)
        self.failures.append({"action": body.get("action"), "count": int(body.get("count", 1)), "code": code})

    async def set_boot(self, body):
        """What the next boot notification is answered with."""
        self.boot = RegistrationStatus(body["status"].capitalize())
        self.interval = int(body.get("interval", self.interval))

    async def set_tags(self, body):
        """New lists of tags."""
        self.accepted = set(body.get("accept", self.accepted))
        self.rejected = set(body.get("reject", self.rejected))


async def answer_control(csms, reader, writer):
    """One HTTP request on the control socket."""
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
        length = min(int(headers.get("content-length", 0)), 1 << 20)
        body = json.loads(await reader.readexactly(length)) if length else {}
        status, answer = 200, await csms.control(method, path, body)
    except Refused as refusal:
        status, answer = refusal.status, {"message": str(refusal)}
    except OCPPError as error:
        status, answer = 502, {"message": f"the charge point answered {error.code}: {error.description}"}
    except (TimeoutError, websockets.ConnectionClosed) as error:
        status, answer = 504, {"message": f"the charge point did not answer: {error}"}
    except (KeyError, ValueError, TypeError, AttributeError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        status, answer = 400, {"message": f"{type(error).__name__}: {error}"}
    data = json.dumps(answer).encode()
    phrase = http.HTTPStatus(status).phrase
    header = f"HTTP/1.1 {status} {phrase}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    with contextlib.suppress(ConnectionError):
        writer.write(header.encode() + data)
        await writer.drain()
    writer.close()


def arguments(argv=None):
    """The command line."""
    parser = argparse.ArgumentParser(prog="csms", description=__doc__.splitlines()[0])
    listen = parser.add_mutually_exclusive_group()
    listen.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="where charge points come (port 0: any)")
    listen.add_argument("--port", type=int, help="the same, on 127.0.0.1")
    parser.add_argument("--control", metavar="PATH", help="the control socket (HTTP on a Unix socket)")
    parser.add_argument("--control-port", type=int, metavar="PORT", help="the same on 127.0.0.1 (0: any)")
    parser.add_argument("--record", metavar="FILE", help="keep everything that was told in this JSON file")
    tags = lambda text: [tag for tag in text.split(",") if tag]
    parser.add_argument("--accept-tags", type=tags, default=[], metavar="A,B", help="only these are accepted (default: all)")
    parser.add_argument("--reject-tags", type=tags, default=[], metavar="A,B", help="these are blocked")
    parser.add_argument("--boot", choices=["accepted", "pending", "rejected"], default="accepted")
    parser.add_argument("--interval", type=int, default=60, help="told with the answer to a boot notification, in s")
    parser.add_argument("--files", default="127.0.0.1", metavar="HOST", help="the address that firmware is served at")
    parser.add_argument("--fail-after", type=int, metavar="N", help="after N calls drop everybody and let nobody in")
    parser.add_argument("--response-timeout", type=int, default=30, help="for a charge point's answer, in s")
    return parser.parse_args(argv)


async def main(options):
    """Serves until it is told to end."""
    csms = Csms(options)
    host, port = ("127.0.0.1", options.port) if options.port is not None else options.listen.rsplit(":", 1)
    ended = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    control = lambda reader, writer: answer_control(csms, reader, writer)
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            serve(csms.serve, host, int(port), subprotocols=["ocpp1.6"], process_request=csms.check, close_timeout=1)
        )
        if options.control:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(options.control)
            await stack.enter_async_context(await asyncio.start_unix_server(control, options.control))
        if options.control_port is not None:
            tcp = await asyncio.start_server(control, "127.0.0.1", options.control_port)
            await stack.enter_async_context(tcp)
            print(f"control http://127.0.0.1:{tcp.sockets[0].getsockname()[1]}", flush=True)
        print(f"listening ws://{host}:{server.sockets[0].getsockname()[1]}", flush=True)
        csms.ledger.save()
        await ended.wait()
        csms.going.set()
        await csms.disconnect()


if __name__ == "__main__":
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO"), format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    asyncio.run(main(arguments()))
