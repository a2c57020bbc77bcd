"""D16: a newer version has run on this unit's data, and the unit fell back. This version charges again on what that one left."""

import json
import sqlite3

from driver import CARD
from editor import Editor

# What a newer version's steps do: they add, never change. Its rows use its own words and its own columns.
CONTROLLER = """
    ALTER TABLE sessions ADD COLUMN tariff TEXT;
    ALTER TABLE sessions ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE readings ADD COLUMN frequency INTEGER;
    ALTER TABLE outbox ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE faults ADD COLUMN ticket TEXT;
    CREATE TABLE prices (session TEXT PRIMARY KEY REFERENCES sessions (id), cents INTEGER NOT NULL) STRICT;
    CREATE INDEX sessions_by_tariff ON sessions (tariff);
    CREATE TRIGGER priced AFTER UPDATE OF reason ON sessions
        BEGIN INSERT OR REPLACE INTO prices VALUES (NEW.id, 100); END;
"""
QUEUE = """
    ALTER TABLE transactions ADD COLUMN cost INTEGER;
    ALTER TABLE messages ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE variables (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    INSERT INTO settings VALUES ('a newer setting', '{"anything": 1}');
    INSERT INTO notices (notice) VALUES ('{"kind": "weather", "says": "rain"}');
"""
# Its charge, which nobody has been told of yet: one of its sessions has a reason of its own, and so has the event.
ITS_SESSION = "00000000-0000-4000-8000-00000000000f"


def step(path, script):
    """Runs a newer version's step on a database, whose version steps with it."""
    with sqlite3.connect(path) as database:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        database.executescript(script)
        database.execute(f"PRAGMA user_version = {version + 1}")
    database.close()


def charge_on_the_new_side(path, before):
    """What a newer controller leaves of a charge that ended just before the unit fell back: it goes on where `before` ended."""
    with sqlite3.connect(path) as database:
        database.row_factory = sqlite3.Row
        row = dict(database.execute("SELECT * FROM sessions WHERE id = ?", [before["id"]]).fetchone())
        row |= {"id": ITS_SESSION, "start_digits": row["last_digits"], "reason": "sunset", "authorised_by": "telepathy"}
        row |= {"outlet": '{"plug": "of tomorrow"}', "tariff": "night", "cost": 100}
        database.execute(f"INSERT INTO sessions ({','.join(row)}) VALUES ({','.join('?' * len(row))})", list(row.values()))
        same = {"session": ITS_SESSION, "connector": before["connector"], "id_tag": before["id_tag"], "meter": before["meter_last"]}
        at = [row["last_boot"], row["last_mono"], row["last_wall_ms"], row["last_wall_quality"]]
        for body in (
            {"kind": "session_started", **same, "tariff": "night"},
            {"kind": "price_told", "session": ITS_SESSION, "cents": 100},
            {"kind": "session_stopped", **same, "reason": "sunset", "reported_wh": None},
        ):
            columns = "boot, mono, wall_ms, wall_quality, body, priority"
            database.execute(f"INSERT INTO outbox ({columns}) VALUES (?, ?, ?, ?, ?, 9)", [*at, json.dumps(body)])
    database.close()


def test_the_version_before_charges_again_on_what_a_newer_one_left(cab):
    cab.start(1, energy_wh=20)
    cab.until_phase(1, "finishing", 60)
    session, transaction = cab.ledger(1)
    cab.unplug(1)
    before = cab.cabinet.controller.get("/v1/sessions")["sessions"]
    version = Editor(cab.cabinet).get()[1]

    for name in list(cab.cabinet.daemons):
        cab.cabinet.kill_daemon(name, stay_dead=True)
    state = cab.cabinet.state_dir
    step(state("controller") / "controller.db", CONTROLLER)
    step(state("ocpp") / "queue.db", QUEUE)
    charge_on_the_new_side(state("controller") / "controller.db", session)
    # Its configuration: another schema's versions, and a file with a setting that is not known here.
    book = state("controller") / "configuration"
    later = book / "schema-2"
    later.mkdir()
    newest = json.loads((book / f"schema-1/{version}.json").read_text())
    newest["document"] = "schema = 2\n" + newest["document"]
    (later / f"{version + 1}.json").write_text(json.dumps(newest | {"version": version + 1, "approved_by": "its own field"}))
    cab.cabinet.write_config("colour_of_the_lamp = 'green'\n" + cab.cabinet.config_path.read_text())
    users = state("hmi") / "users.json"
    file = json.loads(users.read_text())
    file["users"][0]["language"], file["users"][0]["version"] = "fi", 2
    file["users"].append({"name": "eve", "role": "auditor", "password": "", "version": 1})
    users.write_text(json.dumps(file | {"two_factor": "optional"}))

    for name in list(cab.cabinet.daemons):
        cab.cabinet.start_daemon(name)
    cab.cabinet.wait_ready(60)
    cab.until_online()
    # What the newer one refused or added stops nothing: the last good configuration of ours is in force, and that is said.
    cab.until("the fault", lambda: "configuration_rejected" in cab.faults(), 20)
    assert Editor(cab.cabinet).get()[1] == version
    after = {found["id"]: found for found in cab.cabinet.controller.get("/v1/sessions")["sessions"]}
    assert [after[found["id"]] for found in before] == before, "what was charged before is as it was"
    assert after[ITS_SESSION]["reason"] == "other" and after[ITS_SESSION]["id_tag"] == CARD
    # The newer one's charge is told to the CSMS like any other.
    its = lambda: [t for t in cab.csms.transactions() if t["meter_start_wh"] == session["meter_last"]["digits"]]
    ended = cab.until("its transaction", lambda: (t := its()) and t[0]["meter_stop_wh"] is not None and t[0], 60)
    assert ended["meter_stop_wh"] == session["meter_last"]["digits"] and ended["id_tag"] == CARD
    # The page is served: its users are read past what is not known of them. wait_ready has seen it.
    assert json.loads(users.read_text())["two_factor"] == "optional"

    cab.until_phase(1, "available", 30)
    cab.start(1, energy_wh=10)
    cab.until_phase(1, "finishing", 60)
    cab.until("the session to end", lambda: cab.cabinet.session_of(1)["id"] not in after, 20)
    cab.until("the CSMS to hear of it", lambda: sum(t["meter_stop_wh"] is not None for t in cab.csms.transactions()) == 3, 20)
    again, billed = cab.ledger(1)
    assert again["id"] not in after and billed["meter_start_wh"] >= transaction["meter_stop_wh"]
    assert billed["meter_stop_wh"] - billed["meter_start_wh"] >= 10
    cab.unplug(1)
