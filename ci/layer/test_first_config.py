"""Which configuration a unit begins with."""

import os
import subprocess

import pytest
from joulepoint import manifest
from layer import LAYER


@pytest.fixture
def first(tmp_path):
    """Runs first-config; returns what the unit has then."""
    places = {name: tmp_path / name for name in ("credentials", "share", "state")}
    for place in places.values():
        place.mkdir()

    def run(**files):
        for name, text in files.items():
            folder, file = name.split("_")
            (places[folder] / f"{file}.toml").write_text(text)
        names = {"CREDENTIALS_DIRECTORY": "credentials", "JOULEPOINT_SHARE": "share", "STATE_DIRECTORY": "state"}
        environment = {**os.environ, **{variable: str(places[name]) for variable, name in names.items()}}
        script = LAYER / "files/config/first-config"
        subprocess.run(["sh", script], check=True, env=environment, stdout=subprocess.DEVNULL)
        return (places["state"] / "joulepoint.toml").read_text()

    return run


def test_a_unit_that_nobody_told_anything_begins_without_hardware(first):
    assert first(share_unconfigured="none") == "none"


def test_an_image_may_ship_its_own(first):
    assert first(share_unconfigured="none", share_joulepoint="shipped") == "shipped"


def test_the_machines_credential_comes_first(first):
    assert first(share_unconfigured="none", share_joulepoint="shipped", credentials_joulepoint="credential") == "credential"


def test_what_a_unit_has_stays(first):
    assert first(share_unconfigured="none") == "none"
    assert first(credentials_joulepoint="credential") == "none"


def test_every_unit_has_one_to_begin_with():
    """The product's image ships it, and it is the one that the configuration's own tests read (config/tests/examples.rs)."""
    entries = {entry.destination: entry for entry in manifest.read(LAYER / "files/install.manifest")}
    entry = entries["/usr/share/joulepoint/unconfigured.toml"]
    assert (entry.set, entry.source) == ("base", "meta-joulepoint/files/config/unconfigured.toml")
