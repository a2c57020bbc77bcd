"""Bad input gets an error that names the field; garbage is counted and dropped, and harms nothing else."""

import json
import socket

import pytest

from cabinet.config import dumps


def exits(cabinet, seconds=10):
    """The exit code of a controller that is not to come up."""
    controller = cabinet.start_daemon("controller")
    return controller.child.wait(seconds), cabinet.logs("controller")


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda tree: tree["site"].update(limit_kw=60), "/site/limit_kw is an unknown key"),
        (lambda tree: tree["site"].update(limit_w=-1), "/site/limit_w is -1: expected 0 to 10000000 W"),
        (lambda tree: tree["connectors"][1].update(id=1), "/connectors/1/id is \"1\""),
    ],
    ids=["unknown key", "impossible value", "duplicated connector id"],
)
def test_a_bad_configuration_is_refused_at_a_first_start(drive, change, names):
    cab = drive(start_daemons=False)
    tree = cab.cabinet.native_config()
    change(tree)
    cab.cabinet.write_config(dumps(tree))
    code, log = exits(cab.cabinet)
    assert code == 78, log
    assert names in log


def test_a_bad_configuration_later_leaves_the_last_good_one_in_force(cab):
    tree = cab.cabinet.native_config()
    tree["site"]["limit_w"] = "much"
    cab.cabinet.write_config(dumps(tree))
    cab.cabinet.kill_daemon("controller")
    cab.until("the fault", lambda: "configuration_rejected" in cab.faults(), 10)
    assert cab.state()["site"]["limit"] == 60_000
    assert "/site/limit_w" in next(f["detail"] for f in cab.state()["faults"] if f["code"] == "configuration_rejected")


def test_garbage_on_every_wire_harms_nothing(cab):
    cab.start(1)
    for what in ("can_garbage", "mcu_garbage", "rs485_garbage"):
        cab.sim.command("error", what=what)
    for body in (b"{", b"[]", b'{"command_id": 7}', b"\xff" * 100):
        assert http_post(cab.cabinet.run_dir / "controller.sock", "/v1/connectors/1/stop", body) == 400
    cab.csms.post("/send", {"text": "{not ocpp"})
    cab.csms.post("/send", {"hex": "ff00ff"})
    cab.until("counts", lambda: all(cab.state()["dropped"][wire] > 0 for wire in ("can", "mcu", "http")), 15)
    assert cab.phase(1) == "charging" and cab.plant(1)["current_ma"] > 10_000
    cab.sim.command("clear")
    cab.sim.command("swipe")
    cab.until_phase(1, "finishing", 30)
    cab.ledger(1, 30)
    warned = [line for line in cab.cabinet.logs("controller").splitlines() if "garbage" in line]
    assert 1 <= len(warned) <= 4, warned


def test_garbage_from_a_car_ends_its_session_alone(cab):
    cab.start(1, card="AA01AA01")
    cab.start(2, card="AA02AA02")
    cab.sim.command("error", connector=1, what="exi_garbage")
    cab.until_phase(1, ("faulted", "finishing"), 20)
    cab.is_safe(1)
    assert cab.phase(2) == "charging" and cab.plant(2)["current_ma"] > 10_000


def http_post(path, route, body):
    """The status of a POST whose body is whatever it is."""
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(str(path))
        head = f"POST {route} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        link.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)
        answer = b"".join(iter(lambda: link.recv(4096), b""))
    status = int(answer.split()[1])
    refusal = json.loads(answer.split(b"\r\n\r\n", 1)[1])
    assert refusal["message"]
    # A body of the wrong shape may be 400 or 422 for the library; ours is one code.
    return status
