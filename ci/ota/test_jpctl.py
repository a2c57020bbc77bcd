"""OTA-3 and OTA-5 in the bench image: what a person asks for by jpctl, and what `system` makes of it."""

from cabinet.unit import PATIENCE, STICK, version_of


def jpctl(unit, command, seconds=120):
    """What `jpctl update COMMAND` ends with and prints."""
    code, said = unit.machine.shell.run(f"jpctl update {command}", seconds)
    return code, said.strip()


def test_what_the_pin_or_the_floor_forbid_is_not_written(unit):
    unit.plug_in_stick()
    before = unit.sides(), unit.boot_order(), unit.version()
    for rule, version, bundle, why in (
        ("floor", version_of("good"), "old", "the floor"),
        ("pin", version_of("old"), "good", "the unit is pinned to it"),
    ):
        assert jpctl(unit, f"{rule} {version}") == (0, f"the {rule} is {version}")
        code, said = jpctl(unit, f"install --force {STICK}/{bundle}.raucb")
        last = said.splitlines()[-1]
        assert code == 1 and last.startswith("refused: ") and why in last, said
        assert jpctl(unit, f"{rule} --lift") == (0, f"there is no {rule} any more")
    assert (unit.sides(), unit.boot_order(), unit.version()) == before


def test_an_update_from_the_stick_is_confirmed_by_system_itself(unit):
    unit.plug_in_stick()
    side = unit.machine.slot()
    unit.machine.expect_restart()
    code, said = jpctl(unit, f"install --force --restart now {STICK}/good.raucb", PATIENCE)
    assert code == 0 and "the machine restarts" in said, said
    unit.machine.wait_ready(2 * PATIENCE)
    unit.until_confirmed()
    told = unit.guest("jpctl update")
    assert f"{version_of('good')} on side {unit.machine.slot()}, confirmed" in told, told
    assert "does no worse than the one before" in told, told
    assert unit.machine.slot() != side and unit.boot_order()[0] == [unit.machine.slot(), side]
    assert unit.guest("ls /var/lib/joulepoint/system/update") == "", "no copy of the bundle is left"
