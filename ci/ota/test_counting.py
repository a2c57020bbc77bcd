"""The count of starts in the initrd, run here on a folder for the firmware's variables: whatever ails which side, no way leads
round in circles, and the side that runs well is reached."""

import re
import subprocess
from pathlib import Path

import pytest

INIT = Path(__file__).resolve().parents[2] / "ota/initrd/init"
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
BOOTS = "JoulepointBoots-4a50426f-6f74-4000-8000-000000000001"
ATTRIBUTES = b"\x07\0\0\0"
NUMBERS = {"a": "0001", "b": "000A"}


class Firmware:
    """What the firmware and the two sides do; `sides` says of each: well, unwell (runs, never confirmed), early (restarts before
    the initrd counts) or rejected (the firmware does not start it)."""

    def __init__(self, folder, sides, order="ab"):
        self.folder, self.sides, self.starts = folder, sides, []
        for side, number in NUMBERS.items():
            option = b"\1\0\0\0\x10\0" + f"{side}\0".encode("utf-16le") + bytes(20)
            self.write(f"Boot{number}-{GLOBAL}", option)
        # Others that every firmware has.
        self.write(f"Boot0000-{GLOBAL}", b"\1\0\0\0\x10\0" + "UiApp\0".encode("utf-16le"))
        self.order(order)

    def write(self, name, content):
        (self.folder / name).write_bytes(ATTRIBUTES + content)

    def order(self, sides):
        """The boot order: these sides, then the firmware's own."""
        self.write(f"BootOrder-{GLOBAL}", b"".join(bytes.fromhex(NUMBERS[s])[::-1] for s in sides) + b"\0\0")
        self.sides_in_order = sides

    def count(self):
        """The side whose starts are counted, and how many there were."""
        content = (self.folder / BOOTS).read_bytes()
        assert content[:4] == ATTRIBUTES and len(content) == 6
        return chr(content[4]), content[5]

    def next(self):
        """The sides to try, in the firmware's order; BootNext is forgotten by being read."""
        once = self.folder / f"BootNext-{GLOBAL}"
        first = []
        if once.exists():
            number = once.read_bytes()[4:][::-1].hex().upper()
            first = [side for side, known in NUMBERS.items() if known == number]
            assert first, f"BootNext asks for {number}"
            once.unlink()
        return [*first, *self.sides_in_order]

    def start(self):
        """One start. The side that came up with what it was told, or None if it restarted."""
        side = next(s for s in self.next() if self.sides[s] != "rejected")
        self.starts.append(side)
        if self.sides[side] == "early":
            return None
        text = INIT.read_text()
        functions = text[text.index("efivars=") : text.index("side='' verity=''")]
        functions = functions.replace("/sys/firmware/efi/efivars", str(self.folder))
        functions = functions.replace("/dev/kmsg", "/dev/null").replace("/run/variable", str(self.folder / "new"))
        tries = re.search(r"^tries=\d+$", text, re.M)[0]
        script = f"""{tries}
chattr() {{ :; }}
fail() {{ exit 9; }}
side={side} fell_from=''
{functions}
count_start
echo "$started,$fell_from" """
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
        assert done.returncode in (0, 9) and not done.stderr, done
        if done.returncode:
            return None
        started, fell_from = done.stdout.strip().split(",")
        if self.sides[side] == "well":
            self.write(BOOTS, side.encode() + b"\0")
        return side, int(started), fell_from


@pytest.fixture
def firmware(tmp_path):
    """A firmware whose sides behave as they are told."""
    return lambda sides, order="ab": Firmware(tmp_path, dict(zip("ab", sides, strict=True)), order)


def test_a_side_that_is_well_is_always_at_its_first_start(firmware):
    unit = firmware(("well", "well"))
    assert [unit.start() for _ in range(6)] == [("a", 1, "")] * 6
    assert unit.count() == ("a", 0)


def test_the_fourth_start_that_nobody_confirmed_is_the_other_sides(firmware):
    unit = firmware(("unwell", "well"))
    assert [unit.start() for _ in range(5)] == [("a", 1, ""), ("a", 2, ""), ("a", 3, ""), None, ("b", 1, "a")]
    assert unit.count() == ("b", 0)


def test_a_side_that_was_left_again_gets_no_turn(firmware):
    unit = firmware(("unwell", "early"), order="a")
    assert [start and start[0] for start in (unit.start() for _ in range(12))] == ["a"] * 12
    assert unit.count() == ("a", 3)


@pytest.mark.parametrize("dead", ["early", "rejected"])
def test_another_side_that_does_not_even_start_does_not_lead_round_in_circles(firmware, dead):
    unit = firmware(("unwell", dead))
    came_up = [unit.start() for _ in range(20)]
    # Every restart is followed by starts that come up: nobody waits for ever.
    assert sum(start is not None for start in came_up) >= 12
    assert not any(came_up[i] is came_up[i + 1] is came_up[i + 2] is None for i in range(18))
    unit.sides["a"] = "well"
    assert [unit.start() for _ in range(3)][-1] == ("a", 1, "")


def test_two_sides_that_ail_take_turns(firmware):
    unit = firmware(("unwell", "unwell"))
    for _ in range(24):
        unit.start()
    assert {"a", "b"} <= set(unit.starts)


@pytest.mark.parametrize("content", [b"", b"a", b"\xff\xff", b"a\xff", b"b\x04", b"a\x04"])
def test_a_count_that_makes_no_sense_stops_nothing(firmware, content):
    unit = firmware(("well", "well"))
    unit.write(BOOTS, content)
    started = [unit.start() for _ in range(3)]
    assert any(start is not None for start in started[:2]) and started[2] == (started[2][0], 1, "")


def test_a_count_that_cannot_be_written_starts_what_there_is(firmware):
    unit = firmware(("unwell", "well"))
    unit.write(BOOTS, b"a\3")
    (unit.folder / BOOTS).rename(unit.folder / "kept")
    # A folder in its place: nothing can be written there, not even by root.
    (unit.folder / BOOTS).mkdir()
    assert [start and start[0] for start in (unit.start() for _ in range(6))] == ["a"] * 6
