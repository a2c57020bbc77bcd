"""A charge from plug to receipt, on real wires and at real speed."""

import subprocess
import uuid

from cabinet.base import repository

from driver import CARD


def test_rfid_session(cab):
    """SLAC, ISO 15118-2, a card, isolation test, precharge, energy, stop, unlock, receipt."""
    cab.start(1, energy_wh=20)
    cab.until_phase(1, "finishing", 40)
    session, transaction = cab.ledger(1)
    assert session["reason"] == "vehicle"
    assert 20 <= transaction["meter_stop_wh"] - transaction["meter_start_wh"] <= 22
    assert transaction["id_tag"] == CARD
    assert session["id_tag"] == CARD
    cab.is_safe(1)
    cab.unplug(1)
    assert cab.faults() == []


def test_two_cars_at_once_share_the_site(drive):
    """Both charge; together never above the site's limit, and fairly."""
    cab = drive(overrides={"site": {"limit_w": 20_000}, "planner": {"efficiency_percent": 100}})
    cab.until_phase(1, "available", 15)
    cab.start(1, card="AA01AA01")
    cab.start(2, card="AA02AA02")
    cab.until("a fair share", lambda: abs(cab.plant(1)["current_ma"] - cab.plant(2)["current_ma"]) < 1_500, 15)
    for _ in range(20):
        state = cab.state()
        assert state["site"]["drawn"] <= 20_500, state["site"]
    assert {c["allocation"]["bound_by"] for c in cab.state()["connectors"]} == {"site"}
    for number, card in ((1, "AA01AA01"), (2, "AA02AA02")):
        cab.sim.command("swipe", uid=card)
        cab.until_phase(number, "finishing", 30)
        session, _ = cab.ledger(number)
        assert session["reason"] == "local" and session["id_tag"] == card


def test_remote_start_and_stop(cab):
    """The CSMS starts and stops a charge."""
    cab.sim.command("plug_in", connector=2)
    cab.until_phase(2, "authorising")
    assert cab.csms.post("/remote-start", {"id_tag": "REMOTE", "connector": 2})["status"] == "Accepted"
    cab.until_phase(2, "charging", 30)
    transaction = cab.until("the transaction", lambda: cab.csms.transactions())[0]
    assert cab.csms.post("/remote-stop", {"transaction_id": transaction["transaction_id"]})["status"] == "Accepted"
    cab.until_phase(2, "finishing", 30)
    session, _ = cab.ledger(2)
    assert session["reason"] == "remote" and session["id_tag"] == "REMOTE"


def test_a_blocked_card_is_refused_and_a_good_one_taken(cab):
    cab.csms.post("/tags", {"reject": ["BAD0BAD0"]})
    cab.sim.command("plug_in", connector=1, energy_wh=5)
    cab.until_phase(1, "authorising")
    cab.sim.command("swipe", uid="BAD0BAD0")
    cab.until("a refusal", lambda: cab.connector(1)["authorisation"]["state"] == "refused")
    assert cab.csms.transactions() == []
    cab.sim.command("swipe", uid=CARD)
    cab.until_phase(1, "finishing", 60)
    cab.ledger(1)


def test_a_command_is_done_once_and_refused_when_it_makes_no_sense(cab):
    from cabinet.http import HttpError

    command = {"command_id": str(uuid.uuid4())}
    try:
        cab.cabinet.controller.post("/v1/connectors/1/stop", command)
        raise AssertionError("a stop of nothing was taken")
    except HttpError as error:
        assert error.status == 409, error
    cab.start(1)
    for _ in range(2):
        cab.cabinet.controller.post("/v1/connectors/1/stop", command)
    cab.until_phase(1, "finishing", 30)
    assert cab.ledger(1)[0]["reason"] == "local"


def test_josevs_car_charges(cab):
    """A car that is not ours (PyPI `iso15118`) over the same line; SLAC by the simulator."""
    cab.sim.command("plug_in", connector=1, external=True, battery_v=400)
    cab.until_phase(1, "authorising", 20)
    cab.sim.command("swipe", uid=CARD)
    link = next(link for link in cab.cabinet.links if link.connector == 1)
    log = cab.cabinet.log_dir / "josev.log"
    run = repository() / "ci/peers/josev/run"
    python = repository() / "build/venv/josev/bin/python"
    done = subprocess.run(
        [run, link.netns, link.car_end, log],
        env={"JOSEV_PYTHON": str(python), "BATTERY_V": "400", "CHARGE_A": "20", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, log.read_text(errors="replace")[-3000:]
    session, _ = cab.ledger(1, 30)
    assert session["reason"] == "vehicle"
    cab.is_safe(1)
