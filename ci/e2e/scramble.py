"""Random configurations, all of them good, that leave one charge and its needs alone."""

import copy

from editor import entry

# What a car at connector 1 draws in the soak, with room: its limits stay above this.
NEEDED_W = 30_000


class Scramble:
    """Makes them from a base and a seeded source of chance."""

    def __init__(self, base, pick, cabinet):
        self.base, self.pick, self.cabinet = base, pick, cabinet

    def next(self):
        """Any number of changes against the base, in any order."""
        tree = copy.deepcopy(self.base)
        changes = [getattr(self, name) for name in dir(self) if name.startswith("other_")]
        self.pick.shuffle(changes)
        for change in changes:
            if self.pick.random() < 0.4:
                change(tree)
        return tree

    def mistake(self, tree):
        """Makes a good configuration a bad one."""
        section, field, value = self.pick.choice([
            ("site", "limit_w", -1), ("planner", "ramp_a_per_s", "fast"), ("mcu", "lease_ms", 2), ("site", "limit_kw", 1),
        ])
        tree[section][field] = value
        return tree

    def _text(self):
        return "".join(self.pick.choices("abcdefghij ", k=12)).strip() or "x"

    def other_site(self, tree):
        tree["site"].update(name=self._text(), limit_w=self.pick.randrange(2 * NEEDED_W, 1_000_000))
        tree["site"]["building_load_w"] = self.pick.randrange(0, 15_000)

    def other_planner(self, tree):
        tree["planner"] = {
            "ramp_a_per_s": self.pick.randrange(1, 1_000),
            "efficiency_percent": self.pick.randrange(80, 101),
            "borrowing": self.pick.random() < 0.5,
            "min_module_hold_ms": self.pick.randrange(0, 30_000),
            "switch_stable_ms": self.pick.randrange(0, 1_000),
        }

    def other_chains(self, tree):
        tree["chains"][0]["power_cap_w"] = self.pick.randrange(NEEDED_W, 200_000)
        if self.pick.random() < 0.5:
            tree["chains"].append({"id": "second", "power_cap_w": self.pick.randrange(0, 50_000)})
            for connector in tree["connectors"][1:]:
                connector["chain"] = "second"

    def other_connector_that_charges(self, tree):
        """What applies now goes on applying; what does not waits for the charge to end."""
        tree["connectors"][0].update(label=self._text(), priority=self.pick.randrange(10))
        tree["connectors"][0]["max_current_a"] = self.pick.randrange(60, 200)
        tree["connectors"][0]["max_power_w"] = self.pick.randrange(NEEDED_W, 200_000)
        if self.pick.random() < 0.3:
            tree["connectors"][0]["evse_id"] = f"DE*JPT*E{self.pick.randrange(10_000):04}*9"
        if self.pick.random() < 0.2:
            entry(tree["modules"], "m0")["address"] = 58

    def other_connectors(self, tree):
        second = next((c for c in tree["connectors"] if c["id"] == 2), None)
        if second is None:
            return
        if self.pick.random() < 0.3:
            tree["connectors"].remove(second)
            return
        second.update(
            evse_id=f"DE*JPT*E{self.pick.randrange(10_000):04}*2", priority=self.pick.randrange(10),
            max_current_a=self.pick.randrange(1, 200), max_voltage_v=self.pick.randrange(200, 1_000),
        )
        if self.pick.random() < 0.3:
            second["interface"] = "jp-nowhere"
        if self.pick.random() < 0.3:
            third = {**second, "id": 3, "evse_id": "DE*JPT*E0003*3", "contactor": 3, "modules": ["m3"],
                     "interface": "jp-nobody", "meter": "meter3"}
            third.pop("isolation", None)
            tree["connectors"].append(third)
            tree["meters"].append({**tree["meters"][1], "id": "meter3", "address": 90})
            tree["modules"].append({**entry(tree["modules"], "m1"), "id": "m3", "can": "can0", "address": 33})

    def other_modules(self, tree):
        moved = entry(tree["modules"], "m1")
        moved["address"] = self.pick.choice([1, *range(2, 30)])
        moved["max_power_w"] = self.pick.randrange(1_000, 60_000)
        for number in range(self.pick.randrange(4)):
            tree["modules"].append({**moved, "id": f"spare{number}", "address": 40 + number})

    def other_buses(self, tree):
        far = str(self.cabinet.run_dir / self.pick.choice(["can.sock", "can1.sock", "nobody.sock"]))
        tree["can"].append({"id": "can1", "transport": "virtual", "interface": far})
        if self.pick.random() < 0.5:
            entry(tree["modules"], "m1").update(can="can1", address=self.pick.randrange(2, 30))

    def other_meters(self, tree):
        moved = entry(tree["meters"], "meter2")
        moved["address"] = self.pick.choice([2, 60, 61])
        moved["energy_exponent"] = self.pick.randrange(-1, 3)
        if self.pick.random() < 0.4:
            moved["port"] = str(self.cabinet.run_dir / "another-rs485")
        entry(tree["isolation"], "imd2")["address"] = self.pick.choice([102, 103])

    def other_reader(self, tree):
        ports = ["rfid", "another-rfid", None]
        port = self.pick.choice(ports)
        tree["rfid"] = {"port": str(self.cabinet.run_dir / port)} if port else None
        if port is None:
            del tree["rfid"]

    def other_mcu(self, tree):
        tree["mcu"]["lease_ms"] = self.pick.randrange(1_200, 1_501)

    def other_authorisation(self, tree):
        tree["authorisation"] = {
            "mode": self.pick.choice(["rfid", "free"]),
            "timeout_s": self.pick.randrange(1, 300),
            "local_tags": [self._text().replace(" ", "x").upper() for _ in range(self.pick.randrange(3))],
            "autocharge": self.pick.random() < 0.5,
            "offline": self.pick.choice(["refuse", "accept", "local-list-and-cache"]),
        }

    def other_back_end(self, tree):
        if self.pick.random() < 0.2:
            del tree["ocpp"]
            return
        tree["ocpp"]["charge_point_id"] = f"JP-{self.pick.randrange(1_000)}"
        tree["ocpp"]["meter_interval_s"] = self.pick.randrange(5, 100)
        if self.pick.random() < 0.5:
            tree["ocpp"]["url"] = "ws://127.0.0.1:9"

    def other_sections(self, tree):
        """What other programs read."""
        tree["branding"] = {"operator": self._text(), "primary_colour": f"#{self.pick.randrange(1 << 24):06x}"}
        tree["network"] = {"ntp_servers": ["ntp.example"][: self.pick.randrange(2)]}
        tree["updates"] = {"check_interval_hours": self.pick.randrange(1, 100)}
        tree["ocmf"] = {"signing": self.pick.choice(["auto", "off"])}
