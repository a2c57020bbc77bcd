"""D14: whatever a meter resolves, what is billed is what it counted: in the session's row, in its intervals, at the CSMS."""

import sqlite3

import pytest

RESOLUTIONS = {1: (0, 100), 10: (1, 100), 100: (2, 250)}


def registers(cab, session):
    """The readings that the controller has kept of a session, in Wh, oldest first."""
    path = cab.cabinet.state_dir("controller") / "controller.db"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as store:
        rows = store.execute("SELECT digits, exponent FROM readings WHERE session = ? ORDER BY rowid", (session,))
        return [digits * 10**exponent for digits, exponent in rows]


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_energy_is_the_same_in_the_row_in_its_intervals_and_at_the_csms(drive, resolution):
    exponent, energy = RESOLUTIONS[resolution]

    def coarse(tree):
        for meter in tree["meters"]:
            meter["energy_exponent"] = exponent
        tree["authorisation"] = {"mode": "free"}

    cab = drive(
        overrides=coarse, daemons=("controller", "plc", "ocpp"), sim_args=("--meter-resolution", str(resolution))
    )
    cab.charge((1,), target_current_a=75, energy_wh=energy)
    cab.until_phase(1, "finishing", 90)
    session, transaction = cab.told(1)
    start, last = session["meter_start"], session["meter_last"]
    assert start["exponent"] == last["exponent"] == exponent
    begun, ended = (register["digits"] * 10**exponent for register in (start, last))
    assert ended == cab.meter_wh(1) and begun % resolution == ended % resolution == 0

    # The row, the intervals, the CSMS: one number.
    row = ended - begun
    assert 0 <= row <= energy + 2 * resolution and row >= energy - resolution
    kept = [begun, *registers(cab, session["id"]), ended]
    intervals = [after - before for before, after in zip(kept, kept[1:])]
    assert all(interval >= 0 for interval in intervals) and sum(intervals) == row
    assert transaction["meter_stop_wh"] - transaction["meter_start_wh"] == row
    sent = [value["wh"] for value in transaction["meter_values"]]
    assert sent == sorted(sent) and all(begun <= wh <= ended and wh % resolution == 0 for wh in sent), sent
    assert set(sent) <= set(kept), "nothing was told that was not kept"
    assert len(sent) >= 2
