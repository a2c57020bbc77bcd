"""The `ocpp` daemon against a CSMS that is not ours, with a controller moved by hand.

    build/venv/csms/bin/python -m pytest ci/peers/csms

Every message is checked against OCA's schemas by the CSMS, and each test that moves energy asserts
the exact watt-hours that the CSMS was told: the floor of the register at either end (D14).
"""

import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from fake_controller import FakeController  # noqa: E402

DAEMON = pathlib.Path(os.environ.get("OCPP_DAEMON", HERE.parents[2] / "rust/target/ci/ocpp"))
ID = "JP-TEST-1"
TAG = "04A1B2C3D4E5F6"


class Unix(http.client.HTTPConnection):
    """HTTP on a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=40)
        self.unix_path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.unix_path)


def ask(path, method, target, body=None):
    """One request; the answer's status and JSON."""
    connection = Unix(path)
    try:
        connection.request(method, target, body=None if body is None else json.dumps(body))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def until(what, condition, seconds=15):
    """Waits for a condition, and gives what it gave."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {seconds} s")


class Rig:
    """A CSMS, a controller and the daemon in one folder."""

    def __init__(self, folder, *csms_arguments):
        self.folder = folder
        self.control, self.daemon = folder / "csms.sock", None
        (folder / "state").mkdir()
        argv = [sys.executable, "-m", "csms", "--listen", "127.0.0.1:0", "--control", str(self.control)]
        argv += ["--record", str(folder / "record.json"), *csms_arguments]
        self.csms_log = open(folder / "csms.log", "w")
        self.csms_process = subprocess.Popen(argv, cwd=HERE, stdout=subprocess.PIPE, stderr=self.csms_log, text=True)
        line = self.csms_process.stdout.readline()
        assert line.startswith("listening "), line
        self.url = line.split()[1]
        self.controller = FakeController(str(folder), self.url, ID).start()

    def start(self):
        """Starts the daemon, and waits until it answers: the socket of one that was killed is still there."""
        argv = [DAEMON, "--run-dir", self.folder, "--state-dir", self.folder / "state"]
        argv += ["--manufacturer-roots", self.folder / "roots.pem"]
        with open(self.folder / "ocpp.log", "a") as log:
            self.daemon = subprocess.Popen([str(a) for a in argv], stdout=log, stderr=log, env=os.environ | {"RUST_LOG": "debug"})
        until("the daemon to answer", self.answers)
        return self

    def kill(self):
        """As the OOM killer would."""
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()

    def close(self):
        """Ends everything, and says what it said if the test failed."""
        for process in (self.daemon, self.csms_process):
            if process and process.poll() is None:
                process.terminate()
                process.wait(10)
        self.controller.stop()
        self.csms_log.close()
        self.csms_process.stdout.close()

    def csms(self, target, **body):
        """Asks the CSMS."""
        status, answer = ask(self.control, "POST", target, body)
        assert status == 200, answer
        return answer

    def told(self, target="/transactions"):
        """What the CSMS was told."""
        return ask(self.control, "GET", target)[1]

    def actions(self):
        """The names of the calls that the CSMS was sent, in order."""
        return [message["action"] for message in self.told("/messages") if "action" in message]

    def state(self):
        """The daemon's own state."""
        return ask(self.folder / "ocpp.sock", "GET", "/v1/state")[1]

    def answers(self):
        """Whether the daemon is heard on its socket."""
        try:
            return bool(self.state())
        except OSError:
            return False

    def connected(self):
        """Waits until the daemon is accepted."""
        until("accepted", lambda: self.daemon_state_is("accepted"))
        return self

    def daemon_state_is(self, boot):
        """Whether the daemon is connected and this far."""
        state = self.state()
        return state["boot"] == boot and state["connection"]["status"] == "connected"

    def delivered(self, count=1):
        """Waits until so many transactions are over and the queue is empty; gives what the CSMS knows of them."""

        def over():
            ended = [t for t in self.told() if t["stopped"] is not None]
            return len(ended) >= count and self.state()["queue"]["depth"] == 0 and self.told()

        transactions = until("delivered", over)
        assert self.told("/violations") == []
        assert self.told("/orphans") == []
        return transactions


@pytest.fixture
def rig(request):
    """A rig; `@pytest.mark.csms(...)` gives the CSMS arguments."""
    marker = request.node.get_closest_marker("csms")
    # Short, because the path of a Unix socket may have 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="jp-ocpp-") as folder:
        rig = Rig(pathlib.Path(folder), *(marker.args if marker else ()))
        try:
            yield rig
        finally:
            rig.close()
            log = pathlib.Path(folder) / "ocpp.log"
            print(log.read_text()[-8000:] if log.exists() else "")


def energy(transaction):
    """What is billed."""
    return transaction["meter_stop_wh"] - transaction["meter_start_wh"]


def charge(rig, number=1, start=1_000_009, stop=1_000_209, tag=TAG):
    """A whole session, registers in tenths of a watt-hour."""
    session = rig.controller.begin(number, tag, start)
    rig.controller.meter(session, number, (start + stop) // 2)
    rig.controller.end(session, number, tag, stop)
    return session


def test_boot_and_states(rig):
    rig.start().connected()
    until("states", lambda: len(rig.told("/charge-points")[ID].get("connectors", {})) == 3)
    known = rig.told("/charge-points")[ID]["connectors"]
    assert {number: c["status"] for number, c in known.items()} == {"0": "Available", "1": "Available", "2": "Available"}
    assert rig.actions()[0] == "BootNotification"
    rig.controller.faults = [
        {
            "code": "contactor_fault",
            "connector": 2,
            "part": None,
            "detail": "closed although commanded open",
            "remedy": "",
            "first": 0,
            "first_wall": {"ms": 0, "quality": "unset"},
            "last": 0,
            "count": 1,
            "latched": True,
            "cleared": None,
        }
    ]
    rig.controller.change(2, phase="faulted")
    until("fault", lambda: rig.told("/charge-points")[ID]["connectors"]["2"]["status"] == "Faulted")
    assert rig.told("/charge-points")[ID]["connectors"]["2"]["error_code"] == "PowerSwitchFailure"
    assert rig.told("/violations") == []


@pytest.mark.csms("--boot", "pending", "--interval", "1")
def test_pending_asks_again_and_sends_nothing_else(rig):
    rig.start()
    until("pending", lambda: rig.actions().count("BootNotification") >= 2)
    assert set(rig.actions()) == {"BootNotification"}
    rig.csms("/boot", status="accepted", interval=60)
    rig.connected()
    until("states", lambda: "StatusNotification" in rig.actions())


def test_a_session_online(rig):
    rig.start().connected()
    session = charge(rig)
    (transaction,) = rig.delivered()
    assert (transaction["meter_start_wh"], transaction["meter_stop_wh"], energy(transaction)) == (100_000, 100_020, 20)
    assert [value["wh"] for value in transaction["meter_values"]] == [100_010]
    assert (transaction["connector"], transaction["id_tag"], transaction["reason"]) == (1, TAG, "Local")
    shown = rig.state()["transactions"][0]
    assert (shown["session"], shown["transaction_id"], shown["delivered"]) == (session, transaction["transaction_id"], True)
    assert (shown["meter_start_wh"], shown["meter_stop_wh"]) == (100_000, 100_020)
    until("acknowledged", lambda: rig.controller.acknowledged == 3)


def test_a_session_begun_offline(rig):
    rig.csms("/online", online=False)
    rig.start()
    charge(rig, 1)
    charge(rig, 2, 70, 5_079)
    until("queued", lambda: rig.controller.acknowledged == 6)
    assert rig.state()["connection"]["status"] in ("waiting", "connecting")
    rig.csms("/online", online=True)
    first, second = rig.delivered(2)
    assert (energy(first), energy(second)) == (20, 500)
    sent = [action for action in rig.actions() if action not in ("StatusNotification", "BootNotification", "Heartbeat")]
    assert sent == ["StartTransaction", "MeterValues", "StopTransaction"] * 2


def test_a_csms_that_goes_away_in_the_middle(rig):
    rig.start().connected()
    session = rig.controller.begin(1, TAG, 1_000_009)
    until("started", lambda: rig.told() and rig.state()["queue"]["depth"] == 0)
    rig.csms("/online", online=False)
    rig.controller.meter(session, 1, 1_000_100)
    rig.controller.end(session, 1, TAG, 1_000_209, reason="vehicle")
    until("queued", lambda: rig.state()["queue"]["depth"] == 2)
    rig.csms("/online", online=True)
    (transaction,) = rig.delivered()
    assert (energy(transaction), transaction["repeats"]) == (20, 0)
    assert rig.actions().count("BootNotification") == 1, "a new connection needs no new boot notification"


@pytest.mark.csms("--fail-after", "6")
def test_a_csms_that_fails_and_its_record(rig):
    rig.start().connected()
    for turn in range(4):
        charge(rig, 1, 1_000 * turn, 1_000 * turn + 990)
    until("failed", lambda: rig.state()["connection"]["status"] == "waiting")
    rig.csms("/online", online=True)
    transactions = rig.delivered(4)
    assert [energy(t) for t in transactions] == [99] * 4
    record = json.loads((rig.folder / "record.json").read_text())
    assert record["transactions"] == transactions


def test_killed_in_the_middle_of_the_queue(rig):
    rig.csms("/online", online=False)
    rig.start()
    for turn in range(6):
        charge(rig, 1 + turn % 2, 1_000 * turn + 5, 1_000 * turn + 999)
    until("queued", lambda: rig.controller.acknowledged == 18)
    rig.csms("/online", online=True)
    for seen in (2, 7, 11, 15):
        until("some", lambda: sum(action != "StatusNotification" for action in rig.actions()) >= seen)
        rig.kill()
        rig.start()
    transactions = rig.delivered(6)
    assert [(t["meter_start_wh"], t["meter_stop_wh"]) for t in transactions] == [(100 * n, 100 * n + 99) for n in range(6)]
    assert [len({v["timestamp"] for v in t["meter_values"]}) for t in transactions] == [1] * 6


def test_an_answer_that_is_lost_makes_no_second_transaction(rig):
    rig.start().connected()
    until("states", lambda: rig.actions().count("StatusNotification") == 3)
    rig.csms("/pause")
    # Through the outbox alone: a change of state would be told first, and wait for its own answer.
    session = str(uuid.uuid4())
    rig.controller.tell("session_started", session, 1, 1_000_009, -1, id_tag=TAG)
    until("asked", lambda: "StartTransaction" in rig.actions())
    rig.csms("/disconnect")
    rig.csms("/pause", paused=False)
    rig.controller.tell("session_stopped", session, 1, 1_000_209, -1, id_tag=TAG, reason="local")
    (transaction,) = rig.delivered()
    assert (energy(transaction), transaction["repeats"]) == (20, 1)
    assert rig.actions().count("StartTransaction") == 2


def test_garbage_harms_nothing(rig):
    rig.start().connected()
    session = rig.controller.begin(1, TAG, 1_000_009)
    for text in ("", "[", "{}", "[2]", '[3,"nobody",{}]', '[4,"nobody","X","",{}]', "[" * 5_000, '[2,"a","Reset",7]', "\u0000"):
        rig.csms("/send", text=text)
    rig.csms("/send", hex="00ff00ff")
    assert rig.csms("/call", action="MakeCoffee")["error"] == "NotImplemented"
    assert rig.csms("/call", action="ReserveNow")["error"] == "NotSupported"
    assert rig.csms("/call", action="Reset")["error"] == "ProtocolError"
    rig.controller.end(session, 1, TAG, 1_000_209)
    (transaction,) = rig.delivered()
    assert energy(transaction) == 20
    state = rig.state()
    assert state["connection"]["status"] == "connected"
    dropped = state["dropped"]
    assert (dropped["frames"], dropped["answers"], dropped["calls"]) == (7, 2, 4)
    assert len((rig.folder / "ocpp.log").read_text().split(" WARN ")) <= 3, "garbage is logged once a minute"


def test_a_message_that_is_too_large_costs_the_connection_and_no_more(rig):
    rig.start().connected()
    session = rig.controller.begin(1, TAG, 1_000_009)
    # The daemon may hang up while it is still being sent.
    ask(rig.control, "POST", "/send", {"text": "x" * 1_000_000})
    until("noticed", lambda: "too" in ((rig.state()["last_error"] or {}).get("message", "")).lower())
    rig.controller.end(session, 1, TAG, 1_000_209)
    assert energy(rig.delivered()[0]) == 20


@pytest.mark.csms("--accept-tags", TAG, "--reject-tags", "BAD")
def test_authorize(rig):
    rig.start().connected()
    for tag, verdict in ((TAG, "accepted"), ("BAD", "blocked"), ("NOBODY", "invalid"), ("A" * 21, "invalid")):
        request = rig.controller.card(1, tag)
        assert until(tag, lambda: rig.controller.verdicts.get(request)) == verdict
    assert rig.actions().count("Authorize") == 3


def test_offline_no_verdict_is_given(rig):
    rig.start().connected()
    rig.csms("/online", online=False)
    until("offline", lambda: rig.state()["connection"]["status"] != "connected")
    request = rig.controller.card(1, TAG)
    time.sleep(1)
    assert rig.controller.verdicts == {}
    rig.csms("/online", online=True)
    assert until("verdict", lambda: rig.controller.verdicts.get(request)) == "accepted"


@pytest.mark.csms("--reject-tags", "BAD")
def test_a_tag_refused_at_the_start_ends_the_charge(rig):
    rig.start().connected()
    session = rig.controller.begin(2, "BAD", 1_000_009)
    (command,) = until("stop", lambda: rig.controller.commands)
    assert (command["verb"], command["connector"], command["reason"]) == ("stop", 2, "deauthorised")
    rig.controller.end(session, 2, "BAD", 1_000_029, reason="deauthorised")
    (transaction,) = rig.delivered()
    assert (energy(transaction), transaction["reason"]) == (2, "DeAuthorized")


def test_remote_start_and_stop(rig):
    rig.start().connected()
    until("states", lambda: len(rig.told("/charge-points")[ID].get("connectors", {})) == 3)
    assert rig.csms("/remote-start", id_tag="REMOTE1", connector=2) == {"status": "Accepted"}
    (command,) = rig.controller.commands
    assert (command["verb"], command["connector"], command["id_tag"]) == ("start", 2, "REMOTE1")
    session = rig.controller.begin(2, "REMOTE1", 1_000_009)
    (transaction,) = until("started", rig.told)
    number = transaction["transaction_id"]
    until("known", lambda: rig.state()["transactions"][0]["transaction_id"] == number)
    assert rig.csms("/remote-stop", transaction_id=number + 1) == {"status": "Rejected"}
    assert rig.csms("/remote-stop", transaction_id=number) == {"status": "Accepted"}
    assert (rig.controller.commands[-1]["verb"], rig.controller.commands[-1]["reason"]) == ("stop", "remote")
    rig.controller.end(session, 2, "REMOTE1", 1_000_209, reason="remote")
    (transaction,) = rig.delivered()
    assert (energy(transaction), transaction["reason"]) == (20, "Remote")
    assert rig.csms("/remote-stop", transaction_id=number) == {"status": "Rejected"}
    rig.controller.refuse = True
    assert rig.csms("/remote-start", id_tag="REMOTE1", connector=1) == {"status": "Rejected"}


def test_what_is_not_done_is_not_said_to_be_done(rig):
    rig.start().connected()
    until("states", lambda: len(rig.told("/charge-points")[ID].get("connectors", {})) == 3)

    def status(action, **payload):
        return rig.csms("/call", action=action, payload=payload)["payload"]["status"]

    assert status("Reset", type="Soft") == "Rejected"
    assert status("ChangeAvailability", connectorId=1, type="Inoperative") == "Rejected"
    assert status("UnlockConnector", connectorId=1) == "NotSupported"
    assert status("DataTransfer", vendorId="x") == "UnknownVendorId"
    assert status("ChangeConfiguration", key="HeartbeatInterval", value="1") == "Accepted"
    assert status("ChangeConfiguration", key="NumberOfConnectors", value="9") == "Rejected"
    assert status("ChangeConfiguration", key="Colour", value="red") == "NotSupported"
    until("heartbeat", lambda: "Heartbeat" in rig.actions())
    answer = rig.csms("/call", action="GetConfiguration", payload={"key": ["NumberOfConnectors", "Colour"]})["payload"]
    assert answer["configurationKey"] == [{"key": "NumberOfConnectors", "readonly": True, "value": "2"}]
    assert answer["unknownKey"] == ["Colour"]


def profile(number, purpose, unit, *limits, **fields):
    """A profile as a CSMS writes it."""
    periods = [{"startPeriod": start, "limit": limit} for start, limit in limits]
    schedule = {"chargingRateUnit": unit, "chargingSchedulePeriod": periods}
    return {"chargingProfileId": number, "stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": "Relative",
            "chargingSchedule": schedule, **fields}  # fmt: skip


def test_smart_charging(rig):
    rig.start().connected()
    until("states", lambda: len(rig.told("/charge-points")[ID].get("connectors", {})) == 3)

    def call(action, **payload):
        return rig.csms("/call", action=action, payload=payload)

    def put(connector, own):
        return call("SetChargingProfile", connectorId=connector, csChargingProfiles=own)["payload"]["status"]

    assert put(1, profile(1, "TxDefaultProfile", "A", (0, 16.5), (60, 6))) == "Accepted"
    taken = rig.controller.profiles[1]
    assert (taken["purpose"], taken["connector"], taken["schedule"]["unit"]) == ("tx_default", 1, "A")
    assert [p["limit_milli"] for p in taken["schedule"]["periods"]] == [16_500, 6_000]
    assert put(9, profile(2, "TxDefaultProfile", "A", (0, 16))) == "Rejected"
    # A transaction is known here by its number, and to the controller by its session.
    assert put(1, profile(3, "TxProfile", "W", (0, 9000), transactionId=4711)) == "Rejected"
    request = rig.controller.card(1, TAG)
    until("the verdict", lambda: rig.controller.verdicts.get(request))
    session = rig.controller.begin(1, TAG, 10_000)
    transaction = until("the transaction", lambda: rig.told("/transactions"))[0]["transaction_id"]
    until("its number", lambda: rig.state()["transactions"][0]["transaction_id"])
    assert put(1, profile(3, "TxProfile", "W", (0, 9000), transactionId=transaction)) == "Accepted"
    assert rig.controller.profiles[3]["transaction"] == session
    answer = call("GetCompositeSchedule", connectorId=1, duration=600, chargingRateUnit="A")["payload"]
    assert (answer["status"], answer["connectorId"]) == ("Accepted", 1)
    told = answer["chargingSchedule"]["chargingSchedulePeriod"]
    assert told == [{"startPeriod": 0, "limit": 16.5}, {"startPeriod": 60, "limit": 6}]
    assert call("GetCompositeSchedule", connectorId=7, duration=600)["payload"] == {"status": "Rejected"}
    assert call("ClearChargingProfile", id=8)["payload"]["status"] == "Unknown"
    assert call("ClearChargingProfile", chargingProfilePurpose="TxDefaultProfile")["payload"]["status"] == "Accepted"
    assert list(rig.controller.profiles) == [3]
    assert call("ClearChargingProfile")["payload"]["status"] == "Accepted"
    assert call("SetChargingProfile", connectorId=1, csChargingProfiles={})["error"]
    assert rig.told("/violations") == []


def test_a_remote_start_brings_its_profile(rig):
    rig.start().connected()
    until("states", lambda: len(rig.told("/charge-points")[ID].get("connectors", {})) == 3)
    own = profile(1, "TxProfile", "W", (0, 9000))
    payload = {"idTag": TAG, "connectorId": 1, "chargingProfile": own}
    assert rig.csms("/call", action="RemoteStartTransaction", payload=payload)["payload"]["status"] == "Accepted"
    (command,) = rig.controller.commands
    assert command["profile"]["profile"]["schedule"]["periods"] == [{"start_s": 0, "limit_milli": 9_000_000}]


def test_local_list_and_cache(rig):
    rig.start().connected()

    def call(action, **payload):
        return rig.csms("/call", action=action, payload=payload)["payload"]

    def send(version, kind, *entries):
        entries = [{"idTag": tag, **({"idTagInfo": info} if info else {})} for tag, info in entries]
        return call("SendLocalList", listVersion=version, localAuthorizationList=entries, updateType=kind)["status"]

    good = {"status": "Accepted", "expiryDate": "2027-01-01T00:00:00Z", "parentIdTag": "FAMILY"}
    assert call("GetLocalListVersion") == {"listVersion": 0}
    assert send(3, "Full", ("A", good), ("B", {"status": "Blocked"})) == "Accepted"
    assert send(3, "Differential", ("B", None)) == "VersionMismatch"
    assert send(4, "Differential", ("B", None)) == "Accepted"
    assert call("GetLocalListVersion") == {"listVersion": 4}
    token = {"id_tag": "A", "verdict": "accepted", "group": "FAMILY", "expires_ms": 1_798_761_600_000}
    assert rig.controller.tokens == {"A": token}
    assert (call("ClearCache"), rig.controller.cleared) == ({"status": "Accepted"}, 1)
    keys = call("GetConfiguration", key=["SupportedFeatureProfiles", "LocalAuthListMaxLength", "ChargingScheduleMaxPeriods"])
    keys = {key["key"]: key["value"] for key in keys["configurationKey"]}
    assert keys["SupportedFeatureProfiles"] == "Core,LocalAuthListManagement,SmartCharging"
    assert int(keys["LocalAuthListMaxLength"]) > 0 and int(keys["ChargingScheduleMaxPeriods"]) > 0


def test_the_controller_is_told_when_the_csms_is_away(rig):
    rig.start().connected()
    until("online", lambda: rig.controller.reach[-1:] == ["online"])
    rig.csms("/online", online=False)
    rig.csms("/disconnect")
    until("offline", lambda: rig.controller.reach[-1:] == ["offline"], 20)
    rig.csms("/online", online=True)
    until("online again", lambda: rig.controller.reach[-1:] == ["online"], 60)


def test_another_csms_without_a_restart(rig):
    rig.start().connected()
    pid = rig.daemon.pid
    rig.controller.reconfigure(charge_point_id="JP-TEST-2")
    until("the new name", lambda: rig.told("/charge-points").get("JP-TEST-2", {}).get("connectors"))
    assert not rig.told("/charge-points")[ID]["connected"]
    charge(rig)
    (transaction,) = rig.delivered()
    assert (transaction["charge_point"], energy(transaction)) == ("JP-TEST-2", 20)
    rig.controller.reconfigure(url="wss://csms.example")
    until("refused", lambda: rig.state()["connection"]["status"] == "refused")
    assert "not in this version" in rig.state()["last_error"]["message"]
    assert rig.daemon.poll() is None and rig.daemon.pid == pid


def test_without_a_controller_the_queue_is_delivered(rig):
    rig.csms("/online", online=False)
    rig.start()
    charge(rig)
    until("queued", lambda: rig.controller.acknowledged == 3)
    rig.kill()
    rig.controller.stop()
    rig.csms("/online", online=True)
    rig.start()
    (transaction,) = rig.delivered()
    assert energy(transaction) == 20


def test_basic_authentication(rig):
    password = rig.folder / "password"
    password.write_text("correct horse\n")
    rig.controller.reconfigure(password_file=str(password))
    rig.start().connected()
    assert rig.told("/charge-points")[ID]["authorization"] == "Basic SlAtVEVTVC0xOmNvcnJlY3QgaG9yc2U="
    assert "correct horse" not in (rig.folder / "ocpp.log").read_text()
