"""PLN-7 on the wires: modules of another slot serve a car over a tie, and go back without an arc."""

import time

from cabinet.restart import LEASE_MS, kill


def wide(tree):
    """Connector 1 bears what two modules give; idle slots lend."""
    tree["authorisation"] = {"mode": "free"}
    tree["planner"] = {**tree.get("planner", {}), "borrowing": True, "min_module_hold_ms": 1_000}
    tree["connectors"][0].update(max_current_a=200, max_power_w=60_000)


def ties(cab):
    """What each tie does, by its contactor's id."""
    return {tie["contactor_id"]: tie for tie in cab.sim.command("status")["ties"]}


def unhurt(cab):
    """Nothing was joined or parted that must not be."""
    assert [tie["hurts"] for tie in ties(cab).values()] == [0, 0, 0], ties(cab)
    assert [cab.plant(number)["hurts"] for number in (1, 2, 3, 4)] == [0, 0, 0, 0]


def lent(drive):
    """A car at connector 1 that two modules charge, one of them its neighbour's."""
    cab = drive(layout="four", overrides=wide, daemons=("controller", "plc", "ocpp"))
    cab.charge((1,), max_current_a=200, target_current_a=140, battery_v=400)
    cab.until("more than one module gives", lambda: cab.plant(1)["current_ma"] > 100_000, 40)
    assert ties(cab)[11]["contactor"] == "closed" and abs(ties(cab)[11]["current_ma"]) > 20_000, ties(cab)
    unhurt(cab)
    return cab


def test_a_neighbours_module_is_lent_over_a_tie_and_given_back(drive):
    cab = lent(drive)

    # The lender gets a car of its own: its module comes back, the tie parts first.
    cab.charge((2,))
    assert ties(cab)[11]["contactor"] == "open"
    assert cab.phase(1) == "charging" and 10_000 < cab.plant(1)["current_ma"] <= 101_000
    unhurt(cab)
    for number in (1, 2):
        cab.sim.command("stop", connector=number)
    for number in (1, 2):
        cab.until_phase(number, "finishing", 30)
        cab.ledger(number)
    unhurt(cab)


def test_a_restart_adopts_the_tie_with_the_charge(drive):
    cab = lent(drive)
    print(f"kill to lease {kill(cab.cabinet):.0f} ms of {LEASE_MS} ms")
    cab.until_phase(1, "charging", 10)
    for _ in range(20):
        assert cab.plant(1)["current_ma"] > 100_000 and ties(cab)[11]["contactor"] == "closed", ties(cab)
        time.sleep(0.1)
    assert "the running charge is adopted" in cab.cabinet.logs("controller")
    cab.sim.command("stop", connector=1)
    cab.until_phase(1, "finishing", 30)
    cab.ledger(1)
    unhurt(cab)
