"""Where the checkout is, and the layer's own readers."""

import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "meta-joulepoint/lib"))


@pytest.fixture
def top():
    return TOP
