"""OTA-3 and OTA-4, the long part: every way of not coming up, a side that goes bad when it was good, a disk that is full."""

import pytest

from cabinet.unit import version_of

BAD = (
    ("wrong-hash", "its root is not what its command line says"),
    ("foreign-kernel", "the firmware does not start it"),
    ("hangs", "the watchdog restarts it"),
)


@pytest.fixture(scope="session")
def charged(unit):
    """The unit, and the charge that it must not forget."""
    session = unit.charge()
    return unit, session


@pytest.mark.parametrize(("name", "why"), BAD)
def test_an_update_that_does_not_come_up_gives_way_to_the_old_side(charged, name, why):
    unit, session = charged
    before, side = unit.version(), unit.machine.slot()
    unit.installed(name)
    unit.restart(came_back=before)
    assert (unit.machine.slot(), unit.version()) == (side, before), why
    assert session in unit.sessions()
    unit.until_confirmed()
    assert unit.boot_order() == ([side], None)


def test_a_controller_that_never_gets_ready_is_found_ill_and_left_again(charged):
    unit, session = charged
    before, side = unit.version(), unit.machine.slot()
    unit.ordered("never-ready")
    unit.restart(came_back=before)
    assert (unit.machine.slot(), unit.version()) == (side, before)
    version, result, reason = unit.ended()
    assert (version, result) == (version_of("never-ready"), "rolled_back") and "was not healthy: controller:" in reason
    assert session in unit.sessions()
    unit.until_confirmed()
    assert unit.boot_order() == ([side], None)


def test_a_side_that_nobody_finds_well_is_left_at_the_deadline(charged):
    unit, session = charged
    before, side = unit.version(), unit.machine.slot()
    unit.installed("no-verdict")
    unit.restart_until("not confirmed in time")
    assert (unit.machine.slot(), unit.version()) == (side, before)
    assert "not confirmed in time" in unit.guest("cat /var/lib/joulepoint/rauc/deadline")
    assert session in unit.sessions()
    unit.until_confirmed()
    assert unit.boot_order() == ([side], None)


def test_entries_that_the_firmware_lost_are_made_anew(charged):
    unit, session = charged
    unit.installed("plain")
    unit.restart()
    unit.until_confirmed()
    side, version = unit.machine.slot(), unit.version()
    unit.guest("for entry in $(efibootmgr | sed -nE 's/^Boot([0-9A-F]{4})[*]? [ab]\\t.*/\\1/p'); do efibootmgr -q -B -b $entry; done")
    assert unit.boot_order() == ([], None)
    unit.restart()
    # The firmware starts what it finds first on the disk.
    assert unit.machine.slot() in ("a", "b")
    order, _ = unit.boot_order()
    assert sorted(order) == ["a", "b"] and order[0] == unit.machine.slot()
    assert session in unit.sessions()
    unit.until_confirmed()
    if (unit.machine.slot(), unit.version()) != (side, version):
        # That was the other one: back to the newer, for the tests that follow.
        unit.installed("plain")
        unit.restart()
        unit.until_confirmed()


def test_a_side_that_goes_bad_after_it_was_good_gives_way_after_three_starts(charged):
    unit, session = charged
    side = unit.machine.slot()
    other = "ab".replace(side, "")
    order, _ = unit.boot_order()
    assert order == [side, other], "both are good"
    unit.spoil(side)
    unit.power_on()
    assert unit.machine.slot() == other
    assert f"JOULEPOINT_FELL_FROM={side}" in unit.guest("cat /run/joulepoint/slot")
    assert "was started 3 times" in unit.machine.console().decode(errors="replace")
    assert session in unit.sessions()
    unit.until_confirmed()
    assert unit.boot_order()[0][0] == other
    # The next update mends it.
    unit.installed("plain")
    unit.restart()
    assert (unit.machine.slot(), unit.version()) == (side, version_of("good"))
    unit.until_confirmed()


def test_a_full_disk_ends_the_installation_at_worst(charged):
    unit, session = charged
    before, side = unit.version(), unit.machine.slot()
    data = "/var/lib/joulepoint"
    # All that is there for anybody; what root alone may use stays.
    unit.guest(f"fallocate -l $(($(df --output=avail -k {data} | tail -1) - 16))K {data}/ballast", 120)
    code, said = unit.install("good")
    unit.guest(f"rm {data}/ballast")
    assert session in unit.sessions(), said
    unit.restart()
    assert unit.version() == (version_of("good") if code == 0 else before), said
    assert unit.machine.slot() in "ab" and (code == 0) == (unit.machine.slot() != side)
    assert session in unit.sessions()
    unit.until_confirmed()
