"""The native cabinet for the tests: the daemons as processes, the world simulated on their own wires."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cabinet.native import NativeCabinet  # noqa: E402  (found by the line above)

from driver import Driver  # noqa: E402


@pytest.fixture
def drive():
    """Brings up a cabinet and gives its driver; everything ends with the test."""
    running = []

    def bring_up(**options):
        cabinet = NativeCabinet(**options)
        running.append(cabinet.__enter__())
        return Driver(cabinet)

    yield bring_up
    for cabinet in reversed(running):
        cabinet.__exit__(None, None, None)


@pytest.fixture
def cab(drive):
    """The bench cabinet, at rest, and known to its CSMS."""
    driver = drive()
    driver.until_online()
    driver.until_phase(1, "available", 15)
    driver.until_phase(2, "available", 15)
    return driver
