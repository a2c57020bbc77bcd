"""What a dead controller costs: the time from its death to the next one's first lease (CTL-9)."""

import signal
import time

from .base import CabinetError, wait_until
from .native import NativeCabinet

LEASE_MS = 1_500


def kill(cabinet):
    """Kills the controller, which is started again at once; milliseconds to the first lease that the MCU hears of the next."""
    with cabinet.sim.events() as events:
        killed = time.monotonic()
        cabinet.kill_daemon("controller", signal.SIGKILL)
        arrived, _ = events.next("lease", 20)
    return (arrived - killed) * 1_000


def phases(cabinet):
    """What each connector does."""
    return {c["id"]: c["phase"] for c in cabinet.controller.get("/v1/state")["connectors"]}


def restarts(times):
    """Restarts the controller in mid charge on four connectors; the milliseconds of each, shortest first."""
    took = []
    with NativeCabinet(layout="four", overrides={"authorisation": {"mode": "free"}}, daemons=("controller", "plc")) as cabinet:

        def charging():
            return set(phases(cabinet).values()) == {"charging"}

        wait_until("four connectors", lambda: set(phases(cabinet).values()) == {"available"}, 30)
        for connector in cabinet.connectors:
            cabinet.sim.command("plug_in", connector)
        wait_until("four charges", charging, 60)
        for _ in range(times):
            time.sleep(1)
            took.append(kill(cabinet))
            wait_until("the four charges again", charging, 10)
        adopted = cabinet.logs("controller").count("the running charge is adopted")
        if adopted != 4 * times:
            raise CabinetError(f"{adopted} charges were adopted, expected {4 * times}; see {cabinet.log_dir}")
    return sorted(took)
