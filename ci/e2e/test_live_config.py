"""Another configuration while the cabinet runs: each section takes effect, and nobody else notices."""

import contextlib
import os
import random
import signal
import threading
import time

import pytest

from cabinet.base import Sim, binaries
from cabinet.config import dumps
from cabinet.csms import Csms
from cabinet.http import HttpError

from driver import CARD
from editor import Editor, entry


@pytest.fixture
def editor(cab):
    return Editor(cab.cabinet)


def refused(call, *arguments, **rest):
    """The error that a call ends with."""
    with pytest.raises(HttpError) as error:
        call(*arguments, **rest)
    return error.value


def module(cab, name):
    return next((module for module in cab.state()["modules"] if module["id"] == name), None)


def heard(cab, name):
    found = module(cab, name)
    return found is not None and found["link"]["up"]


# How a change is made, refused, and taken back.


def test_a_change_names_its_version_its_author_and_what_it_changed(cab, editor):
    tree, version = editor.get()
    status, _, body = editor.http.request("PUT", "/v1/config", tree)
    assert (status, body["code"]) == (428, "version_required")
    tree["site"]["limit_w"] = 50_000
    accepted = editor.put(tree, version, **{"x-joulepoint-author": "hmi:anna"})
    assert accepted["version"] == version + 1 and accepted["waiting"] == []
    assert accepted["changes"] == [{"pointer": "/site/limit_w", "before": 60_000, "after": 50_000, "applies": "now"}]
    # The answer comes when it is in force, and on disk.
    assert 'limit_w = 50000' in cab.cabinet.config_path.read_text()
    cab.until("the state", lambda: cab.state()["site"]["limit"] == 50_000 and cab.state()["config_version"] == version + 1)
    stale = refused(editor.put, tree, version)
    assert (stale.status, stale.body["code"]) == (412, "stale")
    # Somebody else's file, as text, and back again.
    text = cab.cabinet.config_path.read_text().replace("50000", "40000", 1)
    status, _, body = editor.http.request(
        "PUT", "/v1/config?note=as+a+file", text, {"If-Match": "*", "Content-Type": "application/toml"}
    )
    assert status == 200, body
    status, headers, shown = editor.http.request("GET", "/v1/config", headers={"Accept": "application/toml"})
    assert shown == text
    assert editor.http.post(f"/v1/config/revert/{version}")["version"] == version + 3
    cab.until("the first limit", lambda: cab.state()["site"]["limit"] == 60_000)
    history = editor.http.get("/v1/config/history")
    assert [(v["version"] - version, v["author"], v["note"]) for v in history[:3]] == [
        (3, "root", None), (2, "root", "as a file"), (1, "hmi:anna", None)
    ]
    assert history[2]["changes"] == ["/site/limit_w"] and history[2]["at"]["wall"]["ms"] > 0
    assert editor.http.get(f"/v1/config/history/{version + 1}")["site"]["limit_w"] == 50_000
    assert refused(editor.http.get, "/v1/config/history/999").status == 404
    # What was accepted last is in force at the next start.
    cab.cabinet.kill_daemon("controller")
    cab.until("the next controller", lambda: cab.state()["config_version"] == version + 3, 15)


def test_a_bad_change_is_refused_whole_and_names_its_fields(cab, editor):
    tree, version = editor.get()
    wrong = refused(editor.patch, {"site": {"limit_w": -1, "name": ""}, "planner": {"ramp_a_per_s": 50}})
    assert wrong.status == 422
    assert [mistake["pointer"] for mistake in wrong.body] == ["/site/limit_w", "/site/name"]
    first = wrong.body[0]
    assert first["value"] == "-1" and first["expected"] == "0 to 10000000 W" and "/site/limit_w" in first["message"]
    unknown = refused(editor.http.post, "/v1/config/check", {**tree, "sight": {}})
    assert unknown.status == 422 and unknown.body[0]["pointer"] == "/sight"
    assert editor.get() == (tree, version) and cab.state()["site"]["limit"] == 60_000
    tree["site"]["limit_w"] = 1
    assert [change["pointer"] for change in editor.http.post("/v1/config/check", tree)["changes"]] == ["/site/limit_w"]
    assert editor.get()[1] == version


def test_changes_at_once_are_made_one_after_the_other(cab, editor):
    """Eight programs add one to the same number, each again until its If-Match holds: nothing is lost."""
    editor.patch({"site": {"limit_w": 60_000}})

    def raise_it():
        mine = Editor(cab.cabinet)
        for _ in range(5):
            while True:
                tree, version = mine.get()
                tree["site"]["limit_w"] += 1
                try:
                    mine.put(tree, version)
                    break
                except HttpError as error:
                    assert error.status in (412, 503), error

    threads = [threading.Thread(target=raise_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert editor.get()[0]["site"]["limit_w"] == 60_040


def test_an_edit_by_hand_is_noticed(cab, editor):
    path = cab.cabinet.config_path
    tree, version = editor.get()

    def limit():
        return cab.state()["site"]["limit"]

    def renamed(text):
        """As most editors do."""
        beside = path.with_suffix(".swp")
        beside.write_text(text)
        beside.rename(path)

    tree["site"]["limit_w"] = 55_000
    path.write_text(dumps(tree))
    cab.until("the file written in place", lambda: limit() == 55_000)
    tree["site"]["limit_w"] = 54_000
    renamed("# from an editor\n" + dumps(tree))
    cab.until("the file put in place", lambda: limit() == 54_000)
    assert editor.get()[1] == version + 2
    assert [v["author"] for v in editor.http.get("/v1/config/history?limit=2")] == ["file", "file"]
    assert path.read_text().startswith("# from an editor")
    # A bad one is refused, told, and left as it is.
    tree["site"]["limit_w"] = -1
    bad = dumps(tree)
    renamed(bad)
    cab.until("the fault", lambda: "configuration_rejected" in cab.faults())
    fault = next(f for f in cab.state()["faults"] if f["code"] == "configuration_rejected")
    assert "/site/limit_w" in fault["detail"]
    assert limit() == 54_000 and path.read_text() == bad
    tree["site"]["limit_w"] = 53_000
    path.write_text(dumps(tree))
    cab.until("the mended file", lambda: limit() == 53_000 and "configuration_rejected" not in cab.faults())
    # Another change does not wait for the hand, and does not destroy what it wrote.
    renamed(bad)
    cab.until("the fault", lambda: "configuration_rejected" in cab.faults())
    aside = editor.patch({"site": {"limit_w": 52_000}})["set_aside"]
    assert open(aside).read() == bad
    cab.until("the change", lambda: limit() == 52_000 and "configuration_rejected" not in cab.faults())


def test_a_controller_killed_at_any_instant_keeps_what_it_has_confirmed(cab, editor):
    """Changes as fast as they go, and a SIGKILL among them, again and again."""
    pick = random.Random(4)
    confirmed = editor.patch({"site": {"limit_w": 30_000}})["version"]
    for round_ in range(12):
        timer = threading.Timer(pick.uniform(0.05, 0.4), lambda: cab.cabinet.kill_daemon("controller", signal.SIGKILL))
        timer.start()
        with contextlib.suppress(OSError, HttpError):
            while True:
                confirmed = editor.patch({"site": {"limit_w": 30_000 + pick.randrange(10_000)}})["version"]
        timer.join()
        cab.until("the next controller", lambda: editor.get()[1] >= confirmed, 15)
        tree, version = editor.get()
        # One may have been made that nobody was told of; the number of one that was cut short is not used again.
        assert confirmed <= version <= confirmed + 2
        confirmed = version
        assert editor.http.get(f"/v1/config/history/{version}")["site"] == tree["site"]
        assert f"limit_w = {tree['site']['limit_w']}" in cab.cabinet.config_path.read_text()
        assert not cab.cabinet.config_path.with_suffix(".toml.new").exists()


# Each section takes effect.


def test_limits_of_site_chain_and_connector_reach_the_car(cab, editor):
    cab.start(1, target_current_a=50)
    steady = cab.until("the full current", lambda: (c := cab.plant(1)["current_ma"]) > 49_000 and c)
    for patch, bound, most in (
        (lambda tree: tree["site"].update(limit_w=10_000), "site", 25_000),
        (lambda tree: tree["chains"][0].update(power_cap_w=8_000), "chain", 21_000),
        (lambda tree: tree["connectors"][0].update(max_current_a=10), "cable", 10_500),
    ):
        before, version = editor.get()
        editor.change(patch)
        cab.until(f"the {bound} to bind", lambda: cab.connector(1)["allocation"]["bound_by"] == bound)
        cab.until("the current to fall", lambda: cab.plant(1)["current_ma"] < most)
        editor.put(before)
        cab.until("the current to rise", lambda: abs(cab.plant(1)["current_ma"] - steady) < 1_000, 20)
    assert cab.phase(1) == "charging"


def test_modules_and_buses_come_go_and_move(cab, editor):
    other = Sim([binaries() / "jp-sim", "--control", cab.cabinet.run_dir / "sim2.sock",
                 "--can", f"hub:{cab.cabinet.run_dir / 'can1.sock'}"],
                cab.cabinet.log_dir / "jp-sim2.log", cab.cabinet.run_dir / "sim2.sock").start()
    try:
        cab.until("both modules", lambda: heard(cab, "m0") and heard(cab, "m1"), 15)
        since = module(cab, "m0")["link"]["since"]
        tree, _ = editor.get()
        spare = {**entry(tree["modules"], "m1"), "id": "spare", "address": 9}
        editor.change(lambda tree: tree["modules"].append(spare))
        cab.until("a module that is not there", lambda: module(cab, "spare") and not heard(cab, "spare"))

        def elsewhere(tree):
            tree["can"].append({"id": "can1", "transport": "virtual", "interface": str(cab.cabinet.run_dir / "can1.sock")})
            entry(tree["modules"], "spare").update(can="can1", address=0)

        editor.change(elsewhere)
        cab.until("it is heard on another bus", lambda: heard(cab, "spare"), 10)
        editor.change(lambda tree: entry(tree["modules"], "spare").update(address=5))
        cab.until("it is looked for at another address", lambda: not heard(cab, "spare"), 10)
        editor.change(lambda tree: entry(tree["modules"], "spare").update(address=1))
        cab.until("it is heard there", lambda: heard(cab, "spare"), 10)
        # The whole bus moves, and comes back.
        editor.change(lambda tree: entry(tree["can"], "can1").update(interface="/nonexistent/can"))
        cab.until("its bus is gone", lambda: not heard(cab, "spare"), 10)
        editor.change(lambda tree: entry(tree["can"], "can1").update(interface=str(cab.cabinet.run_dir / "can1.sock")))
        cab.until("its bus is back", lambda: heard(cab, "spare"), 10)

        def away(tree):
            tree["modules"] = [module for module in tree["modules"] if module["id"] != "spare"]
            tree["can"] = [bus for bus in tree["can"] if bus["id"] != "can1"]

        editor.change(away)
        cab.until("it is forgotten", lambda: module(cab, "spare") is None)
        assert heard(cab, "m0") and module(cab, "m0")["link"]["since"] == since, "the others noticed"
    finally:
        other.stop()


def test_meters_monitors_and_the_mcu_move(cab, editor):
    second = cab.cabinet.run_dir / "mcu-again"
    os.symlink(os.readlink(cab.cabinet.run_dir / "mcu"), second)
    editor.patch({"mcu": {"port": str(second)}})
    cab.until("the MCU on its other line", lambda: (m := cab.state()["mcu"])["link"]["up"] and m["version"], 10)

    def swapped(tree):
        meters, monitors = tree["meters"], tree["isolation"]
        meters[0]["address"], meters[1]["address"] = meters[1]["address"], meters[0]["address"]
        monitors[0]["address"], monitors[1]["address"] = monitors[1]["address"], monitors[0]["address"]
        for connector in tree["connectors"]:
            connector["meter"] = {"meter1": "meter2", "meter2": "meter1"}[connector["meter"]]
            connector["isolation"] = {"imd1": "imd2", "imd2": "imd1"}[connector["isolation"]]

    # Other names and addresses for the same devices: a charge is billed as before.
    editor.change(swapped)
    cab.until_phase(1, "available", 20)
    cab.start(1, energy_wh=5)
    cab.until_phase(1, "finishing", 40)
    session, _ = cab.ledger(1)
    assert session["meter_last"]["meter"] == "meter2"


def test_the_card_reader_moves_and_goes(cab, editor):
    far, near = os.openpty()
    os.set_blocking(far, False)
    before = editor.patch({"rfid": {"port": os.ttyname(near)}})
    assert before["waiting"] == []
    cab.sim.command("plug_in", connector=1)
    cab.until_phase(1, "authorising")

    def shown():
        os.write(far, b"AA01AA01\n")
        return cab.connector(1)["authorisation"]["state"] == "granted"

    cab.until("a card at the other reader", shown)
    cab.until_phase(1, "charging", 30)
    editor.patch({"rfid": None})
    cab.sim.command("stop", connector=1)
    cab.until_phase(1, "finishing", 30)
    cab.unplug(1)
    # Nobody reads cards any more, and nobody needs to.
    editor.patch({"authorisation": {"mode": "free"}})
    cab.sim.command("plug_in", connector=1, energy_wh=2)
    cab.until_phase(1, ("charging", "finishing"), 40)
    os.close(far)
    os.close(near)


def test_the_back_end_changes_without_a_restart(cab, editor):
    folder = cab.cabinet.run_dir / "second"
    folder.mkdir()
    second = Csms(folder, folder).start()
    try:
        cab.until("the first CSMS", lambda: cab.csms.get("/charge-points"))
        editor.patch({"ocpp": {"url": second.url, "charge_point_id": "ANOTHER-1"}})
        cab.until("the second CSMS", lambda: "ANOTHER-1" in str(second.get("/charge-points")), 20)
        ocpp = cab.cabinet.daemons["ocpp"]
        assert ocpp.restarts == 0
        cab.start(1, energy_wh=3)
        cab.until_phase(1, "finishing", 40)
        cab.until("the transaction at the second", lambda: [t for t in second.transactions() if t["meter_stop_wh"]], 20)
        assert cab.csms.transactions() == []
        # A connector that goes and one that comes are told.
        tree, version = editor.get()
        cab.unplug(1)

        def alone(tree):
            tree["connectors"] = [c for c in tree["connectors"] if c["id"] == 1]

        editor.change(alone)
        cab.until("one connector", lambda: len(cab.state()["connectors"]) == 1)
        editor.put(tree)
        cab.until("two connectors", lambda: len(cab.state()["connectors"]) == 2)
        cab.until_phase(2, "available", 15)
        cab.start(2, card="AA02AA02", energy_wh=2)
        cab.until_phase(2, "finishing", 40)
        # Without a back end nothing is said to anybody.
        editor.patch({"ocpp": None})
        cab.until("no back end", lambda: cab.cabinet.ocpp.get("/v1/state")["connection"]["status"] == "off")
    finally:
        second.stop()


def test_chains_come_and_go(cab, editor):
    """A connector moves to a chain that was not there before, while its neighbour charges."""
    cab.start(1, target_current_a=30)
    tree, _ = editor.get()

    def two_chains(tree):
        tree["chains"].append({**tree["chains"][0], "id": "second", "power_cap_w": 20_000})
        entry(tree["connectors"], 2)["chain"] = "second"

    assert editor.change(two_chains)["waiting"] == []
    cab.cabinet.start_daemon("plc-second")
    up = lambda: {chain["id"]: chain["link"]["up"] for chain in cab.state()["chains"]}
    cab.until("the second chain", lambda: up() == {"main": True, "second": True}, 15)
    cab.until_phase(2, "available", 15)
    cab.start(2, card="AA02AA02", target_current_a=30)
    assert cab.phase(1) == "charging"
    cab.sim.command("stop", connector=2)
    cab.until_phase(2, "finishing", 30)
    cab.unplug(2)
    editor.put(tree)
    cab.until("one chain", lambda: up() == {"main": True}, 10)
    cab.until_phase(2, "available", 15)
    cab.start(2, card="AA03AA03")
    assert cab.phase(1) == "charging" and cab.plant(1)["current_ma"] > 28_000
    assert cab.cabinet.daemons["plc-main"].restarts == 0


def test_what_a_charge_stands_on_waits_for_its_end(cab, editor):
    cab.start(1, target_current_a=40)

    def another(tree):
        entry(tree["modules"], "m0")["address"] = 40
        entry(tree["connectors"], 1)["evse_id"] = "DE*JPT*E0009*1"
        entry(tree["connectors"], 2)["evse_id"] = "DE*JPT*E0009*2"

    accepted = editor.change(another)
    assert {(w["pointer"], w["connector"]) for w in accepted["waiting"]} == {
        ("/modules/0/address", 1), ("/connectors/0/evse_id", 1)
    }
    assert {change["applies"] for change in accepted["changes"]} == {"next session"}
    state = cab.until("the state", lambda: (s := cab.state())["config_version"] == accepted["version"] and s)
    assert len(state["config_waiting"]) == 2
    assert [c["evse_id"][-3:] for c in state["connectors"]] == ["1*1", "9*2"]
    # The charge survives even a restart of the controller, which goes on waiting.
    cab.cabinet.kill_daemon("controller")
    cab.until("the next controller", lambda: len(cab.state()["config_waiting"]) == 2, 15)
    time.sleep(1)
    assert cab.phase(1) == "charging" and cab.plant(1)["current_ma"] > 38_000
    cab.sim.command("swipe", uid=CARD)
    cab.until_phase(1, "finishing", 30)
    cab.until("the plug to come out", lambda: cab.sim.command("plug_out", connector=1))
    cab.until("nothing waits", lambda: not cab.state()["config_waiting"])
    assert cab.connector(1)["evse_id"] == "DE*JPT*E0009*1"
    cab.until("the module is looked for elsewhere", lambda: not heard(cab, "m0"))
