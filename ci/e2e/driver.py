"""What a test does to a cabinet and asks of it, in the words of charging."""

import time

from cabinet.base import wait_until

CARD = "04A1B2C3D4E5F6"


class Driver:
    """A person at the charger, an operator at the CSMS, and an engineer with a meter."""

    def __init__(self, cabinet):
        self.cabinet = cabinet
        self.sim, self.csms = cabinet.sim, cabinet.csms

    # What is.

    def state(self):
        return self.cabinet.controller.get("/v1/state")

    def connector(self, number):
        return next(c for c in self.state()["connectors"] if c["id"] == number)

    def phase(self, number):
        return self.connector(number)["phase"]

    def faults(self):
        return [fault["code"] for fault in self.state()["faults"]]

    def meter_wh(self, number):
        """What the meter outside counts, whatever the cabinet thinks."""
        return self.sim.connector(number)["meter_wh"]

    def plant(self, number):
        return self.sim.connector(number)

    def until(self, what, probe, seconds=10):
        return wait_until(what, probe, seconds)

    def until_phase(self, number, phases, seconds=20):
        wanted = (phases,) if isinstance(phases, str) else phases
        return self.until(f"connector {number} in {phases}", lambda: self.phase(number) in wanted, seconds)

    def until_online(self, seconds=60):
        """The CSMS has the cabinet's connection: what it sends from now on arrives."""
        online = lambda: any(point["connected"] for point in self.csms.get("/charge-points").values())
        return self.until("the cabinet to be connected to its CSMS", online, seconds)

    # What is done.

    def start(self, number, card=CARD, **car):
        """Plugs in, presents a card, and returns when current flows."""
        self.sim.command("plug_in", connector=number, **car)
        self.until_phase(number, "authorising")
        self.sim.command("swipe", uid=card)
        self.until_phase(number, "charging", 30)
        self.until("current", lambda: self.plant(number)["current_ma"] > 10_000, 20)

    def charge(self, numbers, **car):
        """Plugs in everywhere at once where charging is free, and returns when current flows everywhere."""
        for number in numbers:
            self.until_phase(number, "available", 15)
        for number in numbers:
            self.sim.command("plug_in", connector=number, **car)
        for number in numbers:
            self.until_phase(number, "charging", 60)
            self.until("current", lambda n=number: self.plant(n)["current_ma"] > 10_000, 20)

    def unplug(self, number, seconds=10):
        def out():
            self.sim.command("plug_out", connector=number)
            return True

        self.until("the plug to come out", out, seconds)
        self.until_phase(number, "available", seconds)

    # What must be.

    def is_safe(self, number, seconds=10):
        """The contactor is open and nothing flows; nothing was opened under load on the way."""
        safe = lambda: (p := self.plant(number))["contactor"] == "open" and abs(p["current_ma"]) < 1_000
        self.until(f"connector {number} safe", safe, seconds)
        assert self.plant(number)["hurts"] in (0, {}, None), self.plant(number)

    def told(self, number, seconds=20):
        """The newest session of a connector, closed, and what the CSMS was told of it in the end."""
        session = self.cabinet.session_of(number, seconds)

        def told():
            mine = [t for t in self.csms.transactions() if t["connector"] == number and t["meter_stop_wh"] is not None]
            return mine and mine[-1]

        return session, self.until("the transaction at the CSMS", told, seconds)

    def ledger(self, number, seconds=20):
        """The one transaction of a connector, told in full and exactly as the meter counted it."""
        session, transaction = self.told(number, seconds)
        start, last = session["meter_start"], session["meter_last"]
        assert start["exponent"] == last["exponent"] == 0
        assert transaction["meter_start_wh"] == start["digits"]
        assert transaction["meter_stop_wh"] == last["digits"] == self.meter_wh(number)
        assert transaction["repeats"] == 0
        assert self.csms.get("/violations") == [] and self.csms.get("/orphans") == []
        return session, transaction


def seconds_since(begun):
    return time.monotonic() - begun
