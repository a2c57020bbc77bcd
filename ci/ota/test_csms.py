"""OCP-6: updates that the CSMS asks for, from its message over the restart to its last word."""

import pytest

from cabinet.base import repository, wait_until
from cabinet.unit import PATIENCE, UPDATES, version_of

KEYS = repository() / "build/keys"
# The host, as the guest sees it.
HOST = "10.0.2.2"
FETCHED = ["Downloading", "Downloaded", "SignatureVerified"]


def ask(unit, request, name):
    """The CSMS asks for an update: the manufacturer's signer has signed the whole file."""
    body = {"request_id": request, "path": str(UPDATES / f"{name}.raucb"), "host": HOST}
    body |= {"certificate": str(KEYS / "rauc-sign.pem"), "key": str(KEYS / "rauc-sign.key")}
    assert unit.csms.post("/firmware", body) == {"status": "Accepted"}


def told(unit, request):
    """The statuses that the CSMS heard of an update."""
    return [entry["status"] for entry in unit.csms.get("/firmware") if entry["request_id"] == request]


def until_told(unit, request, status):
    """Returns when a status was heard."""
    wait_until(f"{status} of update {request}", lambda: status in told(unit, request), 2 * PATIENCE, 1)


def booted_as(unit):
    """The version that the unit told the CSMS at its last start."""
    boots = [entry for entry in unit.csms.get("/messages") if entry.get("action") == "BootNotification"]
    return boots[-1]["payload"]["firmwareVersion"]


@pytest.fixture(scope="module")
def charged(unit):
    """The unit, and the charge that it must not forget."""
    session = unit.charge()
    return unit, session


def test_a_bundle_that_the_manufacturer_did_not_build_is_not_written(charged):
    unit, _ = charged
    before = unit.sides(), unit.boot_order(), unit.version()
    ask(unit, 40, "stranger")
    until_told(unit, 40, "InstallVerificationFailed")
    assert told(unit, 40) == [*FETCHED, "Installing", "InstallVerificationFailed"]
    assert (unit.sides(), unit.boot_order(), unit.version()) == before


def test_an_update_is_installed_started_judged_and_only_then_told_so(charged):
    unit, session = charged
    side = unit.machine.slot()
    assert booted_as(unit) == unit.version() != version_of("good")
    unit.machine.expect_restart()
    ask(unit, 41, "good")
    until_told(unit, 41, "Installing")
    unit.machine.wait_ready(2 * PATIENCE)
    assert unit.version() == version_of("good") and unit.machine.slot() != side
    until_told(unit, 41, "Installed")
    assert told(unit, 41) == [*FETCHED, "Installing", "InstallRebooting", "Installed"]
    assert unit.boot_order()[0] == [unit.machine.slot(), side], "it is told of what stays"
    assert booted_as(unit) == version_of("good")
    assert [event["type"] for event in unit.csms.get("/security-events")] == ["FirmwareUpdated"]
    assert session in unit.sessions()
    assert unit.charge() in unit.sessions()
    assert unit.csms.get("/violations") == []


def test_an_update_that_does_not_come_up_is_told_by_the_old_side(charged):
    unit, session = charged
    side, before = unit.machine.slot(), unit.version()
    unit.machine.expect_restart()
    ask(unit, 42, "never-ready")
    until_told(unit, 42, "InstallationFailed")
    assert told(unit, 42) == [*FETCHED, "Installing", "InstallRebooting", "InstallationFailed"]
    wait_until("the shell", lambda: unit.version() == before, PATIENCE, 1)
    assert unit.machine.slot() == side and session in unit.sessions()
