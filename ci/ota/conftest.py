"""A unit in QEMU for the tests of updates; the folder of ci/ on Python's path."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cabinet.unit import Unit  # noqa: E402  (found by the line above)


@pytest.fixture(scope="session")
def unit():
    """One unit for all tests: each leaves it running, confirmed, and with what it has charged."""
    with Unit(say=print) as started:
        started.until_confirmed()
        yield started
