"""How long a change of the configuration takes until it is felt on a wire.

One thread hands changes in and listens to the wires, so that one clock sees both ends.
"""

import contextlib
import fcntl
import json
import os
import random
import select
import socket
import struct
import time

from .base import wait_until
from .native import NativeCabinet

CONNECTOR, CARD, MODULE = 1, "04A1B2C3D4E5F6", 0
LOW_W, HIGH_W = 10_000, 11_000
SET_OUTPUT, CONTROLLER = 0x1C, 0xF0
PATIENCE = 5.0


class Put:
    """A held connection to the controller that hands in whole configurations."""

    def __init__(self, path):
        self.link = socket.socket(socket.AF_UNIX)
        self.link.connect(str(path))
        self.answer = b""

    def fileno(self):
        return self.link.fileno()

    def send(self, tree):
        """Hands one in; the instant at which it left."""
        body = json.dumps(tree).encode()
        head = f"PUT /v1/config HTTP/1.1\r\nHost: x\r\nIf-Match: *\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.answer = b""
        begun = time.monotonic()
        self.link.sendall(head.encode() + body)
        return begun

    def complete(self):
        """Reads what is there; whether the answer is whole. One that says no is an error."""
        self.answer += self.link.recv(65536)
        head, separator, body = self.answer.partition(b"\r\n\r\n")
        if not separator:
            return False
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        if len(body) < length:
            return False
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(self.answer.decode(errors="replace"))
        return True


class Bus:
    """Everything that is said on the virtual CAN."""

    def __init__(self, path):
        self.link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.link.connect(str(path))
        self.link.setblocking(False)

    def fileno(self):
        return self.link.fileno()

    def frames(self):
        """Command, destination, source and data of what has come in."""
        with contextlib.suppress(BlockingIOError):
            while packet := self.link.recv(64):
                number, data = struct.unpack("<I", packet[:4])[0], packet[8:16]
                yield (number >> 16) & 0x3F, (number >> 8) & 0xFF, number & 0xFF, data


class Setpoint:
    """The current that a module is told."""

    def __init__(self, bus, module):
        self.bus, self.module, self.now = bus, module, None

    def fileno(self):
        return self.bus.fileno()

    def look(self):
        """Takes in what has come; the instant and the current of each word that was another one."""
        for command, destination, source, data in self.bus.frames():
            if (command, destination, source) == (SET_OUTPUT, self.module, CONTROLLER):
                current = struct.unpack(">I", data[4:])[0]
                if current != self.now:
                    self.now = current
                    yield time.monotonic(), current


def until(put, begun, heard):
    """Seconds from `begun` until `heard` (a file descriptor and a test of it) and until the answer."""
    felt = answered = None
    deadline = begun + PATIENCE
    while felt is None or answered is None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("a change was not felt")
        ready, _, _ = select.select([put, heard], [], [], left)
        if heard in ready and felt is None and (at := heard.felt()):
            felt = at - begun
        if put in ready and put.complete():
            answered = time.monotonic() - begun
    return felt, answered


def finish(put):
    """Waits for the rest of an answer."""
    while not put.complete():
        select.select([put], [], [], PATIENCE)


class Changed:
    """The first set-point after a change that is another one."""

    def __init__(self, setpoint):
        self.setpoint = setpoint

    def fileno(self):
        return self.setpoint.fileno()

    def felt(self):
        return next((at for at, _ in self.setpoint.look()), None)


def settle(setpoint, pick):
    """Returns when the set-point has not moved for a while, which differs from time to time."""
    calm = time.monotonic() + 0.03 + pick.random() * 0.03
    while (left := calm - time.monotonic()) > 0:
        if select.select([setpoint], [], [], left)[0] and any(setpoint.look()):
            calm = time.monotonic() + 0.03 + pick.random() * 0.03


def summary(seconds):
    """p50, p99 and max, in ms."""
    ordered = sorted(seconds)
    at = lambda share: round(1_000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)
    return {"p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": at(1.0), "count": len(ordered)}


def to_set_point(cabinet, put, tree, count, change):
    """From a change of a limit to the changed set-point on the CAN: lowered, raised, and the answers."""
    pick, setpoint = random.Random(1), Setpoint(Bus(cabinet.run_dir / "can.sock"), MODULE)
    lowered, raised, answers = [], [], []
    for number in range(count + 2):
        change(tree, LOW_W if number % 2 else HIGH_W)
        settle(setpoint, pick)
        felt, answered = until(put, put.send(tree), Changed(setpoint))
        if number >= 2:
            (lowered if number % 2 else raised).append(felt)
            answers.append(answered)
    return lowered, raised, answers


class Address:
    """The first word to a module at an address."""

    def __init__(self, bus, address):
        self.bus, self.address = bus, address

    def fileno(self):
        return self.bus.fileno()

    def felt(self):
        return any(destination == self.address for _, destination, _, _ in self.bus.frames()) and time.monotonic()


class Listener:
    """Somebody connects."""

    def __init__(self, listener):
        self.listener = listener

    def fileno(self):
        return self.listener.fileno()

    def felt(self):
        self.listener.accept()[0].close()
        return time.monotonic()


class Terminal:
    """A serial line of our own: something is said on it."""

    def __init__(self):
        self.far, self.near = os.openpty()
        self.path = os.ttyname(self.near)

    def fileno(self):
        return self.far

    def felt(self):
        return os.read(self.far, 4096) and time.monotonic()

    def taken(self):
        """Whether somebody has it: on a reader's line nothing is ever said."""
        line = os.open(self.path, os.O_RDWR | os.O_NOCTTY)
        try:
            fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
        except BlockingIOError:
            return True
        finally:
            os.close(line)

    def close(self):
        os.close(self.far)
        os.close(self.near)


def sections(cabinet, put, base, count):
    """Milliseconds from a change to its effect, by section: the median of some."""
    found = {}

    def measure(name, change, heard):
        taken = []
        for number in range(count):
            tree = json.loads(json.dumps(base))
            listener = heard(tree, number)
            change(tree, listener, number)
            taken.append(until(put, put.send(tree), listener)[0])
            put.send(base)
            finish(put)
            if isinstance(listener, Terminal):
                listener.close()
        found[name] = summary(taken)["p50_ms"]

    bus = Bus(cabinet.run_dir / "can.sock")
    measure("a module's address", lambda tree, _, n: tree["modules"][1].update(address=20 + n),
            lambda _, n: Address(bus, 20 + n))
    measure("a module more", lambda tree, _, n: tree["modules"].append({**tree["modules"][1], "id": "m9", "address": 20 + n}),
            lambda _, n: Address(bus, 20 + n))

    def hub(_, number):
        path = cabinet.run_dir / f"bench{number}.sock"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(str(path))
        listener.listen()
        return Listener(listener)

    measure("a CAN bus", lambda tree, l, n: tree["can"].append(
        {"id": "new", "transport": "virtual", "interface": l.listener.getsockname()}), hub)
    measure("a meter's line", lambda tree, line, _: tree["meters"][1].update(port=line.path), lambda *_: Terminal())
    measure("an isolation monitor's line", lambda tree, line, _: tree["isolation"][1].update(port=line.path), lambda *_: Terminal())
    measure("the MCU's line", lambda tree, line, _: tree["mcu"].update(port=line.path), lambda *_: Terminal())

    taken = []
    for _ in range(count):
        line, changed = Terminal(), json.loads(json.dumps(base))
        changed["rfid"]["port"] = line.path
        begun = put.send(changed)
        while not line.taken():
            time.sleep(0.0002)
        taken.append(time.monotonic() - begun)
        finish(put)
        put.send(base)
        finish(put)
        line.close()
    found["the card reader's line"] = summary(taken)["p50_ms"]

    def server(*_):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        return Listener(listener)

    measure("the back end's URL", lambda tree, l, _: tree["ocpp"].update(
        url=f"ws://127.0.0.1:{l.listener.getsockname()[1]}"), server)
    return found


def measure(count=1_000, repeats=11):
    """All of it, on a native cabinet."""
    with NativeCabinet() as cabinet:
        tree = cabinet.controller.get("/v1/config")
        phase = lambda: cabinet.controller.get("/v1/state")["connectors"][0]["phase"]
        put = Put(cabinet.run_dir / "controller.sock")
        wait_until("connector 1 in service", lambda: phase() == "available", 60)
        by_section = sections(cabinet, put, tree, repeats)
        wait_until("connector 1 in service again", lambda: phase() == "available", 60)
        cabinet.sim.command("plug_in", CONNECTOR, target_current_a=50)
        wait_until("the car to wait for a card", lambda: phase() == "authorising", 30)
        cabinet.sim.command("swipe", uid=CARD)
        wait_until("the charge", lambda: phase() == "charging", 60)
        wait_until("the current", lambda: cabinet.sim.connector(CONNECTOR)["current_ma"] > 49_000, 20)
        site = lambda tree, watts: tree["site"].update(limit_w=watts)
        lowered, raised, answers = to_set_point(cabinet, put, tree, count, site)
        tree["site"]["limit_w"] = 60_000
        chain = lambda tree, watts: tree["chains"][0].update(power_cap_w=watts)
        chain_lowered, chain_raised, _ = to_set_point(cabinet, put, tree, 10 * repeats, chain)
    by_section["a chain's cap"] = summary(chain_lowered + chain_raised)["p50_ms"]
    by_section["the site's limit"] = summary(lowered + raised)["p50_ms"]
    return {
        "site_limit_to_set_point": summary(lowered + raised),
        "site_limit_lowered": summary(lowered),
        "site_limit_raised": summary(raised),
        "answer": summary(answers),
        "change_to_effect_ms": by_section,
    }


def table(found):
    """What was measured, a line each."""
    for name in ("site_limit_to_set_point", "site_limit_lowered", "site_limit_raised", "answer"):
        row = found[name]
        title = {"answer": "from PUT of a site limit to the answer"}.get(name, f"from PUT to CAN, {name.replace('_', ' ')}")
        yield f"{title:44} {row['p50_ms']:9.2f} ms, p99 {row['p99_ms']:.2f}, max {row['max_ms']:.2f} of {row['count']}"
    for name, median in found["change_to_effect_ms"].items():
        yield f"{'change to effect, ' + name:44} {median:9.2f} ms"


if __name__ == "__main__":
    print("\n".join(table(measure())))
