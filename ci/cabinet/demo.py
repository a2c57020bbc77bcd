"""The demo: one charge from plug-in to receipt, on a native cabinet or one in QEMU."""

import argparse
import signal
import sys
import time

from .base import CabinetError, free_port, wait_until
from .native import NativeCabinet
from .qemu import QemuCabinet

CONNECTOR = 1
CARD = "04A1B2C3D4E5F6"


class Progress:
    """Lines with the time since the start."""

    def __init__(self):
        self.started = time.monotonic()

    def __call__(self, text):
        print(f"[{time.monotonic() - self.started:6.1f} s] {text}", flush=True)


def port(wanted):
    """The wanted port, or another if somebody has it."""
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port()
    return wanted


def seat(cabinet):
    """The connector, as the controller shows it."""
    return next(c for c in cabinet.controller.get("/v1/state")["connectors"] if c["id"] == CONNECTOR)


def charge(cabinet, say, energy_wh):
    """One charge; returns what the meter counted, what the CSMS was told and the seconds to the first ampere."""
    # READY does not wait for hardware (D19); a car does.
    wait_until(f"connector {CONNECTOR} in service", lambda: seat(cabinet)["phase"] == "available", 60)
    begin = cabinet.sim.connector(CONNECTOR)["meter_wh"]
    earlier = {transaction["transaction_id"] for transaction in cabinet.csms.transactions()}
    cabinet.sim.command("plug_in", CONNECTOR, energy_wh=energy_wh)
    plugged = time.monotonic()
    say(f"a car is plugged into connector {CONNECTOR}; it wants {energy_wh} Wh")
    last, swiped, first_ampere, deadline = None, False, None, time.monotonic() + 180
    while True:
        state = seat(cabinet)
        phase = state["phase"]
        if phase != last:
            say(f"connector {CONNECTOR}: {phase}")
            last = phase
        if phase == "authorising" and not swiped:
            cabinet.sim.command("swipe", uid=CARD)
            say(f"card {CARD} is held to the reader")
            swiped = True
        if first_ampere is None and state["present"]["current"] >= 1000:
            first_ampere = time.monotonic() - plugged
            present = state["present"]
            say(f"{present['current'] / 1000:.0f} A at {present['voltage'] / 1000:.0f} V, {first_ampere:.1f} s after plug-in")
        if phase in ("finishing", "faulted", "unavailable") or (phase == "available" and swiped):
            break
        if time.monotonic() > deadline:
            raise CabinetError(f"connector {CONNECTOR} is still {phase}")
        time.sleep(0.1)
    if phase != "finishing":
        raise CabinetError(f"connector {CONNECTOR} is {phase}: {cabinet.controller.get('/v1/faults')}")

    def told():
        own = (t for t in cabinet.csms.transactions() if t["transaction_id"] not in earlier)
        return next((t for t in own if t["meter_stop_wh"] is not None), None)

    transaction = wait_until("the end of the transaction at the CSMS", told, 60)
    end = cabinet.sim.connector(CONNECTOR)["meter_wh"]
    # The lock opens a moment after the charge has ended.
    wait_until("the plug to come out", lambda: cabinet.sim.command("plug_out", CONNECTOR), 10, 0.1)
    say("the car is unplugged")
    return begin, end, transaction, first_ampere


def receipt(begin, end, transaction, session, slot):
    """Prints it; whether the CSMS was told what the meter counted."""
    told = transaction["meter_stop_wh"] - transaction["meter_start_wh"]
    began, ended = session["started"]["wall"]["ms"], session["stopped"]["wall"]["ms"]
    rows = (
        ("energy", f"{end - begin} Wh by the meter, {told} Wh at the CSMS"),
        ("duration", f"{(ended - began) / 1000:.1f} s"),
        ("meter", f"{transaction['meter_start_wh']} Wh to {transaction['meter_stop_wh']} Wh"),
        ("transaction", f"{transaction['transaction_id']} of {transaction['charge_point']}, card {transaction['id_tag']}"),
        ("ended by", f"{session['reason']} (to the CSMS: {transaction['reason']})"),
        ("session", session["id"]),
        ("slot", slot),
    )
    print("\n  Receipt")
    for name, value in rows:
        print(f"  {name:12} {value}")
    print(flush=True)
    return told == end - begin > 0


def main(arguments):
    parser = argparse.ArgumentParser(prog="ci/demo")
    parser.add_argument("--native", action="store_true")
    parser.add_argument("--secure", action="store_true")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("--energy", type=int, metavar="WH")
    parser.add_argument("--run-dir")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    say = Progress()
    common = {"hmi_port": port(8443), "say": say, "run_dir": options.run_dir}
    cabinet = NativeCabinet(**common) if options.native else QemuCabinet(secure=options.secure, **common)
    try:
        with cabinet:
            if options.native:
                say("all daemons are ready")
            begin, end, transaction, _ = charge(cabinet, say, options.energy or (15 if options.native else 60))
            session = cabinet.session_of(CONNECTOR)
            slot = "none (native)" if options.native else cabinet.machine.slot()
            agree = receipt(begin, end, transaction, session, slot)
            if not agree:
                print("  The CSMS was told something else than the meter counted.", file=sys.stderr)
            if options.once:
                return 0 if agree else 1
            where = cabinet.state_dir("hmi") if options.native else cabinet.run_dir
            print(f"  HMI {cabinet.hmi_url}, user admin, initial password in {where}/initial-password")
            print(f"  logs in {cabinet.log_dir}", flush=True)
            print("  Ctrl-C ends it.", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except (CabinetError, TimeoutError, RuntimeError) as error:
        print(f"ci/demo: {error}", file=sys.stderr)
        return 1
