"""Whatever breaks, the charge ends safely and the ledger is exact."""

import signal
import time

import pytest

from driver import seconds_since


def test_the_car_vanishes(cab):
    cab.start(1)
    cab.sim.command("error", connector=1, what="car_vanish")
    cab.until_phase(1, "faulted", 10)
    cab.is_safe(1)
    assert "vehicle_communication" in cab.faults()
    assert cab.ledger(1)[0]["reason"] == "vehicle"


def test_the_plug_is_pulled_under_load(cab):
    cab.start(1)
    cab.sim.command("error", connector=1, what="car_unplug_under_load")
    cab.until("the contactor to open", lambda: cab.plant(1)["contactor"] == "open")
    session, _ = cab.ledger(1)
    assert session["reason"] in ("unplugged", "vehicle")
    cab.until_phase(1, "available", 15)


def test_a_module_goes_silent(cab):
    cab.start(1)
    cab.sim.command("error", module=0, what="module_silent")
    cab.until_phase(1, "faulted", 15)
    cab.until("the contactor to open", lambda: cab.plant(1)["contactor"] == "open")
    assert "module_communication" in cab.faults()
    assert cab.ledger(1)[0]["reason"] == "fault"


def test_the_mcu_goes_silent(cab):
    cab.start(1)
    cab.sim.command("error", what="mcu_silent")
    cab.until("the fault", lambda: "mcu_communication" in cab.faults())
    cab.is_safe(1)
    cab.sim.command("clear", what="mcu_silent")
    cab.until_phase(1, "faulted", 15)
    assert cab.ledger(1)[0]["reason"] == "fault"


def test_the_mcu_resets(cab):
    """Everything is open at once, without a word of a trip: the charge is over, and nothing is delivered meanwhile."""
    cab.start(1)
    cab.sim.command("error", what="mcu_reset")
    cab.until_phase(1, "faulted", 10)
    cab.until("the modules to stop", lambda: not any(m["on"] for m in cab.state()["modules"]), 5)
    assert cab.ledger(1)[0]["reason"] in ("fault", "vehicle")


def test_the_line_to_the_mcu_is_cut(cab):
    """Linux is silent for the MCU: it opens by itself when the lease lapses."""
    cab.start(1)
    cab.sim.command("disconnect", what="mcu")
    begun = time.monotonic()
    cab.until("the contactor to open", lambda: cab.plant(1)["contactor"] == "open", 5)
    assert seconds_since(begun) < 4
    cab.sim.command("connect", what="mcu")
    cab.until_phase(1, "faulted", 15)
    cab.ledger(1)


def test_the_meter_goes_silent(cab):
    cab.start(1)
    cab.sim.command("error", connector=1, what="meter_silent")
    cab.until("the contactor to open", lambda: cab.plant(1)["contactor"] == "open", 30)
    assert cab.cabinet.session_of(1)["reason"] == "fault"


def test_the_emergency_stop(cab):
    cab.start(1)
    cab.sim.command("error", what="estop")
    cab.until_phase(1, "faulted", 10)
    cab.until("the contactor to open", lambda: cab.plant(1)["contactor"] == "open")
    assert cab.ledger(1)[0]["reason"] == "emergency_stop"
    cab.sim.command("clear", what="estop")
    cab.until("the release", lambda: not cab.state()["mcu"]["emergency_stop"])
    for number in (1, 2):
        cab.cabinet.controller.post(f"/v1/connectors/{number}/clear-fault", {"command_id": f"mended-{number}"})
    cab.unplug(1)


def test_bad_insulation_ends_in_the_cable_check(cab):
    cab.sim.command("error", connector=1, what="isolation")
    cab.sim.command("plug_in", connector=1)
    cab.until_phase(1, "authorising")
    cab.sim.command("swipe", uid="ABABABAB")
    cab.until_phase(1, "faulted", 40)
    assert "cable_check_fault" in cab.faults()
    cab.is_safe(1)


def test_the_csms_is_gone_and_nothing_that_bills_is_lost(cab):
    cab.start(1)
    cab.csms.post("/online", {"online": False})
    cab.csms.post("/disconnect")
    time.sleep(2)
    assert cab.phase(1) == "charging"
    cab.sim.command("swipe")
    cab.until_phase(1, "finishing", 30)
    cab.csms.post("/online", {"online": True})
    assert cab.ledger(1, 60)[0]["reason"] == "local"


def test_a_killed_plc_ends_its_charge_and_is_ready_again(cab):
    cab.start(1)
    cab.cabinet.kill_daemon("plc-main", signal.SIGKILL)
    begun = time.monotonic()
    cab.is_safe(1, 5)
    cab.until("the chain's process", lambda: cab.state()["chains"][0]["link"]["up"], 5)
    assert seconds_since(begun) < 5
    assert cab.ledger(1)[0]["reason"] in ("fault", "vehicle")
    cab.unplug(1)
    cab.start(1, energy_wh=3)


def test_a_hung_plc_is_a_dead_one(cab):
    cab.start(1)
    cab.cabinet.kill_daemon("plc-main", signal.SIGSTOP)
    cab.until_phase(1, "faulted", 15)
    # The car gives up by itself after its own time-out, under whatever load there is then; that is not ours to spare.
    cab.until("the contactor to open", lambda: cab.plant(1)["contactor"] == "open")
    cab.cabinet.kill_daemon("plc-main", signal.SIGCONT)
    cab.ledger(1)


def test_a_killed_controller_adopts_the_charge_that_it_finds(cab):
    """D7: back, and the lease renewed, before it lapses; the charge goes on and the ledger is exact."""
    cab.start(1)
    for _ in range(3):
        cab.cabinet.kill_daemon("controller", signal.SIGKILL)
        cab.until("the controller", lambda: cab.phase(1) == "charging", 5)
        time.sleep(2)
        plant = cab.plant(1)
        assert plant["contactor"] == "closed" and plant["current_ma"] > 10_000, plant
    assert cab.cabinet.logs("controller").count("the running charge is adopted") == 3
    cab.sim.command("swipe")
    cab.until_phase(1, "finishing", 30)
    assert cab.ledger(1)[0]["reason"] == "local"
    cab.is_safe(1)


@pytest.mark.parametrize("daemon", ["ocpp", "hmi", "system"])
def test_a_killed_daemon_leaves_the_charge_alone(cab, daemon):
    cab.start(1)
    cab.cabinet.kill_daemon(daemon, signal.SIGKILL)
    time.sleep(2)
    assert cab.plant(1)["current_ma"] > 10_000
    cab.sim.command("swipe")
    cab.until_phase(1, "finishing", 30)
    cab.ledger(1, 60)


def test_a_controller_that_stays_dead_lets_the_lease_lapse(cab):
    cab.start(1)
    cab.cabinet.kill_daemon("controller", signal.SIGKILL, stay_dead=True)
    cab.until("the contactor to open", lambda: cab.plant(1)["contactor"] == "open", 5)
    cab.cabinet.start_daemon("controller")
    cab.ledger(1, 30)
