"""OTA-4: the power goes at instants spread over installing, restarting and being found well. JOULEPOINT_POWER_CUTS says how many."""

import os
import time

import pytest

from cabinet.unit import version_of

CUTS = int(os.environ.get("JOULEPOINT_POWER_CUTS", "20"))
# Of ten cuts: six while it is written, three between the restart and READY, one while it is being marked good.
WHILE = ("install", "restart", "install", "install", "restart", "install", "mark", "install", "restart", "install")


@pytest.fixture(scope="session")
def measured(unit):
    """The unit with a charge in its books, and how long an installation and a restart take here and now."""
    session = unit.charge()
    return unit, session, unit.installed("plain"), unit.restart()


@pytest.mark.parametrize("number", range(CUTS))
def test_the_power_goes_at_any_instant(measured, number):
    unit, session, installing, restarting = measured
    known = {unit.first_version, version_of("good")}
    phase = WHILE[number % len(WHILE)]
    # Spread evenly: the golden section never meets itself again.
    fraction = (number * 0.618) % 1
    if phase == "mark":
        unit.machine.shell.send("rauc status mark-good")
        time.sleep(fraction)
    else:
        unit.plug_in_stick()
        if phase == "install":
            unit.machine.shell.send("rauc install /run/updates/plain.raucb")
            time.sleep(fraction * installing)
        else:
            unit.installed("plain")
            unit.machine.shell.send("systemctl reboot")
            time.sleep(fraction * restarting)
    unit.machine.cut()
    unit.power_on()
    told = f"cut {number}: {phase} at {fraction:.2f}"
    assert unit.version() in known, told
    assert session in unit.sessions(), told
    unit.until_confirmed()
    order, once = unit.boot_order()
    assert order[0] == unit.machine.slot() and once is None, told
