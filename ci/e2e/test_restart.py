"""CTL-9: a killed controller is back before the lease lapses, and adopts what fits; what does not ends safely.

Under systemd the unit's RestartSec=0 starts it again; here the orchestrator does, within 10 ms.
"""

import json
import signal
import time

import pytest

from cabinet.restart import LEASE_MS, kill

FOUR = (1, 2, 3, 4)
FREE = {"authorisation": {"mode": "free"}}
DAEMONS = ("controller", "plc", "ocpp")


@pytest.fixture
def four(drive):
    """Four connectors on two chains, all charging."""
    cab = drive(layout="four", overrides=FREE, daemons=DAEMONS)
    cab.charge(FOUR)
    return cab


def while_dead(cab, act):
    """Does something while there is no controller, and starts the next one."""
    cab.cabinet.kill_daemon("controller", signal.SIGKILL, stay_dead=True)
    act()
    cab.cabinet.start_daemon("controller")


def verdict(cab, number):
    """What the newest controller made of a connector's charge."""
    lines = [line for line in cab.cabinet.logs("controller").splitlines() if f"connector={number}" in line]
    found = [line for line in lines if "is adopted" in line or "is taken down" in line]
    return found[-1] if found else ""


def reported(session):
    """What is to be told of a session's meter at its end: where it began, and what each segment has counted (D14)."""
    return session["meter_start"]["digits"] + sum(s["end"]["digits"] - s["start"]["digits"] for s in session["segments"])


def test_four_charges_survive_a_killed_controller(four):
    """Three times over: adopted, charging on at what they had, and every watt-hour told once."""
    cab = four
    for times in (1, 2, 3):
        print(f"kill to lease {kill(cab.cabinet):.0f} ms of {LEASE_MS} ms")
        for number in FOUR:
            cab.until_phase(number, "charging", 10)
        for _ in range(20):
            for number in FOUR:
                plant = cab.plant(number)
                assert plant["contactor"] == "closed" and plant["current_ma"] > 10_000, plant
            time.sleep(0.1)
        assert cab.cabinet.logs("controller").count("the running charge is adopted") == 4 * times
    assert cab.cabinet.logs("controller").count("is taken down") == 0
    for number in FOUR:
        cab.sim.command("stop", connector=number)
    for number in FOUR:
        cab.until_phase(number, "finishing", 30)
        session, transaction = cab.ledger(number)
        assert session["reason"] == "vehicle" and transaction["meter_stop_wh"] > transaction["meter_start_wh"]
        cab.is_safe(number)


def test_each_charge_that_does_not_fit_ends_and_the_others_go_on(four):
    """Another plug-in, an exchanged meter, a silent module: each its own connector's; the fourth charges on."""
    cab = four
    counted = {number: cab.meter_wh(number) for number in FOUR}

    def act():
        cab.sim.command("error", connector=1, what="car_unplug_under_load")
        cab.sim.command("meter", connector=2, wh=5)
        cab.sim.command("error", module=2, what="module_silent")
        cab.until("the MCU to see it", lambda: cab.plant(1)["pilot"] == "A")
        cab.sim.command("plug_in", connector=1)

    while_dead(cab, act)
    for number in (1, 2, 3):
        cab.until(f"connector {number} open", lambda n=number: cab.plant(n)["contactor"] == "open", 10)
        session, transaction = cab.told(number)
        stop = transaction["meter_stop_wh"]
        assert transaction["meter_start_wh"] <= stop == reported(session)
        assert counted[number] - 50 <= stop <= counted[number] + 50, "what the other meter counted before is nobody's energy"
    if "is adopted" in verdict(cab, 4):
        assert "another plug-in" in verdict(cab, 1)
        assert "the meter is not the one that it was" in verdict(cab, 2)
        assert "a module is silent" in verdict(cab, 3)
        plant = cab.plant(4)
        assert plant["contactor"] == "closed" and plant["current_ma"] > 10_000, plant
    else:
        assert "lease has lapsed" in verdict(cab, 4), "this machine was too slow, and for no other reason"
    for number in (2, 3, 4):
        assert cab.plant(number)["hurts"] == 0


def test_a_restarted_plc_ends_its_own_chain_only(four):
    """And a meter that jumps or is silent ends its own connector."""
    cab = four

    def act():
        cab.cabinet.kill_daemon("plc-right", signal.SIGKILL)
        cab.sim.command("meter", connector=1, wh=50_000_000)

    while_dead(cab, act)
    for number in (1, 3, 4):
        cab.is_safe(number)
        cab.told(number)
    if "is adopted" in verdict(cab, 2):
        assert "what cannot have flowed" in verdict(cab, 1)
        assert "does not hold the same session" in verdict(cab, 3) and "does not hold" in verdict(cab, 4)
        assert cab.plant(2)["current_ma"] > 10_000
    else:
        assert "lease has lapsed" in verdict(cab, 2), "this machine was too slow, and for no other reason"
    start = cab.until("what connector 1 began with", lambda: cab.told(1))[1]
    assert start["meter_stop_wh"] - start["meter_start_wh"] < 1_000, "the other meter's count is nobody's energy"


def checkpoint(cab):
    """The file that the next controller finds."""
    return cab.cabinet.run_dir / "controller/checkpoint.json"


def of_another_boot(cab):
    """The file is from before a reboot that /run should not have outlived."""
    held = json.loads(checkpoint(cab).read_text())
    held["boot"] = "00000000-0000-4000-8000-000000000000"
    checkpoint(cab).write_text(json.dumps(held))


def cut_short(cab):
    """The file is half a file."""
    text = checkpoint(cab).read_text()
    checkpoint(cab).write_text(text[: len(text) // 2])


def gone_from_the_configuration(cab):
    """Connector 1 is not in the file any more."""
    tree = cab.cabinet.in_force
    tree["connectors"] = [connector for connector in tree["connectors"] if connector["id"] != 1]
    cab.cabinet.write_config(tree)


def mcu_fault(what, **whom):
    return lambda cab: cab.sim.command("error", what=what, **whom)


# What is done, what the verdict says of it ("" = there is none), and what it hurts by its own nature.
MISFITS = {
    "the MCU restarts": (mcu_fault("mcu_reset"), "the MCU has restarted", 1),
    "the MCU is silent": (mcu_fault("mcu_silent"), "the MCU is silent", 0),
    "emergency stop": (mcu_fault("estop"), "the contactor is not closed for energy", 1),
    "a short on the pilot": (mcu_fault("pilot_short", connector=1), "the car does not ask for energy", 1),
    "the meter is silent": (mcu_fault("meter_silent", connector=1), "the meter is silent", 0),
    "the lease lapses": (lambda cab: time.sleep(1.7), "the contactor lease has lapsed", 0),
    "another boot": (of_another_boot, "", 0),
    "a damaged checkpoint": (cut_short, "", 0),
    "no checkpoint": (lambda cab: checkpoint(cab).unlink(), "", 0),
    "the connector is gone": (gone_from_the_configuration, "the connector is gone", 0),
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_a_checkpoint_that_does_not_fit_ends_in_a_safe_stop(drive, misfit):
    """The contactor opens, without an arc but for what has opened it already; the session is closed and told."""
    act, why, hurts = MISFITS[misfit]
    cab = drive(overrides=FREE, daemons=DAEMONS)
    cab.charge((1,))
    cab.until("some energy", lambda: cab.plant(1)["car"]["taken_mwh"] > 3_000)
    while_dead(cab, lambda: act(cab))
    cab.until("the contactor to open", lambda: cab.plant(1)["contactor"] == "open", 10)
    session, transaction = cab.told(1)
    assert transaction["meter_stop_wh"] == reported(session) >= transaction["meter_start_wh"]
    assert "the running charge is adopted" not in cab.cabinet.logs("controller")
    assert why in verdict(cab, 1) or "lease has lapsed" in verdict(cab, 1), verdict(cab, 1)
    assert cab.plant(1)["hurts"] <= hurts, cab.plant(1)
    cab.until("no current", lambda: abs(cab.plant(1)["current_ma"]) < 1_000)


@pytest.mark.parametrize("phase", ["authorising", "cable_check", "pre_charge"])
def test_a_restart_before_the_charge_loop_ends_safely(drive, phase):
    """What had not reached the charge loop is taken down, or begins again; nothing is closed that nobody asked for."""
    cab = drive(overrides={"authorisation": {"mode": "rfid"}}, daemons=DAEMONS)
    cab.until_phase(1, "available", 15)
    cab.sim.command("plug_in", connector=1)
    cab.until_phase(1, "authorising")
    if phase != "authorising":
        cab.sim.command("swipe")
        cab.until_phase(1, phase, 30)
    cab.cabinet.kill_daemon("controller", signal.SIGKILL)
    if phase == "authorising":
        # Nobody has lost anything: the card still opens it.
        cab.until("the controller", lambda: cab.phase(1) == "authorising", 20)
        cab.sim.command("swipe")
        cab.until_phase(1, "charging", 40)
        return
    cab.until("the connector to be safe", lambda: cab.plant(1)["contactor"] == "open", 10)
    cab.until_phase(1, ("faulted", "finishing", "available", "authorising", "matching"), 20)
    assert cab.plant(1)["hurts"] == 0
