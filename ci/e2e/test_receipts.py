"""Every session's signed record, judged by a verifier that is not ours."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from cabinet.base import free_port, repository
from cabinet.http import HttpError

sys.path.insert(0, str(repository() / "ci/peers/ocmf"))

import ocmf  # noqa: E402  (found by the line above)

from driver import CARD  # noqa: E402


@pytest.fixture
def tpm(tmp_path, monkeypatch):
    """A TPM, simulated; the controller's."""
    def start():
        port = free_port()
        subprocess.run(
            ["swtpm", "socket", "--tpm2", "--daemon", "--flags", "not-need-init,startup-clear",
             "--tpmstate", f"dir={tmp_path}", "--server", f"type=tcp,port={port},bindaddr=127.0.0.1",
             "--ctrl", f"type=tcp,port={port + 1},bindaddr=127.0.0.1", "--pid", f"file={tmp_path}/pid"],
            check=True,
        )  # fmt: skip
        return port

    monkeypatch.setenv("JOULEPOINT_TPM", f"swtpm:host=127.0.0.1,port={start()}")
    yield
    subprocess.run(["kill", Path(tmp_path, "pid").read_text().strip()], check=False)


def record_of(cab, session):
    """The session's record, as soon as it is there."""

    def signed():
        try:
            return cab.cabinet.controller.get(f"/v1/sessions/{session['id']}/ocmf")
        except HttpError as error:
            assert error.status == 404, error
            return None

    return cab.until("the record", signed, 20)


def judge(cab, kind):
    """Charges twice; both records are good, tell what the ledger tells, and follow each other."""
    pages = []
    for number in (1, 2):
        cab.start(number, energy_wh=10)
        cab.until_phase(number, "finishing", 40)
        session, _ = cab.ledger(number)
        text = record_of(cab, session)
        keys = cab.cabinet.controller.get("/v1/keys/metering")
        key = next(key for key in keys["keys"] if key["name"] == keys["current"])
        assert key["kind"] == kind
        assert ocmf.verify(text, key["public_key"])
        assert not ocmf.verify(text.replace(CARD, CARD[::-1]), key["public_key"])
        record = ocmf.parse(text).payload
        begin, end = record["RD"]
        registers = [Decimal(session[which]["digits"]) / 1000 for which in ("meter_start", "meter_last")]
        assert [begin["RV"], end["RV"]] == registers, "what is signed is what is billed"
        assert (begin["TX"], end["TX"], begin["RU"]) == ("B", "E", "kWh")
        assert (record["ID"], record["IL"], record["GS"]) == (CARD, "TRUSTED", key["name"])
        assert record["CI"] == f"DE*JPT*E0001*{number}"
        pages.append(int(record["PG"].removeprefix("T")))
        xml = cab.cabinet.controller.get(f"/v1/sessions/{session['id']}/ocmf.xml")
        assert text in xml and key["public_key"] in xml
        cab.unplug(number)
    assert pages[1] == pages[0] + 1


def test_a_unit_without_a_tpm_signs_and_says_so(cab):
    judge(cab, "software")


def test_a_unit_with_a_tpm_signs_with_it(tpm, drive):
    cab = drive()
    cab.until_phase(1, "available", 15)
    cab.until_phase(2, "available", 15)
    judge(cab, "tpm")
