"""CTL-4: one car charges at a steady current while everything else is changed, a thousand times, at random."""

import os
import random
import threading
import time

from cabinet.config import dumps
from cabinet.http import HttpError

from editor import Editor
from scramble import Scramble

CHANGES = int(os.environ.get("JOULEPOINT_SOAK", "1000"))
SEED = int(os.environ.get("JOULEPOINT_SEED", "4"))
STEADY_A = 50


class Watch(threading.Thread):
    """Looks at the car from outside, all the time."""

    def __init__(self, cab):
        super().__init__(daemon=True)
        self.cab, self.over = cab, threading.Event()
        self.currents, self.phases, self.worst_gap = [], set(), 0.0

    def run(self):
        last = time.monotonic()
        while not self.over.wait(0.01):
            seen = self.cab.plant(1)
            now = time.monotonic()
            self.worst_gap, last = max(self.worst_gap, now - last), now
            self.currents.append(seen["current_ma"])
            self.phases.add(seen["car"]["phase"])

    def stop(self):
        self.over.set()
        self.join()


def test_a_charge_does_not_notice_that_everything_else_is_changed(drive):
    cab = drive(watchdogs={"controller": 1.0})
    cab.until_phase(1, "available", 15)
    cab.start(1, target_current_a=STEADY_A)
    cab.until("the steady current", lambda: cab.plant(1)["current_ma"] > STEADY_A * 1_000 - 500)
    editor, pick = Editor(cab.cabinet), random.Random(SEED)
    base, _ = editor.get()
    scramble = Scramble(base, pick, cab.cabinet)
    watch = Watch(cab)
    watch.start()
    accepted = refused = edited = 0
    try:
        for number in range(CHANGES):
            tree, chance = scramble.next(), pick.random()
            if chance < 0.05:
                try:
                    editor.put(scramble.mistake(tree))
                    raise AssertionError(f"change {number}: a bad configuration was taken")
                except HttpError as error:
                    assert error.status == 422, error
                    refused += 1
            elif chance < 0.08:
                _, before = editor.get()
                cab.cabinet.config_path.write_text(dumps(tree))
                cab.until("the edited file", lambda: editor.get()[1] > before or editor.get()[0]["site"] == tree["site"])
                edited += 1
            elif chance < 0.12:
                editor.http.post(f"/v1/config/revert/{editor.http.get('/v1/config/history')[-1]['version']}")
                accepted += 1
            else:
                editor.put(tree)
                accepted += 1
            assert watch.phases <= {"charging"}, f"change {number} (seed {SEED}): {watch.phases}\n{tree}"
    finally:
        watch.stop()
    # The planner's rules: what the car asks for, or less only where a limit binds; none did.
    worst = max(abs(current - STEADY_A * 1_000) for current in watch.currents)
    print(f"\n{accepted} accepted, {refused} refused, {edited} by hand; the current moved by {worst} mA in {len(watch.currents)} looks")
    assert worst < 1_000, (min(watch.currents), max(watch.currents))
    assert watch.phases == {"charging"}
    assert cab.plant(1)["hurts"] in (0, {}, None)
    assert {name: daemon.restarts for name, daemon in cab.cabinet.daemons.items() if daemon.restarts} == {}
    # Back to what it was, the charge ends and is billed as if nothing had been.
    editor.put(base)
    cab.until_phase(2, "available", 20)
    session = cab.state()["connectors"][0]["session"]
    assert session is not None
    cab.sim.command("stop", connector=1)
    cab.until_phase(1, "finishing", 30)
    closed = cab.cabinet.session_of(1)
    assert closed["id"] == session["id"] and closed["reason"] == "vehicle"
    assert closed["meter_last"]["digits"] == cab.meter_wh(1)
    assert len(editor.http.get("/v1/config/history")) == min(200, editor.get()[1])
    assert cab.faults() == []
