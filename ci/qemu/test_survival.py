"""CTL-9 in the bench image: systemd starts a killed controller again, and the charge goes on (D6: survival, not the time)."""

import contextlib
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cabinet.base import wait_until  # noqa: E402  (found by the line above)
from cabinet.qemu import QemuCabinet  # noqa: E402


# ci/cabinet/bench.toml's, the longest there is.
LEASE_MS = 1_500


@pytest.fixture
def guest():
    """The bench image with a car that charges."""
    with QemuCabinet(connectors=(1,), overrides={"authorisation": {"mode": "free"}}) as cabinet:
        wait_until("connector 1 in service", lambda: phase(cabinet) == "available", 90)
        cabinet.sim.command("plug_in", 1)
        wait_until("the charge", lambda: phase(cabinet) == "charging", 120)
        wait_until("its current", lambda: cabinet.sim.connector(1)["current_ma"] > 10_000, 60)
        yield cabinet


def phase(cabinet):
    return cabinet.controller.get("/v1/state")["connectors"][0]["phase"]


def test_a_killed_controller_in_the_guest_harms_nothing(guest):
    """Within the lease the charge goes on; where the emulated machine is slower than the lease, it ends as D6 says."""
    shell = guest.machine.shell
    main_pid = lambda: shell.check("systemctl show -P MainPID controller").strip()
    before = main_pid()
    with guest.sim.events() as events:
        shell.check("systemctl kill --signal=KILL controller")
        # The MCU tells of a lease that comes after a pause, or from another controller.
        pause = events.next("lease", 30)[1]["detail"]["pause_ms"]
        end = time.monotonic() + 20
        with contextlib.suppress(OSError, TimeoutError):
            while time.monotonic() < end:
                pause = max(pause, events.next("lease", 5)[1]["detail"]["pause_ms"])
    wait_until("another controller", lambda: main_pid() not in (before, "0"), 60)
    print(f"the MCU was without a lease for {pause} ms")
    said = shell.check("journalctl -b -u controller --no-pager -o cat")
    adopted = "the running charge is adopted" in said
    # The lease may lapse before the next controller looks, or between its look and its first word.
    assert adopted or (pause >= LEASE_MS and "the contactor lease has lapsed" in said), said
    if pause < LEASE_MS:
        for _ in range(10):
            plant = guest.sim.connector(1)
            assert plant["contactor"] == "closed" and plant["current_ma"] > 10_000, plant
            time.sleep(0.5)
        assert phase(guest) == "charging"
        guest.sim.command("stop", 1)
    # One session from beginning to end, and the CSMS knows of one transaction.
    session = guest.session_of(1, 120)
    told = lambda: [t for t in guest.csms.transactions() if t["meter_stop_wh"] is not None]
    transactions = wait_until("the end at the CSMS", told, 120)
    assert len(transactions) == 1 and transactions[0]["meter_start_wh"] == session["meter_start"]["digits"]
    assert transactions[0]["meter_stop_wh"] == session["meter_last"]["digits"] == guest.sim.connector(1)["meter_wh"]
    plant = guest.sim.connector(1)
    assert plant["contactor"] == "open" and plant["hurts"] == 0, plant
