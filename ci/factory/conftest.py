"""The folder of ci/ on Python's path, and one station with the units that it made."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cabinet.factory import Station  # noqa: E402  (found by the line above)


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    """A development station; the units that it makes stand in folders beside it."""
    return Station(tmp_path_factory.mktemp("factory"))
