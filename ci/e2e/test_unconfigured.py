"""A unit that nobody has told what it is in: it runs, can be asked and configured, and charges nobody."""

import pytest

from cabinet.base import repository, wait_until
from cabinet.native import NativeCabinet

UNCONFIGURED = repository() / "meta-joulepoint/files/config/unconfigured.toml"


@pytest.fixture
def cabinet():
    with NativeCabinet(start_daemons=False) as cabinet:
        cabinet.write_config(UNCONFIGURED.read_text())
        for name in ("controller", "ocpp", "hmi", "system"):
            cabinet.start_daemon(name)
        cabinet.wait_ready()
        yield cabinet


def test_it_is_ready_and_says_what_it_lacks(cabinet):
    """Every daemon is READY, which an update's confirmation needs; the connector is unavailable and the faults are told."""
    state = cabinet.controller.get("/v1/state")
    assert state["site"]["name"] == "Not configured yet" and state["site"]["limit"] == 0
    (connector,) = state["connectors"]
    assert connector["phase"] == "unavailable"
    assert all(contactor["granted"] == "open" for contactor in connector["contactors"])
    lacking = {"mcu_communication", "module_communication", "meter_communication"}
    told = lambda: lacking <= {fault["code"] for fault in cabinet.controller.get("/v1/state")["faults"]}  # noqa: E731
    wait_until("the faults of what is not there", told, 10)
    assert cabinet.controller.get("/v1/state")["connectors"][0]["phase"] == "unavailable"
    assert cabinet.ocpp.get("/v1/state")["connection"]["status"] != "connected"


def test_it_is_told_what_it_is_in(cabinet):
    """The bench's configuration, given to it while it runs, is in force without a restart."""
    cabinet.write_config(cabinet.in_force)

    def configured():
        state = cabinet.controller.get("/v1/state")
        return len(state["connectors"]) == 2 and state["mcu"]["link"]["up"]

    wait_until("the bench's configuration to be in force", configured, 20)
